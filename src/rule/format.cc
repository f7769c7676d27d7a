#include "rule/format.h"

#include <algorithm>

#include "rule/format_parts.h"
#include "rule/headings.h"
#include "rule/nearest.h"
#include "rule/parse.h"

namespace msghub {

namespace {

constexpr std::size_t kMostBytes = std::size_t{1024} * 1024;

struct Lined {
  std::size_t first = 0;
  std::size_t last = 0;
};

class Formatter {
 public:
  Formatter(const Source& source, const std::vector<Piece>& pieces,
            const std::vector<Diagnostic>& diagnostics)
      : source_(source), pieces_(pieces) {
    for (const Diagnostic& diagnostic : diagnostics)
      if (diagnostic.severity == Severity::Error)
        errors_.push_back({static_cast<std::size_t>(diagnostic.start.line),
                           static_cast<std::size_t>(diagnostic.end.line)});
  }

  // With LF line ends and without byte order mark.
  std::string run() {
    for (std::size_t at = 0; at < pieces_.size();) at = piece(at);
    keep_to(source_.line_count());
    return std::move(out_);
  }

 private:
  // Writes the piece, or leaves it to be kept as it is. Gives the next piece to look at.
  std::size_t piece(std::size_t at) {
    const Piece& piece = pieces_[at];
    if (piece.kind == Piece::Kind::Heading) {
      heading(at);
    } else if (section_ && piece.kind == Piece::Kind::List) {
      std::size_t end = at + 1;
      while (end < pieces_.size() && pieces_[end].kind == Piece::Kind::List &&
             pieces_[end].ordered == piece.ordered)
        ++end;
      lists(at, end);
      return end;
    } else if (section_ && piece.block.kind == Block::Kind::Fence && piece.block.closed &&
               !has_error(lines_of(at))) {
      put(lines_of(at), canonical_fence(piece.block, source_));
    }
    return at + 1;
  }

  void heading(std::size_t at) {
    const Piece& piece = pieces_[at];
    const HeadingMeaning meaning = meaning_of_heading(piece);
    const Lined lines = lines_of(at);
    const bool one_line = !piece.text.text().contains('\n');
    if (meaning.section != nullptr && !meaning.near_miss && piece.level == 2 && one_line &&
        !has_error({lines.first, heading_end(piece)})) {
      std::string text = "## " + std::string(meaning.section->name);
      const std::string& own = piece.text.text();
      if (meaning.section->kind == SectionKind::Example)
        text += ": " + std::string(trim(std::string_view(own).substr(own.find(':') + 1)));
      put({lines.first, heading_end(piece)}, {std::move(text)});
      section_ = meaning.section->kind;
      steps_ = 0;
    } else if (meaning.section != nullptr || piece.level <= 2) {
      keep_to(lines.first - 1);
      section_.reset();
      const bool is_title = meaning.section == nullptr && piece.level == 1 && one_line;
      if (is_title && !piece.text.empty())
        put({lines.first, heading_end(piece)}, {"# " + piece.text.text()});
    }
  }
  // A heading of one line is followed by no more than its underline.
  std::size_t heading_end(const Piece& piece) const {
    const auto line = static_cast<std::size_t>(piece.line);
    const bool hash = source_.bytes()[piece.span.begin] == '#';
    return hash ? line : std::min(line + 1, source_.line_count());
  }

  // The lines of a piece: up to the next one, without the blank ones at the end.
  Lined lines_of(std::size_t at) const {
    const std::size_t next =
        at + 1 < pieces_.size() ? line_of(pieces_[at + 1]) - 1 : source_.line_count();
    return cut(line_of(pieces_[at]), next);
  }
  static std::size_t line_of(const Piece& piece) { return static_cast<std::size_t>(piece.line); }
  Lined cut(std::size_t first, std::size_t last) const {
    while (last > first && is_blank(last)) --last;
    return {first, std::max(first, last)};
  }
  bool is_blank(std::size_t line) const {
    return source_.line(line).find_first_not_of(" \t") == std::string_view::npos;
  }
  bool has_error(Lined lines) const {
    return std::any_of(errors_.begin(), errors_.end(), [&](Lined error) {
      return error.first <= lines.last && lines.first <= error.last;
    });
  }

  // Lists without anything between them, as one.
  void lists(std::size_t begin, std::size_t end) {
    struct Entry {
      const Item* item;
      Lined lines;
    };
    std::vector<Entry> entries;
    bool spaced = false;
    for (std::size_t at = begin; at < end; ++at) {
      for (const Item& item : pieces_[at].items) {
        const auto first = static_cast<std::size_t>(item.line);
        if (!entries.empty()) entries.back().lines = cut(entries.back().lines.first, first - 1);
        entries.push_back({&item, {first, first}});
        spaced = spaced || item.blocks.size() > 1;
      }
    }
    entries.back().lines = cut(entries.back().lines.first, lines_of(end - 1).last);

    Lines out;
    std::size_t number = steps_;
    for (const Entry& entry : entries) {
      ++number;
      const std::string mark = pieces_[begin].ordered ? std::to_string(number) + ". " : "- ";
      std::optional<Lines> lines = item(*entry.item, entry.lines, mark);
      if (!lines) {
        // Only what stands at the margin can stay as it is between items that move there.
        if (entry.item->span.begin != source_.line_begin(entry.lines.first)) return;
        lines.emplace();
        for (std::size_t line = entry.lines.first; line <= entry.lines.last; ++line)
          lines->emplace_back(source_.line(line));
      }
      if (spaced && !out.empty()) out.emplace_back();
      std::move(lines->begin(), lines->end(), std::back_inserter(out));
    }
    if (pieces_[begin].ordered) steps_ = number;
    put({entries.front().lines.first, entries.back().lines.last}, out);
  }

