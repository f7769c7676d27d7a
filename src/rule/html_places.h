#pragma once

#include "rule/ast.h"
#include "rule/report.h"

namespace msghub {

// Reports each value that stands in HTML where escaping does not protect: in tags, in attributes
// without quotation marks or with code in them, in scripts, styles and comments. Values between
// tags and in quoted attributes are safe once & < > " and ' in them are escaped.
void check_html_places(const Template& html, Report& report);

}  // namespace msghub
