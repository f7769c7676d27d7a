#pragma once

#include "rule/ast.h"
#include "rule/report.h"

namespace msghub {

// Reads one statement of PostgreSQL and finds its :name values, leaving strings, quoted names,
// comments, ::casts and $tag$ quotes alone. Reports {{…}}, $1, unclosed quotes and a second
// statement; nothing then.
std::optional<Template> parse_sql(const Excerpt& statement, Report& report);

}  // namespace msghub
