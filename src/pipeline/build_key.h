#pragma once

#include <string>
#include <vector>

#include "model/rule_project.h"

namespace msghub {

// What a build depends on: the same source and compiler never build twice.

// "0.1.0-3f2a90c1d7e4": this program's version, and the beginning of a SHA-256 over the library
// that projects are made of and the versions of all packages, TypeScript among them.
const std::string& compiler_version();

// How the compiler that made a version stands to a hub's own, by the numbers of the program: 0.10.0
// is newer than 0.9.1. Twin: another build of the same number.
enum class CompilerAge { Same, Older, Twin, Newer };
// What names no compiler, or none that can be read, is older.
CompilerAge age_of_compiler(std::string_view made_by, std::string_view own);
CompilerAge age_of_compiler(const RuleProject& version, std::string_view own);

// Whether a hub of the compiler `own` is to make an active rule's `current` version anew: when an
// older compiler made it. So hubs of several versions that share a store come to rest on what the
// newest makes, and one that is set back to an earlier version leaves it. What a twin made is made
// anew, unless `own` made an earlier one of the `kept` versions: then the twin has taken its place.
bool is_to_recompile(const RuleProject& current, const std::vector<RuleProject>& kept,
                     std::string_view own);

// SHA-256 over paths and contents of a project's files, as hexadecimal digits. The README among
// them holds the rule as it was written.
std::string source_hash(const std::vector<SourceFile>& files);

// What the container image of a version is called: "msghub/file-acme-invoices:v3-0b1f6c5d2e7a".
std::string image_tag(const RuleProject& project);

}  // namespace msghub
