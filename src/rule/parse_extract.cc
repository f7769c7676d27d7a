#include <algorithm>
#include <array>
#include <map>

#include "rule/pattern.h"
#include "rule/sections.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

bool is_mark(const Token& token, std::string_view mark) {
  return token.kind == Token::Kind::Mark && token.value == mark;
}

// "Invoice number" as invoice_number.
std::string as_identifier(std::string_view text) {
  std::string out;
  for (const char c : text) {
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

// What every JavaScript object has: as the name of a value it would mean two things.
constexpr auto kObjectMembers = std::to_array<std::string_view>(
    {"constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString",
     "toString", "valueOf"});

bool is_reserved(std::string_view name) {
  for (const MessageName& known : message_names())
    if (known.name == name) return true;
  return name == "message" || name == "idempotencyKey" ||
         std::find(kObjectMembers.begin(), kObjectMembers.end(), name) != kObjectMembers.end();
}

class ExtractParser {
 public:
  explicit ExtractParser(ParseContext& context) : context_(context) {}

  void item(const Item& item) {
    const std::vector<Token> tokens = sentence_of(item, SectionKind::Extract, true, context_);
    if (tokens.empty()) return;
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
    if (is_reserved(out.name)) {
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
    switch (match.form->id) {
      case FormId::TextMatching:
        out.how = How::Matching;
        break;
      case FormId::TextAfter:
        out.how = How::After;
        break;
      case FormId::NumberAfter:
        out.how = How::After;
        out.type = Type::Number;
        break;
      case FormId::AmountAfter:
        out.how = How::After;
        out.type = Type::Amount;
        break;
      case FormId::DomainOf:
        out.how = How::Domain;
        break;
      default:
        out.how = How::Json;
        out.type = Type::Json;
        break;
    }
    bool good = rest(match, tokens, out);
    out.case_sensitive = match.find(Slot::Case) != nullptr;
    if (const Capture* capture = match.find(Slot::Pattern)) {
      const Token& pattern = tokens[capture->first];
      good = check_pattern_token(pattern, out.case_sensitive, context_.report) && good;
      out.argument = pattern.value;
    }
    if (const Capture* capture = match.find(Slot::Text)) {
      const Token& label = tokens[capture->first];
      out.argument = label.value;
      if (label.value.find_first_not_of(" \t\n") == std::string::npos) {
        context_.report.add(label.span, wording::operand_empty());
        good = false;
      } else if (refuse_template(label, context_)) {
        good = false;
      }
    }
    const Capture* where = match.find(Slot::Field);
    if (where == nullptr) where = match.find(Slot::Path);
    out.field_span = {tokens[where->first].span.begin,
                      tokens[where->first + where->count - 1].span.end};
    const std::optional<std::string> field = field_of(*where, tokens, context_);
    out.field = field.value_or("");
    if (out.how == How::Domain && (out.field == "subject" || out.field == "body")) {
      context_.report.add(out.field_span, wording::no_address(out.field));
      good = false;
    }
    return good && field.has_value();
  }

  bool rest(const FormMatch& match, const std::vector<Token>& tokens, Extraction& out) {
    out.optional = match.has_word("optional");
    const Capture* otherwise = match.find(Slot::Default);
    if (otherwise == nullptr) return true;
    const Token& text = tokens[otherwise->first];
    out.otherwise = text.value;
    if (out.optional) {
      context_.report.add({text.span.begin, tokens.back().span.end},
                          wording::default_and_optional());
      return false;
    }
    return !refuse_template(text, context_);
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
