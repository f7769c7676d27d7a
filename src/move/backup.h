#pragma once

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/describe.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "blob/blobs.h"
#include "store/rocks/rocks_tables.h"

// A backup of an embedded hub is a folder:
//
//   manifest.json   what it is. Written last: without it, it is no whole backup
//   files.sha256    SHA-256 and name of each other file, as `sha256sum --check` reads them
//   store/          the store as of one moment
//   blobs/          the blobs, as blob/disk/ keeps them
//   vault.check     which master key is needed, when that is a file: no hub on the restored data
//                   makes a new one
//
// Master keys are in no backup: who finds one learns no secret, and whoever restores one needs the
// key file, or what `msghub key recovery-kit` has printed.
namespace msghub {

struct BackupTable {
  std::string table;
  std::int64_t items = 0;
};
BOOST_DESCRIBE_STRUCT(BackupTable, (), (table, items))

struct BackupManifest {
  static constexpr std::int64_t kFormat = 1;

  std::int64_t format = kFormat;
  std::string program;  // "msghub 0.1.0"
  std::int64_t schema_version = 0;
  std::string layout;  // "multi-table", "single-table"
  Timestamp created_at{};
  std::vector<BackupTable> tables;
  std::string store_sha256;  // StoreCheck::sha256
  std::int64_t blobs = 0;
  std::int64_t files = 0;
  std::int64_t bytes = 0;    // of all files
  std::string files_sha256;  // of the file files.sha256
  // Blobs that items point to and that were gone before the backup: paths.
  std::vector<std::string> missing;
};
BOOST_DESCRIBE_STRUCT(BackupManifest, (),
                      (format, program, schema_version, layout, created_at, tables, store_sha256,
                       blobs, files, bytes, files_sha256, missing))

// What a backup is made of.
struct BackupSource {
  RocksTables& store;
  Blobs& blobs;
  std::string blob_folder;  // where blobs are files of blob/disk/; "" when they are elsewhere
  std::string data_folder;
  std::string program;
  const Clock& clock;
  boost::asio::thread_pool& pool;
};

// Makes the folder of a backup. Refuses (Invalid, Conflict) one that will not do, with the reason.
Result<void> take_backup_folder(const BackupSource& source, const std::string& folder);

// Copies a store that may be in use into `folder`, an absolute path with nothing there yet. All
// that was acknowledged before the call is in it. Blobs and tables of the store are linked where
// that is possible: both are never changed in place. Checks the copy of the store before it ends.
//
// Refuses as take_backup_folder. Throws Failure; what is then in the folder
// is no backup and may be deleted.
Task<Result<BackupManifest>> make_backup(BackupSource source, std::string folder);

struct BackupCheck {
  BackupManifest manifest;
  std::vector<std::string> problems;  // sentences, the first kProblems. None: the backup is whole
  static constexpr std::size_t kProblems = 100;
};

// Reads every byte of a backup and changes nothing: each file against its SHA-256, the store with
// all its indexes, and whether each pointer to a blob leads to one. Refuses (NotFound, Invalid)
// what is no backup, or that of a newer msghub.
Result<BackupCheck> verify_backup(const std::string& folder);

// Makes a data folder of a backup, paused. `data` must not be there, or be empty. Every file is
// checked on its way, then the store. Killed on its way, it leaves no data folder; the next call
// begins anew. Refuses (Conflict, NotFound, Invalid) also a backup that verify_backup finds
// problems in. Throws Failure.
Task<Result<BackupManifest>> restore_backup(std::string folder, std::string data,
                                            const Clock& clock, boost::asio::thread_pool& pool);

}  // namespace msghub
