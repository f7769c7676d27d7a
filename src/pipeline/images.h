#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/describe.h"
#include "base/time.h"
#include "pipeline/projects.h"

namespace msghub {

enum class ImageStatus { Building, Success, Failed };
inline constexpr std::array<WireName<ImageStatus>, 3> kImageStatusNames{
    {{ImageStatus::Building, "building"},
     {ImageStatus::Success, "success"},
     {ImageStatus::Failed, "failed"}}};
constexpr auto& wire_names(ImageStatus) { return kImageStatusNames; }

// One container image that a running hub builds, or has built since its start.
struct ImageRun {
  RuleId rule_id;
  std::int64_t version = 0;
  std::string tag;      // image_tag of the version
  std::string program;  // that builds it: "/usr/bin/buildah"
  ImageStatus status = ImageStatus::Building;
  Timestamp started_at{};
  std::optional<Timestamp> ended_at;
  std::optional<std::string> error;
  std::vector<std::string> log;  // the last lines that the program printed
};
BOOST_DESCRIBE_STRUCT(ImageRun, (),
                      (rule_id, version, tag, program, status, started_at, ended_at, error, log))

struct ImageOptions {
  std::vector<std::string> programs{"docker", "podman", "buildah"};  // in this order
  std::chrono::milliseconds limit{900'000};                          // for one image
  std::chrono::milliseconds probe{10'000};  // for a program to say that it works
};

// Builds container images of versions with a program of this machine, one at a time, when somebody
// asks for one. Lives on one executor, longer than its runs.
class Images {
 public:
  Images(boost::asio::any_io_executor executor, Tables& tables, Clock& clock,
         ProjectFolders& folders, ImageOptions options = {});

  // Begins one of a version that is built; its dockerImageTag is set when it is done. Refuses
  // (Conflict) while another is under way and for a version that is not built, (Unsupported) when
  // no program is there that works: the detail says which were looked for, and what each said.
  Task<Result<ImageRun>> start(RuleProject project);
  // The last one of that version, since the hub's start.
  std::optional<ImageRun> find(const RuleId& rule, std::int64_t version) const;

 private:
  Task<Result<std::string>> working_program();
  Task<void> run(std::shared_ptr<ImageRun> run, RuleProject project);
  Task<void> build(std::shared_ptr<ImageRun> run, RuleProject project);

  boost::asio::any_io_executor executor_;
  Tables& tables_;
  Clock& clock_;
  ProjectFolders& folders_;
  ImageOptions options_;
  std::map<std::pair<RuleId, std::int64_t>, std::shared_ptr<ImageRun>> runs_;
  bool busy_ = false;
};

}  // namespace msghub
