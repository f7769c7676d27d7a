#pragma once

#include "rule/report.h"

namespace msghub {

// Whether a hub would take the call of an ```http block: headers, an empty line, a body of a type
// that it reads (see base/written_http.h). The first mistake is reported at its place.
bool check_http_block(const Excerpt& text, Report& report);

}  // namespace msghub
