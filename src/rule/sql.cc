#include "rule/sql.h"

#include <algorithm>

#include "rule/nearest.h"
#include "rule/wording.h"

namespace msghub {

namespace {

constexpr auto kNone = std::string_view::npos;

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_part(char c) {
  return is_name_start(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

class Scanner {
 public:
  Scanner(const Excerpt& statement, Report& report)
      : excerpt_(statement), text_(statement.text()), report_(report) {}

  std::optional<Template> run() {
    out_.span = excerpt_.span();
    while (at_ < text_.size() && !stopped_) step();
    if (stopped_ || refused_) return std::nullopt;
    literal(text_.size());
    return std::move(out_);
  }

 private:
  void step() {
    const std::string_view rest = text_.substr(at_);
    const char c = rest.front();
    if (rest.starts_with("{{")) return refuse_template();
    // Outside of quotation marks SQL knows no braces.
    if (c == '{') return refuse_template("}");
    if (rest.starts_with("--")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else if (rest.starts_with("/*")) {
      block_comment();
    } else if (c == '\'') {
      quoted('\'', at_ > 0 && (text_[at_ - 1] == 'E' || text_[at_ - 1] == 'e') &&
                       (at_ < 2 || !is_name_part(text_[at_ - 2])));
    } else if (c == '"') {
      quoted('"', false);
    } else if (c == '$') {
      dollar();
    } else if (rest.starts_with("::")) {
      at_ += 2;
    } else if (c == ':' && rest.size() > 1 && is_name_start(rest[1])) {
      bind();
    } else if (c == ';') {
      end_of_statement();
    } else {
      // Names as a whole, so that a $ within them begins no quote.
      std::size_t end = at_ + 1;
      if (is_name_part(c))
        while (end < text_.size() && (is_name_part(text_[end]) || text_[end] == '$')) ++end;
      code(at_, end);
      at_ = end;
    }
  }

  void code(std::size_t begin, std::size_t end) {
    if (!ended_ || trim(text_.substr(begin, end - begin)).empty()) return;
    fail(begin, end, wording::sql_second_statement());
  }
  void fail(std::size_t begin, std::size_t end, Wording wording) {
    report_.add(excerpt_.span(begin, end), std::move(wording));
    stopped_ = true;
  }
  void literal(std::size_t end) {
    if (from_ < end)
      out_.parts.push_back({std::string(text_.substr(from_, end - from_)), std::nullopt});
  }

  void refuse_template(std::string_view closing = "}}") {
    const std::size_t size = closing.size();
    const std::size_t close = text_.find(closing, at_);
    const std::size_t end = (close == kNone ? at_ : close) + size;
    const std::string_view whole =
        close == kNone ? std::string_view{} : trim(text_.substr(at_ + size, close - at_ - size));
    const std::size_t bar = std::min(whole.find('|'), whole.size());
    const std::string_view inner = trim(whole.substr(0, bar));
    // The quotes around it go as well: a bound value needs none.
    std::size_t first = at_, last = end;
    const bool quoted =
        first > 0 && last < text_.size() && text_[first - 1] == '\'' && text_[last] == '\'';
    if (quoted) --first, ++last;
    Report::Entry& entry =
        report_.add(excerpt_.span(at_, end), wording::sql_template(inner, bar < whole.size()));
    const bool simple = !inner.empty() && is_name_start(inner.front()) &&
                        std::all_of(inner.begin(), inner.end(), is_name_part);
    if (simple) entry.fix("bind the value", excerpt_.span(first, last), ":" + std::string(inner));
    refused_ = true;
    at_ = end;
  }

  void quoted(char mark, bool backslashes) {
    const std::size_t begin = at_++;
    while (at_ < text_.size()) {
      const bool doubled = text_[at_] == mark && at_ + 1 < text_.size() && text_[at_ + 1] == mark;
      if (text_.substr(at_).starts_with("{{")) {
        refuse_template();
      } else if (doubled || (backslashes && text_[at_] == '\\')) {
        at_ += 2;
      } else if (text_[at_++] == mark) {
        if (mark == '\'') refuse_quoted_value(begin, at_);
        return code(begin, at_);
      }
    }
    fail(begin, begin + 1, wording::sql_unclosed(mark == '"' ? "\"" : "'"));
  }

  // ':name' and '%:name%' are texts, which nobody means; other texts may well have colons.
  void refuse_quoted_value(std::size_t begin, std::size_t end) {
    std::string_view inner = text_.substr(begin + 1, end - begin - 2);
    const bool before = inner.starts_with('%'), behind = inner.size() > 1 && inner.ends_with('%');
    if (before) inner.remove_prefix(1);
    if (behind) inner.remove_suffix(1);
    const bool value = inner.size() > 1 && inner.front() == ':' && is_name_start(inner[1]) &&
                       std::all_of(inner.begin() + 1, inner.end(),
                                   [](char c) { return is_name_part(c) || c == '.'; });
    if (!value) return;
    const std::string better =
        std::string(before ? "'%' || " : "") + std::string(inner) + (behind ? " || '%'" : "");
    report_.add(excerpt_.span(begin, end), wording::sql_quoted(inner.substr(1), better))
        .fix("write " + better, excerpt_.span(begin, end), better);
    refused_ = true;
  }

  void block_comment() {
    const std::size_t begin = at_;
    std::size_t depth = 0;
    while (at_ < text_.size()) {
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("/*"))
        ++depth, at_ += 2;
      else if (rest.starts_with("*/"))
        --depth, at_ += 2;
      else
        ++at_;
      if (depth == 0) return;
    }
    fail(begin, begin + 2, wording::sql_unclosed("/*"));
  }

  void dollar() {
    std::size_t end = at_ + 1;
    if (end < text_.size() && is_digit(text_[end]))
      return fail(at_, end + 1, wording::sql_positional());
    while (end < text_.size() && is_name_part(text_[end])) ++end;
    if (end == text_.size() || text_[end] != '$') {
      ++at_;
      return;
    }
    const std::string_view tag = text_.substr(at_, end + 1 - at_);
    const std::size_t close = text_.find(tag, end + 1);
    if (close == kNone) return fail(at_, end + 1, wording::sql_unclosed(tag));
    code(at_, close + tag.size());
    const std::string_view inside = text_.substr(0, close);
    for (at_ = inside.find("{{", at_); at_ != kNone; at_ = inside.find("{{", at_))
      refuse_template();
    at_ = close + tag.size();
  }

  void bind() {
    const std::size_t begin = at_;
    std::size_t end = begin + 1;
    const auto name = [&] {
      while (end < text_.size() && is_name_part(text_[end])) ++end;
    };
    name();
    // A dot belongs to the name only where it leads into the message: :message.id
    const auto leads = [&] {
      const std::string_view head = text_.substr(begin + 1, end - begin - 1);
      return head == "message" || head.starts_with("payload");
    };
    while (leads() && end + 1 < text_.size() && text_[end] == '.' &&
           is_name_start(text_[end + 1])) {
      ++end;
      name();
    }
    literal(begin);
    Reference reference;
    reference.name = text_.substr(begin + 1, end - begin - 1);
    reference.span = excerpt_.span(begin, end);
    out_.parts.push_back({{}, std::move(reference)});
    from_ = at_ = end;
    code(begin, end);
  }

  void end_of_statement() {
    ended_ = true;
    ++at_;
  }

  const Excerpt& excerpt_;
  std::string_view text_;
  Report& report_;
  Template out_;
  std::size_t at_ = 0;
  std::size_t from_ = 0;
  bool refused_ = false;
  bool stopped_ = false;
  bool ended_ = false;
};

}  // namespace

std::optional<Template> parse_sql(const Excerpt& statement, Report& report) {
  return Scanner(statement, report).run();
}

}  // namespace msghub
