#include "pipeline/execute.h"

#include <random>
#include <set>

#include "base/log.h"
#include "base/utf8.h"
#include "pipeline/content.h"
#include "store/executions.h"
#include "store/integrations.h"
#include "store/messages.h"
#include "store/rules.h"

namespace msghub {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t kLogLines = 1000;
constexpr std::size_t kLogInline = 3 * 1024;     // bytes; longer logs go to a blob
constexpr std::size_t kOutputLimit = 16 * 1024;  // bytes of one action's output as JSON
constexpr std::size_t kTextLimit = 2 * 1024;     // bytes of an error or a target
constexpr const char* kLeftOut = "left out: the record of this execution would be too large";

double random_unit() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

std::string shortened(const std::string& text, std::size_t limit) {
  if (text.size() <= limit) return text;
  return std::string(cut_utf8(text, limit)) + " …";
}

// Leaves out what is only for reading, so that the journal itself always fits an item.
void slim(Execution& execution) {
  for (ActionAttempt& attempt : execution.attempts) {
    attempt.target = shortened(attempt.target, 200);
    if (attempt.error) attempt.error = shortened(*attempt.error, 200);
  }
  for (ActionResult& result : execution.action_results)
    if (result.error) result.error = shortened(*result.error, 200);
  if (execution.error) {
    execution.error->message = shortened(execution.error->message, 200);
    execution.error->stack.reset();
  }
  for (ActionResult& result : execution.action_results)
    if (result.output) result.output = json::object{{"note", kLeftOut}};
  execution.logs = {kLeftOut};
  execution.extracted_data = {{"note", kLeftOut}};
}

// Writes the execution, which is still running in the store, and what belongs to the same moment.
Task<Result<void>> keep(Execution& execution, std::vector<Write> also, Tables& tables) {
  std::vector<Write> writes = also;
  writes.insert(writes.begin(), running_execution_update(execution));
  const Result<void> kept = co_await tables.transact(std::move(writes));
  if (kept || kept.error().code != Refusal::Code::TooLarge) co_return kept;
  slim(execution);
  also.insert(also.begin(), running_execution_update(execution));
  co_return co_await tables.transact(std::move(also));
}

// The journal of one try: keeps the execution in memory equal to the one on disk.
class Journal final : public JobEvents {
 public:
  Journal(Execution& execution, std::vector<std::string> keys, Tables& tables)
      : execution_(execution), keys_(std::move(keys)), tables_(tables) {}

  Task<void> extracted(json::object data) override {
    execution_.extracted_data = std::move(data);  // goes to disk with the first attempt
    co_return;
  }

  Task<void> attempt_started(std::int64_t order, ActionType type, std::string target,
                             Timestamp at) override {
    ActionAttempt attempt;
    attempt.order = order;
    attempt.action_type = type;
    attempt.target = shortened(target, kTextLimit);
    attempt.started_at = at;
    if (order >= 0 && order < static_cast<std::int64_t>(keys_.size()))
      attempt.idempotency_key = keys_[static_cast<std::size_t>(order)];
    for (const ActionAttempt& before : execution_.attempts)
      if (before.order == order) attempt.attempt = before.attempt + 1;
    execution_.attempts.push_back(std::move(attempt));
    co_await save();
  }

  Task<void> attempt_ended(ActionResult result, bool unknown) override {
    if (result.output && to_json(*result.output).size() > kOutputLimit)
      result.output = json::object{{"note", "the output was larger than 16 KiB and is not kept"}};
    if (result.error) result.error = shortened(*result.error, kTextLimit);
    for (auto attempt = execution_.attempts.rbegin(); attempt != execution_.attempts.rend();
         ++attempt) {
      if (attempt->order != result.order) continue;
      attempt->completed_at = result.completed_at;
      attempt->error = result.error;
      attempt->status = result.status == ActionStatus::Success ? AttemptStatus::Success
                        : unknown                              ? AttemptStatus::Unknown
                                                               : AttemptStatus::Failed;
      break;
    }
    std::erase_if(execution_.action_results,
                  [&](const ActionResult& before) { return before.order == result.order; });
    execution_.action_results.push_back(std::move(result));
    std::ranges::sort(execution_.action_results, {}, &ActionResult::order);
    co_await save();
  }

  void log_line(std::string line) override {
    if (execution_.logs.size() < kLogLines) execution_.logs.push_back(std::move(line));
  }

  Task<void> save() {
    const Result<void> kept = co_await keep(execution_, {}, tables_);
    if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
  }

