#include <algorithm>
#include <map>

#include "rule/nearest.h"
#include "rule/sections.h"
#include "rule/time_zones.h"
#include "rule/wording.h"

namespace msghub {

namespace {

constexpr std::int64_t kShortestLimitMs = 1'000;
constexpr std::int64_t kLongestLimitMs = 15 * 60'000;
constexpr std::int64_t kMostAtOnce = 100;
constexpr std::size_t kMostTags = 20;
constexpr std::size_t kLongestTag = 40;  // characters

std::size_t characters_of(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += code_point_at(text, at).size) ++count;
  return count;
}

class SettingsParser {
 public:
  explicit SettingsParser(ParseContext& context)
      : context_(context), settings_(context.tree.settings) {}

  void item(const Item& item) {
    const std::vector<Token> tokens = sentence_of(item, SectionKind::Settings, true, context_);
    if (tokens.empty()) return;
    const auto match = understand(SectionKind::Settings, tokens, 0, context_);
    if (!match) return;
    const FormId id = match->form->id;
    if (const auto [before, is_new] = lines_.try_emplace(id, item.line); !is_new) {
      const Span span{tokens.front().span.begin, tokens.back().span.end};
      context_.report.add(span,
                          wording::said_twice(name_of(id), before->second, SectionKind::Settings));
      return;
    }
    if (id == FormId::TimeZone) time_zone(tokens, *match);
    if (id == FormId::TimeLimit) time_limit(tokens, *match);
    if (id == FormId::Concurrency) concurrency(tokens, *match);
    if (id == FormId::Tags) tags(tokens, *match);
    if (id == FormId::Owner) owner(tokens, *match);
  }

 private:
  static std::string_view name_of(FormId id) {
    switch (id) {
      case FormId::TimeZone:
        return "the time zone";
      case FormId::TimeLimit:
        return "the time limit";
      case FormId::Concurrency:
        return "how many run at a time";
      case FormId::Tags:
        return "the tags";
      default:
        return "the owner";
    }
  }

  // What the author wrote in tokens [first, end), without quotation marks around it, with single
  // spaces.
  std::string bare_text(const std::vector<Token>& tokens, std::size_t first,
                        std::size_t end) const {
    using enum Token::Kind;
    if (first >= end) return {};
    const Token& token = tokens[first];
    const bool marked =
        end - first == 1 && (token.kind == Text || token.kind == Code || token.kind == Bold);
    std::string text = marked ? token.value : "";
    for (std::size_t at = first; at < end && !marked; ++at) {
      if (at > first && tokens[at - 1].span.end < tokens[at].span.begin) text += ' ';
      text += context_.source.text(tokens[at].span);
    }
    std::string out;
    for (const char c : trim(text)) {
      const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
      if (!blank || !out.ends_with(' ')) out += blank ? ' ' : c;
    }
    return out;
  }
  static Span span_of(const std::vector<Token>& tokens, std::size_t first, std::size_t end) {
    if (first >= end) return {tokens.back().span.end, tokens.back().span.end};
    return {tokens[first].span.begin, tokens[end - 1].span.end};
  }

  void time_zone(const std::vector<Token>& tokens, const FormMatch& match) {
    const std::size_t first = match.find(Slot::Any)->first;
    const std::string name = bare_text(tokens, first, tokens.size());
    settings_.time_zone = time_zone_of(name);
    if (settings_.time_zone) return;
    const Span span = span_of(tokens, first, tokens.size());
    const std::string near = nearest_time_zone(name);
    Report::Entry& entry = context_.report.add(span, wording::time_zone_unknown(name, near));
    if (!near.empty()) entry.fix("write " + near, span, near);
  }

  void time_limit(const std::vector<Token>& tokens, const FormMatch& match) {
    const Capture& time = *match.find(Slot::Duration);
    const auto limit = duration_of(time, tokens);
    settings_.time_limit_ms = limit;
    if (limit && *limit >= kShortestLimitMs && *limit <= kLongestLimitMs) return;
    const Span span = span_of(tokens, time.first, time.first + time.count);
    context_.report.add(span, wording::time_limit_range(context_.source.text(span)));
  }

  void concurrency(const std::vector<Token>& tokens, const FormMatch& match) {
    settings_.concurrency = 1;
    const Capture* number = match.find(Slot::Number);
    if (number == nullptr) return;
    const Token& token = tokens[number->first];
    settings_.concurrency = whole_number_of(token);
    if (settings_.concurrency && *settings_.concurrency >= 1 &&
        *settings_.concurrency <= kMostAtOnce)
      return;
    context_.report.add(token.span, wording::concurrency_range(token.value));
  }

  void tags(const std::vector<Token>& tokens, const FormMatch& match) {
    std::vector<std::string> tags;
    const std::size_t begin = match.find(Slot::Any)->first;
    const auto is_comma = [](const Token& token) {
      return token.kind == Token::Kind::Mark && token.value == ",";
    };
    for (std::size_t first = begin; first <= tokens.size();) {
      std::size_t end = first;
      while (end < tokens.size() && !is_comma(tokens[end])) ++end;
      const std::string tag = bare_text(tokens, first, end);
      const Span span = span_of(tokens, first, end);
      first = end + 1;
      if (tag.empty())
        context_.report.add(span, wording::tags_empty());
      else if (const std::size_t length = characters_of(tag); length > kLongestTag)
        context_.report.add(span, wording::tag_too_long(length));
      else if (std::find(tags.begin(), tags.end(), tag) != tags.end())
        context_.report.add(span, wording::tag_twice(tag));
      else
        tags.push_back(tag);
    }
    if (tags.size() > kMostTags)
      context_.report.add(span_of(tokens, begin, tokens.size()),
                          wording::tags_too_many(tags.size()));
    settings_.tags = std::move(tags);
  }

  void owner(const std::vector<Token>& tokens, const FormMatch& match) {
    const std::size_t first = match.find(Slot::Any)->first;
    const std::string owner = bare_text(tokens, first, tokens.size());
    if (owner.empty())
      context_.report.add(span_of(tokens, first, tokens.size()), wording::owner_missing());
    settings_.owner = owner;
  }

  ParseContext& context_;
  Settings& settings_;
  std::map<FormId, std::int64_t> lines_;
};

}  // namespace

void parse_settings(const Section& section, ParseContext& context) {
  context.tree.settings.lines = {section.heading->line, section.last_line};
  const std::vector<Item> items = items_of(section, context);
  if (items.empty()) context.report.add(section.heading->span, wording::section_empty("Settings"));
  SettingsParser parser(context);
  for (const Item& item : items) parser.item(item);
}

}  // namespace msghub
