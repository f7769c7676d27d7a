#include "pipeline/job.h"

#include <set>

#include "base/utf8.h"
#include "pipeline/content.h"
#include "store/integrations.h"

namespace msghub {

namespace {

using Names = std::set<std::string, std::less<>>;

// The names that the rule's actions use; nothing when an older version of it runs, whose actions
// may have used others.
std::optional<Names> used_connections(const Rule& rule, const Execution& execution) {
  if (rule.code_version != execution.rule_version) return std::nullopt;
  Names names;
  const auto use = [&](const std::vector<ActionConfig>& actions) {
    for (const ActionConfig& action : actions) names.insert(string_or(action.config, "connection"));
  };
  // What the rule itself needs must not keep it from saying that it failed.
  if (!execution.failure)
    use(rule.metadata.actions);
  else if (rule.metadata.failure)
    use(rule.metadata.failure->actions);
  return names;
}

// The connections by name, with their secrets: only for the worker's socket.
Task<json::object> open_connections(UserId user, std::optional<Names> names,
                                    JobServices& services) {
  json::object out;
  Integrations integrations(services.tables);
  std::string cursor;
  do {
    Result<PageOf<Integration>> page =
        co_await integrations.list_user_integrations(user, Paging{100, cursor});
    for (const Integration& integration : page.value().items) {
      if (names && !names->contains(integration.display_name)) continue;
      json::object connection = integration.settings;
      connection["service"] = wire_name(integration.service);
      SealContext context{user.value, "integration", integration.id.value, "credentials"};
      const Result<std::string> secret =
          co_await services.vault.unseal(std::move(context), integration.credentials);
      if (!secret)
        throw Failure(Failure::Retry::Never, "the credentials of connection \"" +
                                                 integration.display_name +
                                                 "\" cannot be opened: " + secret.error().detail);
      const Result<json::value> fields = parse_json(*secret);
      if (fields && fields->is_object())
        for (const auto& field : fields->get_object()) connection[field.key()] = field.value();
      out[integration.display_name] = std::move(connection);
    }
    cursor = page->cursor;
  } while (!cursor.empty());
  co_return out;
}

json::object message_for_worker(const Message& message, const Channel& channel,
                                const ParsedMessage& parsed) {
  json::object out = to_json_value(parsed).as_object();
  out["id"] = message.id.value;
  out["channelId"] = message.channel_id.value;
  out["channelType"] = wire_name(channel.type);
  out["receivedAt"] = to_iso8601(message.received_at);
  if (message.external_id) out["externalId"] = *message.external_id;
  return out;
}

// Puts the bytes of the attachments beside their names. Refuses as load_attachments does.
Task<Result<void>> add_contents(json::object& out, Message message, ParsedMessage parsed,
                                Blobs& blobs) {
  Result<std::vector<std::string>> files =
      co_await load_attachments(std::move(message), std::move(parsed), blobs);
  if (!files) co_return std::unexpected(files.error());
  json::value* listed = out.if_contains("attachments");
  if (listed == nullptr || !listed->is_array()) co_return Result<void>();
  json::array& attachments = listed->get_array();
  for (std::size_t i = 0; i < std::min(attachments.size(), files->size()); ++i)
    attachments[i].as_object()["content"] = to_base64((*files)[i]);
  co_return Result<void>();
}

std::vector<std::string> keys_for(const Execution& execution, const RulePolicy& policy,
                                  const UserId& user) {
  // What is known of an older version may be less than it has.
  constexpr std::int64_t kAtLeast = 32;
  const std::int64_t actions = std::max(policy.steps + policy.failure_steps.value_or(0), kAtLeast);
  std::vector<std::string> keys;
  const std::int64_t retries =
      execution.retries ? static_cast<std::int64_t>(execution.retries->size()) : 0;
  for (std::int64_t order = 0; order < actions; ++order) {
    const bool behind = execution.failure && order >= execution.failure->first_order;
    keys.push_back(idempotency_key(user, execution.message_id, execution.rule_id,
                                   execution.rule_version, order, behind ? retries : 0));
  }
  return keys;
}

std::optional<FailedRule> failed_rule(const Execution& execution) {
  if (!execution.failure || !execution.error) return std::nullopt;
  return FailedRule{*execution.error, failed_order(execution)};
}

}  // namespace

std::optional<std::int64_t> failed_order(const Execution& execution) {
  const std::int64_t end =
      execution.failure ? execution.failure->first_order : std::numeric_limits<std::int64_t>::max();
  const Timestamp since = execution.retries ? execution.retries->back().at : Timestamp{};
  for (auto last = execution.attempts.rbegin(); last != execution.attempts.rend(); ++last) {
    if (last->started_at < since) break;
    if (last->order >= end) continue;
    if (last->status == AttemptStatus::Success) return std::nullopt;
    for (const ActionResult& result : execution.action_results)
      if (result.order == last->order && result.continued.value_or(false)) return std::nullopt;
    return last->order;
  }
  return std::nullopt;
}

std::map<std::int64_t, json::array> items_done(const Execution& execution) {
  std::map<std::int64_t, json::array> out;
  for (const ActionAttempt& attempt : execution.attempts) {
    if (!attempt.items) continue;
    json::array& outputs = out[attempt.order];
    outputs.insert(outputs.end(), attempt.items->begin(), attempt.items->end());
  }
  return out;
}

Task<Result<Job>> prepare_job(Execution execution, Rule rule, RulePolicy policy, Message message,
                              Channel channel, JobServices services) {
  Result<std::string> folder =
      co_await services.projects.folder_of(execution.rule_id, execution.rule_version);
  if (!folder) co_return std::unexpected(folder.error());
  Job job;
  job.execution_id = execution.id;
  job.project = std::move(*folder);
  job.failed = failed_rule(execution);
  job.keys = keys_for(execution, policy, channel.user_id);
  // The steps of "If it fails" have what time the hub gives.
  if (policy.time_limit_ms && !job.failed)
    job.deadline = std::chrono::milliseconds(*policy.time_limit_ms);
  for (const ActionResult& result : execution.action_results)
    job.done.emplace_back(result.order, result.output.value_or(nullptr));
  job.done_items = items_done(execution);
  try {
    const ParsedMessage parsed = co_await parse_in_full(message, channel, services.blobs);
    job.message = message_for_worker(message, channel, parsed);
    if (policy.attachment_content.value_or(false) && !job.failed) {
      const Result<void> added =
          co_await add_contents(job.message, message, parsed, services.blobs);
      if (!added) co_return std::unexpected(added.error());
    }
    job.connections =
        co_await open_connections(channel.user_id, used_connections(rule, execution), services);
  } catch (const Failure& failure) {
    if (failure.retry == Failure::Retry::Later) throw;
    co_return refuse(Refusal::Code::Invalid, failure.what());
  }
  co_return job;
}

}  // namespace msghub
