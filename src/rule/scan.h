#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rule/report.h"
#include "rule/source.h"

namespace msghub {

// A block of the document, with the author's own bytes: cmark-gfm says where blocks begin and end,
// and what is in them is cut out of the raw lines.
struct Block {
  // Code is code that is only indented; Prose is a rule, raw HTML or a comment.
  enum class Kind { Paragraph, Fence, Quote, Table, List, Code, Prose };
  Kind kind{};
  Span span;
  Excerpt text;      // Paragraph, Fence (what is inside), Quote (without the marks)
  std::string info;  // Fence: the first word behind the opening marks, in lower case
  Span info_span;
  bool closed = true;  // Fence; an unclosed one was reported and has no text
  struct Row {
    Span span;
    std::vector<Excerpt> cells;
  };
  std::vector<Row> rows;  // Table, the heading row first
};

struct Item {
  Span span;
  std::int64_t line = 0;
  std::vector<Block> blocks;
};

// What stands at the top level, in order.
struct Piece {
  enum class Kind { Heading, List, Block };
  Kind kind{};
  Span span;
  std::int64_t line = 0;
  std::int64_t last_line = 0;
  int level = 0;  // Heading
  Excerpt text;   // Heading
  bool ordered = false;
  std::vector<Item> items;
  Block block;
};

// Cuts the document into pieces. Nothing, and one diagnostic, when it is nested too deeply. Linear:
// cmark sees only the characters that make blocks.
std::optional<std::vector<Piece>> scan(const Source& source, Report& report);

// Markdown of a few lines as plain text; at most 2,000 bytes of it are read.
std::string plain_text(std::string_view markdown);

}  // namespace msghub
