#include "base/exact_json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace msghub {

namespace {

void write_double(double value, std::string& out);

// Begins a string that stands for a number's digits. No text holds this byte: it is not UTF-8.
constexpr char kDigitsMark = '\xFF';

bool is_digits(std::string_view text) {
  return text.size() > 1 && text[0] == kDigitsMark &&
         text.find_first_not_of("-.0123456789", 1) == std::string_view::npos;
}

// Builds the value from the parser's events, with number text of its own: see json.h.
class Builder {
 public:
  using error_code = boost::json::error_code;
  explicit Builder(bool exact) : exact_(exact) {}
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return open(json::object()); }
  bool on_object_end(std::size_t, error_code&) { return close(); }
  bool on_array_begin(error_code&) { return open(json::array()); }
  bool on_array_end(std::size_t, error_code&) { return close(); }
  bool on_key_part(std::string_view text, std::size_t, error_code&) { return collect(text); }
  bool on_key(std::string_view text, std::size_t, error_code& ec) {
    collect(text);
    if (stack_.back().value.as_object().contains(text_)) {
      duplicate_ = text_;
      ec = boost::json::error::syntax;
      return false;
    }
    stack_.back().key = std::move(text_);
    text_.clear();
    return true;
  }
  bool on_string_part(std::string_view text, std::size_t, error_code&) { return collect(text); }
  bool on_string(std::string_view text, std::size_t, error_code&) {
    collect(text);
    json::string value(text_);
    text_.clear();
    return add(std::move(value));
  }
  bool on_number_part(std::string_view text, error_code&) { return collect(text); }
  bool on_int64(std::int64_t value, std::string_view, error_code&) {
    text_.clear();
    return add(value);
  }
  bool on_uint64(std::uint64_t value, std::string_view, error_code&) {
    text_.clear();
    return add(value);
  }
  bool on_double(double, std::string_view text, error_code& ec) {
    collect(text);
    double exact = 0;
    const auto parsed = std::from_chars(text_.data(), text_.data() + text_.size(), exact);
    // from_chars leaves the value alone when it is out of range: 1e999 is refused, 1e-999 is 0.
    if (parsed.ec == std::errc::result_out_of_range) exact = std::strtod(text_.c_str(), nullptr);
    if (std::isinf(exact)) {
      ec = boost::json::error::exponent_overflow;
      return false;
    }
    std::string written;
    if (exact_) write_double(exact, written);
    const bool keeps = !exact_ || written == text_ || text_.find_first_of("eE") != text_.npos;
    json::value value = exact;
    if (!keeps) value = kDigitsMark + text_;
    text_.clear();
    return add(std::move(value));
  }
  bool on_bool(bool value, error_code&) { return add(value); }
  bool on_null(error_code&) { return add(nullptr); }
  bool on_comment_part(std::string_view, error_code&) { return true; }
  bool on_comment(std::string_view, error_code&) { return true; }

  json::value take() { return std::move(result_); }
  const std::string& duplicate() const { return duplicate_; }

 private:
  struct Level {
    json::value value;
    std::string key;
  };

  bool collect(std::string_view text) {
    text_ += text;
    return true;
  }
  bool open(json::value value) {
    stack_.push_back({std::move(value), {}});
    return true;
  }
  bool close() {
    json::value done = std::move(stack_.back().value);
    stack_.pop_back();
    return add(std::move(done));
  }
  bool add(json::value value) {
    if (stack_.empty()) {
      result_ = std::move(value);
    } else if (stack_.back().value.is_array()) {
      stack_.back().value.get_array().push_back(std::move(value));
    } else {
      stack_.back().value.get_object().emplace(stack_.back().key, std::move(value));
    }
    return true;
  }

  const bool exact_;  // numbers keep their digits
  std::vector<Level> stack_;
  std::string text_;
  std::string duplicate_;
  json::value result_;
};

