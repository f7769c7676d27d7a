#include "pipeline/journal.h"

#include <algorithm>
#include <ranges>

#include "base/utf8.h"
#include "store/executions.h"

namespace msghub {

namespace {

constexpr std::size_t kLogLines = 1000;
constexpr std::size_t kOutputLimit = 16 * 1024;  // bytes of one action's output as JSON

ActionAttempt* last_attempt(Execution& execution, std::int64_t order) {
  for (ActionAttempt& attempt : std::views::reverse(execution.attempts))
    if (attempt.order == order) return &attempt;
  return nullptr;
}

}  // namespace

std::string shortened(const std::string& text, std::size_t limit) {
  if (text.size() <= limit) return text;
  return std::string(cut_utf8(text, limit)) + " …";
}

void slim(Execution& execution) {
  for (ActionAttempt& attempt : execution.attempts) {
    attempt.target = shortened(attempt.target, 200);
    if (attempt.error) attempt.error = shortened(*attempt.error, 200);
    // How many there are says where the next attempt goes on.
    if (attempt.items) std::ranges::fill(*attempt.items, nullptr);
  }
  for (ActionResult& result : execution.action_results)
    if (result.error) result.error = shortened(*result.error, 200);
  if (execution.error) {
    execution.error->message = shortened(execution.error->message, 200);
    execution.error->stack.reset();
  }
  if (execution.failure && execution.failure->error) {
    execution.failure->error->message = shortened(execution.failure->error->message, 200);
    execution.failure->error->stack.reset();
  }
  for (ActionResult& result : execution.action_results)
    if (result.output) result.output = json::object{{"note", kLeftOut}};
  execution.logs = {kLeftOut};
  execution.extracted_data = {{"note", kLeftOut}};
}

Task<Result<void>> keep_running(Execution& execution, std::vector<Write> also, Tables& tables) {
  std::vector<Write> writes = also;
  writes.insert(writes.begin(), running_execution_update(execution));
  const Result<void> kept = co_await tables.transact(std::move(writes));
  if (kept || kept.error().code != Refusal::Code::TooLarge) co_return kept;
  slim(execution);
  also.insert(also.begin(), running_execution_update(execution));
  co_return co_await tables.transact(std::move(also));
}

void close_open_attempts(Execution& execution, Timestamp now) {
  for (ActionAttempt& attempt : execution.attempts) {
    if (attempt.status != AttemptStatus::Started) continue;
    attempt.status = AttemptStatus::Unknown;
    attempt.completed_at = now;
    attempt.error = "the hub or the worker stopped while this attempt was under way";
  }
}

Task<void> Journal::extracted(json::object data) {
  execution_.extracted_data = std::move(data);  // goes to disk with the first attempt
  co_return;
}

Task<void> Journal::attempt_started(std::int64_t order, ActionType type, std::string target,
                                    Timestamp at) {
  ActionAttempt attempt;
  attempt.order = order;
  attempt.action_type = type;
  attempt.target = shortened(target, kErrorTextLimit);
  attempt.started_at = at;
  if (order >= 0 && order < static_cast<std::int64_t>(keys_.size()))
    attempt.idempotency_key = keys_[static_cast<std::size_t>(order)];
  for (const ActionAttempt& before : execution_.attempts)
    if (before.order == order) attempt.attempt = before.attempt + 1;
  execution_.attempts.push_back(std::move(attempt));
  co_await save();
}

Task<void> Journal::items_done(std::int64_t order, json::array outputs) {
  ActionAttempt* attempt = last_attempt(execution_, order);
  if (attempt == nullptr) co_return;
  if (!attempt->items) attempt->items.emplace();
  attempt->items->insert(attempt->items->end(), outputs.begin(), outputs.end());
  co_await save();
}

Task<void> Journal::attempt_ended(ActionResult result, bool unknown) {
  if (result.output && to_json(*result.output).size() > kOutputLimit)
    result.output = json::object{{"note", "the output was larger than 16 KiB and is not kept"}};
  if (result.error) result.error = shortened(*result.error, kErrorTextLimit);
  if (ActionAttempt* attempt = last_attempt(execution_, result.order)) {
    attempt->completed_at = result.completed_at;
    attempt->error = result.error;
    attempt->status = result.status == ActionStatus::Success ? AttemptStatus::Success
                      : unknown                              ? AttemptStatus::Unknown
                                                             : AttemptStatus::Failed;
  }
  // The output of what succeeded has them all.
  if (result.status == ActionStatus::Success)
    for (ActionAttempt& attempt : execution_.attempts)
      if (attempt.order == result.order) attempt.items.reset();
  std::erase_if(execution_.action_results,
                [&](const ActionResult& before) { return before.order == result.order; });
  execution_.action_results.push_back(std::move(result));
  std::ranges::sort(execution_.action_results, {}, &ActionResult::order);
  co_await save();
}

void Journal::log_line(std::string line) {
  if (execution_.logs.size() < kLogLines) execution_.logs.push_back(std::move(line));
}

Task<void> Journal::save() {
  const Result<void> kept = co_await keep_running(execution_, {}, tables_);
  if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
}

}  // namespace msghub
