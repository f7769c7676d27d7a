#include "rule/scan.h"

#include <cmark-gfm.h>

#include <algorithm>
#include <memory>

#include "rule/nearest.h"
#include "rule/wording.h"

namespace msghub {

namespace {

constexpr std::size_t kDeepest = 64;

struct FreeNode {
  void operator()(cmark_node* node) const { cmark_node_free(node); }
};
using NodePtr = std::unique_ptr<cmark_node, FreeNode>;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Lines of front matter at the top of the document: from --- to --- or "...".
std::size_t front_matter_lines(const Source& source) {
  if (source.line(1) != "---") return 0;
  for (std::size_t line = 2; line <= source.line_count(); ++line)
    if (source.line(line) == "---" || source.line(line) == "...") return line;
  return 0;
}

// How many containers (quotes, list items) a line may open at its beginning.
std::size_t containers_at_start(std::string_view line) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    const bool before_blank = at + 1 == line.size() || is_blank(line[at + 1]);
    if (is_blank(c) || (c >= '0' && c <= '9')) continue;
    if (c != '>' && !(std::string_view("-+*.)").contains(c) && before_blank)) break;
    ++count;
  }
  return count;
}

// The line as cmark sees it: of the same length, and with all that only matters within paragraphs
// (links, emphasis, entities, raw HTML) made harmless. cmark 0.29 needs quadratic time for some of
// it, would take link definitions out of paragraphs, and here its inlines are not used.
std::string skeleton_of(std::string_view line) {
  constexpr std::size_t kLongestStart = 200;
  std::string out(line);
  std::size_t start = line.find_first_not_of(" \t>-+*#0123456789.)_`~=");
  start = std::min({start, line.size(), kLongestStart});
  const std::string_view rest = line.substr(start);
  start += rest.starts_with("<!--") ? 4 : rest.starts_with('<') ? 1 : 0;  // a block of raw HTML
  for (std::size_t at = start; at < out.size(); ++at)
    if (std::string_view("[]!<&*_\\").contains(out[at])) out[at] = 'x';
  return out;
}

class Scanner {
 public:
  Scanner(const Source& source, Report& report) : source_(source), report_(report) {}

  std::optional<std::vector<Piece>> run() {
    std::string skeleton;
    skeleton.reserve(source_.bytes().size() + source_.line_count());
    const std::size_t hidden = front_matter_lines(source_);
    for (std::size_t line = 1; line <= source_.line_count(); ++line) {
      const std::string_view text = line <= hidden ? std::string_view{} : source_.line(line);
      if (containers_at_start(text) > kDeepest) {
        report_.add({source_.line_begin(line), source_.line_end(line)},
                    wording::nested_too_deeply());
        return std::nullopt;
      }
      skeleton += skeleton_of(text);
      skeleton += '\n';
    }
    const NodePtr document(
        cmark_parse_document(skeleton.data(), skeleton.size(), CMARK_OPT_DEFAULT));
    for (cmark_node* node = cmark_node_first_child(document.get()); node != nullptr;
         node = cmark_node_next(node))
      piece(node);
    return std::move(pieces_);
  }

 private:
  std::size_t first_line(cmark_node* node) const {
    const int line = cmark_node_get_start_line(node);
    return std::clamp<std::size_t>(line < 1 ? 1 : static_cast<std::size_t>(line), 1,
                                   source_.line_count());
  }
  std::size_t last_line(cmark_node* node) const {
    const int line = cmark_node_get_end_line(node);
    return std::clamp<std::size_t>(line < 1 ? 1 : static_cast<std::size_t>(line), first_line(node),
                                   source_.line_count());
  }
  std::size_t begin_of(cmark_node* node) const {
    const std::size_t line = first_line(node);
    const int column = std::max(cmark_node_get_start_column(node), 1);
    return std::min(source_.line_begin(line) + static_cast<std::size_t>(column) - 1,
                    source_.line_end(line));
  }
  // From the node's first character to the end of its last line, without blank space there.
  Span span_of(cmark_node* node) const { return span_to(begin_of(node), last_line(node)); }
  Span span_to(std::size_t begin, std::size_t last) const {
    std::size_t end = std::max(begin, source_.line_end(last));
    while (end > begin && is_blank(source_.bytes()[end - 1])) --end;
    return {begin, end};
  }

