#pragma once

#include <string>
#include <vector>

#include "model/rule_project.h"

namespace msghub {

// What a build depends on: the same source and compiler never build twice.

// "0.1.0-3f2a90c1d7e4": this program's version, and the beginning of a SHA-256 over the library
// that projects are made of and the versions of all packages, TypeScript among them.
const std::string& compiler_version();

// SHA-256 over paths and contents of a project's files, as hexadecimal digits. The README among
// them holds the rule as it was written.
std::string source_hash(const std::vector<SourceFile>& files);

// What the container image of a version is called: "msghub/file-acme-invoices:v3-0b1f6c5d2e7a".
std::string image_tag(const RuleProject& project);

}  // namespace msghub
