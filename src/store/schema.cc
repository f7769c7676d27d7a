#include "store/schema.h"

namespace msghub {

namespace {

// False: the store has no version. Throws when it is none that this program knows.
Task<bool> has_known_version(Tables& tables) {
  const Key key{std::string(kSchemaPk), "METADATA"};
  const std::optional<Item> found = co_await tables.get(Table::Users, key);
  if (!found) co_return false;
  const json::value* const version = found->if_contains("version");
  const bool is_number = version != nullptr && version->is_int64() && version->get_int64() > 0;
  if (is_number && version->get_int64() <= kSchemaVersion) co_return true;
  throw Failure(Failure::Retry::Never,
                "the store has schema version " +
                    (version == nullptr ? std::string("none") : to_json(*version)) +
                    ", this program knows version " + std::to_string(kSchemaVersion) +
                    (is_number ? "; use the newer msghub that wrote it"
                               : "; the item SCHEMA in Users is damaged, restore it"));
}

}  // namespace

Task<void> check_known_schema(Tables& tables) { co_await has_known_version(tables); }

Task<void> check_schema_version(Tables& tables) {
  const bool known = co_await has_known_version(tables);
  if (known) co_return;
  std::vector<Write> writes;
  Item item{{"PK", std::string(kSchemaPk)}, {"SK", "METADATA"}, {"version", kSchemaVersion}};
  writes.push_back(Put{Table::Users, std::move(item), if_absent()});
  const Result<void> kept = co_await tables.transact(std::move(writes));
  // A conflict: another hub was faster, and what it wrote is to be looked at.
  if (kept) co_return;
  if (kept.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Never, kept.error().detail);
  co_await check_schema_version(tables);
}

}  // namespace msghub
