#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "move/backup.h"

// The files of a backup, with blocking calls. Throw Failure for trouble of the disk.
namespace msghub::move {

inline constexpr const char* kManifestFile = "manifest.json";
inline constexpr const char* kSumsFile = "files.sha256";
// The check value of the master key, where FileKeyRing keeps it in a data folder.
inline constexpr const char* kKeyCheckFile = "vault.check";

struct FileSum {
  std::string name;  // relative to the backup's folder
  std::string sha256_hex;
};

// All files below `folder` but the two above, in the order of their names.
std::vector<std::string> files_below(const std::string& folder);

// SHA-256 of a file, read piece by piece; each piece goes to `copy`, too.
struct Digest {
  std::string sha256_hex;
  std::uint64_t bytes = 0;
};
Digest digest_of(
    const std::string& file,
    const std::function<void(std::string_view)>& copy = [](std::string_view) {});
// Copies a file, synced, and gives the digest of what was read.
Digest copy_file(const std::string& from, const std::string& to);

// Whole and synced, or not at all.
void write_synced(const std::string& file, std::string_view text);
// Everything on the disk of `folder`, down to it.
void sync_disk_of(const std::string& folder);

// Refuses (NotFound, Invalid) what is no backup that this program can read.
Result<BackupManifest> read_manifest(const std::string& folder);
// Of a backup with this manifest. Refuses (Invalid) a damaged list.
Result<std::vector<FileSum>> read_sums(const std::string& folder, const BackupManifest& manifest);
std::string sums_text(const std::vector<FileSum>& sums);

// Where blob/disk/ keeps a blob, below the folder of its blobs.
std::string blob_file(const std::string& path);

// The blobs below `folder` that `item` points to and that are not there: paths.
std::vector<std::string> missing_blobs(const std::string& folder, Table table, const Item& item);

// Whether store and blobs below `folder` are what the manifest says. Appends to `problems`.
void check_contents(const std::string& folder, const BackupManifest& manifest,
                    std::vector<std::string>& problems);

}  // namespace msghub::move
