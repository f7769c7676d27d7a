#include "rule/json_body.h"

#include <set>

#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

constexpr int kDeepest = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(char32_t c, std::string& out) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// Recursive descent; the depth is bounded, so the stack is.
class Parser {
 public:
  Parser(const Excerpt& text, bool templates, Report& report)
      : excerpt_(text), text_(text.text()), templates_(templates), report_(report) {}

  std::optional<JsonNode> run() {
    JsonNode root = value(0);
    space();
    if (good_ && at_ < text_.size()) fail(at_, "nothing more can follow here");
    if (!good_) return std::nullopt;
    return root;
  }

 private:
  void fail(std::size_t at, std::string_view what) {
    if (!good_) return;
    good_ = false;
    const bool end = at >= text_.size();
    const std::size_t place = end ? text_.size() : at;
    const std::size_t size = end ? 0 : code_point_at(text_, place).size;
    report_.add(excerpt_.span(place, place + size),
                templates_ ? wording::json_broken(what) : wording::example_json_broken(what));
  }
  void space() {
    while (at_ < text_.size() && std::string_view(" \t\n\r").contains(text_[at_])) ++at_;
  }
  bool here(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  bool eat(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  JsonNode value(int depth) {
    JsonNode out;
    space();
    if (depth > kDeepest) {
      fail(at_, "the JSON is nested deeper than 64 levels");
    } else if (at_ >= text_.size()) {
      fail(at_, "a value is missing");
    } else if (templates_ && here("{{")) {
      out.kind = JsonNode::Kind::Reference;
      out.value = parse_reference(excerpt_, at_, report_);
      if (!out.value) good_ = false;
    } else if (text_[at_] == '{') {
      object(out, depth);
    } else if (text_[at_] == '[') {
      array(out, depth);
    } else if (text_[at_] == '"') {
      out.kind = JsonNode::Kind::String;
      out.text = string();
    } else if (text_[at_] == '-' || is_digit(text_[at_])) {
      number(out);
    } else {
      word(out);
    }
    return out;
  }

  void word(JsonNode& out) {
    using enum JsonNode::Kind;
    for (const auto& [name, kind] : {std::pair{"true", True}, {"false", False}, {"null", Null}}) {
      if (!here(name)) continue;
      out.kind = kind;
      at_ += std::string_view(name).size();
      return;
    }
    if (text_[at_] == '\'') return fail(at_, "JSON strings stand in double quotes");
    if (text_[at_] == '}' || text_[at_] == ']' || text_[at_] == ',')
      return fail(at_, "a value is missing before this; perhaps there is a comma too many");
    fail(at_,
         "a value must stand here: a string in double quotes, a number, true, false, null, "
         "{…}, […] or {{name}}");
  }

  void object(JsonNode& out, int depth) {
    out.kind = JsonNode::Kind::Object;
    std::set<std::string> keys;
    ++at_;
    space();
    if (eat('}')) return;
    while (good_) {
      space();
      const std::size_t begin = at_;
      if (at_ >= text_.size()) return fail(at_, "the closing } is missing");
      if (text_[at_] == '}') return fail(at_, "a comma must not stand before the closing }");
      if (text_[at_] != '"') return fail(at_, "a key in double quotes must stand here");
      Template key = string();
      if (!good_) return;
      const std::optional<std::string> name = fixed_text(key);
      if (name && !keys.insert(*name).second)
        return fail(begin, "this key stands twice in the object");
      space();
      if (!eat(':')) return fail(at_, "a colon must stand between a key and its value");
      out.keys.push_back(std::move(key));
      out.children.push_back(value(depth + 1));
      if (!good_) return;
      space();
      if (eat('}')) return;
      if (!eat(',')) return fail(at_, "a comma or } must stand here");
    }
  }

  void array(JsonNode& out, int depth) {
    out.kind = JsonNode::Kind::Array;
    ++at_;
    space();
    if (eat(']')) return;
    while (good_) {
      space();
      if (at_ < text_.size() && text_[at_] == ']' && !out.children.empty())
        return fail(at_, "a comma must not stand before the closing ]");
      out.children.push_back(value(depth + 1));
      if (!good_) return;
      space();
      if (eat(']')) return;
      if (!eat(',')) return fail(at_, "a comma or ] must stand here");
    }
  }

  void number(JsonNode& out) {
    const std::size_t begin = at_;
    const auto digits = [&] {
      const std::size_t first = at_;
      while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
      return at_ > first;
    };
    eat('-');
    const bool zero = at_ < text_.size() && text_[at_] == '0';
    const std::size_t first = at_;
    bool good = digits() && (!zero || at_ == first + 1);
    if (eat('.')) good = digits() && good;
    if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (!eat('+')) eat('-');
      good = digits() && good;
    }
    if (!good) return fail(begin, "this is no JSON number");
    out.kind = JsonNode::Kind::Number;
    out.number = text_.substr(begin, at_ - begin);
  }

  // The string at at_, its escapes undone.
  Template string() {
    Template out;
    const std::size_t begin = at_++;
    std::string literal;
    const auto finish = [&] {
      if (!literal.empty()) out.parts.push_back({std::move(literal), std::nullopt});
      literal.clear();
    };
    while (at_ < text_.size() && good_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        finish();
        out.span = excerpt_.span(begin, at_);
        return out;
      }
      if (templates_ && here("{{")) {
        std::optional<Reference> reference = parse_reference(excerpt_, at_, report_);
        if (!reference) good_ = false;
        finish();
        out.parts.push_back({{}, std::move(reference)});
      } else if (static_cast<unsigned char>(c) < 0x20) {
        fail(at_, c == '\n' ? "a string must end on its line; a line end in it is written \\n"
                            : "control characters must be escaped in a string");
      } else if (c == '\\') {
        escape(literal);
      } else {
        literal += c;
        ++at_;
      }
    }
    fail(begin, "this string is not closed");
    return out;
  }

  void escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t begin = at_++;
    const std::size_t which = at_ < text_.size() ? kLetters.find(text_[at_]) : kLetters.npos;
    if (which != kLetters.npos) {
      out += kMeanings[which];
      ++at_;
      return;
    }
    std::optional<char32_t> unit = hex_unit();
    if (unit && *unit >= 0xD800 && *unit < 0xDC00 && here("\\u")) {
      ++at_;
      const std::optional<char32_t> low = hex_unit();
      const bool pair = low && *low >= 0xDC00 && *low < 0xE000;
      unit =
          pair ? std::optional(0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00)) : std::nullopt;
    }
    if (!unit || (*unit >= 0xD800 && *unit < 0xE000))
      return fail(begin, "this is no escape of JSON; a backslash itself is written \\\\");
    append_utf8(*unit, out);
  }

  // "u" and four hexadecimal digits at at_.
  std::optional<char32_t> hex_unit() {
    if (!here("u") || at_ + 5 > text_.size()) return std::nullopt;
    char32_t value = 0;
    for (std::size_t i = 1; i <= 4; ++i) {
      const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(text_[at_ + i]);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<char32_t>(digit < 16 ? digit : digit - 6);
    }
    at_ += 5;
    return value;
  }

  const Excerpt& excerpt_;
  std::string_view text_;
  bool templates_;
  Report& report_;
  std::size_t at_ = 0;
  bool good_ = true;
};

}  // namespace

std::optional<JsonNode> parse_json_body(const Excerpt& text, bool templates, Report& report) {
  return Parser(text, templates, report).run();
}

}  // namespace msghub
