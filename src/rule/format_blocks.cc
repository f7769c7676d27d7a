#include <algorithm>

#include "rule/format_parts.h"
#include "rule/headings.h"
#include "rule/nearest.h"
#include "rule/words.h"

namespace msghub {

namespace {

Lines lines_of(std::string_view text) {
  Lines out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

// The longest run of the mark with which a line begins.
std::size_t longest_run(const Lines& lines, char mark) {
  std::size_t longest = 0;
  for (const std::string& line : lines) {
    const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
    const std::size_t end = std::min(line.find_first_not_of(mark, begin), line.size());
    longest = std::max(longest, end - begin);
  }
  return longest;
}

class Reader {
 public:
  Reader(const std::vector<Piece>& pieces, const Source& source)
      : pieces_(pieces), source_(source) {}

  std::string run() {
    for (std::size_t at = 0; at < pieces_.size(); ++at) {
      const Piece& piece = pieces_[at];
      if (piece.kind == Piece::Kind::Heading)
        heading(piece);
      else if (in_section_ && piece.kind == Piece::Kind::List)
        for (const Item& item : piece.items) this->item(item, piece.ordered);
      else if (in_section_)
        block(piece.block);
      else
        prose(at);
    }
    return std::move(out_);
  }

 private:
  void say(std::string_view what, std::string_view text) {
    out_.append(what).append(std::to_string(text.size())).append(":").append(text).append("\n");
  }
  void say(char what, std::int64_t number) { (out_ += what) += std::to_string(number) + "\n"; }

  void heading(const Piece& piece) {
    const HeadingMeaning meaning = meaning_of_heading(piece);
    if (meaning.section != nullptr) {
      in_section_ = true;
      say('S', static_cast<std::int64_t>(meaning.section->kind));
      const std::string& text = piece.text.text();
      const std::size_t colon = text.find(':');
      if (colon != std::string::npos) say("title", trim(std::string_view(text).substr(colon + 1)));
      return;
    }
    if (piece.level <= 2) in_section_ = false;
    say('H', piece.level);
    say("text", piece.text.text());
  }

  void prose(std::size_t at) {
    const auto first = static_cast<std::size_t>(pieces_[at].line);
    std::size_t last = source_.line_count();
    if (at + 1 < pieces_.size())
      last = std::max(first, static_cast<std::size_t>(pieces_[at + 1].line) - 1);
    while (last > first && trim(source_.line(last)).empty()) --last;
    for (std::size_t line = first; line <= last; ++line) say("prose", source_.line(line));
  }

  void item(const Item& item, bool ordered) {
    say('I', ordered ? 1 : 0);
    for (std::size_t at = 0; at < item.blocks.size(); ++at) {
      const Block& block = item.blocks[at];
      const bool sentence = at == 0 && block.kind == Block::Kind::Paragraph;
      if (sentence)
        words(block.text);
      else
        this->block(block);
    }
  }
  void words(const Excerpt& sentence) {
    Report nobody(source_);
    for (const Token& token : words_of(sentence, nobody)) {
      say('T', static_cast<std::int64_t>(token.kind) * 2 + (token.in_code ? 1 : 0));
      say("", token.value);
      say("", token.content.text());
      say("", token.pattern_flags);
    }
  }
  void block(const Block& block) {
    say('B', static_cast<std::int64_t>(block.kind) * 2 + (block.closed ? 1 : 0));
    say("", block.info);
    const bool has_text = block.kind == Block::Kind::Paragraph ||
                          block.kind == Block::Kind::Fence || block.kind == Block::Kind::Quote;
    if (has_text)
      say("", block.text.text());
    else if (block.kind != Block::Kind::Table)
      say("", source_.text(block.span));
    for (const Block::Row& row : block.rows) {
      say('R', static_cast<std::int64_t>(row.cells.size()));
      for (const Excerpt& cell : row.cells) say("", cell.text());
    }
  }

  const std::vector<Piece>& pieces_;
  const Source& source_;
  std::string out_;
  bool in_section_ = false;
};

}  // namespace

Lines canonical_fence(const Block& fence, const Source& source) {
  Lines inside = lines_of(fence.text.text());
  inside.pop_back();  // each line of the text ends with \n
  const std::size_t line = source.line_of(fence.span.begin);
  const std::string_view info = trim(source.text({fence.info_span.begin, source.line_end(line)}));
  // Backticks in the info string allow marks of tildes only.
  const char mark = info.contains('`') ? '~' : '`';
  const std::string marks(std::max<std::size_t>(3, longest_run(inside, mark) + 1), mark);
  Lines out{marks + std::string(info)};
  for (std::string& text : inside) out.push_back(std::move(text));
  out.push_back(marks);
  return out;
}

Lines canonical_quote(const Block& quote) {
  Lines out;
  for (const std::string& line : lines_of(quote.text.text()))
    out.push_back(line.empty() ? ">" : "> " + line);
  return out;
}

std::string reading_of(const std::vector<Piece>& pieces, const Source& source) {
  return Reader(pieces, source).run();
}

}  // namespace msghub
