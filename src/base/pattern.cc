#include "base/pattern.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace msghub {

namespace {

constexpr std::int64_t kPatternMemory = std::int64_t{8} * 1024 * 1024;
constexpr auto kNone = std::string_view::npos;

// Constructs of other dialects, by the characters with which they begin.
struct Construct {
  std::string_view start;
  std::string_view name;
};

constexpr auto kGroups = std::to_array<Construct>({
    {"(?=", "a lookahead"},
    {"(?!", "a negative lookahead"},
    {"(?<=", "a lookbehind"},
    {"(?<!", "a negative lookbehind"},
    {"(?>", "an atomic group"},
    {"(?#", "a comment"},
    {"(?(", "a conditional group"},
    {"(?|", "a branch reset"},
    {"(?<", "a group named the other way; write (?P<name>…)"},
    {"(?'", "a group named the other way; write (?P<name>…)"},
    {"(?P=", "a back reference"},
    {"(?P>", "a recursion"},
    {"(?R", "a recursion"},
    {"(?&", "a recursion"},
    {"(?+", "a recursion"},
    {"(?C", "a callout"},
    {"(?^", "a reset of the flags; write (?-im) or what is meant"},
});

constexpr std::string_view kNotC = "the class C; write \\P{Cc}, \\P{Cf} or \\P{Co}";
constexpr std::string_view kC = "the class C; write \\p{Cc}, \\p{Cf} or \\p{Co}";

// Escapes outside of […]. RE2 takes \B, \C and \p{C}, but re2js lacks them or reads them
// differently: RE2 looks at bytes and so finds \B inside of "ä".
constexpr auto kEscapes = std::to_array<Construct>({
    {"\\B", "not the edge of a word, which a rule's own project reads in another way"},
    {"\\C", "a single byte"},
    {"\\E", "the end of a quotation that does not begin"},
    {"\\G", "the end of the last match"},
    {"\\H", "what is no horizontal space; write [^ \\t]"},
    {"\\K", "a reset of the match"},
    {"\\N{", "a character by its name; write \\x{…}"},
    {"\\N", "any character but a line end; write ."},
    {"\\R", "any line end; write \\r?\\n"},
    {"\\U", "a character by its number; write \\x{…}"},
    {"\\V", "what is no vertical space; write [^\\n\\r]"},
    {"\\X", "a grapheme"},
    {"\\Z", "the end of the text but for a line end; write \\z"},
    {"\\c", "a control character; write \\x and two digits"},
    {"\\e", "the escape character; write \\x1B"},
    {"\\g", "a back reference"},
    {"\\h", "horizontal space; write [ \\t]"},
    {"\\k", "a back reference"},
    {"\\u", "a character by its number; write \\x{…}"},
});

constexpr auto kClassEscapes = std::to_array<Construct>({
    {"\\b", "a backspace; write \\x08"},
    {"\\B", "not the edge of a word, which is no character"},
    {"\\c", "a control character; write \\x and two digits"},
    {"\\e", "the escape character; write \\x1B"},
    {"\\h", "horizontal space; write a space and \\t"},
    {"\\u", "a character by its number; write \\x{…}"},
    {"\\U", "a character by its number; write \\x{…}"},
});

constexpr auto kUnicodeClasses = std::to_array<Construct>({
    {"\\PC", kNotC},
    {"\\P{C}", kNotC},
    {"\\P{^C}", kC},
    {"\\pC", kC},
    {"\\p{C}", kC},
    {"\\p{^C}", kNotC},
});

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// Finds the first construct of another dialect. A pattern that no dialect has is none of its
// business; RE2 says what is wrong with it.
class ForeignFinder {
 public:
  explicit ForeignFinder(std::string_view pattern) : text_(pattern) {}

  std::optional<PatternFault> run() {
    while (!found_ && at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\\')
        escape();
      else if (in_class_)
        in_class();
      else if (c == '[')
        open_class();
      else if (c == '(')
        group();
      else
        plain();
    }
    return std::move(found_);
  }
  bool has_edges() const { return edges_; }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  bool fault(std::size_t length, std::string_view what) {
    found_ = {PatternFault::Kind::Foreign, std::string(what), at_, at_ + length};
    return true;
  }
  template <class Table>
  bool is_one_of(const Table& table) {
    for (const Construct& construct : table)
      if (rest().starts_with(construct.start)) return fault(construct.start.size(), construct.name);
    return false;
  }

  void escape() {
    if (at_ + 1 == text_.size()) {
      ++at_;
      return;
    }
    const char c = text_[at_ + 1];
    if (c == 'Q' && !in_class_) {
      const std::size_t close = text_.find("\\E", at_ + 2);
      at_ = close == kNone ? text_.size() : close + 2;
      return;
    }
    if (is_one_of(kUnicodeClasses)) return;
    if (in_class_ ? is_one_of(kClassEscapes) : is_one_of(kEscapes)) return;
    // \101 is a character, as in C; \1 is a back reference in other dialects.
    const bool octal =
        c <= '7' && at_ + 2 < text_.size() && text_[at_ + 2] >= '0' && text_[at_ + 2] <= '7';
    if (!in_class_ && is_digit(c) && c != '0' && !octal && fault(2, "a back reference")) return;
    constexpr std::string_view kKnown = "aAbdDfnpPQrsStvwWxz";
    if ((is_lower(c) || is_upper(c)) && !kKnown.contains(c)) {
      fault(2, "an escape that does not exist here");
      return;
    }
    if (!in_class_ && (c == 'A' || c == 'b' || c == 'z')) edges_ = true;
    at_ += 2;
    // The braces of \p{…} and \x{…} are no repetition.
    const bool braces = (c == 'p' || c == 'P' || c == 'x') && rest().starts_with('{');
    if (braces) at_ = std::min(text_.find('}', at_), text_.size() - 1) + 1;
  }

