#include "rule/html_places.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "rule/wording.h"

namespace msghub {

namespace {

// Elements whose content is no markup, so no entity is undone in it.
constexpr auto kRawElements = std::to_array<std::string_view>(
    {"iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "xmp"});

// Attributes that browsers follow, without the part before a colon (xlink:href).
constexpr auto kLinks = std::to_array<std::string_view>(
    {"action", "background", "cite", "data", "formaction", "href", "ping", "poster", "src"});

bool is_space(char c) { return std::string_view(" \t\n\r\f").contains(c); }

// Reads a link up to the end of its scheme, which a value may have begun.
class SchemeReader {
 public:
  void read_value() { has_value_ = true; }
  // Whether this character, in small letters, ends a scheme of which a value is a part.
  bool read(char c) {
    if (settled_) return false;
    if (!entity_.empty()) return in_entity(c);
    if (c == '&') {
      entity_ = c;
      return false;
    }
    return take(static_cast<unsigned char>(c));
  }

 private:
  bool in_entity(char c) {
    const bool inside = c == '#' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (inside && entity_.size() < kLongestEntity) {
      entity_ += c;
      return false;
    }
    const bool ends = take(meaning_of(entity_));
    entity_.clear();
    return ends || (c != ';' && read(c));
  }
  // The character that an entity stands for; & for one that is in no scheme.
  static unsigned meaning_of(std::string_view entity) {
    if (entity == "&colon") return ':';
    if (entity == "&tab" || entity == "&newline") return ' ';
    if (!entity.starts_with("&#")) return '&';
    const bool hex = entity.starts_with("&#x");
    const std::string_view digits = entity.substr(hex ? 3 : 2);
    unsigned value = '&';
    std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
    return value;
  }
  bool take(unsigned c) {
    const bool goes_on = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.' ||
                         c <= ' ';  // which browsers leave out
    settled_ = !goes_on;
    return c == ':' && has_value_;
  }

  static constexpr std::size_t kLongestEntity = 12;
  bool has_value_ = false;
  bool settled_ = false;
  std::string entity_;
};

// Reads HTML character by character as browsers do, as far as it must to know where it is.
class HtmlReader {
 public:
  void read(std::string_view text) {
    for (const char c : text) {
      const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      remember(low);
      step(low);
    }
  }
  // A value stands here: some text that neither begins nor ends anything.
  void read_value() {
    if (place_ == Place::BeforeValue) place_ = Place::BareValue;
    if (in_link()) scheme_.read_value();
    recent_.clear();
  }
  // Whether a value stands where it may become a part of a link's scheme.
  bool in_link() const {
    const std::string_view name = std::string_view(attribute_).substr(attribute_.rfind(':') + 1);
    return place_ == Place::Quoted && std::find(kLinks.begin(), kLinks.end(), name) != kLinks.end();
  }
  // Whether the text read last ended a scheme that a value had begun.
  bool ended_scheme() { return std::exchange(ended_scheme_, false); }

  // Where this is, if no value may stand here.
  std::string refusal() const {
    switch (place_) {
      case Place::Text:
        return "";
      case Place::Quoted:
        return holds_code() ? "the attribute " + attribute_ : "";
      case Place::BeforeValue:
      case Place::BareValue:
        return "an attribute without quotation marks";
      case Place::Declaration:
      case Place::Comment:
        return "a comment";
      case Place::Raw:
        return "the element " + element_;
      case Place::TagOpen:
      case Place::EndTagOpen:
      case Place::Element:
      case Place::Attributes:
        break;
    }
    return "a tag";
  }

 private:
  enum class Place {
    Text,
    TagOpen,      // behind <
    EndTagOpen,   // behind </
    Declaration,  // behind <! or <?, up to > unless it is a comment
    Comment,
    Element,  // in a tag's name
    Attributes,
    BeforeValue,  // behind =
    BareValue,
    Quoted,
    Raw
  };

  bool holds_code() const {
    return attribute_.starts_with("on") || attribute_ == "style" || attribute_ == "srcdoc" ||
           attribute_ == "srcset";
  }

  void remember(char c) {
    constexpr std::size_t kLongest = 16;  // longer than </plaintext
    recent_ += c;
    if (recent_.size() > kLongest) recent_.erase(0, 1);
  }

  void step(char c) {
    switch (place_) {
      case Place::Text:
        if (c == '<') place_ = Place::TagOpen;
        return;
      case Place::TagOpen:
      case Place::EndTagOpen:
        return open_tag(c);
      case Place::Declaration:
        if (recent_.ends_with("<!--")) place_ = Place::Comment;
        if (c == '>') place_ = Place::Text;
        return;
      case Place::Comment:
        if (recent_.ends_with("-->") || recent_.ends_with("--!>")) place_ = Place::Text;
        return;
      case Place::Element:
        if (c == '>') return end_tag();
        if (is_space(c) || c == '/') return begin_attribute();
        element_ += c;
        return;
      case Place::Attributes:
        return in_attributes(c);
      case Place::BeforeValue:
        if (c == '>') return end_tag();
        if (is_space(c)) return;
        quote_ = c;
        place_ = c == '"' || c == '\'' ? Place::Quoted : Place::BareValue;
        return;
      case Place::BareValue:
        if (c == '>') return end_tag();
        if (is_space(c)) begin_attribute();
        return;
      case Place::Quoted:
        if (in_link() && scheme_.read(c)) ended_scheme_ = true;
        if (c == quote_) begin_attribute();
        return;
      case Place::Raw:
        closing_ = recent_.ends_with("</" + element_);
        if (closing_) begin_attribute();
        return;
    }
  }

  void open_tag(char c) {
    const bool opens = place_ == Place::TagOpen;
    if (c >= 'a' && c <= 'z') {
      place_ = Place::Element;
      element_ = c;
      closing_ = !opens;
    } else if (opens && c == '/') {
      place_ = Place::EndTagOpen;
    } else if (opens && c != '!' && c != '?') {
      place_ = c == '<' ? Place::TagOpen : Place::Text;
    } else {
      place_ = c == '>' ? Place::Text : Place::Declaration;
    }
  }
  void in_attributes(char c) {
    if (c == '>') return end_tag();
    if (c == '=' && !attribute_.empty()) {
      place_ = Place::BeforeValue;
    } else if (is_space(c) || c == '/') {
      name_ended_ = true;
    } else {
      if (name_ended_) attribute_.clear();
      name_ended_ = false;
      attribute_ += c;
    }
  }
  void begin_attribute() {
    place_ = Place::Attributes;
    scheme_ = {};
    attribute_.clear();
    name_ended_ = false;
  }
  void end_tag() {
    const bool raw =
        std::find(kRawElements.begin(), kRawElements.end(), element_) != kRawElements.end();
    place_ = raw && !closing_ ? Place::Raw : Place::Text;
    recent_.clear();
  }

  Place place_{};
  std::string recent_;  // the last characters
  std::string element_;
  std::string attribute_;
  bool name_ended_ = false;  // that of the attribute; another may follow
  bool closing_ = false;     // the tag at hand began with </
  char quote_ = '"';
  SchemeReader scheme_;
  bool ended_scheme_ = false;
};

}  // namespace

void check_html_places(const Template& html, Report& report) {
  HtmlReader reader;
  Span last_in_link;
  for (const Template::Part& part : html.parts) {
    if (!part.reference) {
      reader.read(part.text);
    } else if (part.reference->kind == Reference::Kind::Literal) {
      reader.read(part.reference->name);
    } else {
      if (const std::string where = reader.refusal(); !where.empty())
        report.add(part.reference->span, wording::html_place(where));
      reader.read_value();
      if (reader.in_link()) last_in_link = part.reference->span;
    }
    if (reader.ended_scheme()) report.add(last_in_link, wording::html_scheme());
  }
}

}  // namespace msghub
