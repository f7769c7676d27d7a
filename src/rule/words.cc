#include "rule/words.h"

#include <algorithm>

#include "rule/nearest.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

constexpr auto kNone = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n'; }

// The typographic quotation marks that editors put in place of ".
struct QuotePair {
  std::string_view open;
  std::string_view close;
};
constexpr QuotePair kQuotes[] = {
    {"\"", "\""}, {"\u201C", "\u201D"}, {"\u201E", "\u201C"}, {"\u00AB", "\u00BB"}};
constexpr std::string_view kNoBreakSpace = "\u00A0";

class Lexer {
 public:
  Lexer(const Excerpt& sentence, Report& report)
      : sentence_(sentence), text_(sentence.text()), report_(report) {}

  std::vector<Token> run() {
    while (at_ < text_.size()) {
      if (is_space(text_[at_])) {
        ++at_;
      } else if (text_.substr(at_).starts_with(kNoBreakSpace)) {
        at_ += kNoBreakSpace.size();
      } else if (!special()) {
        plain();
      }
    }
    return std::move(tokens_);
  }

 private:
  bool special() {
    const std::string_view rest = text_.substr(at_);
    for (const QuotePair& quote : kQuotes)
      if (rest.starts_with(quote.open)) return quoted({quote.open, closing_of(quote)});
    if (rest.starts_with("`")) return code();
    if (rest.starts_with("**")) return enclosed("**", Token::Kind::Bold);
    if (rest.starts_with("__")) return enclosed("__", Token::Kind::Bold);
    if (rest.starts_with("*")) return enclosed("*", Token::Kind::Emphasis);
    // Behind a letter it joins words: Europe/Paris, and/or.
    const bool joins = at_ > 0 && is_letter(text_[at_ - 1]);
    if (rest.starts_with("/") && !joins && can_be_pattern()) return pattern();
    if (rest.starts_with("<")) return bracketed_url();
    const std::string start = lower_ascii(rest.substr(0, 8));
    if (start == "https://" || start.starts_with("http://")) return bare_url();
    return false;
  }

  // A slash that nothing closes is a mark (save to /x), unless a pattern must stand here.
  bool can_be_pattern() const {
    const std::size_t line_end = std::min(text_.find('\n', at_), text_.size());
    if (text_.substr(at_ + 1, line_end - at_ - 1).contains('/')) return true;
    return matches_;
  }

