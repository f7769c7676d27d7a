#pragma once

#include <boost/asio/thread_pool.hpp>

#include "base/task.h"
#include "blob/blobs.h"
#include "retention/archive_format.h"

namespace msghub {

// A choice of the archive's days: all of them when nothing is set.
struct ArchiveRange {
  std::optional<Table> table;
  std::optional<Timestamp> from;  // days, both included
  std::optional<Timestamp> to;
};

// The archive as a reader sees it. Needs no table and no lease: parts and manifests never change,
// they only come and, when a sweep was cut off, go. Packing and checking run on `pool`; that and
// the blobs must outlive the archive's tasks. Trouble of disk or network is a thrown Failure.
class Archive {
 public:
  Archive(Blobs& blobs, boost::asio::thread_pool& pool) : blobs_(blobs), pool_(pool) {}

  // Paths of the manifests, by table, then in the order of the days and of writing.
  Task<std::vector<std::string>> manifests(ArchiveRange range);

  // Refuses: NotFound when there is no such manifest, Invalid when it cannot be read or is not that
  // of the part beside it.
  Task<Result<ArchiveManifest>> manifest(std::string path);

  // The part's lines, held against the manifest. Refuses (Invalid) with what is wrong: the part is
  // missing, damaged, or not what the manifest says.
  Task<Result<std::vector<ArchiveLine>>> read(ArchiveManifest manifest);

  // Writes a part, reads it back and checks it, then its manifest likewise: when this ends well,
  // both are durable and sound. Throws Failure(Later) when what was read back is not what was
  // written. After a failure one or both may lie there; see discard.
  Task<ArchiveManifest> write(Table table, std::string part, std::vector<std::string> lines,
                              Timestamp from, Timestamp to, Timestamp now);

  // Removes a part and its manifest, the manifest first.
  Task<void> discard(std::string part);

 private:
  Blobs& blobs_;
  boost::asio::thread_pool& pool_;
};

}  // namespace msghub
