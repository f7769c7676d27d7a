#include "base/crypto.h"
#include "store/dynamo/engine.h"
#include "store/semantics.h"

// How a write takes effect once.
//
// A call that got no answer may have been carried out, so it is made again (aws::Client), and the
// repeat may meet its own work: "put it unless it is there" finds it there. Therefore each put and
// update stamps the item with a token that no other write has (kWriteAttribute). When a call with
// an uncertain attempt behind it ends with a condition that does not hold, the item is looked at:
// if it carries our token, what stands in the way is our own write, and the caller is told that it
// was done. A delete has nothing to stamp; what it was to delete and is gone counts as deleted.
//
// An update that adds would add twice where nothing stands in the way. Its condition demands that
// the item does not carry our token, but another writer may have put its own over it in between.
// So it goes as a transaction even when it is alone: DynamoDB remembers a transaction's
// ClientRequestToken for ten minutes and answers the repeat without doing it again. Only servers
// without transactions have to do with the condition alone.
//
// What only sets is the same when it is done twice; between two attempts another writer's change to
// the same attributes may have come and gone, as if it had been the earlier one.
namespace msghub::dynamo {

namespace {

const Condition& condition_of(const Write& write) {
  return std::visit([](const auto& one) -> const Condition& { return one.condition; }, write);
}

Table table_of(const Write& write) {
  return std::visit([](const auto& one) { return one.table; }, write);
}

Key key_of_write(const Write& write) {
  if (const Put* put = std::get_if<Put>(&write))
    return {string_or(put->item, "PK"), string_or(put->item, "SK")};
  if (const Update* update = std::get_if<Update>(&write)) return update->key;
  if (const Delete* removal = std::get_if<Delete>(&write)) return removal->key;
  return std::get<Check>(write).key;
}

bool adds(const Write& write) {
  const Update* update = std::get_if<Update>(&write);
  return update != nullptr && !update->changes.add.empty();
}

std::string place_of(std::size_t index) { return "write " + std::to_string(index) + ": "; }

// The requests of all writes, none of which is sent when one of them is refused.
struct Prepared {
  std::vector<json::object> requests;
  std::string token;
};

Result<Prepared> prepare(const Engine& engine, const std::vector<Write>& writes) {
  const Result<void> fine = check_writes(writes);
  if (!fine) return std::unexpected(fine.error());
  Prepared prepared{.requests = {}, .token = make_token()};
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    Result<json::object> request = write_request(engine.place, writes[i], prepared.token);
    if (!request) return refuse(request.error().code, place_of(i) + request.error().detail);
    if (const Put* put = std::get_if<Put>(&writes[i])) bytes += to_json(put->item).size();
    if (const Update* update = std::get_if<Update>(&writes[i]))
      bytes += to_json(update->changes.set).size();
    prepared.requests.push_back(std::move(*request));
  }
  if (bytes > kTransactBytes)
    return refuse(Refusal::Code::TooLarge, "a transaction has " + std::to_string(bytes) +
                                               " bytes of items; at most " +
                                               std::to_string(kTransactBytes) + " are possible");
  return prepared;
}

// DynamoDB's own no to what is in a write.
Refusal refusal_of(const std::string& place, const std::string& message) {
  const bool size = message.find("Item size") != std::string::npos;
  return {size ? Refusal::Code::TooLarge : Refusal::Code::Invalid, place + message};
}

// Of one write whose condition did not hold for `stored`.
Refusal conflict(const Write& write, std::size_t index, const std::optional<Stored>& stored) {
  std::string unmet = "the item was changed at the same moment";
  holds(condition_of(write), stored ? &stored->item : nullptr, &unmet);
  return {Refusal::Code::Conflict, place_of(index) + unmet};
}

// The item that DynamoDB shows with a condition that did not hold, else the one that is there now:
// none is shown when there was none, and by servers that never do.
Task<std::optional<Stored>> stored_at_failure(Engine& engine, const Write& write,
                                              const json::object& told) {
  const json::value* item = told.if_contains("Item");
  if (item != nullptr && item->is_object() && !item->get_object().empty())
    co_return read_stored(engine.place, item->get_object());
  co_return co_await read_now(engine, table_of(write), key_of_write(write));
}

Task<Result<void>> check_alone(Engine& engine, Write write) {
  const std::optional<Stored> stored =
      co_await read_now(engine, table_of(write), key_of_write(write));
  if (holds(condition_of(write), stored ? &stored->item : nullptr)) co_return Result<void>();
  co_return std::unexpected(conflict(write, 0, stored));
}

Task<Result<void>> write_alone(Engine& engine, Write write, Prepared prepared) {
  const std::string operation(operation_of(write));
  Pauses pauses;
  bool uncertain = false;
  for (;;) {
    const Answer answer = co_await engine.service.call(operation, prepared.requests.front());
    uncertain = uncertain || answer.after_uncertain;
    if (answer.ok()) co_return Result<void>();
    if (answer.error_code == "TransactionConflictException") {
      co_await pauses.wait("others write the same item without pause");
      continue;
    }
    if (answer.error_code == "ValidationException")
      co_return std::unexpected(refusal_of(place_of(0), answer.error_message));
    if (answer.error_code != "ConditionalCheckFailedException") throw refused(operation, answer);
    const std::optional<Stored> stored = co_await stored_at_failure(engine, write, answer.body);
    const bool done = std::holds_alternative<Delete>(write)
                          ? !stored.has_value()
                          : stored && stored->token == prepared.token;
    if (uncertain && done) co_return Result<void>();
    co_return std::unexpected(conflict(write, 0, stored));
  }
}

// Whether the transaction's work is there already.
Task<bool> were_done(Engine& engine, const std::vector<Write>& writes, const std::string& token) {
  bool stamps = false, all_gone = true;
  for (const Write& write : writes) {
    if (std::holds_alternative<Check>(write)) continue;
    const std::optional<Stored> stored =
        co_await read_now(engine, table_of(write), key_of_write(write));
    if (std::holds_alternative<Delete>(write)) {
      all_gone = all_gone && !stored;
      continue;
    }
    stamps = true;
    if (stored && stored->token == token) co_return true;
  }
  co_return !stamps && all_gone;
}

enum class Reason { None, Condition, Passing, Wrong, Other };

Reason reason_of(const json::object& told) {
  const std::string code = string_or(told, "Code");
  if (code.empty() || code == "None") return Reason::None;
  if (code == "ConditionalCheckFailed") return Reason::Condition;
  if (code == "TransactionConflict" || code == "ThrottlingError" ||
      code == "ProvisionedThroughputExceeded")
    return Reason::Passing;
  return code == "ValidationError" || code == "ItemCollectionSizeLimitExceeded" ? Reason::Wrong
                                                                                : Reason::Other;
}

// The first write that is to blame, a condition before all else; nothing when trying again helps.
struct Blame {
  std::size_t index;
  Reason reason;
  json::object told;
};

std::optional<Blame> blame_of(const Answer& answer) {
  std::optional<Blame> blame;
  const json::value* reasons = answer.body.if_contains("CancellationReasons");
  if (reasons == nullptr || !reasons->is_array()) throw refused("TransactWriteItems", answer);
  std::size_t index = 0;
  for (const json::value& one : reasons->get_array()) {
    const Reason reason = one.is_object() ? reason_of(one.get_object()) : Reason::Other;
    const bool worse = reason == Reason::Condition && (!blame || blame->reason != reason);
    if (worse || (!blame && reason != Reason::None && reason != Reason::Passing))
      blame = Blame{index, reason, one.as_object()};
    ++index;
  }
  return blame;
}

json::object transaction(const std::vector<Write>& writes, std::vector<json::object> requests) {
  json::array items;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    json::object item;
    item.emplace(transact_operation_of(writes[i]), std::move(requests[i]));
    items.push_back(std::move(item));
  }
  return {{"TransactItems", std::move(items)}, {"ClientRequestToken", random_uuid()}};
}