  void plain() {
    const std::size_t begin = at_;
    const char first = text_[begin];
    const bool signed_number = first == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]);
    if (is_digit(first) || signed_number) {
      ++at_;
      while (at_ < text_.size() && (is_digit(text_[at_]) || joins_digits())) ++at_;
      if (at_ == text_.size() || !is_letter(text_[at_]))
        return add(Token::Kind::Number, begin, at_);
      at_ = begin;
    }
    if (is_digit(first) || (is_letter(first) && !at_special_letter())) {
      while (at_ < text_.size() && in_word() && !at_special_letter()) ++at_;
      return add(Token::Kind::Word, begin, at_);
    }
    at_ = begin + code_point_at(text_, begin).size;
    add(Token::Kind::Mark, begin, at_);
  }

  bool joins_digits() const {
    const char c = text_[at_];
    return (c == '.' || c == ',' || c == '\'') && at_ + 1 < text_.size() &&
           is_digit(text_[at_ + 1]);
  }
  bool in_word() const {
    const char c = text_[at_];
    return is_letter(c) || is_digit(c) || c == '-' || c == '\'';
  }
  // Quotation marks and the no-break space are beyond ASCII, as letters are.
  bool at_special_letter() const {
    const std::string_view rest = text_.substr(at_);
    if (static_cast<unsigned char>(rest[0]) < 0x80) return false;
    if (rest.starts_with(kNoBreakSpace)) return true;
    return std::any_of(std::begin(kQuotes), std::end(kQuotes), [&](const QuotePair& quote) {
      return rest.starts_with(quote.open) || rest.starts_with(quote.close);
    });
  }

  void add(Token::Kind kind, std::size_t begin, std::size_t end) {
    Token token;
    token.kind = kind;
    token.span = sentence_.span(begin, end);
    const std::string_view text = text_.substr(begin, end - begin);
    token.value = kind == Token::Kind::Word ? straight(lower_ascii(text)) : std::string(text);
    token.content = sentence_.part(begin, end);
    matches_ = matches_ || (kind == Token::Kind::Word && token.value.starts_with("match"));
    tokens_.push_back(std::move(token));
  }
  static std::string straight(std::string word) {
    constexpr std::string_view kApostrophe = "\u2019";
    for (auto at = word.find(kApostrophe); at != kNone; at = word.find(kApostrophe, at))
      word.replace(at, kApostrophe.size(), "'");
    return word;
  }

  // A token from at_ to `end` whose content is [inner_begin, inner_end).
  Token& enclose(Token::Kind kind, std::size_t end, std::size_t inner_begin,
                 std::size_t inner_end) {
    Token token;
    token.kind = kind;
    token.span = sentence_.span(at_, end);
    token.content = sentence_.part(inner_begin, inner_end);
    token.value = token.content.text();
    at_ = end;
    return tokens_.emplace_back(std::move(token));
  }

  // Reports the mark and makes the rest of the sentence one token: one report, and a linear scan.
  bool broken(std::string_view mark, std::string_view close) {
    const std::size_t end = text_.size();
    report_.add(sentence_.span(at_, at_ + mark.size()), wording::unclosed_mark(mark, close));
    enclose(Token::Kind::Broken, end, at_, end);
    return true;
  }

  // What closes the text: editors put one mark in place of another („a", “a").
  std::string_view closing_of(const QuotePair& quote) {
    if (quote.open == "\"" || stands_behind(quote.close)) return quote.close;
    for (const std::string_view other : {"\u201D", "\""})
      if (stands_behind(other)) return other;
    return quote.close;
  }
  // What is missing once is missing for the rest of the sentence, so this stays linear.
  bool stands_behind(std::string_view mark) {
    if (std::find(missing_.begin(), missing_.end(), mark) != missing_.end()) return false;
    if (text_.find(mark, at_ + 1) != kNone) return true;
    missing_.push_back(mark);
    return false;
  }

  static bool is_escape(std::string_view text, std::size_t at) {
    return text[at] == '\\' && at + 1 < text.size() &&
           (text[at + 1] == '"' || text[at + 1] == '\\');
  }
  static std::string undone(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (is_escape(text, i)) ++i;
      out += text[i];
    }
    return out;
  }

  // The value is the text for sentences that take it as it is. The content is for templates: what
  // stands in {{…}} keeps its own quotation marks, and their escapes: "{{total | money "EUR"}}".
  bool quoted(const QuotePair& quote) {
    const std::size_t inner = at_ + quote.open.size();
    Excerpt content = Excerpt::empty_at(sentence_.offset_of(inner));
    std::size_t from = inner;
    for (std::size_t i = inner; i < text_.size(); ++i) {
      const bool opens = text_.substr(i).starts_with("{{");
      if (const std::size_t end = opens ? end_of_reference(text_, i) : kNone; end != kNone) {
        i = end - 1;
        continue;
      }
      if (is_escape(text_, i)) {
        append(content, from, i);
        from = ++i;
      } else if (text_.substr(i).starts_with(quote.close)) {
        append(content, from, i);
        Token& token = enclose(Token::Kind::Text, i + quote.close.size(), inner, inner);
        token.value = undone(text_.substr(inner, i - inner));
        token.content = std::move(content);
        return true;
      }
    }
    return broken(quote.open, quote.close);
  }
  void append(Excerpt& content, std::size_t begin, std::size_t end) {
    if (begin < end) content.append(text_.substr(begin, end - begin), sentence_.offset_of(begin));
  }

  bool code() {
    const std::size_t ticks = std::min(text_.find_first_not_of('`', at_), text_.size()) - at_;
    const std::size_t inner = at_ + ticks;
    for (std::size_t i = text_.find('`', inner); i != kNone; i = text_.find('`', i)) {
      const std::size_t end = std::min(text_.find_first_not_of('`', i), text_.size());
      if (end - i != ticks) {
        i = end;
        continue;
      }
      std::size_t first = inner, last = i;
      const bool padded = last - first > 2 && text_[first] == ' ' && text_[last - 1] == ' ';
      if (padded) ++first, --last;
      const std::string_view content = text_.substr(first, last - first);
      const bool is_pattern =
          content.size() >= 2 && content.front() == '/' && content.back() == '/';
      if (is_pattern) return pattern_in_code(end, first + 1, last - 1);
      enclose(Token::Kind::Code, end, first, last);
      return true;
    }
    return broken(text_.substr(at_, ticks), text_.substr(at_, ticks));
  }

  bool enclosed(std::string_view mark, Token::Kind kind) {
    const std::size_t inner = at_ + mark.size();
    const std::size_t close = text_.find(mark, inner);
    if (close == kNone) return broken(mark, mark);
    std::size_t first = inner, last = close;
    while (first < last && is_space(text_[first])) ++first;
    while (first < last && is_space(text_[last - 1])) --last;
    Token& token = enclose(kind, close + mark.size(), first, last);
    std::replace(token.value.begin(), token.value.end(), '\n', ' ');
    return true;
  }

  bool pattern_in_code(std::size_t end, std::size_t first, std::size_t last) {
    Token& token = enclose(Token::Kind::Pattern, end, first, last);
    token.in_code = true;
    undo_slashes(token);
    return true;
  }

  bool pattern() {
    const std::size_t inner = at_ + 1;
    bool in_class = false;
    for (std::size_t i = inner; i < text_.size() && text_[i] != '\n'; ++i) {
      const char c = text_[i];
      if (c == '\\') ++i;
      if (c == '[') in_class = true;
      if (c == ']') in_class = false;
      if (c != '/' || in_class) continue;
      std::size_t end = i + 1;
      while (end < text_.size() && is_letter(text_[end])) ++end;
      const std::string flags(text_.substr(i + 1, end - i - 1));
      Token& token = enclose(Token::Kind::Pattern, end, inner, i);
      token.pattern_flags = flags;
      undo_slashes(token);
      return true;
    }
    return broken("/", "/");
  }

  // Between slashes a slash is written \/; the pattern itself has the plain slash.
  static void undo_slashes(Token& token) {
    const Excerpt whole = token.content;
    const std::string& text = whole.text();
    Excerpt content = Excerpt::empty_at(whole.offset_of(0));
    std::size_t from = 0;
    for (std::size_t i = 0; i + 1 < text.size(); ++i) {
      if (text[i] != '\\') continue;
      if (text[i + 1] == '/') {
        if (from < i)
          content.append(std::string_view(text).substr(from, i - from), whole.offset_of(from));
        from = i + 1;
      }
      ++i;
    }
    if (from < text.size())
      content.append(std::string_view(text).substr(from), whole.offset_of(from));
    token.value = content.text();
    token.content = std::move(content);
  }

  bool bracketed_url() {
    const std::size_t close = text_.find_first_of(">\n", at_);
    if (close == kNone || text_[close] == '\n') return broken("<", ">");
    enclose(Token::Kind::Url, close + 1, at_ + 1, close);
    return true;
  }

  bool bare_url() {
    std::size_t end = at_;
    std::size_t last_close = text_.rfind("}}");
    if (last_close == kNone) last_close = 0;
    while (end < text_.size() && !is_space(text_[end])) {
      const bool opens = end < last_close && text_.substr(end).starts_with("{{");
      end = opens ? text_.find("}}", end) + 2 : end + 1;
    }
    while (end > at_ && std::string_view(",;:.)").contains(text_[end - 1])) --end;
    enclose(Token::Kind::Url, end, at_, end);
    return true;
  }

  const Excerpt& sentence_;
  std::string_view text_;
  Report& report_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  bool matches_ = false;                   // a word stood there behind which patterns stand
  std::vector<std::string_view> missing_;  // quotation marks that do not follow any more
};

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::vector<Token> words_of(const Excerpt& sentence, Report& report) {
  std::vector<Token> tokens = Lexer(sentence, report).run();
  const bool stop = !tokens.empty() && tokens.back().kind == Token::Kind::Mark &&
                    (tokens.back().value == "." || tokens.back().value == ";");
  if (stop) tokens.pop_back();
  return tokens;
}

}  // namespace msghub
