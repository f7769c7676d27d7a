#pragma once

#include <string>
#include <string_view>

namespace msghub {

// The rule in its canonical form: one blank line around blocks, "- " and "1. " as list marks, steps
// numbered in order, sections spelled as the reference does, single spaces and straight quotation
// marks in sentences, aligned tables, fences of backticks, blocks indented as far as their
// sentence, one line end at the end. Line ends become those of the first line.
//
// Prose, comments, front matter and what stands within blocks stay byte for byte; so does every
// item, and every section, in which the compiler finds an error. The result means the same: it is
// read again, and where that gives other sentences, blocks or prose the text is left as it was.
// Hence format_rule(format_rule(x)) == format_rule(x) for any bytes. Pure, total (no text, or more
// than 1 MiB, comes back as it is), linear time, thread-safe.
std::string format_rule(std::string_view markdown);

}  // namespace msghub
