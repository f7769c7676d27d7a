#include "net/target.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"

namespace msghub {

namespace {

constexpr auto kInvalid = Refusal::Code::Invalid;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Nothing when an escape is cut off or not hexadecimal.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool has_dot_segment(std::string_view path) {
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at + 1, end - at - 1);
    if (segment == "." || segment == "..") return true;
    at = end;
  }
  return false;
}

Result<std::string> decode_path(std::string_view text) {
  if (text.empty() || text.front() != '/')
    return refuse(kInvalid, "The request target must be a path that starts with \"/\".");
  if (text.find('#') != std::string_view::npos)
    return refuse(kInvalid, "The request target must not hold a fragment (\"#\").");
  // An encoded slash would be a separator to one reader and a letter to another.
  const auto slashes = std::count(text.begin(), text.end(), '/');
  auto path = percent_decoded(text, false);
  if (!path) return refuse(kInvalid, "The path holds a percent sign without two hex digits.");
  if (std::count(path->begin(), path->end(), '/') != slashes)
    return refuse(kInvalid, "The path holds an encoded slash (%2F).");
  if (path->find('\\') != std::string::npos) return refuse(kInvalid, "The path holds a backslash.");
  if (has_dot_segment(*path)) return refuse(kInvalid, "The path holds a \".\" or \"..\" segment.");
  if (has_control(*path) || !is_utf8(*path))
    return refuse(kInvalid, "The path holds control characters or is not UTF-8.");
  return *std::move(path);
}

}  // namespace

Result<FormFields> decode_form(std::string_view text, std::size_t most) {
  FormFields fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (field.empty()) continue;
    if (fields.size() == most)
      return refuse(Refusal::Code::TooLarge, "More than " + std::to_string(most) + " form fields.");
    const std::size_t equals = std::min(field.find('='), field.size());
    auto name = percent_decoded(field.substr(0, equals), true);
    auto value = percent_decoded(field.substr(std::min(equals + 1, field.size())), true);
    if (!name || !value)
      return refuse(kInvalid, "Field " + std::to_string(fields.size() + 1) +
                                  " holds a percent sign without two hex digits.");
    fields.emplace_back(*std::move(name), *std::move(value));
  }
  return fields;
}

Result<RequestTarget> decode_target(std::string_view target) {
  const std::size_t question = std::min(target.find('?'), target.size());
  auto path = decode_path(target.substr(0, question));
  if (!path) return std::unexpected(std::move(path).error());
  auto query = decode_form(target.substr(std::min(question + 1, target.size())));
  if (!query)
    return refuse(query.error().code, "The query is not well formed: " + query.error().detail);
  for (const auto& [name, value] : *query)
    if (has_control(name) || has_control(value) || !is_utf8(name) || !is_utf8(value))
      return refuse(kInvalid, "The query holds control characters or is not UTF-8.");
  return RequestTarget{*std::move(path), *std::move(query)};
}

}  // namespace msghub