  // Nothing when the item has to stay as it is.
  std::optional<Lines> item(const Item& item, Lined lines, const std::string& mark) const {
    if (item.blocks.empty() || item.blocks.front().kind != Block::Kind::Paragraph ||
        has_error(lines))
      return std::nullopt;
    const Excerpt& text = item.blocks.front().text;
    // The values of settings are bare text.
    const std::optional<std::string> sentence =
        canonical_sentence(text, section_ != SectionKind::Settings);
    if (!sentence) return std::nullopt;
    const std::string indent(mark.size(), ' ');
    Lines out;
    for (std::size_t begin = 0; begin <= sentence->size();) {
      const std::size_t end = std::min(sentence->find('\n', begin), sentence->size());
      out.push_back((out.empty() ? mark : indent) + sentence->substr(begin, end - begin));
      begin = end + 1;
    }
    for (std::size_t at = 1; at < item.blocks.size(); ++at) {
      const std::size_t end = at + 1 < item.blocks.size()
                                  ? source_.line_of(item.blocks[at + 1].span.begin) - 1
                                  : lines.last;
      const std::size_t begin = source_.line_of(item.blocks[at].span.begin);
      const std::optional<Lines> inside = block(item.blocks[at], cut(begin, end));
      if (!inside) return std::nullopt;
      out.emplace_back();
      for (const std::string& line : *inside) out.push_back(line.empty() ? line : indent + line);
    }
    return out;
  }

  std::optional<Lines> block(const Block& block, Lined lines) const {
    switch (block.kind) {
      case Block::Kind::Fence:
        if (!block.closed) return std::nullopt;
        return canonical_fence(block, source_);
      case Block::Kind::Quote:
        return canonical_quote(block);
      case Block::Kind::Table: {
        std::vector<std::string_view> rows;
        for (std::size_t line = lines.first; line <= lines.last; ++line)
          rows.push_back(source_.line(line));
        return aligned_table(rows);
      }
      case Block::Kind::Prose: {
        Lines out;
        const std::size_t begin = source_.line_begin(lines.first);
        const std::size_t indent = block.span.begin - begin;
        for (std::size_t line = lines.first; line <= lines.last; ++line) {
          const std::string_view text = source_.line(line);
          const std::size_t blanks = std::min(text.find_first_not_of(" \t"), text.size());
          out.emplace_back(text.substr(std::min(indent, blanks)));
        }
        return out;
      }
      default:
        return std::nullopt;
    }
  }

  // Writes `text` in place of the lines, between blank lines.
  void put(Lined lines, const Lines& text) {
    keep_to(lines.first - 1);
    if (!out_.empty()) out_ += '\n';
    for (const std::string& line : text) (out_ += line) += '\n';
    next_ = lines.last + 1;
  }
  // Copies the lines that were not written yet.
  void keep_to(std::size_t last) {
    while (next_ <= last && is_blank(next_)) ++next_;
    std::size_t end = last;
    while (end >= next_ && is_blank(end)) --end;
    if (end >= next_ && !out_.empty()) out_ += '\n';
    for (std::size_t line = next_; line <= end; ++line) (out_ += source_.line(line)) += '\n';
    next_ = std::max(next_, last + 1);
  }

  const Source& source_;
  const std::vector<Piece>& pieces_;
  std::vector<Lined> errors_;
  std::string out_;
  std::size_t next_ = 1;  // the first line of the source that is not written yet
  std::optional<SectionKind> section_;
  std::size_t steps_ = 0;
};

// What a text says, and how it would be written.
struct Reading {
  std::string meaning;
  std::string formatted;
};

std::optional<Reading> read(std::string_view markdown) {
  if (markdown.size() > kMostBytes || first_invalid(markdown) != std::string_view::npos)
    return std::nullopt;
  const Source source(markdown);
  Report report(source);
  const std::optional<std::vector<Piece>> pieces = scan(source, report);
  if (!pieces) return std::nullopt;
  const RuleTree tree = parse(*pieces, source, report);
  if (report.full()) return std::nullopt;
  const std::vector<Diagnostic> diagnostics = report.take();
  Reading out;
  out.meaning = tree.name + "\n" + tree.description + "\n" + reading_of(*pieces, source);
  for (const Diagnostic& diagnostic : diagnostics) (out.meaning += diagnostic.code) += "\n";

  const std::string text = Formatter(source, *pieces, diagnostics).run();
  const std::size_t end = source.line_end(1);
  const bool crlf = markdown.substr(end).starts_with("\r\n");
  out.formatted = markdown.substr(0, source.line_begin(1));
  for (const char c : text) {
    if (c == '\n' && crlf) out.formatted += '\r';
    out.formatted += c;
  }
  return out;
}

}  // namespace

std::string format_rule(std::string_view markdown) {
  constexpr int kMostPasses = 4;
  const std::optional<Reading> original = read(markdown);
  if (!original) return std::string(markdown);
  std::string text = original->formatted;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    std::optional<Reading> again = read(text);
    if (!again || again->meaning != original->meaning) break;
    if (again->formatted == text) return text;
    text = std::move(again->formatted);
  }
  return std::string(markdown);
}

}  // namespace msghub
