#pragma once

#include "rule/ast.h"
#include "rule/report.h"

namespace msghub {

// Parses one JSON document (RFC 8259, at most 64 levels, no key twice). With `templates`, {{name}}
// may stand for a value or inside a string. The first mistake is reported at its place with
// `wording`'s code; nothing then.
std::optional<JsonNode> parse_json_body(const Excerpt& text, bool templates, Report& report);

}  // namespace msghub
