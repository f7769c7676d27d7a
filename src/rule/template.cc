#include "rule/template.h"

#include <algorithm>
#include <span>

#include "rule/filters.h"
#include "rule/nearest.h"
#include "rule/wording.h"
#include "rule/words.h"

namespace msghub {

namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

// order.total, message.receivedAt, payload.items[0].sku
bool is_dotted_name(std::string_view text) {
  return !text.empty() && is_name_start(text.front()) && is_json_path(text) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_name_part(c) || c == '.' || c == '[' || c == ']' || c == '-';
         });
}

}  // namespace

bool is_identifier(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest && is_name_start(text.front()) &&
         text.front() != '_' && std::all_of(text.begin(), text.end(), is_name_part);
}

bool is_json_path(std::string_view path) {
  constexpr std::size_t kLongest = 500;
  if (path.empty() || path.size() > kLongest) return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t dot = std::min(path.find('.', at), path.size());
    std::string_view key = path.substr(at, dot - at);
    while (key.ends_with(']')) {
      const std::size_t open = key.rfind('[');
      if (open == std::string_view::npos) return false;
      const std::string_view index = key.substr(open + 1, key.size() - open - 2);
      const bool digits = !index.empty() && index.size() < 10 &&
                          index.find_first_not_of("0123456789") == std::string_view::npos;
      if (!digits) return false;
      key = key.substr(0, open);
      if (key.empty() && at == 0) break;  // a document that is a list: [0].sku
    }
    const bool list_itself = key.empty() && at == 0 && path.front() == '[';
    if ((key.empty() && !list_itself) || key.find_first_of("[]\n\t\"`{}") != std::string_view::npos)
      return false;
    at = dot + 1;
  }
  return true;
}

namespace {

// {{…}} cut into words, paths in backticks, texts in quotation marks, and bars.
struct Piece {
  enum class Kind { Word, Path, Text, Bar };
  Kind kind{};
  std::string value;
  std::size_t begin = 0;
  std::size_t end = 0;
};
struct Cut {
  enum class Problem { None, NotClosed, TextNotClosed, OddMark };
  std::vector<Piece> pieces;
  std::size_t end = 0;  // behind }}, or where the problem stands
  Problem problem{};
};

struct Quotes {
  std::string_view open;
  std::string_view close;
};
// \" is how a quotation mark stands inside the strings of JSON and in quoted texts.
constexpr Quotes kQuotes[] = {
    {"\"", "\""}, {"\\\"", "\\\""}, {"\u201C", "\u201D"}, {"\u201E", "\u201C"}};
// Bounds what is read again and again when many {{ stand in a line.
constexpr std::size_t kLongestText = 1000;

class Cutter {
 public:
  Cutter(std::string_view text, std::size_t begin) : text_(text), at_(begin + 2) {}

  Cut run() {
    using Problem = Cut::Problem;
    while (true) {
      while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
      const std::string_view rest = text_.substr(at_);
      if (rest.empty() || rest.front() == '\n') return stop(Problem::NotClosed);
      if (rest.starts_with("}}")) {
        at_ += 2;
        return stop(Problem::None);
      }
      if (rest.starts_with('|')) {
        add(Piece::Kind::Bar, "|", at_ + 1);
      } else if (const Quotes* quotes = quotes_here()) {
        if (!quoted(*quotes)) return stop(Problem::TextNotClosed);
      } else if (rest.starts_with('`')) {
        const std::size_t close = text_.find_first_of("`\n", at_ + 1);
        if (close == std::string_view::npos || text_[close] == '\n') return stop(Problem::OddMark);
        add(Piece::Kind::Path, text_.substr(at_ + 1, close - at_ - 1), close + 1);
      } else if (!word()) {
        return stop(Problem::OddMark);
      }
    }
  }

