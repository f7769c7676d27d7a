#include "store/schema.h"

namespace msghub {

Task<void> check_schema_version(Tables& tables) {
  const Key key{std::string(kSchemaPk), "METADATA"};
  const std::optional<Item> found = co_await tables.get(Table::Users, key);
  if (!found) {
    std::vector<Write> writes;
    Item item{{"PK", key.pk}, {"SK", key.sk}, {"version", kSchemaVersion}};
    writes.push_back(Put{Table::Users, std::move(item), if_absent()});
    const Result<void> kept = co_await tables.transact(std::move(writes));
    // A conflict: another hub was faster, and what it wrote is to be looked at.
    if (kept) co_return;
    if (kept.error().code != Refusal::Code::Conflict)
      throw Failure(Failure::Retry::Never, kept.error().detail);
    co_await check_schema_version(tables);
    co_return;
  }
  const json::value* const version = found->if_contains("version");
  if (version != nullptr && version->is_int64() && version->get_int64() <= kSchemaVersion)
    co_return;
  throw Failure(Failure::Retry::Never,
                "the store has schema version " +
                    (version == nullptr ? std::string("none") : to_json(*version)) +
                    ", this program knows version " + std::to_string(kSchemaVersion) +
                    "; start the newer msghub that wrote it");
}

}  // namespace msghub
