#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/result.h"
#include "rule/compile.h"
#include "rule/directory_file.h"

namespace msghub::test {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file.good()) << path << " cannot be read";
  return text.str();
}

inline const std::filesystem::path& root() {
  static const std::filesystem::path kRoot = MSGHUB_SOURCE_DIR;
  return kRoot;
}

struct Fence {
  std::string info;
  std::string text;
  std::size_t line = 0;
};

// The code blocks at the top level of a document.
inline std::vector<Fence> fences_of(const std::string& document) {
  std::vector<Fence> out;
  std::istringstream lines(document);
  std::string line, closing;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    const std::size_t marks = std::min(line.find_first_not_of('`'), line.size());
    if (closing.empty() && marks >= 3) {
      closing = line.substr(0, marks);
      out.push_back({line.substr(marks), "", number});
    } else if (!closing.empty() && line == closing) {
      closing.clear();
    } else if (!closing.empty()) {
      out.back().text += line + "\n";
    }
  }
  return out;
}

// Compares with the file; with MSGHUB_GOLDEN=write the file is written instead.
inline void expect_golden(const std::filesystem::path& path, const std::string& actual) {
  const char* mode = std::getenv("MSGHUB_GOLDEN");
  if (mode != nullptr && std::string_view(mode) == "write") {
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  ASSERT_TRUE(std::filesystem::exists(path)) << path << ": run with MSGHUB_GOLDEN=write";
  EXPECT_EQ(read_file(path), actual) << path;
}

// The channels and connections of spec/directory.json.
inline const Directory& spec_directory() {
  static const Directory kDirectory = directory_of(read_file(root() / "spec" / "directory.json"));
  return kDirectory;
}

inline CompileResult compile_with_directory(std::string_view markdown) {
  CompileOptions options;
  options.directory = &spec_directory();
  return compile_rule(markdown, options);
}

inline std::vector<std::string> codes_of(const CompileResult& result) {
  std::vector<std::string> out;
  out.reserve(result.diagnostics.size());
  for (const Diagnostic& diagnostic : result.diagnostics) out.push_back(diagnostic.code);
  return out;
}

// A rule with these list items in `When`, after the one that names the channel.
inline std::string rule_with_conditions(const std::string& items) {
  return "# A rule\n\n## When\n\n- a message arrives on **Inbox**\n" + items +
         "\n## Do\n\n1. Send webhook POST to <https://example.com/>\n";
}

}  // namespace msghub::test