 private:
  Cut stop(Cut::Problem problem) {
    cut_.problem = problem;
    cut_.end = at_;
    return std::move(cut_);
  }
  void add(Piece::Kind kind, std::string_view value, std::size_t end) {
    cut_.pieces.push_back({kind, std::string(value), at_, end});
    at_ = end;
  }
  const Quotes* quotes_here() const {
    for (const Quotes& quotes : kQuotes)
      if (text_.substr(at_).starts_with(quotes.open)) return &quotes;
    return nullptr;
  }
  bool quoted(const Quotes& quotes) {
    const std::size_t inner = at_ + quotes.open.size();
    const std::size_t limit = std::min(text_.size(), inner + kLongestText);
    std::string value;
    for (std::size_t i = inner; i < limit && text_[i] != '\n'; ++i) {
      const std::string_view rest = text_.substr(i);
      if (rest.starts_with(quotes.close)) {
        add(Piece::Kind::Text, value, i + quotes.close.size());
        return true;
      }
      if (rest.starts_with("\\\"") || rest.starts_with("\\\\")) ++i;
      value += text_[i];
    }
    return false;
  }
  bool word() {
    std::size_t end = at_;
    while (end < text_.size() && !std::string_view(" \t\n|{}\"`\\").contains(text_[end])) ++end;
    if (end == at_) return false;
    add(Piece::Kind::Word, text_.substr(at_, end - at_), end);
    return true;
  }

  std::string_view text_;
  std::size_t at_;
  Cut cut_;
};

class ReferenceParser {
 public:
  ReferenceParser(const Excerpt& text, Report& report) : text_(text), report_(report) {}

  std::optional<Reference> run(std::size_t& at) {
    const std::string_view all = text_.text();
    const std::size_t begin = at;
    Cut cut = Cutter(all, begin).run();
    if (cut.problem != Cut::Problem::None) return refuse(cut, begin, at);
    at = cut.end;
    Reference out;
    out.span = text_.span(begin, at);
    const std::vector<Piece>& pieces = cut.pieces;
    const auto bar = [](const Piece& piece) { return piece.kind == Piece::Kind::Bar; };
    auto next = std::find_if(pieces.begin(), pieces.end(), bar);
    if (next - pieces.begin() != 1 || !value(pieces.front(), out)) {
      report_.add(out.span,
                  wording::template_malformed(trim(all.substr(begin + 2, at - begin - 4))));
      return std::nullopt;
    }
    while (next != pieces.end()) {
      const auto end = std::find_if(next + 1, pieces.end(), bar);
      if (!filter(std::span(next, end), out)) return std::nullopt;
      next = end;
    }
    return out;
  }

 private:
  static bool value(const Piece& piece, Reference& out) {
    out.name = piece.value;
    if (piece.kind == Piece::Kind::Text) out.kind = Reference::Kind::Literal;
    out.is_path = piece.kind == Piece::Kind::Path;
    return piece.kind == Piece::Kind::Text || (out.is_path && is_json_path(piece.value)) ||
           (piece.kind == Piece::Kind::Word && is_dotted_name(piece.value));
  }

  // The bar and what follows it up to the next one.
  bool filter(std::span<const Piece> pieces, Reference& out) {
    const Span bar = span(pieces.front());
    if (pieces.size() < 2 || pieces[1].kind != Piece::Kind::Word) {
      report_.add(pieces.size() < 2 ? bar : span(pieces[1]), wording::filter_missing());
      return false;
    }
    if (out.kind == Reference::Kind::Literal) {
      report_.add(out.span, wording::filter_on_literal());
      return false;
    }
    std::vector<FilterWord> arguments;
    for (const Piece& piece : pieces.subspan(2))
      arguments.push_back({piece.value, piece.kind == Piece::Kind::Text, span(piece)});
    const Span whole = text_.span(pieces[1].begin, pieces.back().end);
    std::optional<Filter> filter =
        read_filter({pieces[1].value, false, span(pieces[1])}, arguments, whole, report_);
    if (filter) out.filters.push_back(std::move(*filter));
    return filter.has_value();
  }
  Span span(const Piece& piece) const { return text_.span(piece.begin, piece.end); }

  // The whole is skipped, up to its }} if there is one on the line.
  std::optional<Reference> refuse(const Cut& cut, std::size_t begin, std::size_t& at) {
    const std::string_view all = text_.text();
    const std::size_t line_end = std::min(all.find('\n', begin), all.size());
    const std::size_t close = all.substr(0, line_end).find("}}", begin + 2);
    if (cut.problem == Cut::Problem::TextNotClosed) {
      report_.add(text_.span(cut.end, cut.end + 1), wording::template_text_unclosed());
    } else if (close == std::string_view::npos) {
      report_.add(text_.span(begin, begin + 2), wording::template_unclosed());
    } else {
      report_.add(text_.span(begin, close + 2),
                  wording::template_malformed(trim(all.substr(begin + 2, close - begin - 2))));
    }
    at = close == std::string_view::npos ? line_end : close + 2;
    return std::nullopt;
  }

