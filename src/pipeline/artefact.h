#pragma once

#include <boost/asio/thread_pool.hpp>
#include <string>
#include <vector>

#include "blob/blobs.h"
#include "model/rule_project.h"
#include "store/tables.h"

namespace msghub {

// The project of a rule's version as project.tar.gz among the blobs, as the data model has it. The
// item keeps package.json, Dockerfile and the list of files; of each file the content is then
// "blob:<path of the archive>#<path in it>".

// "users/{userId}/projects/{ruleId}/{version}/project.tar.gz"
std::string artefact_blob_path(const UserId& user, const RuleId& rule, std::int64_t version);

// A gzipped tar (ustar) below the folder "project/", byte-identical for the same files: no times,
// no owners, in the order of the list. Throws Failure(Never).
std::string pack_project(const std::vector<SourceFile>& files);
// Fills in the contents from such an archive. Refuses (Invalid) one that is damaged, or lacks a
// file.
Result<void> unpack_project(std::string_view archive, std::vector<SourceFile>& files);

// Ends the build of a version that is found right and whose files stand in its item (buildStatus
// building): writes the archive, then the item without the contents, as success. To be repeated
// when it was cut off; the version can be used all the while.
Task<void> finish_build(RuleProject project, UserId user, Timestamp now, Tables& tables,
                        Blobs& blobs, boost::asio::thread_pool& pool);

// Ends the build of a version that is not right. Its files stay in the item.
Task<void> fail_build(RuleProject project, std::string error, Timestamp now, Tables& tables);

// The files with their contents, wherever these are. Refuses (NotFound, Invalid) an archive that is
// gone or damaged.
Task<Result<std::vector<SourceFile>>> load_sources(const RuleProject& project, Blobs& blobs,
                                                   boost::asio::thread_pool& pool);

}  // namespace msghub
