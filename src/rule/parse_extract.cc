#include <algorithm>
#include <map>

#include "rule/names.h"
#include "rule/pattern.h"
#include "rule/sections.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

bool is_mark(const Token& token, std::string_view mark) {
  return token.kind == Token::Kind::Mark && token.value == mark;
}

// How letters with marks are written in a name: strasse for straße, prenom for prénom.
constexpr std::pair<std::string_view, std::string_view> kPlainLetters[] = {
    {"\u00C0\u00C1\u00C2\u00C3\u00C5\u00E0\u00E1\u00E2\u00E3\u00E5", "a"},
    {"\u00C4\u00C6\u00E4\u00E6", "ae"},
    {"\u00C7\u00E7\u010D\u0107", "c"},
    {"\u00C8\u00C9\u00CA\u00CB\u00E8\u00E9\u00EA\u00EB\u0119\u011B", "e"},
    {"\u00CC\u00CD\u00CE\u00CF\u00EC\u00ED\u00EE\u00EF", "i"},
    {"\u0142", "l"},
    {"\u00D1\u00F1\u0144", "n"},
    {"\u00D2\u00D3\u00D4\u00D5\u00D8\u00F2\u00F3\u00F4\u00F5\u00F8", "o"},
    {"\u00D6\u00F6\u0153", "oe"},
    {"\u0159", "r"},
    {"\u0161\u015B", "s"},
    {"\u00DF\u1E9E", "ss"},
    {"\u00D9\u00DA\u00DB\u00F9\u00FA\u00FB\u016F", "u"},
    {"\u00DC\u00FC", "ue"},
    {"\u00DD\u00FD\u00FF", "y"},
    {"\u017E\u017A\u017C", "z"},
};
std::string in_plain_letters(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) ++end;
    std::string_view letter = text.substr(at, end - at);
    if (letter.size() > 1)
      for (const auto& [letters, plain] : kPlainLetters)
        if (letters.contains(letter)) letter = plain;
    out += letter;
    at = end;
  }
  return out;
}

// "Invoice number" as invoice_number.
std::string as_identifier(std::string_view text) {
  std::string out;
  for (const char c : in_plain_letters(text)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (letter || (digit && !out.empty()))
      out += c;
    else if (!out.empty() && out.back() != '_')
      out += '_';
  }
  while (out.ends_with('_')) out.pop_back();
  return is_identifier(out) ? out : "";
}

class ExtractParser {
 public:
  explicit ExtractParser(ParseContext& context) : context_(context) {}

  void item(const Item& item) {
    std::vector<Token> tokens = sentence_of(item, SectionKind::Extract, true, context_);
    if (tokens.empty()) return;
    mend_colon(tokens);
    std::size_t colon = 0;
    while (colon < tokens.size() && !is_mark(tokens[colon], ":")) ++colon;
    Extraction out;
    out.line = item.line;
    out.span = {tokens.front().span.begin, tokens.back().span.end};
    if (colon == tokens.size() || colon == 0) {
      for (const Token& token : tokens)
        if (token.kind == Token::Kind::Broken) return;
      context_.report.add(out.span, wording::extract_without_name());
      return;
    }
    const bool named = name(tokens, colon, out);
    if (colon + 1 == tokens.size()) {
      context_.report.add({out.span.end, out.span.end}, wording::extract_without_rule());
      return;
    }
    const auto match = understand(SectionKind::Extract, tokens, colon + 1, context_);
    if (!match) {
      // The name is known nevertheless, so that its uses are no further mistakes.
      out.used = true;
      if (named) context_.tree.extractions.push_back(std::move(out));
      return;
    }
    const bool good = fill(*match, tokens, out);
    if (!good) out.used = true;
    if (named) context_.tree.extractions.push_back(std::move(out));
  }

 private:
  // "total = amount …", "total - amount …": said once, and read as a colon.
  void mend_colon(std::vector<Token>& tokens) {
    constexpr std::string_view kMarks[] = {"=", "-", "\u2013", "\u2014", "\u2212"};
    if (tokens.size() < 3 || tokens[0].kind != Token::Kind::Word) return;
    Token& mark = tokens[1];
    const bool dash = mark.kind == Token::Kind::Word || mark.kind == Token::Kind::Mark;
    if (!dash || std::find(std::begin(kMarks), std::end(kMarks), mark.value) == std::end(kMarks))
      return;
    context_.report.add(mark.span, wording::extract_without_colon())
        .fix("write a colon", {tokens[0].span.end, mark.span.end}, ":");
    mark.kind = Token::Kind::Mark;
    mark.value = ":";
  }

  bool name(const std::vector<Token>& tokens, std::size_t colon, Extraction& out) {
    out.name_span = {tokens[0].span.begin, tokens[colon - 1].span.end};
    out.name = context_.source.text(out.name_span);
    if (!is_identifier(out.name)) {
      const std::string better = as_identifier(out.name);
      Report::Entry& entry =
          context_.report.add(out.name_span, wording::name_invalid(out.name, better));
      if (!better.empty()) entry.fix("write " + better, out.name_span, better);
      if (better.empty()) return false;
      out.name = better;
      out.used = true;
    }
    if (is_reserved_name(out.name)) {
      context_.report.add(out.name_span, wording::name_reserved(out.name));
      return false;
    }
    const auto [found, is_new] = lines_.try_emplace(out.name, out.line);
    if (!is_new) context_.report.add(out.name_span, wording::name_twice(out.name, found->second));
    return is_new;
  }

