#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msghub {

// One element of S3's answers. Attributes are dropped, and prefixes of names.
struct XmlElement {
  std::string name;
  std::string text;  // its own, entities decoded
  std::vector<XmlElement> children;

  const XmlElement* child(std::string_view child_name) const;  // the first of them; may be null
  std::string text_of(std::string_view child_name) const;      // "" when there is no such child
};

// The root element; nothing for what is not well-formed, nested over 32 levels deep, or has a
// document type (which S3 never sends).
std::optional<XmlElement> parse_xml(std::string_view xml);

}  // namespace msghub
