#include "store/dynamo/engine.h"
#include "store/semantics.h"

namespace msghub::dynamo {

namespace {

constexpr std::size_t kWritesPerBatch = 25;

// {"PutRequest": …} or {"DeleteRequest": …}
Result<json::value> batch_request(const Engine& engine, const Write& write,
                                  const std::string& token) {
  Result<json::object> request = write_request(engine.place, write, token);
  if (!request) return std::unexpected(request.error());
  if (std::holds_alternative<Put>(write))
    return json::value{{"PutRequest", {{"Item", std::move(request->at("Item"))}}}};
  return json::value{{"DeleteRequest", {{"Key", std::move(request->at("Key"))}}}};
}

// Writes until nothing is left over. `part` is {"table name": [requests]}.
Task<Result<void>> write_part(Engine& engine, json::object part) {
  Pauses pauses;
  std::size_t left = 0;
  while (!part.empty()) {
    json::object request{{"RequestItems", std::move(part)}};
    Answer answer = co_await engine.service.call("BatchWriteItem", std::move(request));
    if (answer.error_code == "ValidationException")
      co_return refuse(Refusal::Code::Invalid, answer.error_message);
    if (!answer.ok()) throw refused("BatchWriteItem", answer);
    part = json::object();
    json::value* rest = answer.body.if_contains("UnprocessedItems");
    if (rest != nullptr) part = std::move(rest->as_object());
    if (part.empty()) co_return Result<void>();
    std::size_t count = 0;
    for (const auto& table : part) count += table.value().as_array().size();
    if (count != std::exchange(left, count)) pauses.reset();
    co_await pauses.wait("DynamoDB leaves " + std::to_string(count) +
                         " writes undone: its capacity is used up; raise it or lower the load");
  }
  co_return Result<void>();
}

}  // namespace

Task<Result<void>> write_batch(Engine& engine, std::vector<Write> writes) {
  const Result<void> fine = check_batch(writes);
  if (!fine) co_return fine;
  const std::string token = make_token();
  std::vector<json::object> parts;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    Result<json::value> request = batch_request(engine, writes[i], token);
    if (!request)
      co_return refuse(request.error().code,
                       "write " + std::to_string(i) + ": " + request.error().detail);
    if (i % kWritesPerBatch == 0) parts.emplace_back();
    const Table table = std::visit([](const auto& one) { return one.table; }, writes[i]);
    json::value& list = parts.back()[engine.place.name_of(table)];
    if (list.is_null()) list = json::array();
    list.get_array().push_back(std::move(*request));
  }
  for (json::object& part : parts) {
    const Result<void> written = co_await write_part(engine, std::move(part));
    if (!written) co_return written;
  }
  co_return Result<void>();
}

}  // namespace msghub::dynamo
