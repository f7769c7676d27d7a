#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/rule.h"
#include "pipeline/build_key.h"
#include "pipeline/projects.h"
#include "workers/builder.h"
#include "workers/worker_pool.h"

namespace msghub {

// What was found out about a project.
struct BuildVerdict {
  std::vector<TypeProblem> problems;
  std::vector<ExampleVerdict> examples;  // those that were run, as all types are right
  std::string trouble;                   // why it could not be tried, if so

  bool good() const;
  // For people: everything that is wrong, a line each; "" when nothing is. At most 4 KiB.
  std::string text() const;
};

// Tries the project in a folder: its types, then its examples with all effects captured.
using TryProject = std::function<Task<BuildVerdict>(std::string folder)>;
Task<BuildVerdict> try_project(std::string folder, Builder& builder, WorkerPool& workers);

struct BuildOptions {
  TryProject try_project;
  std::string compiler = compiler_version();
  // Brings an active rule to a new version that this compiler makes, or notes in its current
  // version why that cannot be (is_to_recompile). What it throws is logged.
  std::function<Task<void>(RuleId)> recompile;
  std::chrono::milliseconds again{600'000};  // between looks at folders of versions that are gone
  std::chrono::milliseconds retry{10'000};   // before a build is begun again that the disk stopped
};

struct BuildServices {
  Tables& tables;
  Blobs& blobs;
  Clock& clock;
  ProjectFolders& folders;
  boost::asio::thread_pool& pool;
};

// Builds versions of rules in the background, one after the other: pending, building, then success
// or failed with buildError. The store is the queue; a hub that starts takes up what it finds
// there. Hubs that share a store may build the same version at once: that costs time and changes
// nothing, as the first to end it wins and the archives are equal. Lives on one executor.
class Builds {
 public:
  Builds(boost::asio::any_io_executor executor, BuildServices services, BuildOptions options);
  ~Builds();

  // Takes up what is not built yet, asks for `recompile` of active rules that an older compiler
  // made, and removes folders of versions that are gone; works until stop(). What a newer compiler
  // made is left to hubs of its version, but built when finish() asks for it.
  void start(UserId user);
  // Versions under way stay "building" in the store.
  Task<void> stop();

  // Whether a project with these files is right. Files that were right before, or that this
  // compiler built a version of, are not tried again, and who asks for the same files at once
  // shares one answer.
  Task<BuildVerdict> check(std::vector<SourceFile> files);

  // The project of `rule`'s current version, pending, to be stored together with the rule.
  RuleProject new_version(const Rule& rule, std::vector<SourceFile> files) const;
  // That has been done: it is built as soon as possible.
  void stored(UserId user, RuleId rule, std::int64_t version);
  // Builds a version that is not built, now; a failed one again. The version as it is then; nothing
  // when there is none.
  Task<std::optional<RuleProject>> finish(UserId user, RuleId rule, std::int64_t version);

  const std::string& compiler() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace msghub