std::string place(std::string_view text, std::size_t at) {
  std::size_t line = 1, column = 1;
  for (char c : text.substr(0, at)) {
    if (c == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++column;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

void write_string(std::string_view text, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += '"';
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += "\\u00";
          out += kDigits[c >> 4];
          out += kDigits[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void write_double(double value, std::string& out) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char buffer[400];
  const double size = std::fabs(value);
  const bool plain = value == 0 || (size >= 1e-6 && size < 1e21);
  // From 2^53 on, fixed notation would give the exact value and not the shortest digits.
  const auto format =
      plain && size < 0x1p53 ? std::chars_format::fixed : std::chars_format::scientific;
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format);
  std::string_view text(buffer, static_cast<std::size_t>(end.ptr - buffer));
  const std::size_t exponent = text.find('e');
  if (exponent == std::string_view::npos) {
    out += text == "-0" ? "0" : text;
  } else if (plain) {
    std::string digits(text.substr(0, exponent));
    std::erase(digits, '.');
    const int power = (text[exponent + 2] - '0') * 10 + (text[exponent + 3] - '0');
    digits.resize(static_cast<std::size_t>(power) + (value < 0 ? 2 : 1), '0');
    out += digits;
  } else {
    // to_chars writes at least two digits of an exponent, JavaScript as few as there are.
    const bool padded = text[exponent + 2] == '0';
    out += text.substr(0, exponent + 2);
    out += text.substr(exponent + (padded ? 3 : 2));
  }
}

class Writer {
 public:
  explicit Writer(bool pretty) : pretty_(pretty) {}

  void write(const json::value& value, int depth) {
    switch (value.kind()) {
      case json::kind::null:
        out += "null";
        break;
      case json::kind::bool_:
        out += value.get_bool() ? "true" : "false";
        break;
      case json::kind::int64:
        out += std::to_string(value.get_int64());
        break;
      case json::kind::uint64:
        out += std::to_string(value.get_uint64());
        break;
      case json::kind::double_:
        write_double(value.get_double(), out);
        break;
      case json::kind::string:
        if (is_digits(value.get_string()))
          out += std::string_view(value.get_string()).substr(1);
        else
          write_string(value.get_string(), out);
        break;
      case json::kind::array: {
        const json::array& items = value.get_array();
        out += '[';
        for (std::size_t i = 0; i < items.size(); ++i) {
          if (i > 0) out += ',';
          line(depth + 1);
          write(items[i], depth + 1);
        }
        if (!items.empty()) line(depth);
        out += ']';
        break;
      }
      case json::kind::object: {
        bool first = true;
        out += '{';
        for (const auto& member : value.get_object()) {
          if (!first) out += ',';
          first = false;
          line(depth + 1);
          write_string(member.key(), out);
          out += pretty_ ? ": " : ":";
          write(member.value(), depth + 1);
        }
        if (!first) line(depth);
        out += '}';
        break;
      }
    }
  }

  std::string out;

 private:
  void line(int depth) {
    if (!pretty_) return;
    out += '\n';
    out.append(static_cast<std::size_t>(depth) * 2, ' ');
  }
  bool pretty_;
};

Result<json::value> parse(std::string_view text, JsonLimits limits, bool exact) {
  json::parse_options options;
  options.max_depth = limits.depth;
  boost::json::basic_parser<Builder> parser(options, exact);
  boost::json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = boost::json::error::extra_data;
  if (error) {
    const std::string& duplicate = parser.handler().duplicate();
    const std::string what = !duplicate.empty()
                                 ? "the key \"" + duplicate + "\" stands twice in one object"
                             : error == boost::json::error::too_deep
                                 ? "nested deeper than " + std::to_string(limits.depth) + " levels"
                             : error == boost::json::error::incomplete ? "it ends too early"
                                                                       : error.message();
    return refuse(Refusal::Code::Invalid, "not valid JSON at " + place(text, read) + ": " + what);
  }
  return parser.handler().take();
}

}  // namespace

Result<json::value> parse_json(std::string_view text, JsonLimits limits) {
  return parse(text, limits, false);
}

Result<json::value> parse_exact_json(std::string_view text) { return parse(text, {}, true); }

std::string to_text(const json::value& value) {
  if (!value.is_string() || is_digits(value.get_string())) return to_json(value);
  return std::string(value.get_string());
}

std::string to_json(const json::value& value) {
  Writer writer(false);
  writer.write(value, 0);
  return std::move(writer.out);
}

std::string to_pretty_json(const json::value& value) {
  Writer writer(true);
  writer.write(value, 0);
  return std::move(writer.out);
}

std::string string_or(const json::object& object, std::string_view key,
                      std::string_view otherwise) {
  const json::value* member = object.if_contains(key);
  if (member == nullptr || !member->is_string()) return std::string(otherwise);
  return std::string(member->get_string());
}

}  // namespace msghub
