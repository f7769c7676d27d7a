#include "move/mark.h"

#include "store/items.h"

namespace msghub {

namespace {

Key key_of(std::string_view pk) { return {std::string(pk), "METADATA"}; }

template <class T>
Task<void> put_mark(Tables& tables, std::string_view pk, T mark, Condition condition) {
  json::value value = to_json_value(mark);
  Item item = std::move(value.get_object());
  item["PK"] = pk;
  item["SK"] = "METADATA";
  std::vector<Write> writes;
  writes.push_back(Put{Table::Channels, std::move(item), std::move(condition)});
  const Result<void> kept = co_await tables.transact(std::move(writes));
  if (kept) co_return;
  if (kept.error().code == Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Never,
                  "another msghub migrate has taken this move over; this one stops");
  throw Failure(Failure::Retry::Never, kept.error().detail);
}

}  // namespace

Task<std::optional<Outgoing>> load_outgoing(Tables& tables) {
  co_return co_await get_entity<Outgoing>(tables, Table::Channels, key_of(kOutgoingPk));
}

Task<void> save_outgoing(Tables& tables, Outgoing mark) {
  co_await put_mark(tables, kOutgoingPk, std::move(mark), {});
}

Task<std::optional<Incoming>> load_incoming(Tables& tables) {
  co_return co_await get_entity<Incoming>(tables, Table::Channels, key_of(kIncomingPk));
}

Task<void> take_incoming(Tables& tables, Incoming mark, std::optional<std::string> run_before) {
  Condition condition = if_absent();
  if (run_before) condition = if_equal("run", json::value(*run_before));
  co_await put_mark(tables, kIncomingPk, std::move(mark), std::move(condition));
}

Task<void> save_incoming(Tables& tables, Incoming mark) {
  Condition condition = if_equal("run", json::value(mark.run));
  co_await put_mark(tables, kIncomingPk, std::move(mark), std::move(condition));
}

}  // namespace msghub