  const Excerpt& text_;
  Report& report_;
};

// The name as written; check() has split it where it leads into a value.
std::string full_name(const Reference& reference) {
  const std::string& name = reference.name;
  if (reference.kind == Reference::Kind::Json && !reference.is_path) return "payload." + name;
  if (reference.path.empty()) return name;
  return name + (reference.path.starts_with('[') ? "" : ".") + reference.path;
}

std::string source_text(const Filter& filter) {
  std::string out = " | " + filter.name;
  const FilterInfo* known = find_filter(filter.name);
  for (std::size_t i = 0; i < filter.arguments.size(); ++i) {
    const bool bare = known != nullptr && i < known->parameters.size() &&
                      known->parameters[i].kind == FilterParameter::Kind::Count;
    out += ' ' + (bare ? filter.arguments[i] : in_quotes(filter.arguments[i]));
  }
  return out;
}

}  // namespace

std::optional<Reference> parse_reference(const Excerpt& text, std::size_t& at, Report& report) {
  return ReferenceParser(text, report).run(at);
}

std::size_t end_of_reference(std::string_view text, std::size_t begin) {
  const Cut cut = Cutter(text, begin).run();
  const bool good = cut.problem == Cut::Problem::None && !cut.pieces.empty();
  return good ? cut.end : std::string_view::npos;
}

namespace {

// Notes each {name} in bytes [begin, end) of the text.
void note_single_braces(const Excerpt& text, std::size_t begin, std::size_t end, Template& out) {
  const std::string_view all = text.text();
  for (std::size_t open = all.find('{', begin); open < end; open = all.find('{', open + 1)) {
    const std::size_t stop = all.find_first_of("{}\n", open + 1);
    if (stop >= end || all[stop] != '}') continue;
    const std::string_view name = trim(all.substr(open + 1, stop - open - 1));
    if (!is_dotted_name(name)) continue;
    const bool dollar = open > begin && all[open - 1] == '$';
    out.single_braces.push_back({std::string(name), text.span(open, stop + 1), dollar});
  }
}

}  // namespace

Template parse_template(const Excerpt& text, Report& report) {
  Template out;
  out.span = text.span();
  const std::string_view all = text.text();
  std::size_t from = 0;
  const auto literal = [&](std::size_t end) {
    if (from == end) return;
    out.parts.push_back({std::string(all.substr(from, end - from)), std::nullopt});
    note_single_braces(text, from, end, out);
  };
  for (std::size_t at = all.find("{{"); at != std::string_view::npos; at = all.find("{{", at)) {
    const std::size_t begin = at;
    std::optional<Reference> reference = parse_reference(text, at, report);
    if (!reference) continue;
    literal(begin);
    out.parts.push_back({{}, std::move(reference)});
    from = at;
  }
  literal(all.size());
  return out;
}

std::string source_text(const Reference& reference) {
  const bool literal = reference.kind == Reference::Kind::Literal;
  const std::string_view tick = reference.is_path ? "`" : "";
  std::string out = "{{";
  out += literal ? in_quotes(reference.name)
                 : std::string(tick) + full_name(reference) + std::string(tick);
  for (const Filter& filter : reference.filters) out += source_text(filter);
  return out + "}}";
}

std::optional<std::string> fixed_text(const Template& text) {
  std::string out;
  for (const Template::Part& part : text.parts) {
    if (part.reference && part.reference->kind != Reference::Kind::Literal) return std::nullopt;
    out += part.reference ? part.reference->name : part.text;
  }
  return out;
}

std::string source_text(const Template& text) {
  std::string out;
  for (const Template::Part& part : text.parts) {
    if (!part.reference) {
      out += part.text;
      continue;
    }
    out += source_text(*part.reference);
  }
  return out;
}

}  // namespace msghub
