#include "pipeline/build_key.h"

#include <algorithm>
#include <charconv>

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

// The numbers of "0.10.2-3f2a90c1d7e4"; none when it does not begin like this.
std::vector<std::uint64_t> numbers_of(std::string_view compiler) {
  compiler = compiler.substr(0, compiler.find('-'));
  std::vector<std::uint64_t> out;
  for (const char *at = compiler.data(), *end = at + compiler.size();; ++at) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(at, end, number);
    if (read.ec != std::errc()) return {};
    out.push_back(number);
    if (read.ptr == end) break;
    if (*read.ptr != '.') return {};
    at = read.ptr;
  }
  while (out.size() > 1 && out.back() == 0) out.pop_back();  // 1.0 is 1
  return out;
}

}  // namespace

CompilerAge age_of_compiler(std::string_view made_by, std::string_view own) {
  if (made_by == own) return CompilerAge::Same;
  const std::vector<std::uint64_t> theirs = numbers_of(made_by), ours = numbers_of(own);
  if (theirs.empty() || theirs < ours) return CompilerAge::Older;
  return theirs == ours ? CompilerAge::Twin : CompilerAge::Newer;
}

CompilerAge age_of_compiler(const RuleProject& version, std::string_view own) {
  return age_of_compiler(version.compiler_version.value_or(""), own);
}

bool is_to_recompile(const RuleProject& current, const std::vector<RuleProject>& kept,
                     std::string_view own) {
  const CompilerAge age = age_of_compiler(current, own);
  if (age != CompilerAge::Twin) return age == CompilerAge::Older;
  return std::ranges::none_of(kept, [&](const RuleProject& version) {
    return version.version < current.version && version.compiler_version == own;
  });
}

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
