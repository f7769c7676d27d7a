#include "retention/restore.h"

#include <algorithm>

#include "base/parallel.h"
#include "retention/due.h"
#include "retention/sweep.h"
#include "store/semantics.h"

namespace msghub {

namespace {

constexpr std::int64_t kDaysLimit = 3'650;
constexpr std::size_t kAtOnce = 16;
constexpr int kTries = 3;

// What is stored under the item's keys, though it may have expired.
Task<std::optional<Item>> stored_item(Tables& tables, Table table, const Item& item) {
  const std::string sk = string_or(item, "SK");
  Query query{.table = table,
              .pk = string_or(item, "PK"),
              .between = {{sk, sk}},
              .limit = 1,
              .with_expired = true};
  Result<Page> page = co_await tables.query(std::move(query));
  if (!page) throw Failure(Failure::Retry::Never, page.error().detail);
  if (page->items.empty()) co_return std::nullopt;
  co_return std::move(page->items.front());
}

struct Restoring {
  Tables& tables;
  Blobs& blobs;
  Table table;
  std::string part;
  std::int64_t ttl;
  Timestamp now;
  RestoreReport report;
};

// Those of an item that was changed after this part was written are not replaced.
Task<void> put_blobs(Restoring& to, const ArchiveLine& line, bool replace) {
  for (const auto& [path, bytes] : line.blobs) {
    std::optional<BlobInfo> there;
    if (!replace) there = co_await to.blobs.head(path);
    if (there) continue;
    const Result<void> kept = co_await to.blobs.put(path, bytes);
    if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
  }
}

// What brings the line's item back, given what is stored under its keys.
std::vector<Write> writes_for(const Restoring& to, const ArchiveLine& line,
                              const std::optional<Item>& stored) {
  std::vector<Write> writes;
  if (stored) {
    Changes changes;
    changes.set["ttl"] = to.ttl;
    writes.push_back(Update{to.table,
                            {string_or(line.item, "PK"), string_or(line.item, "SK")},
                            std::move(changes),
                            unchanged(*stored)});
    return writes;
  }
  Item item = line.item;
  item["ttl"] = to.ttl;
  item[kArchivedAt] = to_iso8601(written_at(to.part).value_or(to.now));
  item[kArchivePart] = to.part;
  writes.push_back(Put{to.table, std::move(item), if_absent()});
  return writes;
}

Task<void> restore_line(Restoring& to, ArchiveLine line) {
  // Again when somebody wrote it meanwhile, or the store deleted what had expired.
  for (int tries = 0; tries < kTries; ++tries) {
    const std::optional<Item> stored = co_await stored_item(to.tables, to.table, line.item);
    if (stored && !expired(to.table, *stored, to.now)) {
      ++to.report.present;
      co_return;
    }
    const bool as_archived = !stored || same_content(*stored, line.item);
    co_await put_blobs(to, line, as_archived);
    std::vector<Write> writes = writes_for(to, line, stored);
    const Result<void> restored = co_await to.tables.transact(std::move(writes));
    if (restored) {
      ++to.report.restored;
      co_return;
    }
    if (restored.error().code != Refusal::Code::Conflict)
      throw Failure(Failure::Retry::Never, restored.error().detail);
  }
  throw Failure(Failure::Retry::Later,
                string_or(line.item, "PK") + " is written again and again; restore it later");
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains(std::string text, std::string part) {
  std::ranges::transform(text, text.begin(), lower);
  std::ranges::transform(part, part.begin(), lower);
  return text.find(part) != std::string::npos;
}

bool names_rule(const Item& item, const std::string& rule) {
  if (string_or(item, "ruleId") == rule) return true;
  const json::value* matched = item.if_contains("matchedRuleIds");
  if (matched == nullptr || !matched->is_array()) return false;
  return std::ranges::any_of(matched->get_array(), [&rule](const json::value& id) {
    return id.is_string() && id.get_string() == rule;
  });
}

bool equals(const std::optional<std::string>& wanted, const Item& item, std::string_view name) {
  return !wanted || string_or(item, name) == *wanted;
}

}  // namespace

Result<void> check_days(const RestoreRequest& request) {
  if (request.days >= 1 && request.days <= kDaysLimit) return {};
  return refuse(Refusal::Code::Invalid, "days has to be from 1 to " + std::to_string(kDaysLimit));
}

Task<Result<RestoreReport>> restore_part(RestoreRequest request, Archive archive, Tables& tables,
                                         Blobs& blobs, Timestamp now) {
  const Result<void> days = check_days(request);
  if (!days) co_return std::unexpected(days.error());
  const Result<ArchiveManifest> manifest = co_await archive.manifest(request.manifest);
  if (!manifest) co_return std::unexpected(manifest.error());
  Result<std::vector<ArchiveLine>> lines = co_await archive.read(*manifest);
  if (!lines) co_return std::unexpected(lines.error());
  const Timestamp end = now + std::chrono::days(request.days);
  Restoring to{.tables = tables,
               .blobs = blobs,
               .table = archived_table(manifest->table).value_or(Table::Messages),
               .part = manifest->part,
               .ttl = std::chrono::floor<std::chrono::seconds>(end.time_since_epoch()).count(),
               .now = now};
  std::erase_if(*lines, [&request](const ArchiveLine& line) {
    return !request.ids.empty() && std::ranges::count(request.ids, string_or(line.item, "id")) == 0;
  });
  co_await each_of(lines->size(), kAtOnce, [&to, &lines](std::size_t i) {
    return restore_line(to, std::move((*lines)[i]));
  });
  co_return to.report;
}

bool fits(const ArchiveFilter& filter, Table table, const Item& item) {
  if (!equals(filter.id, item, "id") || !equals(filter.channel_id, item, "channelId") ||
      !equals(filter.status, item, "status"))
    return false;
  if (filter.rule_id && !names_rule(item, *filter.rule_id)) return false;
  const std::optional<Timestamp> born = born_at(table, item);
  if (filter.since && !(born && *born >= *filter.since)) return false;
  if (filter.until && !(born && *born < *filter.until)) return false;
  if (!filter.from && !filter.subject) return true;
  const json::value* parsed = item.if_contains("parsedContent");
  if (parsed == nullptr || !parsed->is_object()) return false;
  const json::object& content = parsed->get_object();
  return (!filter.from || contains(string_or(content, "from"), *filter.from)) &&
         (!filter.subject || contains(string_or(content, "subject"), *filter.subject));
}

json::object without_keys(Item item) {
  item.erase("PK");
  item.erase("SK");
  for (const Table table : kArchivedTables)
    for (const IndexAttributes& index : index_attributes(table)) {
      item.erase(index.pk);
      item.erase(index.sk);
    }
  return item;
}

}  // namespace msghub
