#include "retention/state.h"

#include "store/items.h"

namespace msghub {

namespace {

Key state_key() { return {"RETENTION#STATE", "METADATA"}; }

}  // namespace

Task<RetentionState> load_state(Tables& tables) {
  const std::optional<RetentionState> state =
      co_await get_entity<RetentionState>(tables, Table::Channels, state_key());
  co_return state.value_or(RetentionState{});
}

Task<void> save_state(RetentionState state, Tables& tables) {
  json::value value = to_json_value(state);
  Item item = std::move(value.get_object());
  const Key key = state_key();
  item["PK"] = key.pk;
  item["SK"] = key.sk;
  std::vector<Write> writes;
  writes.push_back(Put{Table::Channels, std::move(item), {}});
  const Result<void> saved = co_await tables.transact(std::move(writes));
  if (!saved) throw Failure(Failure::Retry::Never, saved.error().detail);
}

}  // namespace msghub
