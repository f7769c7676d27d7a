#include <algorithm>
#include <set>

#include "base/log.h"
#include "model/execution.h"
#include "model/rule_project.h"
#include "retention/sweep.h"
#include "store/executions.h"

namespace msghub {

namespace {

using PinnedVersions = std::set<std::pair<std::string, std::int64_t>>;  // rule and version

std::int64_t number_or_zero(const Item& item, std::string_view name) {
  const json::value* value = item.if_contains(name);
  boost::json::error_code error;
  const auto number =
      value != nullptr && value->is_number() ? value->to_number<std::int64_t>(error) : 0;
  return error ? 0 : number;
}

// Versions that an execution still needs.
Task<PinnedVersions> pinned_versions(Sweep& sweep) {
  PinnedVersions pinned;
  Query query{
      .table = Table::Executions, .index = "GSI3", .pk = "STATUS#running", .with_expired = true};
  do {
    const Result<Page> page = co_await sweep.tables.query(query);
    if (!page) throw Failure(Failure::Retry::Never, page.error().detail);
    for (const Item& item : page->items)
      pinned.emplace(string_or(item, "ruleId"), number_or_zero(item, "ruleVersion"));
    query.cursor = page->cursor;
  } while (!query.cursor.empty());
  co_return pinned;
}

Task<std::vector<Item>> versions_of(Sweep& sweep, std::string rule) {
  std::vector<Item> versions;
  Query query{.table = Table::RuleProjects, .pk = "PROJECT#" + rule, .begins_with = "VERSION#"};
  do {
    Result<Page> page = co_await sweep.tables.query(query);
    if (!page) throw Failure(Failure::Retry::Never, page.error().detail);
    for (Item& item : page->items) {
      item.erase("sourceFiles");  // all that is large
      versions.push_back(std::move(item));
    }
    query.cursor = page->cursor;
  } while (!query.cursor.empty());
  co_return versions;
}

Task<void> remove_version(Sweep& sweep, const Item& project) {
  std::vector<Write> writes;
  writes.push_back(Delete{
      Table::RuleProjects, {string_or(project, "PK"), string_or(project, "SK")}, if_present()});
  const Result<void> gone = co_await sweep.tables.transact(std::move(writes));
  if (!gone) co_return;
  ++sweep.report.versions_removed;
  const std::string artifact = string_or(project, "s3ArtifactKey");
  if (artifact.starts_with("users/")) co_await sweep.blobs.remove(artifact);
}

Task<void> prune_rule(Sweep& sweep, std::string rule, std::int64_t active,
                      const PinnedVersions& pinned) {
  std::vector<Item> versions = co_await versions_of(sweep, rule);
  // By number: their keys sort 10 before 2.
  std::ranges::sort(versions, std::ranges::greater(),
                    [](const Item& item) { return number_or_zero(item, "version"); });
  bool one_is_built = false;
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const std::int64_t version = number_or_zero(versions[i], "version");
    const bool built = string_or(versions[i], "buildStatus") == wire_name(BuildStatus::Success);
    const bool newest_built = built && !one_is_built;  // what a rollback would go to
    one_is_built = one_is_built || built;
    if (i < sweep.options.versions_kept || newest_built || version == active ||
        pinned.contains({rule, version}))
      continue;
    co_await remove_version(sweep, versions[i]);
  }
}

struct Owner {
  Table table;
  Key key;
};

// Whose blob it is, by the data model's paths: "users/<userId>/messages/<messageId>/…". Nothing for
// a path that is none of these; such a blob is left alone.
std::optional<Owner> owner_of(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= path.size() && parts.size() < 6;) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    parts.emplace_back(path.substr(at, end - at));
    at = end + 1;
  }
  if (parts.size() < 5 || parts[0] != "users") return std::nullopt;
  if (parts[2] == "messages") return Owner{Table::Messages, {"MESSAGE#" + parts[3], "METADATA"}};
  if (parts[2] == "executions")
    return Owner{Table::Executions, {"EXECUTION#" + parts[3], "METADATA"}};
  if (parts[2] == "projects" && parts.size() == 6)
    return Owner{Table::RuleProjects, {"PROJECT#" + parts[3], "VERSION#" + parts[4]}};
  return std::nullopt;
}

// Whether the owner is gone; an expired one that was not deleted yet is not.
Task<bool> is_gone(Sweep& sweep, Owner owner) {
  Query query{.table = owner.table,
              .pk = owner.key.pk,
              .between = {{owner.key.sk, owner.key.sk}},
              .limit = 1,
              .with_expired = true};
  const Result<Page> page = co_await sweep.tables.query(std::move(query));
  if (!page) throw Failure(Failure::Retry::Never, page.error().detail);
  co_return page->items.empty() && page->cursor.empty();
}

struct Suspect {
  Owner owner;
  std::string path;
};

// Asks for all owners of a table at once, and only for those that are not visible one by one.
Task<void> judge(Sweep& sweep, std::vector<Suspect> suspects, std::vector<std::string>& orphans) {
  for (const Table table : {Table::Messages, Table::Executions, Table::RuleProjects}) {
    std::vector<const Suspect*> asked;
    std::vector<Key> keys;
    for (const Suspect& suspect : suspects)
      if (suspect.owner.table == table) {
        asked.push_back(&suspect);
        keys.push_back(suspect.owner.key);
      }
    if (keys.empty()) continue;
    const std::vector<std::optional<Item>> items =
        co_await sweep.tables.get_batch(table, std::move(keys));
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (items[i]) continue;
      const bool gone = co_await is_gone(sweep, asked[i]->owner);
      if (gone) orphans.push_back(asked[i]->path);
    }
  }
}

}  // namespace

Task<void> prune_versions(Sweep& sweep) {
  const PinnedVersions pinned = co_await pinned_versions(sweep);
  Scan scan{.table = Table::Rules};
  do {
    co_await sweep.renew();
    const Result<Page> page = co_await sweep.tables.scan(scan);
    if (!page) throw Failure(Failure::Retry::Never, page.error().detail);
    for (const Item& rule : page->items) {
      const std::int64_t active = number_or_zero(rule, "codeVersion");
      if (active > static_cast<std::int64_t>(sweep.options.versions_kept))
        co_await prune_rule(sweep, string_or(rule, "id"), active, pinned);
    }
    scan.cursor = page->cursor;
  } while (!scan.cursor.empty());
}

Task<bool> remove_orphans(Sweep& sweep) {
  for (std::size_t pages = 0; pages < sweep.options.orphan_pages; ++pages) {
    if (sweep.out_of_time()) co_return false;
    co_await sweep.renew();
    const BlobPage page =
        co_await sweep.blobs.list("users/", Blobs::kPageLimit, sweep.state.orphan_cursor);
    std::vector<Suspect> suspects;
    for (const BlobInfo& blob : page.blobs) {
      std::optional<Owner> owner = owner_of(blob.path);
      if (owner && blob.written_at + sweep.options.orphan_age < sweep.now)
        suspects.push_back({std::move(*owner), blob.path});
    }
    std::vector<std::string> orphans;
    co_await judge(sweep, std::move(suspects), orphans);
    sweep.report.orphans_removed += static_cast<std::int64_t>(orphans.size());
    co_await sweep.blobs.remove_all(std::move(orphans));
    sweep.state.orphan_cursor = page.cursor;
    if (page.cursor.empty()) co_return true;
  }
  co_return false;
}

}  // namespace msghub
