#include "blob/s3/xml.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace msghub {

namespace {

constexpr int kMostNested = 32;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view without_prefix(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | code >> 6);
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

// What stands between "&" and ";".
bool append_entity(std::string& out, std::string_view entity) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> kNamed{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  for (const auto& [name, c] : kNamed)
    if (entity == name) {
      out += c;
      return true;
    }
  if (!entity.starts_with('#')) return false;
  entity.remove_prefix(1);
  const int base = entity.starts_with('x') ? 16 : 10;
  if (base == 16) entity.remove_prefix(1);
  std::uint32_t code = 0;
  const char* const end = entity.data() + entity.size();
  const auto [stop, error] = std::from_chars(entity.data(), end, code, base);
  if (error != std::errc() || stop != end || code > 0x10FFFF) return false;
  append_utf8(out, code);
  return true;
}

class Parser {
 public:
  explicit Parser(std::string_view xml) : rest_(xml) {}

  std::optional<XmlElement> document() {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    XmlElement root;
    if (!skip_misc() || !element(root, 0) || !skip_misc() || !rest_.empty()) return std::nullopt;
    return root;
  }

 private:
  bool skip_past(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return false;
    rest_.remove_prefix(at + end.size());
    return true;
  }

  // Comments and processing instructions; false when one does not end.
  bool skip_misc() {
    for (;;) {
      while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
      if (rest_.starts_with("<?")) {
        if (!skip_past("?>")) return false;
      } else if (rest_.starts_with("<!--")) {
        if (!skip_past("-->")) return false;
      } else {
        return true;
      }
    }
  }

  // rest_ begins with the "<" of a start tag.
  bool element(XmlElement& into, int depth) {
    if (depth > kMostNested || !rest_.starts_with('<')) return false;
    const std::size_t end = end_of_tag();
    if (end == std::string_view::npos) return false;
    std::string_view tag = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    const bool is_empty = tag.ends_with('/');
    if (is_empty) tag.remove_suffix(1);
    const std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n"));
    if (name.empty() || name.find_first_of("<!/&\"'=") != std::string_view::npos) return false;
    into.name = without_prefix(name);
    return is_empty || content(into, name, depth);
  }

  // The ">" of the tag; one in an attribute's value does not count.
  std::size_t end_of_tag() const {
    char quote = 0;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      const char c = rest_[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        return at;
      }
    }
    return std::string_view::npos;
  }

  bool content(XmlElement& into, std::string_view name, int depth) {
    for (;;) {
      if (!text(into.text)) return false;
      if (rest_.starts_with("</")) return end_tag(name);
      if (rest_.starts_with("<!--")) {
        if (!skip_past("-->")) return false;
      } else if (rest_.starts_with("<![CDATA[")) {
        rest_.remove_prefix(9);
        const std::size_t end = rest_.find("]]>");
        if (end == std::string_view::npos) return false;
        into.text += rest_.substr(0, end);
        rest_.remove_prefix(end + 3);
      } else if (rest_.starts_with("<?")) {
        if (!skip_past("?>")) return false;
      } else if (!element(into.children.emplace_back(), depth + 1)) {
        return false;
      }
    }
  }

  // Up to the next "<", which must come.
  bool text(std::string& into) {
    const std::size_t end = rest_.find('<');
    if (end == std::string_view::npos) return false;
    std::string_view raw = rest_.substr(0, end);
    rest_.remove_prefix(end);
    for (;;) {
      const std::size_t entity = raw.find('&');
      into += raw.substr(0, entity);
      if (entity == std::string_view::npos) return true;
      raw.remove_prefix(entity + 1);
      const std::size_t semicolon = raw.find(';');
      if (semicolon == std::string_view::npos || !append_entity(into, raw.substr(0, semicolon)))
        return false;
      raw.remove_prefix(semicolon + 1);
    }
  }

  bool end_tag(std::string_view name) {
    rest_.remove_prefix(2);
    if (!rest_.starts_with(name)) return false;
    rest_.remove_prefix(name.size());
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    if (!rest_.starts_with('>')) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

const XmlElement* XmlElement::child(std::string_view child_name) const {
  for (const XmlElement& element : children)
    if (element.name == child_name) return &element;
  return nullptr;
}

std::string XmlElement::text_of(std::string_view child_name) const {
  const XmlElement* const found = child(child_name);
  return found == nullptr ? "" : found->text;
}

std::optional<XmlElement> parse_xml(std::string_view xml) { return Parser(xml).document(); }

}  // namespace msghub
