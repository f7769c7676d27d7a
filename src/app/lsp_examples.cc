#include "app/lsp_examples.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "app/chat_message.h"
#include "base/exact_json.h"
#include "base/json_path.h"
#include "base/pattern.h"
#include "channels/webhook/written.h"
#include "match/matcher.h"
#include "mime/mime.h"
#include "rule/nearest.h"

namespace msghub {

namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::optional<std::string> not_empty(std::string_view text) {
  text = trim(text);
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

// The text in which labels are looked for. Other letters than those of ASCII fold in ways that only
// the project knows.
std::optional<std::string> folded(std::string_view text, const Extraction& what) {
  if (what.case_sensitive) return std::string(text);
  if (!is_ascii(what.argument) || !is_ascii(what.end)) return std::nullopt;
  return lower_ascii(text);
}

std::optional<std::string> matching(const std::string& text, const Extraction& what) {
  const auto pattern = read_pattern(what.argument, what.case_sensitive);
  if (!pattern) return std::nullopt;
  re2::StringPiece found[2];
  const int groups = (*pattern)->NumberOfCapturingGroups() > 0 ? 1 : 0;
  if (!(*pattern)->Match(text, 0, text.size(), RE2::UNANCHORED, found, groups + 1))
    return std::nullopt;
  if (found[groups].data() == nullptr) return std::nullopt;
  return std::string(found[groups]);
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::array<std::string_view, 4> kBlanks{" ", "\t", "\u00A0", "\u202F"};
  const auto begins = [&](std::string_view blank) { return text.starts_with(blank); };
  for (auto blank = std::ranges::find_if(kBlanks, begins); blank != kBlanks.end();
       blank = std::ranges::find_if(kBlanks, begins))
    text.remove_prefix(blank->size());
  return text;
}

// The colon or equals sign behind a label that has none itself is no part of the text.
std::string_view behind_label(std::string_view label, std::string_view rest) {
  label = trim(label);
  if (label.ends_with(':') || label.ends_with('=')) return rest;
  rest = without_blanks(rest);
  if (rest.starts_with(':') || rest.starts_with('=')) rest.remove_prefix(1);
  return rest;
}

std::optional<std::string> after(const std::string& text, const Extraction& what) {
  const std::optional<std::string> all = folded(text, what);
  const std::optional<std::string> label = folded(what.argument, what);
  if (!all || label->empty()) return std::nullopt;
  for (std::size_t at = all->find(*label); at != std::string::npos;
       at = all->find(*label, at + 1)) {
    const std::size_t begin = at + label->size();
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view rest = std::string_view(text).substr(begin, end - begin);
    if (auto found = not_empty(behind_label(*label, rest))) return found;
  }
  return std::nullopt;
}

std::optional<std::string> between(const std::string& text, const Extraction& what) {
  const std::optional<std::string> all = folded(text, what);
  const std::optional<std::string> left = folded(what.argument, what);
  const std::optional<std::string> right = folded(what.end, what);
  if (!all || left->empty() || right->empty()) return std::nullopt;
  std::size_t end = 0;
  for (std::size_t at = all->find(*left); at != std::string::npos; at = all->find(*left, at + 1)) {
    const std::size_t begin = at + left->size();
    if (end < begin) end = all->find(*right, begin);
    if (end == std::string::npos) return std::nullopt;
    if (auto found = not_empty(std::string_view(text).substr(begin, end - begin))) return found;
  }
  return std::nullopt;
}

std::optional<std::string> domain(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos || !is_ascii(text)) return std::nullopt;
  return not_empty(lower_ascii(std::string_view(text).substr(at + 1)));
}

std::optional<std::string> file(const ParsedMessage& message, const Extraction& what) {
  if (!message.attachments) return std::nullopt;
  for (const Attachment& attachment : *message.attachments) {
    ParsedMessage alone = message;
    alone.attachments = {attachment};
    std::vector<TriggerCondition> conditions;
    if (what.file) conditions.push_back(*what.file);
    if (naive_match({{ChannelId{}, conditions}}, {ChannelId{}, &alone})) return attachment.filename;
  }
  return std::nullopt;
}

}  // namespace

ParsedMessage message_of(const ExampleCase& example) {
  using enum ExampleCase::Message;
  if (example.message == Email) return parse_mail(example.raw, {}).message;
  if (example.message == Sms || example.message == Slack) return read_chat(example.raw);
  if (example.message == Http) {
    const Result<WebhookContent> content = translate_written_call(example.raw, {});
    return content ? content->parsed : ParsedMessage{};
  }
  ParsedMessage out;
  out.body = example.raw;
  if (Result<json::value> payload = parse_exact_json(example.raw))
    out.payload = std::move(*payload);
  return out;
}

std::optional<std::string> value_in(const ParsedMessage& message, const Extraction& what) {
  using enum Extraction::How;
  if (what.how == File) return file(message, what);
  const bool text = what.type == Extraction::Type::Text;
  for (const std::string& value : field_values(message, what.field)) {
    std::optional<std::string> found;
    if (what.how == Json) found = value;
    if (what.how == Domain) found = domain(value);
    if (what.how == Matching && text) found = matching(value, what);
    if (what.how == After && text) found = after(value, what);
    if (what.how == Between) found = between(value, what);
    if (found) return found;
  }
  return std::nullopt;
}

Evaluation evaluate_examples(std::function<std::string(const TriggerCondition&)> seen) {
  const auto cache = std::make_shared<std::map<const ExampleCase*, ParsedMessage>>();
  const auto read = [cache](const ExampleCase& example) -> const ParsedMessage& {
    const auto [found, is_new] = cache->try_emplace(&example);
    if (is_new) found->second = message_of(example);
    return found->second;
  };
  Evaluation out;
  out.seen = std::move(seen);
  out.holds = [read](const ExampleCase& example, const TriggerCondition& condition) {
    return naive_match({{ChannelId{}, {condition}}}, {ChannelId{}, &read(example)});
  };
  out.value = [read](const ExampleCase& example, const Extraction& extraction) {
    return value_in(read(example), extraction);
  };
  return out;
}

}  // namespace msghub