  void piece(cmark_node* node) {
    Piece out;
    out.line = static_cast<std::int64_t>(first_line(node));
    out.last_line = static_cast<std::int64_t>(last_line(node));
    out.span = span_of(node);
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_HEADING:
        heading(node, out);
        break;
      case CMARK_NODE_LIST:
        list(node, out);
        break;
      default: {
        out.kind = Piece::Kind::Block;
        std::vector<Block> blocks = blocks_of(node);
        for (Block& block : blocks) {
          Piece one = out;
          one.span = block.span;
          one.line = static_cast<std::int64_t>(source_.line_of(block.span.begin));
          one.block = std::move(block);
          pieces_.push_back(std::move(one));
        }
        return;
      }
    }
    pieces_.push_back(std::move(out));
  }

  void heading(cmark_node* node, Piece& out) {
    out.kind = Piece::Kind::Heading;
    out.level = cmark_node_get_heading_level(node);
    const std::size_t line = first_line(node);
    const std::size_t start = begin_of(node);
    const std::string_view bytes = source_.bytes();
    if (start < bytes.size() && bytes[start] == '#') {
      std::size_t begin = start, end = source_.line_end(line);
      while (begin < end && bytes[begin] == '#') ++begin;
      trim_blanks(begin, end);
      std::size_t closing = end;
      while (closing > begin && bytes[closing - 1] == '#') --closing;
      if (closing == begin || is_blank(bytes[closing - 1])) end = closing;
      trim_blanks(begin, end);
      out.span = span_to(start, line);
      out.text = excerpt(begin, end);
    } else {
      // The other way to write it: the lines above ===== or -----. cmark says where it ends only
      // when nothing follows.
      std::size_t last = line;
      while (last + 1 < source_.line_count() && !is_underline(source_.line(last + 1))) ++last;
      out.text = lines(start, line, last);
      out.span = span_to(start, last);
    }
  }
  static bool is_underline(std::string_view line) {
    const std::string_view marks = trim(line);
    return !marks.empty() && (marks.find_first_not_of('=') == std::string_view::npos ||
                              marks.find_first_not_of('-') == std::string_view::npos);
  }
  void trim_blanks(std::size_t& begin, std::size_t& end) const {
    while (begin < end && is_blank(source_.bytes()[begin])) ++begin;
    while (end > begin && is_blank(source_.bytes()[end - 1])) --end;
  }
  Excerpt excerpt(std::size_t begin, std::size_t end) const {
    Excerpt out = Excerpt::empty_at(begin);
    if (begin < end) out.append(source_.bytes().substr(begin, end - begin), begin);
    return out;
  }

  // Lines from `begin` in line `first` on, each without the blanks at both ends.
  Excerpt lines(std::size_t begin, std::size_t first, std::size_t last) const {
    Excerpt out = Excerpt::empty_at(begin);
    for (std::size_t line = first; line <= last; ++line) {
      std::size_t from = line == first ? begin : source_.line_begin(line);
      std::size_t to = source_.line_end(line);
      trim_blanks(from, to);
      if (line > first) out.append("\n", source_.line_end(line - 1));
      out.append(source_.bytes().substr(from, to - from), from);
    }
    return out;
  }

  void list(cmark_node* node, Piece& out) {
    out.kind = Piece::Kind::List;
    out.ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
    for (cmark_node* child = cmark_node_first_child(node); child != nullptr;
         child = cmark_node_next(child)) {
      Item item;
      item.line = static_cast<std::int64_t>(first_line(child));
      item.span = span_to(begin_of(child), first_line(child));
      for (cmark_node* inner = cmark_node_first_child(child); inner != nullptr;
           inner = cmark_node_next(inner))
        for (Block& block : blocks_of(inner)) item.blocks.push_back(std::move(block));
      if (!item.blocks.empty()) out.last_line = item_end(item);
      out.items.push_back(std::move(item));
    }
  }
  std::int64_t item_end(const Item& item) const {
    const std::size_t end = std::max(item.blocks.back().span.end, std::size_t{1}) - 1;
    return static_cast<std::int64_t>(source_.line_of(end));
  }

  std::vector<Block> blocks_of(cmark_node* node) {
    Block out;
    out.span = span_of(node);
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_PARAGRAPH:
        return paragraph(node);
      case CMARK_NODE_CODE_BLOCK:
        if (!fence(node, out)) out.kind = Block::Kind::Code;
        break;
      case CMARK_NODE_BLOCK_QUOTE:
        quote(node, out);
        break;
      case CMARK_NODE_LIST:
        out.kind = Block::Kind::List;
        out.span = span_to(begin_of(node), first_line(node));
        break;
      default:
        out.kind = Block::Kind::Prose;
        out.span = span_to(begin_of(node), first_line(node));
        break;
    }
    std::vector<Block> blocks;
    blocks.push_back(std::move(out));
    return blocks;
  }

  // A table is a paragraph to plain cmark; its extension slips columns behind escaped pipes and
  // takes quadratic space for crafted tables. The rows are cut here.
  std::vector<Block> paragraph(cmark_node* node) const {
    const std::size_t first = first_line(node), last = last_line(node);
    std::vector<Block> blocks;
    std::size_t table = last + 1;
    for (std::size_t line = first + 1; line <= last && table > last; ++line)
      if (is_delimiter_row(source_.line(line)) && source_.line(line - 1).contains('|'))
        table = line - 1;
    if (table > first) {
      Block text;
      text.kind = Block::Kind::Paragraph;
      text.text = lines(begin_of(node), first, std::min(table - 1, last));
      text.span = text.text.span();
      blocks.push_back(std::move(text));
    }
    if (table > last) return blocks;
    Block rows;
    rows.kind = Block::Kind::Table;
    for (std::size_t line = table; line <= last; ++line) {
      if (line == table + 1) continue;
      rows.rows.push_back(
          row(line == first ? begin_of(node) : source_.line_begin(line), source_.line_end(line)));
    }
    rows.span = {rows.rows.front().span.begin, rows.rows.back().span.end};
    blocks.push_back(std::move(rows));
    return blocks;
  }
  static bool is_delimiter_row(std::string_view line) {
    return line.contains('-') && line.contains('|') &&
           line.find_first_not_of(" \t|:-") == std::string_view::npos;
  }
  Block::Row row(std::size_t begin, std::size_t end) const {
    trim_blanks(begin, end);
    Block::Row out;
    out.span = {begin, end};
    const std::string_view bytes = source_.bytes();
    if (begin < end && bytes[begin] == '|') ++begin;
    if (end > begin && bytes[end - 1] == '|' && (end - 1 == begin || bytes[end - 2] != '\\')) --end;
    Excerpt cell = Excerpt::empty_at(begin);
    for (std::size_t at = begin; at < end; ++at) {
      const bool escaped = bytes[at] == '\\' && at + 1 < end && bytes[at + 1] == '|';
      if (bytes[at] == '|') {
        out.cells.push_back(trimmed(cell));
        cell = Excerpt::empty_at(at + 1);
      } else {
        if (escaped) ++at;
        cell.append(bytes.substr(at, 1), at);
      }
    }
    out.cells.push_back(trimmed(cell));
    return out;
  }
  static Excerpt trimmed(const Excerpt& cell) {
    const std::string_view inner = trim(cell.text());
    if (inner.empty()) return Excerpt::empty_at(cell.offset_of(0));
    const auto begin = static_cast<std::size_t>(inner.data() - cell.text().data());
    return cell.part(begin, begin + inner.size());
  }

  // The text of `line` without the blanks of `columns` columns (a tab leads to the next multiple of
  // four), which belong to the list item or the fence.
  void append_line(Excerpt& out, std::size_t line, std::size_t columns) const {
    std::size_t at = source_.line_begin(line), column = 0;
    while (at < source_.line_end(line) && column < columns && is_blank(source_.bytes()[at])) {
      column += source_.bytes()[at] == '\t' ? 4 - column % 4 : 1;
      ++at;
    }
    out.append(source_.bytes().substr(at, source_.line_end(line) - at), at);
  }
  std::size_t column_of(std::size_t offset) const {
    std::size_t column = 0;
    for (std::size_t at = source_.line_begin(source_.line_of(offset)); at < offset; ++at)
      column += source_.bytes()[at] == '\t' ? 4 - column % 4 : 1;
    return column;
  }

  // False for code that is only indented, which has no marks.
  bool fence(cmark_node* node, Block& out) {
    const std::string_view bytes = source_.bytes();
    const std::size_t begin = begin_of(node), first = first_line(node);
    const char mark = begin < bytes.size() ? bytes[begin] : ' ';
    if (mark != '`' && mark != '~') return false;
    out.kind = Block::Kind::Fence;
    std::size_t behind = begin;
    while (behind < source_.line_end(first) && bytes[behind] == mark) ++behind;
    const std::size_t size = behind - begin;
    std::size_t info_end = source_.line_end(first);
    trim_blanks(behind, info_end);
    const std::string_view info = bytes.substr(behind, info_end - behind);
    info_end = behind + std::min(info.find_first_of(" \t"), info.size());
    out.info_span = {behind, info_end};
    out.info = lower_ascii(source_.text(out.info_span));

    const std::size_t last = last_line(node);
    const std::string_view closing = trim(source_.line(last));
    const bool closed = last > first && closing.size() >= size &&
                        closing.find_first_not_of(mark) == std::string_view::npos;
    out.text = Excerpt::empty_at(source_.line_end(first));
    out.closed = closed;
    if (!closed) {
      out.span = span_to(begin, first);
      report_.add({begin, begin + size}, wording::fence_unclosed(std::string(size, mark)));
      return true;
    }
    const std::size_t columns = column_of(begin);
    for (std::size_t line = first + 1; line < last; ++line) {
      append_line(out.text, line, columns);
      out.text.append("\n", source_.line_end(line));
    }
    return true;
  }

  void quote(cmark_node* node, Block& out) const {
    out.kind = Block::Kind::Quote;
    const std::size_t first = first_line(node), last = last_line(node);
    const std::string_view bytes = source_.bytes();
    out.text = Excerpt::empty_at(begin_of(node));
    for (std::size_t line = first; line <= last; ++line) {
      std::size_t at = line == first ? begin_of(node) : source_.line_begin(line);
      while (at < source_.line_end(line) && is_blank(bytes[at])) ++at;
      if (at < source_.line_end(line) && bytes[at] == '>') ++at;
      if (at < source_.line_end(line) && bytes[at - 1] == '>' && is_blank(bytes[at])) ++at;
      if (line > first) out.text.append("\n", source_.line_end(line - 1));
      out.text.append(bytes.substr(at, source_.line_end(line) - at), at);
    }
  }

  const Source& source_;
  Report& report_;
  std::vector<Piece> pieces_;
};

}  // namespace

std::optional<std::vector<Piece>> scan(const Source& source, Report& report) {
  return Scanner(source, report).run();
}

std::string plain_text(std::string_view markdown) {
  constexpr std::size_t kMost = 2000;
  std::size_t size = std::min(markdown.size(), kMost);
  while (size < markdown.size() && size > 0 &&
         (static_cast<unsigned char>(markdown[size]) & 0xC0) == 0x80)
    --size;
  const std::string start(markdown.substr(0, size));
  const NodePtr document(cmark_parse_document(start.data(), start.size(), CMARK_OPT_DEFAULT));
  struct FreeText {
    void operator()(char* text) const { cmark_get_default_mem_allocator()->free(text); }
  };
  const std::unique_ptr<char, FreeText> text(
      cmark_render_plaintext(document.get(), CMARK_OPT_NOBREAKS, 0));
  return std::string(trim(std::string_view(text.get())));
}

}  // namespace msghub
