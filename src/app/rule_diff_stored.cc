#include "app/rule_diff_stored.h"

#include <algorithm>
#include <set>

#include "app/output.h"
#include "match/matcher.h"

namespace msghub {

namespace {

constexpr std::size_t kShown = 10;
constexpr std::size_t kMostChannels = 10'000;

// The rule's triggers with the ids that its channels' names have in the hub.
std::vector<TriggerConfig> resolved(const CompiledRule& rule, const json::array& channels,
                                    std::vector<std::string>& unknown) {
  std::vector<TriggerConfig> triggers = rule.metadata.triggers;
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    const NamedChannel& wanted = rule.channels[i];
    const std::string type(wire_name(wanted.type));
    const auto found = std::ranges::find_if(channels, [&](const json::value& channel) {
      return cell(channel, "name") == wanted.name && cell(channel, "type") == type;
    });
    if (found != channels.end()) {
      triggers[i].channel_id = ChannelId{cell(*found, "id")};
      continue;
    }
    const std::string name = type + " channel " + wanted.name;
    if (std::ranges::find(unknown, name) == unknown.end()) unknown.push_back(name);
  }
  return triggers;
}

// Summaries of the newest messages of these channels, newest first.
json::array newest(const std::set<std::string>& channels, std::size_t limit,
                   const ApiClient& client) {
  json::array messages;
  for (const std::string& channel : channels)
    for (json::value& message : client.list("/v1/messages?channelId=" + url_part(channel), limit))
      messages.push_back(std::move(message));
  const auto age = [](const json::value& message) {
    return std::pair(cell(message, "receivedAt"), cell(message, "id"));
  };
  std::ranges::sort(messages, std::greater<>(), age);
  if (messages.size() > limit) messages.resize(limit);
  return messages;
}

void add_to(json::array& list, const json::value& message) {
  if (list.size() >= kShown) return;
  json::object entry;
  for (const char* member : {"id", "receivedAt", "from", "subject"})
    if (const json::value* value = message.as_object().if_contains(member)) entry[member] = *value;
  list.push_back(std::move(entry));
}

}  // namespace

StoredDifference stored_difference(const CompiledRule& before, const CompiledRule& after,
                                   std::size_t limit, const ApiClient& client) {
  StoredDifference out;
  const json::array channels = client.list("/v1/channels", kMostChannels);
  const RuleId old{"before"}, fresh{"after"};
  std::vector<RuleTriggers> rules{{old, resolved(before, channels, out.unknown)},
                                  {fresh, resolved(after, channels, out.unknown)}};
  std::set<std::string> listened;
  for (const RuleTriggers& rule : rules)
    for (const TriggerConfig& trigger : rule.triggers)
      if (!trigger.channel_id.value.empty()) listened.insert(trigger.channel_id.value);
  const Matcher matcher(std::move(rules));
  for (const json::value& summary : newest(listened, limit, client)) {
    const json::value stored = client.get("/v1/messages/" + url_part(cell(summary, "id")));
    const Result<Message> message = from_json_value<Message>(stored);
    if (!message) throw Failure(Failure::Retry::Never, message.error().detail);
    ++out.looked_at;
    if (message->metadata.parsed_truncated.value_or(false)) ++out.cut;
    const std::vector<RuleId> matching =
        matcher.match({message->channel_id, &message->parsed_content});
    const bool first = std::ranges::count(matching, old) > 0;
    const bool second = std::ranges::count(matching, fresh) > 0;
    if (first && second) ++out.both;
    if (first && !second) {
      ++out.only_before;
      add_to(out.first_only_before, summary);
    }
    if (!first && second) {
      ++out.only_after;
      add_to(out.first_only_after, summary);
    }
  }
  return out;
}

std::string stored_difference_text(const StoredDifference& difference) {
  std::string out = "of the newest " + std::to_string(difference.looked_at) +
                    " stored messages, both match " + std::to_string(difference.both) +
                    ", only the old one " + std::to_string(difference.only_before) +
                    ", only the new one " + std::to_string(difference.only_after) + "\n";
  for (const std::string& name : difference.unknown)
    out += "the hub has no " + name + ", so nothing came there\n";
  if (difference.cut > 0)
    out +=
        "long ones, of which only the beginning was looked at: " + std::to_string(difference.cut) +
        "\n";
  for (const auto& [mark, list] : {std::pair{"- ", &difference.first_only_before},
                                   std::pair{"+ ", &difference.first_only_after}})
    for (const json::value& message : *list)
      out += mark + cell(message, "id") + "  " + cell(message, "receivedAt") + "  " +
             harmless(cell(message, "from")) + "  " + harmless(cell(message, "subject")) + "\n";
  return out;
}

}  // namespace msghub
