#pragma once

#include <string>
#include <vector>

#include "rule/compile.h"

namespace msghub {

// A file that was checked.
struct CheckedFile {
  std::string file;  // as the person named it
  std::vector<Diagnostic> diagnostics;
};

// SARIF 2.1.0: one run, with the rules of all codes that occur and the fixes.
json::object sarif_of(const std::vector<CheckedFile>& files);

// Workflow commands of GitHub Actions, one line a diagnostic: ::error file=…,line=…::message
std::string github_lines(const std::vector<CheckedFile>& files);

}  // namespace msghub