 private:
  Execution& execution_;
  std::vector<std::string> keys_;
  Tables& tables_;
};

// An attempt that has no end was cut off: nobody knows whether it had its effect.
void close_open_attempts(Execution& execution, Timestamp now) {
  for (ActionAttempt& attempt : execution.attempts) {
    if (attempt.status != AttemptStatus::Started) continue;
    attempt.status = AttemptStatus::Unknown;
    attempt.completed_at = now;
    attempt.error = "the hub or the worker stopped while this attempt was under way";
  }
}

// Makes ready for another try: the result of the action that stopped the rule goes, so that the
// action is tried again.
void reopen(Execution& execution, Timestamp now) {
  close_open_attempts(execution, now);
  std::erase_if(execution.action_results, [](const ActionResult& result) {
    return result.status == ActionStatus::Failed && !result.continued.value_or(false);
  });
  execution.next_attempt_at.reset();
  execution.error.reset();
  ++execution.tries;
}

// The names that the rule's actions use; nothing when an older version of it runs, whose actions
// may have used others.
std::optional<std::set<std::string, std::less<>>> used_connections(const Rule& rule,
                                                                   const Execution& execution) {
  if (rule.code_version != execution.rule_version) return std::nullopt;
  std::set<std::string, std::less<>> names;
  for (const ActionConfig& action : rule.metadata.actions)
    names.insert(string_or(action.config, "connection"));
  return names;
}

// The connections by name, with their secrets: only for the worker's socket.
Task<json::object> open_connections(UserId user,
                                    std::optional<std::set<std::string, std::less<>>> names,
                                    ExecuteServices& services) {
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

// Everything the worker needs. Refuses what will not get better: no project, a message that cannot
// be read, credentials that cannot be opened.
Task<Result<Job>> prepare(const Execution& execution, const Rule& rule, const Message& message,
                          const Channel& channel, ExecuteServices& services) {
  Result<std::string> folder =
      co_await services.projects.folder_of(execution.rule_id, execution.rule_version);
  if (!folder) co_return std::unexpected(folder.error());
  Job job;
  job.execution_id = execution.id;
  job.project = std::move(*folder);
  try {
    const ParsedMessage parsed = co_await parse_in_full(message, channel, services.blobs);
    job.message = message_for_worker(message, channel, parsed);
    job.connections =
        co_await open_connections(channel.user_id, used_connections(rule, execution), services);
  } catch (const Failure& failure) {
    if (failure.retry == Failure::Retry::Later) throw;
    co_return refuse(Refusal::Code::Invalid, failure.what());
  }
  // The version that is pinned may have more steps than the rule has by now.
  const std::size_t actions = std::max<std::size_t>(rule.metadata.actions.size(), 32);
  for (std::size_t order = 0; order < actions; ++order)
    job.keys.push_back(idempotency_key(channel.user_id, message.id, execution.rule_id,
                                       execution.rule_version, static_cast<std::int64_t>(order)));
  for (const ActionResult& result : execution.action_results)
    job.done.emplace_back(result.order, result.output.value_or(nullptr));
  co_return job;
}

// The last write of an execution, together with its rule's counters. NotOurs when another hub has
// taken it meanwhile and works on it.
Task<TryEnd> record(Execution& execution, UserId user, bool ended_well, ExecuteServices& services) {
  execution.status = final_status(execution, ended_well);
  execution.completed_at = services.clock.now();
  close_open_attempts(execution, *execution.completed_at);
  std::size_t size = 0;
  std::string text;
  for (const std::string& line : execution.logs) size += line.size() + 1;
  if (size > kLogInline && user.empty()) {
    execution.logs = {kLeftOut};
  } else if (size > kLogInline) {
    for (const std::string& line : execution.logs) text += line + "\n";
    const std::string path = log_blob_path(user, execution.id);
    const Result<void> kept = co_await services.blobs.put(path, std::move(text));
    if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
    execution.logs = {std::string(kBlobPrefix) + path};
  }
  std::vector<Write> counters;
  counters.push_back(add_execution_to_rule(execution.rule_id, *execution.completed_at,
                                           execution.error.has_value()));
  Result<void> kept = co_await keep(execution, std::move(counters), services.tables);
  // The rule has been deleted since: its counter goes, the record of what was done stays.
  if (!kept && kept.error().detail.starts_with("write 1"))
    kept = co_await keep(execution, {}, services.tables);
  if (!kept && kept.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Never, kept.error().detail);
  if (!kept) {
    Executions executions(services.tables);
    const std::optional<Execution> stored = co_await executions.get_execution_by_id(execution.id);
    const bool runs_on = stored && stored->status == ExecutionStatus::Running;
    co_return TryEnd{.kind = runs_on ? TryEnd::Kind::NotOurs : TryEnd::Kind::Final};
  }
  if (services.listeners.execution_ended) services.listeners.execution_ended(execution.status);
  log(LogLevel::Info, "execution ended",
      {{"executionId", execution.id.value},
       {"ruleId", execution.rule_id.value},
       {"status", wire_name(execution.status)},
       {"durationMs", execution.duration_ms}});
  co_return TryEnd{};
}

}  // namespace

ExecutionStatus final_status(const Execution& execution, bool rule_ended_well) {
  bool any_success = false, any_failed = !rule_ended_well;
  for (const ActionResult& result : execution.action_results)
    (result.status == ActionStatus::Success ? any_success : any_failed) = true;
  if (!any_failed) return ExecutionStatus::Success;
  return any_success ? ExecutionStatus::Partial : ExecutionStatus::Failed;
}

namespace {

// One try of an execution that is running. Throws Failure(Never) when it can never end well.
Task<TryEnd> try_execution(Execution& execution, ExecuteServices& services) {
  const Timestamp now = services.clock.now();
  if (execution.next_attempt_at && *execution.next_attempt_at > now)
    co_return TryEnd{TryEnd::Kind::Again,
                     std::min(*execution.next_attempt_at - now, services.retry.longest_wish)};

  Messages messages(services.tables);
  Rules rules(services.tables);
  const std::optional<Message> message = co_await messages.get_message_by_id(execution.message_id);
  const std::optional<Rule> rule = co_await rules.get_rule_by_id(execution.rule_id);
  std::optional<Channel> channel;
  if (message) channel = co_await services.rulebook.channel(message->channel_id);
  reopen(execution, now);
  if (!message || !channel || !rule) {
    execution.error = ExecutionError{
        "gone", !rule ? "the rule has been deleted" : "the message or its channel has been deleted",
        std::nullopt, false};
    const UserId user = rule ? rule->user_id : channel ? channel->user_id : UserId{};
    co_return co_await record(execution, user, false, services);
  }

  Result<Job> job = co_await prepare(execution, *rule, *message, *channel, services);
  if (!job) {
    execution.error = ExecutionError{"not_runnable", job.error().detail, std::nullopt, false};
    co_return co_await record(execution, channel->user_id, false, services);
  }
  Journal journal(execution, job->keys, services.tables);
  // The first try has nothing to write down before its first attempt does.
  if (execution.tries > 1) co_await journal.save();
  const Outcome outcome = co_await services.workers.execute(std::move(*job), journal);
  execution.duration_ms += outcome.ran.count();
  execution.error = outcome.error;
  if (execution.error) {
    execution.error->message = shortened(execution.error->message, kTextLimit);
    if (execution.error->stack)
      execution.error->stack = shortened(*execution.error->stack, kTextLimit);
  }
  if (outcome.success) {
    co_return co_await record(execution, channel->user_id, true, services);
  }
  const std::optional<milliseconds> delay = next_delay(
      services.retry, execution.tries, *execution.error, outcome.retry_after, random_unit());
  if (!delay) {
    co_return co_await record(execution, channel->user_id, false, services);
  }
  execution.next_attempt_at = services.clock.now() + *delay;
  co_await journal.save();
  log(LogLevel::Info, "execution waits",
      {{"executionId", execution.id.value},
       {"code", execution.error->code},
       {"tries", execution.tries},
       {"delayMs", delay->count()}});
  co_return TryEnd{TryEnd::Kind::Again, *delay};
}

// The execution when this hub may run it: it did already, or takes it from one that is gone.
Task<std::optional<Execution>> take_execution(ExecutionId id, TryEnd& end,
                                              ExecuteServices& services) {
  Executions executions(services.tables);
  std::optional<Execution> execution = co_await executions.get_execution_by_id(id);
  if (!execution || execution->status != ExecutionStatus::Running) co_return std::nullopt;
  if (execution->lease_owner == services.node.id()) co_return execution;
  end.kind = TryEnd::Kind::NotOurs;
  const bool free = co_await services.node.may_take(execution->lease_owner);
  if (!free) co_return std::nullopt;
  std::vector<Write> writes;
  writes.push_back(execution_lease_update(id, services.node.id(), execution->lease_owner));
  const Result<void> taken = co_await services.tables.transact(std::move(writes));
  if (!taken && taken.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Later, taken.error().detail);
  if (!taken) co_return std::nullopt;
  end.kind = TryEnd::Kind::Final;
  execution->lease_owner = services.node.id();
  co_return execution;
}

}  // namespace

Task<TryEnd> run_execution(ExecutionId id, ExecuteServices& services) {
  TryEnd end;
  std::optional<Execution> execution = co_await take_execution(id, end, services);
  if (!execution) co_return end;
  std::string hopeless;
  try {
    co_return co_await try_execution(*execution, services);
  } catch (const Failure& failure) {
    if (failure.retry == Failure::Retry::Later) throw;
    hopeless = failure.what();
  }
  // Trying again would fail in the same way: it ends here, and says why. What the store has counts,
  // since the one in memory is what could not be written. A write is also refused when another hub
  // has taken the execution.
  execution = co_await take_execution(id, end, services);
  if (!execution) co_return end;
  slim(*execution);
  execution->next_attempt_at.reset();
  execution->error =
      ExecutionError{"not_runnable", shortened(hopeless, kTextLimit), std::nullopt, false};
  co_return co_await record(*execution, UserId{}, false, services);
}

}  // namespace msghub