  void open_class() {
    in_class_ = true;
    at_ += rest().starts_with("[^") ? 2 : 1;
    if (rest().starts_with(']')) ++at_;  // a ] at the beginning is itself
  }
  void in_class() {
    if (rest().starts_with("[:")) {
      const std::size_t close = text_.find(":]", at_ + 2);
      at_ = close == kNone ? at_ + 1 : close + 2;
      return;
    }
    if (text_[at_] == ']') in_class_ = false;
    ++at_;
  }

  void group() {
    if (is_one_of(kGroups)) return;
    if (at_ + 2 < text_.size() && text_[at_ + 1] == '*' && is_upper(text_[at_ + 2])) {
      fault(2, "a verb");
      return;
    }
    if (rest().starts_with("(?P<")) return named_group();
    if (rest().starts_with("(?")) return flags();
    ++at_;
  }
  // RE2 may take a name twice, re2js does not.
  void named_group() {
    const std::size_t close = std::min(text_.find('>', at_), text_.size() - 1) + 1;
    const auto [name, is_new] = names_.insert(text_.substr(at_, close - at_));
    if (!is_new && fault(close - at_, "a second group of the same name")) return;
    at_ = close;
  }
  void flags() {
    if (rest().starts_with("(?P")) {
      at_ += 3;
      return;
    }
    const std::size_t begin = at_;
    for (at_ += 2; at_ < text_.size() && text_[at_] != ':' && text_[at_] != ')'; ++at_) {
      const char c = text_[at_];
      if (is_digit(c)) {
        at_ = begin;
        fault(3, "a recursion");
        return;
      }
      if (!is_lower(c) && !is_upper(c) && c != '-') return;
      if (std::string_view("imsU-").contains(c)) continue;
      fault(1, "a flag that does not exist here; there are i, m, s and U");
      return;
    }
    ++at_;
  }

  void plain() {
    if (text_[at_] == '^' || text_[at_] == '$') edges_ = true;
    const std::size_t repetition = repetition_here();
    const bool again = repetition > 0 && at_ + repetition < text_.size();
    if (again && text_[at_ + repetition] == '+') {
      fault(repetition + 1, "possessive repetition");
      return;
    }
    at_ += std::max(repetition, std::size_t{1});
    if (again && text_[at_] == '?') ++at_;
  }
  // The length of *, +, ?, {2}, {2,} or {2,5} here; 0 when a brace is itself.
  std::size_t repetition_here() const {
    const char c = text_[at_];
    if (c == '*' || c == '+' || c == '?') return 1;
    if (c != '{') return 0;
    std::size_t at = at_ + 1;
    const auto digits = [&] {
      const std::size_t begin = at;
      while (at < text_.size() && is_digit(text_[at])) ++at;
      return at > begin;
    };
    if (!digits()) return 0;
    if (at < text_.size() && text_[at] == ',') {
      ++at;
      digits();
    }
    return at < text_.size() && text_[at] == '}' ? at + 1 - at_ : 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool in_class_ = false;
  bool edges_ = false;
  std::set<std::string_view> names_;
  std::optional<PatternFault> found_;
};

}  // namespace

bool has_edges(std::string_view pattern) {
  ForeignFinder finder(pattern);
  finder.run();
  return finder.has_edges();
}

std::size_t length_in_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::expected<Pattern, PatternFault> read_pattern(std::string_view pattern, bool case_sensitive) {
  using Kind = PatternFault::Kind;
  const auto whole = [&](Kind kind, std::string what) {
    return std::unexpected(PatternFault{kind, std::move(what)});
  };
  if (length_in_characters(pattern) > kPatternCharacters) return whole(Kind::TooLong, {});
  if (auto foreign = ForeignFinder(pattern).run()) return std::unexpected(std::move(*foreign));

  re2::RE2::Options options;
  options.set_case_sensitive(case_sensitive);
  options.set_max_mem(kPatternMemory);
  options.set_log_errors(false);
  auto compiled =
      std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (compiled->ok()) return compiled;
  if (compiled->error_code() == re2::RE2::ErrorPatternTooLarge) return whole(Kind::TooLarge, {});
  const std::string& part = compiled->error_arg();
  const std::size_t at = part.empty() ? kNone : pattern.find(part);
  if (at == kNone) return whole(Kind::Broken, compiled->error());
  return std::unexpected(PatternFault{Kind::Broken, compiled->error(), at, at + part.size()});
}

}  // namespace msghub