  bool fill(const FormMatch& match, const std::vector<Token>& tokens, Extraction& out) {
    using How = Extraction::How;
    using Type = Extraction::Type;
    if (const Capture* type = match.find(Slot::Type)) out.type = value_type_names()[type->row].type;
    bool good = rest(match, tokens, out);
    switch (match.form->id) {
      case FormId::ValueMatching:
        out.how = How::Matching;
        good = pattern(match, tokens, out) && good;
        break;
      case FormId::ValueAfter:
        out.how = How::After;
        good = labels(match, tokens, out) && good;
        break;
      case FormId::TextBetween:
        out.how = How::Between;
        good = labels(match, tokens, out) && good;
        break;
      case FormId::FirstValue:
        out.how = How::First;
        break;
      case FormId::DomainOf:
        out.how = How::Domain;
        break;
      case FormId::NameOf:
        out.how = How::DisplayName;
        break;
      case FormId::FirstFile:
      case FormId::FileWhose:
        out.how = How::File;
        out.type = Type::File;
        return file(match, tokens, out) && good;
      default:
        out.how = How::Json;
        out.type = Type::Json;
        break;
    }
    return field(match, tokens, out) && good && suits(match, tokens, out);
  }

  bool pattern(const FormMatch& match, const std::vector<Token>& tokens, Extraction& out) {
    const Token& pattern = tokens[match.find(Slot::Pattern)->first];
    out.argument = pattern.value;
    return check_pattern_token(pattern, out.case_sensitive, context_.report);
  }

  bool labels(const FormMatch& match, const std::vector<Token>& tokens, Extraction& out) {
    bool good = true;
    std::string* place = &out.argument;
    for (const Capture& capture : match.captures) {
      if (capture.slot != Slot::Text) continue;
      const Token& label = tokens[capture.first];
      *place = label.value;
      place = &out.end;
      if (label.value.find_first_not_of(" \t\n") == std::string::npos) {
        context_.report.add(label.span, wording::operand_empty());
        good = false;
      } else if (refuse_template(label, context_)) {
        good = false;
      }
    }
    return good;
  }

  bool field(const FormMatch& match, const std::vector<Token>& tokens, Extraction& out) {
    const Capture* where = match.find(Slot::Field);
    if (where == nullptr) where = match.find(Slot::Path);
    out.field_span = span_of(*where, tokens);
    const std::optional<std::string> field = field_of(*where, tokens, context_);
    out.field = field.value_or("");
    return field.has_value();
  }

  bool file(const FormMatch& match, const std::vector<Token>& tokens, Extraction& out) {
    out.field = "attachment.name";
    out.field_span = out.span;
    if (match.form->id == FormId::FirstFile) return suits(match, tokens, out);
    if (match.has_word("type")) out.field = "attachment.type";
    out.file = comparison_of(match, tokens, out.field, context_);
    return out.file.has_value() && suits(match, tokens, out);
  }

  // What stands at the end of a sentence must have something to do there.
  bool suits(const FormMatch& match, const std::vector<Token>& tokens, const Extraction& out) {
    using How = Extraction::How;
    const bool has_address = out.field != "subject" && out.field != "body";
    if (out.how == How::Domain && !has_address)
      return refuse(out.field_span, wording::no_address(out.field));
    if (out.how == How::DisplayName && out.field != "from")
      return refuse(out.field_span, wording::no_display_name(context_.source.text(out.field_span)));
    if (out.how == How::First && out.type == Extraction::Type::Text)
      return refuse(span_of(*match.find(Slot::Type), tokens),
                    wording::text_without_place(out.field));
    const Capture* exact = match.find(Slot::Case);
    const bool compares =
        out.how == How::Matching || out.how == How::After || out.how == How::Between || out.file;
    if (exact != nullptr && !compares)
      return refuse(span_of(*exact, tokens), wording::case_misplaced(), true);
    const Capture* order = match.find(Slot::Order);
    if (order != nullptr && out.type != Extraction::Type::Date)
      return refuse(span_of(*order, tokens), wording::date_order_misplaced(), true);
    return true;
  }
  bool refuse(Span place, Wording wording, bool remove = false) {
    Report::Entry& entry = context_.report.add(place, std::move(wording));
    if (remove) entry.fix("remove it", place, "");
    return false;
  }
  static Span span_of(const Capture& capture, const std::vector<Token>& tokens) {
    return {tokens[capture.first].span.begin, tokens[capture.first + capture.count - 1].span.end};
  }

  bool rest(const FormMatch& match, const std::vector<Token>& tokens, Extraction& out) {
    using Order = Extraction::DateOrder;
    out.case_sensitive = match.find(Slot::Case) != nullptr;
    if (const Capture* order = match.find(Slot::Order))
      out.date_order =
          tokens[order->first + 1].value == "day" ? Order::DayFirst : Order::MonthFirst;
    out.optional = match.has_word("optional");
    const Capture* otherwise = match.find(Slot::Default);
    if (otherwise == nullptr) return true;
    const Token& value = tokens[otherwise->first];
    out.otherwise = value.value;
    out.otherwise_is_number = value.kind == Token::Kind::Number;
    if (out.optional)
      return refuse({value.span.begin, tokens.back().span.end}, wording::default_and_optional());
    if (out.otherwise_is_number && !is_plain_number(value.value))
      return refuse(value.span, wording::default_number(value.value));
    return !refuse_template(value, context_);
  }

  ParseContext& context_;
  std::map<std::string, std::int64_t> lines_;
};

}  // namespace

void parse_extract(const Section& section, ParseContext& context) {
  context.tree.extract_lines = {section.heading->line, section.last_line};
  const std::vector<Item> items = items_of(section, context);
  if (items.empty()) context.report.add(section.heading->span, wording::section_empty("Extract"));
  ExtractParser parser(context);
  for (const Item& item : items) parser.item(item);
}

}  // namespace msghub