bool waits(std::string_view error_code) {
  return error_code == "TransactionInProgressException" ||
         error_code == "TransactionConflictException";
}

Task<Result<void>> write_together(Engine& engine, std::vector<Write> writes, Prepared prepared) {
  const json::object request = transaction(writes, std::move(prepared.requests));
  Pauses pauses;
  bool uncertain = false;
  for (;;) {
    const Answer answer = co_await engine.service.call("TransactWriteItems", request);
    uncertain = uncertain || answer.after_uncertain;
    if (answer.ok()) co_return Result<void>();
    if (answer.error_code == "ValidationException")
      co_return std::unexpected(refusal_of("", answer.error_message));
    if (!waits(answer.error_code)) {
      if (answer.error_code != "TransactionCanceledException")
        throw refused("TransactWriteItems", answer);
      const std::optional<Blame> blame = blame_of(answer);
      if (blame && blame->reason == Reason::Condition) {
        const Write& write = writes.at(blame->index);
        const std::optional<Stored> stored = co_await stored_at_failure(engine, write, blame->told);
        bool done = false;
        if (uncertain) done = co_await were_done(engine, writes, prepared.token);
        if (done) co_return Result<void>();
        co_return std::unexpected(conflict(write, blame->index, stored));
      }
      if (blame && blame->reason == Reason::Wrong)
        co_return std::unexpected(
            refusal_of(place_of(blame->index), string_or(blame->told, "Message")));
      if (blame) throw refused("TransactWriteItems", answer);
    }
    co_await pauses.wait("other transactions hold the same items without pause: " +
                         answer.error_message);
  }
}

}  // namespace

Task<Result<void>> transact(Engine& engine, std::vector<Write> writes) {
  Result<Prepared> prepared = prepare(engine, writes);
  if (!prepared) co_return std::unexpected(prepared.error());
  if (writes.empty()) co_return Result<void>();
  if (writes.size() == 1) {
    if (std::holds_alternative<Check>(writes.front()))
      co_return co_await check_alone(engine, std::move(writes.front()));
    if (!adds(writes.front()) || !engine.transactions)
      co_return co_await write_alone(engine, std::move(writes.front()), std::move(*prepared));
  }
  if (!engine.transactions)
    throw Failure(Failure::Retry::Never,
                  "the server behind dynamodb.endpoint has no TransactWriteItems, without which "
                  "the hub cannot write several items at once");
  co_return co_await write_together(engine, std::move(writes), std::move(*prepared));
}

}  // namespace msghub::dynamo
