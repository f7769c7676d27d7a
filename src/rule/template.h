#pragma once

#include "rule/ast.h"
#include "rule/report.h"

namespace msghub {

// Cuts text at its {{…}}. Malformed ones are reported and kept as text. Names are not looked up.
Template parse_template(const Excerpt& text, Report& report);

// One reference that stands at `at` of the text, which begins with "{{"; `at` moves behind it. An
// empty result is reported, and `at` is then behind the opening braces or the whole malformed
// thing.
std::optional<Reference> parse_reference(const Excerpt& text, std::size_t& at, Report& report);

// Where the well-formed {{…}} that begins at `begin` ends; npos when it is none. Reads at most one
// line.
std::size_t end_of_reference(std::string_view text, std::size_t begin);

// The template as text with its {{…}} as the author wrote them, apart from spaces.
std::string source_text(const Template& text);
std::string source_text(const Reference& reference);

// The text of a template into which no value is put; {{"…"}} is text as well.
std::optional<std::string> fixed_text(const Template& text);

// Whether `path` is keys at dots with [n] behind keys: order.items[0].sku.
bool is_json_path(std::string_view path);

// Whether the text can be the name of an extracted value.
bool is_identifier(std::string_view text);

}  // namespace msghub
