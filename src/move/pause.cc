#include "move/pause.h"

#include "store/items.h"

namespace msghub {

namespace {

Key pause_key() { return {std::string(kPausePk), "METADATA"}; }

}  // namespace

Task<std::optional<Pause>> read_pause(Tables& tables) {
  co_return co_await get_entity<Pause>(tables, Table::Channels, pause_key());
}

Task<void> set_pause(Tables& tables, Pause pause) {
  json::value value = to_json_value(pause);
  Item item = std::move(value.get_object());
  const Key key = pause_key();
  item["PK"] = key.pk;
  item["SK"] = key.sk;
  std::vector<Write> writes;
  writes.push_back(Put{Table::Channels, std::move(item), {}});
  const Result<void> kept = co_await tables.transact(std::move(writes));
  if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
}

Task<Result<bool>> clear_pause(Tables& tables) {
  const std::optional<Pause> pause = co_await read_pause(tables);
  if (!pause) co_return false;
  if (pause->held.value_or(false)) co_return refuse(Refusal::Code::Conflict, pause->reason);
  std::vector<Write> writes;
  writes.push_back(
      Delete{Table::Channels, pause_key(), {{Clause::Kind::NotExists, "held", nullptr}}});
  const Result<void> gone = co_await tables.transact(std::move(writes));
  if (!gone) co_return std::unexpected(gone.error());
  co_return true;
}

}  // namespace msghub
