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

// The schemes in which a value is data; in another one (javascript:) it could become code.
constexpr auto kDataSchemes =
    std::to_array<std::string_view>({"cid", "ftp", "http", "https", "mailto", "sms", "tel"});
constexpr auto kHostSchemes = std::to_array<std::string_view>({"ftp", "http", "https"});

// Reads a link, in small letters, as far as its scheme and its host, as browsers do.
class LinkReader {
 public:
  enum class Flaw { None, Scheme, Host, Code };

  // A value stands here. It may be the begin of the link or stand behind the host.
  Flaw read_value() {
    entity_.clear();
    if (part_ == Part::Code) return Flaw::Code;
    const bool free = part_ == Part::Rest || part_ == Part::Slash;
    if (free || (part_ == Part::Scheme && !has_value_)) {
      has_value_ = part_ == Part::Scheme;
      if (!has_value_) part_ = Part::Rest;
      return Flaw::None;
    }
    part_ = Part::Rest;  // what follows is part of the same mistake
    return Flaw::Host;
  }
  Flaw read(char c) {
    if (!entity_.empty()) return in_entity(c);
    if (c == '&') {
      entity_ = c;
      return Flaw::None;
    }
    return take(static_cast<unsigned char>(c));
  }

 private:
  enum class Part {
    Scheme,      // or a relative link
    Slash,       // behind one with which the link begins
    BeforeHost,  // where more slashes count for nothing
    Host,
    Rest,
    Code
  };

  Flaw in_entity(char c) {
    const bool inside = c == '#' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (inside && entity_.size() < kLongestEntity) {
      entity_ += c;
      return Flaw::None;
    }
    const Flaw flaw = take(meaning_of(entity_));
    entity_.clear();
    return flaw != Flaw::None || c == ';' ? flaw : read(c);
  }
  // The character that an entity stands for; & for one that is no part of a scheme.
  static unsigned meaning_of(std::string_view entity) {
    if (entity == "&colon") return ':';
    if (entity == "&sol") return '/';
    if (entity == "&bsol") return '\\';
    if (entity == "&tab" || entity == "&newline") return ' ';
    if (!entity.starts_with("&#")) return '&';
    const bool hex = entity.starts_with("&#x");
    const std::string_view digits = entity.substr(hex ? 3 : 2);
    unsigned value = '&';
    std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
    return value;
  }
  Flaw take(unsigned c) {
    const bool slash = c == '/' || c == '\\';
    const bool ends = slash || c == '?' || c == '#';
    if (c <= ' ') return Flaw::None;  // browsers leave it out
    switch (part_) {
      case Part::Scheme:
        return in_scheme(c, slash, ends);
      case Part::Slash:
        part_ = slash ? Part::BeforeHost : Part::Rest;
        break;
      case Part::BeforeHost:
        if (!slash) part_ = ends ? Part::Rest : Part::Host;
        break;
      case Part::Host:
        if (ends) part_ = Part::Rest;
        break;
      case Part::Rest:
      case Part::Code:
        break;
    }
    return Flaw::None;
  }
  Flaw in_scheme(unsigned c, bool slash, bool ends) {
    const bool goes_on = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    if (ends) {
      part_ = slash && scheme_.empty() && !has_value_ ? Part::Slash : Part::Rest;
    } else if (c == ':' && has_value_ && !settled_) {
      part_ = Part::Rest;
      return Flaw::Scheme;
    } else if (c == ':' && !settled_) {
      part_ = part_behind(scheme_);
    } else if (!goes_on) {
      settled_ = true;
    } else if (scheme_.size() < kLongestScheme) {
      scheme_ += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    return Flaw::None;
  }
  static Part part_behind(std::string_view scheme) {
    const auto is_in = [&](const auto& schemes) {
      return std::ranges::find(schemes, scheme) != schemes.end();
    };
    if (is_in(kHostSchemes)) return Part::BeforeHost;
    return is_in(kDataSchemes) ? Part::Rest : Part::Code;
  }

  static constexpr std::size_t kLongestEntity = 12;
  static constexpr std::size_t kLongestScheme = 32;
  Part part_ = Part::Scheme;
  bool has_value_ = false;  // the scheme, or the whole link, may come from one
  bool settled_ = false;    // there is no scheme
  std::string scheme_;
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
    if (in_link()) note(link_.read_value());
    recent_.clear();
  }
  // Whether a value stands where it may become a part of a link's scheme.
  bool in_link() const {
    const std::string_view name = std::string_view(attribute_).substr(attribute_.rfind(':') + 1);
    return place_ == Place::Quoted && std::find(kLinks.begin(), kLinks.end(), name) != kLinks.end();
  }
  // What a value would do to the link, as the text or the value read last shows.
  LinkReader::Flaw take_flaw() { return std::exchange(flaw_, LinkReader::Flaw::None); }

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

  void note(LinkReader::Flaw flaw) {
    if (flaw_ == LinkReader::Flaw::None) flaw_ = flaw;
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
        if (in_link() && c != quote_) note(link_.read(c));
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
    link_ = {};
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
  LinkReader link_;
  LinkReader::Flaw flaw_{};
};

void report_flaw(LinkReader::Flaw flaw, Span value, Report& report) {
  using enum LinkReader::Flaw;
  if (flaw == Scheme) report.add(value, wording::html_scheme());
  if (flaw == Host) report.add(value, wording::html_host());
  if (flaw == Code) report.add(value, wording::html_code());
}

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
    report_flaw(reader.take_flaw(), last_in_link, report);
  }
}

}  // namespace msghub
