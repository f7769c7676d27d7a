#pragma once

#include <boost/asio/thread_pool.hpp>
#include <set>
#include <string>

#include "base/task.h"
#include "blob/blobs.h"
#include "model/rule_project.h"
#include "store/tables.h"

namespace msghub {

// Writes the files of a project below `folder`, which must not exist yet: all of them or none (a
// temporary folder is renamed). Refuses (Invalid) a path that leads out of the folder, (Conflict)
// a folder that is there already. Blocking.
Result<void> write_project(const std::string& folder, const std::vector<SourceFile>& files);

// The projects of active rule versions as folders on this machine, for the workers:
// <root>/<ruleId>/<version>/, with one link <root>/node_modules to the runtime's packages.
// A cache: everything in it can be deleted while the hub is stopped.
class ProjectFolders {
 public:
  // `packages` is the node_modules folder that holds what actions import.
  ProjectFolders(std::string root, std::string packages, Tables& tables, Blobs& blobs,
                 boost::asio::thread_pool& pool);
  // The absolute folder of that version; written first when it is missing. Refuses (NotFound) a
  // version that the store does not have, or whose archive is gone, (Invalid) a damaged archive.
  Task<Result<std::string>> folder_of(RuleId rule, std::int64_t version);
  // Takes away the folders of versions that the store has no more.
  Task<void> remove_old();
  // Takes the folder of a version away, which nothing uses any more.
  Task<void> remove(RuleId rule, std::int64_t version);
  // The files with their contents. Refuses as folder_of.
  Task<Result<std::vector<SourceFile>>> sources(RuleProject project);
  // A folder of its own for files that are not in the store yet (to try a rule's examples).
  Task<Result<std::string>> scratch(std::vector<SourceFile> files);
  Task<void> remove_scratch(std::string folder);

 private:
  std::string folder_name(const RuleId& rule, std::int64_t version) const;

  std::string root_;
  Tables& tables_;
  Blobs& blobs_;
  boost::asio::thread_pool& pool_;
  std::set<std::pair<RuleId, std::int64_t>> ready_;
};

}  // namespace msghub
