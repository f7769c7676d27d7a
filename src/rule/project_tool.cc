// Compiles the rule FILE and writes its project to the new folder OUT; prints diagnostics. With a
// DIRECTORY (as spec/directory.json) the bold names are looked up in it.
// usage: rule_project FILE OUT [DIRECTORY]
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "base/result.h"
#include "rule/compile.h"
#include "rule/directory_file.h"

namespace {

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (file) return text.str();
  std::cerr << path << ": cannot be read\n";
  std::exit(2);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3 && count != 4) {
    std::cerr << "usage: rule_project FILE OUT [DIRECTORY]\n";
    return 2;
  }
  const std::string text = read_file(arguments[1]);
  msghub::CompileOptions options;
  msghub::Directory directory;
  if (count == 4) {
    directory = msghub::directory_of(read_file(arguments[3]));
    options.directory = &directory;
  }
  const msghub::CompileResult result = msghub::compile_rule(text, options);
  std::cerr << msghub::render_diagnostics(text, arguments[1], result.diagnostics);
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
