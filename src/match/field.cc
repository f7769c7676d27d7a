#include <algorithm>
#include <charconv>
#include <optional>
#include <ranges>

#include "base/exact_json.h"
#include "base/json_path.h"
#include "match/matcher.h"
#include "mime/address.h"

namespace msghub {

namespace {

constexpr std::string_view kJsonPrefix = "json:";
constexpr std::string_view kHeaderPrefix = "header:";

// A key that JavaScript takes for an index: such keys come first in its objects, by number.
std::optional<std::uint32_t> index_key(std::string_view key) {
  std::uint32_t index = 0;
  const auto parsed = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == key.data() + key.size();
  const bool canonical = key.size() == 1 || !key.starts_with('0');
  if (!whole || !canonical || index == 0xFFFFFFFF) return std::nullopt;
  return index;
}

// The same value with its members in the order in which JavaScript writes them, so that a rule's
// own project sees the same text.
json::value in_javascript_order(const json::value& value) {
  if (value.is_array()) {
    json::array out;
    out.reserve(value.get_array().size());
    for (const json::value& item : value.get_array()) out.push_back(in_javascript_order(item));
    return out;
  }
  if (!value.is_object()) return value;
  std::vector<std::pair<std::uint32_t, const json::key_value_pair*>> indexed;
  for (const auto& member : value.get_object())
    if (const auto index = index_key(member.key())) indexed.emplace_back(*index, &member);
  std::sort(indexed.begin(), indexed.end());
  json::object out;
  for (const auto& [index, member] : indexed)
    out.emplace(member->key(), in_javascript_order(member->value()));
  for (const auto& member : value.get_object())
    if (!index_key(member.key())) out.emplace(member.key(), in_javascript_order(member.value()));
  return out;
}

std::string lf_only(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
  return out;
}

std::vector<std::string> split_addresses(std::string_view list) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t comma = list.find(", ");
    out.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    list.remove_prefix(comma + 2);
  }
}

std::vector<std::string> header_values(const ParsedMessage& message, const std::string& name) {
  if (!message.headers) return {};
  const auto found = message.headers->find(name);
  if (found == message.headers->end()) return {};
  std::vector<std::string> out;
  for (const auto value : std::views::split(std::string_view(found->second), '\n'))
    out.emplace_back(value.begin(), value.end());
  if (out.empty()) out.emplace_back();
  return out;
}

std::vector<std::string> addresses_in(const ParsedMessage& message, const std::string& header) {
  constexpr std::size_t kMost = 10'000;
  std::vector<std::string> out;
  for (const std::string& line : header_values(message, header)) parse_addresses(line, kMost, out);
  return out;
}

// Another From header is not the one that `from` was read from.
std::vector<std::string> sender_name(const ParsedMessage& message) {
  const std::vector<std::string> lines = header_values(message, "from");
  std::string name = lines.empty() ? "" : display_name(lines.front());
  if (name.empty()) return {};
  return {std::move(name)};
}

std::vector<std::string> of_attachments(const ParsedMessage& message,
                                        std::string Attachment::* member) {
  std::vector<std::string> out;
  if (!message.attachments) return out;
  out.reserve(message.attachments->size());
  for (const Attachment& attachment : *message.attachments) out.push_back(attachment.*member);
  return out;
}

}  // namespace

std::vector<std::string> field_values(const ParsedMessage& message, std::string_view field) {
  if (field == "from") return {message.from};
  if (field == "body") return {lf_only(message.body)};
  if (field == "subject") {
    if (!message.subject) return {};
    return {*message.subject};
  }
  if (field == "to") {
    if (!message.to) return {};
    return split_addresses(*message.to);
  }
  if (field == "cc" || field == "reply-to") return addresses_in(message, std::string(field));
  if (field == "from.name") return sender_name(message);
  if (field == "attachment.name") return of_attachments(message, &Attachment::filename);
  if (field == "attachment.type") return of_attachments(message, &Attachment::content_type);
  if (field.starts_with(kHeaderPrefix))
    return header_values(message, std::string(field.substr(kHeaderPrefix.size())));
  if (!field.starts_with(kJsonPrefix) || !message.payload) return {};
  const json::value* value = json_at(*message.payload, field.substr(kJsonPrefix.size()));
  if (value == nullptr || value->is_null()) return {};
  return {to_text(in_javascript_order(*value))};
}

}  // namespace msghub
