#include "store/messages.h"

#include "api/handlers.h"
#include "api/merge_pages.h"
#include "pipeline/content.h"
#include "pipeline/trace.h"

namespace msghub {

namespace {

// A line of a list: no bodies, no payloads, no raw content.
json::value summary(const Message& message) {
  json::object out{{"id", message.id.value},
                   {"channelId", message.channel_id.value},
                   {"receivedAt", to_iso8601(message.received_at)},
                   {"status", wire_name(message.status)},
                   {"from", message.parsed_content.from}};
  if (message.external_id) out["externalId"] = *message.external_id;
  if (message.parsed_content.subject) out["subject"] = *message.parsed_content.subject;
  json::array rules;
  for (const RuleId& rule : message.matched_rule_ids) rules.emplace_back(rule.value);
  out["matchedRuleIds"] = std::move(rules);
  return out;
}

Task<std::optional<Message>> own_message(std::string id, Hub& hub) {
  Messages messages(hub.tables);
  std::optional<Message> message = co_await messages.get_message_by_id(MessageId{id});
  if (!message) co_return std::nullopt;
  // A message outlives its channel.
  const std::optional<Channel> channel = co_await hub.rulebook.channel(message->channel_id);
  if (channel && channel->user_id != hub.user) co_return std::nullopt;
  co_return message;
}

HttpResponse no_message(const Call& call) {
  return problem(404, "not_found", "there is no message " + call.path_value("id"));
}

}  // namespace

Task<HttpResponse> list_messages(Call call, Hub& hub) {
  const Result<PageRequest> request = page_request(call);
  if (!request) co_return refused(request.error());
  const auto status = call.query("status");
  if (status && !from_wire_name<MessageStatus>(*status))
    co_return problem(400, "invalid",
                      "status: one of these is needed: pending, processed, failed, ignored");
  const auto channel = call.query("channelId");
  std::vector<std::string> partitions;
  std::string index = "GSI2";
  if (channel) {
    index = "GSI1";
    partitions = {"CHANNEL#" + *channel};
  } else if (status) {
    partitions = {"STATUS#" + *status};
  } else {
    for (const auto& entry : kMessageStatusNames)
      partitions.push_back("STATUS#" + std::string(entry.name));
  }
  const Result<Page> page = co_await merge_newest(hub.tables, Table::Messages, index, partitions,
                                                  "RECEIVED#", request->limit, request->cursor);
  if (!page) co_return refused(page.error());
  json::array data;
  for (const Item& item : page->items) {
    const Result<Message> message = from_json_value<Message>(item);
    if (!message) throw Failure(Failure::Retry::Never, "damaged item: " + message.error().detail);
    const std::optional<Channel> owner = co_await hub.rulebook.channel(message->channel_id);
    if (owner && owner->user_id != hub.user) continue;
    if (status && wire_name(message->status) != *status) continue;
    data.push_back(summary(*message));
  }
  co_return page_response(std::move(data), page->cursor);
}

Task<HttpResponse> get_message(Call call, Hub& hub) {
  std::optional<Message> message = co_await own_message(call.path_value("id"), hub);
  if (!message) co_return no_message(call);
  message->parsed_content.payload = co_await load_payload(*message, hub.blobs);
  co_return json_response(200, to_json_value(*message));
}

Task<HttpResponse> get_raw_message(Call call, Hub& hub) {
  const std::optional<Message> message = co_await own_message(call.path_value("id"), hub);
  if (!message) co_return no_message(call);
  HttpResponse response;
  // Never shown by a browser as what it claims to be.
  response.headers.emplace_back("Content-Type", "application/octet-stream");
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"raw\"");
  response.body = co_await load_raw(*message, hub.blobs);
  co_return response;
}

// Counted from 1, as the message lists them.
Task<HttpResponse> get_attachment(Call call, Hub& hub) {
  const std::optional<Message> message = co_await own_message(call.path_value("id"), hub);
  if (!message) co_return no_message(call);
  const std::string number = call.path_value("number");
  const auto& files = message->parsed_content.attachments;
  const bool whole = !number.empty() && number.size() < 6 &&
                     number.find_first_not_of("0123456789") == std::string::npos;
  const std::size_t place = whole ? std::stoul(number) : 0;
  if (!files || place < 1 || place > files->size())
    co_return problem(404, "not_found", "the message has no attachment " + number);
  const Attachment& file = (*files)[place - 1];
  std::optional<std::string> bytes;
  if (!file.s3_key.empty()) bytes = co_await hub.blobs.get(file.s3_key);
  if (!bytes)
    co_return problem(404, "not_found",
                      "the bytes of attachment " + number +
                          " are not kept by themselves; they are in the raw message");
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "application/octet-stream");
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"attachment\"");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.body = std::move(*bytes);
  co_return response;
}

Task<HttpResponse> get_message_trace(Call call, Hub& hub) {
  std::optional<RuleId> only;
  if (const auto rule = call.query("ruleId")) only = RuleId{*rule};
  const Result<std::vector<RuleTrace>> traces = co_await trace_message(
      MessageId{call.path_value("id")}, hub.user, only, hub.tables, hub.blobs, hub.rulebook);
  if (!traces) co_return refused(traces.error());
  co_return json_response(
      200, {{"messageId", call.path_value("id")}, {"rules", to_json_value(*traces)}});
}

}  // namespace msghub
