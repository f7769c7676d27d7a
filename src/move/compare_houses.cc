#include <map>

#include "base/parallel.h"
#include "move/job.h"

namespace msghub::move {

namespace {

std::string name_of(Table table, const Item& item) {
  return string_or(item, "PK") + " " + string_or(item, "SK") + " of " +
         std::string(schema_of(table).name);
}

// Expired or not.
Task<std::optional<Item>> find_item(Tables& tables, Table table, Key key) {
  Query query{.table = table, .pk = key.pk, .between = {{key.sk, key.sk}}, .with_expired = true};
  do {
    Result<Page> page = co_await tables.query(query);
    if (!page) throw Failure(Failure::Retry::Never, page.error().detail);
    if (!page->items.empty()) co_return std::move(page->items.front());
    query.cursor = page->cursor;
  } while (!query.cursor.empty());
  co_return std::nullopt;
}

// The items under the keys of `items`, in their order.
Task<std::vector<std::optional<Item>>> counterparts(Tables& tables, Table table,
                                                    const std::vector<Item>& items) {
  std::vector<Key> keys;
  for (const Item& item : items) keys.push_back(key_of(item));
  std::vector<std::optional<Item>> found = co_await tables.get_batch(table, std::move(keys));
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!found[i]) found[i] = co_await find_item(tables, table, key_of(items[i]));
  co_return found;
}

// Names what differs in a table of which the sums differ.
Task<bool> name_differences(Job& job, Table table, std::vector<std::string>& differences) {
  const std::size_t limit = differences.size() + kNamed;
  Walk source(table);
  while (!source.whole && differences.size() < limit) {
    if (job.stopping()) co_return false;
    const std::vector<Item> items = co_await next_items(job.from.tables, source);
    const std::vector<std::optional<Item>> others =
        co_await counterparts(job.to.tables, table, items);
    for (std::size_t i = 0; i < items.size() && differences.size() < limit; ++i) {
      if (!others[i])
        differences.push_back(name_of(table, items[i]) + " is missing in the target");
      else if (canonical_item(table, items[i], job.options.sealed) !=
               canonical_item(table, *others[i], job.options.sealed))
        differences.push_back(name_of(table, items[i]) + " is another in the target");
    }
  }
  Walk target(table);
  while (!target.whole && differences.size() < limit) {
    if (job.stopping()) co_return false;
    const std::vector<Item> items = co_await next_items(job.to.tables, target);
    const std::vector<std::optional<Item>> others =
        co_await counterparts(job.from.tables, table, items);
    for (std::size_t i = 0; i < items.size() && differences.size() < limit; ++i)
      if (!others[i]) differences.push_back(name_of(table, items[i]) + " is in the target only");
  }
  co_return true;
}

Task<void> compare_secrets(Job& job, Table table, const Item& item,
                           std::vector<std::string>& differences) {
  std::map<std::string, SealedPlace> theirs;
  for (SealedPlace& place : job.options.sealed(table, item))
    theirs.emplace(place.attribute + "." + place.member, std::move(place));
  if (theirs.empty()) co_return;
  const std::optional<Item> source = co_await find_item(job.from.tables, table, key_of(item));
  if (!source) co_return;  // the sums tell
  for (const SealedPlace& place : job.options.sealed(table, *source)) {
    const auto there = theirs.find(place.attribute + "." + place.member);
    if (there == theirs.end() || there->second.text == place.text) continue;
    const Result<std::string> before = co_await job.from.vault.unseal(place.context, place.text);
    const Result<std::string> after =
        co_await job.to.vault.unseal(there->second.context, there->second.text);
    if (!before || !after || *before != *after)
      differences.push_back("the secret " + place.attribute + " of " + name_of(table, item) +
                            " is another in the target");
  }
}

Task<bool> compare_items(Job& job, std::vector<std::string>& differences) {
  std::int64_t done = 0, total = 0;
  for (const TableMove& table : job.mark.tables) total += table.items;
  for (std::size_t i = 0; i < job.mark.tables.size(); ++i) {
    const TableMove& source = job.mark.tables[i];
    std::int64_t items_there = 0;
    ItemSum sum;
    Walk walk(static_cast<Table>(i));
    while (!walk.whole) {
      if (job.stopping()) co_return false;
      const std::vector<Item> items = co_await next_items(job.to.tables, walk);
      for (const Item& item : items) {
        sum.add(canonical_item(walk.scan.table, item, job.options.sealed));
        co_await compare_secrets(job, walk.scan.table, item, differences);
      }
      items_there += static_cast<std::int64_t>(items.size());
      done += static_cast<std::int64_t>(items.size());
      job.options.progress({MoveProgress::Step::CheckItems, done, total});
    }
    if (items_there == source.items && sum.hex() == source.sum) continue;
    differences.push_back(source.table + ": " + std::to_string(source.items) +
                          " items in the source, " + std::to_string(items_there) +
                          " in the target, sum " + source.sum + " and " + sum.hex());
    const bool named = co_await name_differences(job, walk.scan.table, differences);
    if (!named) co_return false;
  }
  co_return true;
}

struct Heads {
  std::vector<BlobInfo> blobs;
  std::vector<std::optional<BlobInfo>> heads;
};

Task<void> look(Blobs& blobs, std::string path, std::optional<BlobInfo>& out) {
  out = co_await blobs.head(std::move(path));
}

// The next page of paths, each with what `where` knows of it.
Task<Heads> next_heads(Blobs& listed, Blobs& where, std::string& cursor, bool& whole) {
  BlobPage page = co_await listed.list("", kPageBlobs, cursor);
  cursor = page.cursor;
  whole = cursor.empty();
  Heads out{std::move(page.blobs), {}};
  out.heads.resize(out.blobs.size());
  co_await each_of(out.blobs.size(), kBlobsAtOnce, [&where, &out](std::size_t i) {
    return look(where, out.blobs[i].path, out.heads[i]);
  });
  co_return out;
}

Task<bool> name_blobs(Job& job, std::vector<std::string>& differences) {
  const std::size_t limit = differences.size() + kNamed;
  std::string cursor;
  bool whole = false;
  while (!whole && differences.size() < limit) {
    if (job.stopping()) co_return false;
    std::string again = cursor;
    const Heads source = co_await next_heads(job.from.blobs, job.from.blobs, cursor, whole);
    bool ignored = false;
    const Heads target = co_await next_heads(job.from.blobs, job.to.blobs, again, ignored);
    for (std::size_t i = 0; i < std::min(source.heads.size(), target.heads.size()); ++i) {
      if (!source.heads[i] || differences.size() >= limit) continue;
      if (!target.heads[i])
        differences.push_back("the blob " + source.blobs[i].path + " is missing in the target");
      else if (source.heads[i]->sha256_hex != target.heads[i]->sha256_hex)
        differences.push_back("the blob " + source.blobs[i].path + " is another in the target");
    }
  }
  cursor.clear();
  whole = false;
  while (!whole && differences.size() < limit) {
    if (job.stopping()) co_return false;
    const Heads extra = co_await next_heads(job.to.blobs, job.from.blobs, cursor, whole);
    for (std::size_t i = 0; i < extra.heads.size() && differences.size() < limit; ++i)
      if (!extra.heads[i])
        differences.push_back("the blob " + extra.blobs[i].path + " is in the target only");
  }
  co_return true;
}

Task<bool> compare_blobs(Job& job, std::vector<std::string>& differences) {
  if (job.options.blobs_stay) co_return true;
  const BlobMove& source = job.mark.blobs;
  std::int64_t there = 0;
  ItemSum sum;
  std::string cursor;
  for (bool whole = false; !whole;) {
    if (job.stopping()) co_return false;
    const Heads page = co_await next_heads(job.to.blobs, job.to.blobs, cursor, whole);
    for (const std::optional<BlobInfo>& blob : page.heads)
      if (blob) sum.add(sum_text(blob->path, blob->sha256_hex));
    there += static_cast<std::int64_t>(page.blobs.size());
    job.options.progress({MoveProgress::Step::CheckBlobs, there, source.blobs});
  }
  if (there == source.copied && sum.hex() == source.sum) co_return true;
  differences.push_back("blobs: " + std::to_string(source.copied) + " in the source, " +
                        std::to_string(there) + " in the target, sum " + source.sum + " and " +
                        sum.hex());
  co_return co_await name_blobs(job, differences);
}

}  // namespace

Task<bool> compare(Job& job, std::vector<std::string>& differences) {
  const bool items = co_await compare_items(job, differences);
  if (!items) co_return false;
  co_return co_await compare_blobs(job, differences);
}

}  // namespace msghub::move
