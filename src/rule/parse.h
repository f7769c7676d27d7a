#pragma once

#include <vector>

#include "rule/ast.h"
#include "rule/scan.h"

namespace msghub {

// Pieces of Markdown to a rule's tree. Every mistake is reported once and skipped, so the tree may
// lack what was wrong; names are not looked up yet.
RuleTree parse(const std::vector<Piece>& pieces, const Source& source, Report& report);

}  // namespace msghub
