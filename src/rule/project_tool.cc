// Compiles the rule FILE and writes its project to the new folder OUT; prints diagnostics.
// usage: rule_project FILE OUT
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "rule/compile.h"

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: rule_project FILE OUT\n";
    return 2;
  }
  std::ifstream file(arguments[1], std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) {
    std::cerr << arguments[1] << ": cannot be read\n";
    return 2;
  }
  msghub::CompileOptions options;
  options.file_name = arguments[1];
  const msghub::CompileResult result = msghub::compile_rule(text.str(), options);
  std::cerr << msghub::render_diagnostics(text.str(), options.file_name, result.diagnostics);
  if (!result.rule) return 1;
  for (const msghub::SourceFile& source : result.rule->project) {
    const std::filesystem::path path = std::filesystem::path(arguments[2]) / source.path;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    out << source.content;
    if (!out.flush()) {
      std::cerr << path << ": cannot be written\n";
      return 2;
    }
  }
  return 0;
}
