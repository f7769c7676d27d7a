#include "pipeline/build_key.h"

#include "base/crypto.h"
#include "rule/emit.h"
#include "rule/project_files.h"

namespace msghub {

namespace {

// Parts of any content, so that no two lists of parts give the same text.
void add_part(std::string& text, std::string_view part) {
  text += std::to_string(part.size()) + ":";
  text += part;
}

}  // namespace

const std::string& compiler_version() {
  static const std::string kVersion = [] {
    std::string all;
    for (const ProjectFile& file : project_files()) {
      add_part(all, file.path);
      add_part(all, file.content);
    }
    add_part(all, workspace_lock());
    return std::string(kCompilerVersion) + "-" + sha256_hex(all).substr(0, 12);
  }();
  return kVersion;
}

std::string source_hash(const std::vector<SourceFile>& files) {
  std::string all;
  for (const SourceFile& file : files) {
    add_part(all, file.path);
    add_part(all, file.content);
  }
  return sha256_hex(all);
}

std::string image_tag(const RuleProject& project) {
  constexpr std::string_view kPrefix = "rule-";
  std::string name = string_or(project.package_json, "name", "rule");
  if (name.starts_with(kPrefix) && name.size() > kPrefix.size()) name.erase(0, kPrefix.size());
  return "msghub/" + name + ":v" + std::to_string(project.version) + "-" +
         project.source_hash.value_or(std::string(12, '0')).substr(0, 12);
}

}  // namespace msghub
