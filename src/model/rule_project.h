#pragma once

#include <array>
#include <cstdint>

#include "base/describe.h"
#include "model/ids.h"

namespace msghub {

enum class BuildStatus { Pending, Building, Success, Failed };
inline constexpr std::array<WireName<BuildStatus>, 4> kBuildStatusNames{
    {{BuildStatus::Pending, "pending"},
     {BuildStatus::Building, "building"},
     {BuildStatus::Success, "success"},
     {BuildStatus::Failed, "failed"}}};
constexpr auto& wire_names(BuildStatus) { return kBuildStatusNames; }

struct SourceFile {
  std::string path;  // relative to the project's root, "/" between folders
  std::string content;
  std::string language;  // "typescript", "javascript", "json", "dockerfile" ("text" for the rest)
  friend bool operator==(const SourceFile&, const SourceFile&) = default;
};
BOOST_DESCRIBE_STRUCT(SourceFile, (), (path, content, language))

// The Node.js project of one version of a rule.
struct RuleProject {
  RuleId id;  // equals rule_id
  RuleId rule_id;
  std::int64_t version = 0;
  json::object package_json;
  std::string dockerfile_content;
  std::vector<SourceFile> source_files;
  BuildStatus build_status = BuildStatus::Pending;
  std::optional<std::string> build_error;
  std::optional<std::string> docker_image_tag;
  std::optional<std::string> s3_artifact_key;
  std::optional<std::string> source_hash;       // SHA-256 of the files, as hexadecimal digits
  std::optional<std::string> compiler_version;  // what made it: "0.1.0-3f2a90c1d7e4"
  std::optional<std::string> recompile_error;   // why a later compiler did not replace it
  Timestamp created_at{};
  std::optional<Timestamp> built_at;
};
BOOST_DESCRIBE_STRUCT(RuleProject, (),
                      (id, rule_id, version, package_json, dockerfile_content, source_files,
                       build_status, build_error, docker_image_tag, s3_artifact_key, source_hash,
                       compiler_version, recompile_error, created_at, built_at))

}  // namespace msghub
