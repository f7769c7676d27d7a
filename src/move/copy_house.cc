#include <algorithm>

#include "base/crypto.h"
#include "base/parallel.h"
#include "move/job.h"

namespace msghub::move {

namespace {

void tell(Job& job, MoveProgress::Step step, std::int64_t done, std::int64_t total) {
  job.options.progress({step, done, total});
}

std::int64_t items_of(const Incoming& mark) {
  std::int64_t items = 0;
  for (const TableMove& table : mark.tables) items += table.items;
  return items;
}

// What the target's key opens stays as it is.
Task<void> reseal(Table table, Item& item, Job& job) {
  for (SealedPlace& place : job.options.sealed(table, item)) {
    if (!is_sealed(place.text)) continue;
    const Result<std::string> known = co_await job.to.vault.unseal(place.context, place.text);
    if (known) continue;
    Result<std::string> plain = co_await job.from.vault.unseal(place.context, place.text);
    if (!plain)
      throw Failure(Failure::Retry::Never, "the secret " + place.attribute + " of " +
                                               string_or(item, "PK") +
                                               " cannot be opened: " + plain.error().detail);
    const std::string fresh = co_await job.to.vault.seal(place.context, std::move(*plain));
    replace_text(item, place, fresh);
  }
}

Task<void> write_part(Tables& tables, Table table, std::vector<Item>& items, std::size_t begin) {
  std::vector<Write> writes;
  const std::size_t end = std::min(begin + kBatch, items.size());
  for (std::size_t i = begin; i < end; ++i) writes.push_back(Put{table, std::move(items[i]), {}});
  const Result<void> written = co_await tables.write_batch(std::move(writes));
  if (!written)
    throw Failure(Failure::Retry::Never,
                  "the target does not take an item: " + written.error().detail);
}

Task<void> write_items(Job& job, Table table, std::vector<Item> items) {
  for (Item& item : items) co_await reseal(table, item, job);
  const std::size_t parts = (items.size() + kBatch - 1) / kBatch;
  Tables& tables = job.to.tables;
  co_await each_of(parts, kWritesAtOnce, [&tables, table, &items](std::size_t part) {
    return write_part(tables, table, items, part * kBatch);
  });
}

// Gives what the blob adds to the sum.
Task<void> copy_blob(Job& job, std::string path, std::string& added, std::int64_t& bytes) {
  std::optional<std::string> content = co_await job.from.blobs.get(path);
  if (!content)
    throw Failure(Failure::Retry::Later,
                  "the blob " + path + " went while it was copied: does a hub use the source?");
  bytes = static_cast<std::int64_t>(content->size());
  added = sum_text(path, sha256_hex(*content));
  const Result<void> kept = co_await job.to.blobs.put(path, std::move(*content));
  if (!kept)
    throw Failure(Failure::Retry::Never,
                  "the target does not take the blob " + path + ": " + kept.error().detail);
}

Task<void> copy_page(Job& job, const BlobPage& page) {
  std::vector<std::string> added(page.blobs.size());
  std::vector<std::int64_t> bytes(page.blobs.size());
  co_await each_of(page.blobs.size(), kBlobsAtOnce, [&](std::size_t i) {
    return copy_blob(job, page.blobs[i].path, added[i], bytes[i]);
  });
  BlobMove& blobs = job.mark.blobs;
  ItemSum sum = ItemSum::from_hex(blobs.sum);
  for (std::size_t i = 0; i < added.size(); ++i) {
    sum.add(added[i]);
    blobs.bytes += bytes[i];
    ++blobs.copied;
  }
  blobs.sum = sum.hex();
}

// False when it was stopped.
Task<bool> measure_items(Job& job, std::vector<TableMove>& tables) {
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    TableMove measured;
    measured.table = kTables[i].name;
    ItemSum sum;
    Walk walk(static_cast<Table>(i));
    while (!walk.whole) {
      if (job.stopping()) co_return false;
      const std::vector<Item> items = co_await next_items(job.from.tables, walk);
      for (const Item& item : items)
        sum.add(canonical_item(walk.scan.table, item, job.options.sealed));
      measured.items += static_cast<std::int64_t>(items.size());
      seen += static_cast<std::int64_t>(items.size());
      tell(job, MoveProgress::Step::Measure, seen, 0);
    }
    measured.sum = sum.hex();
    tables.push_back(std::move(measured));
  }
  co_return true;
}

bool same_source(const std::vector<TableMove>& before, const std::vector<TableMove>& now) {
  return std::ranges::equal(before, now, [](const TableMove& a, const TableMove& b) {
    return a.table == b.table && a.items == b.items && a.sum == b.sum;
  });
}

}  // namespace

Key key_of(const Item& item) { return {string_or(item, "PK"), string_or(item, "SK")}; }

std::string sum_text(const std::string& path, const std::string& sha256_hex) {
  return path + "\n" + sha256_hex;
}

Task<std::vector<Item>> next_items(Tables& tables, Walk& walk) {
  Result<Page> page = co_await tables.scan(walk.scan);
  if (!page) throw Failure(Failure::Retry::Never, page.error().detail);
  walk.scan.cursor = page->cursor;
  walk.whole = page->cursor.empty();
  const Table table = walk.scan.table;
  std::erase_if(page->items, [table](const Item& item) { return stays_behind(table, item); });
  co_return std::move(page->items);
}

Task<bool> measure(Job& job) {
  std::vector<TableMove> tables;
  const bool measured = co_await measure_items(job, tables);
  if (!measured) co_return false;
  // Taken up again: what was copied counts only while the source is as it was then. A paused hub
  // still takes what its owner changes.
  if (same_source(job.mark.tables, tables)) co_return true;
  BlobMove blobs;
  blobs.sum = ItemSum().hex();
  blobs.whole = job.options.blobs_stay;
  std::string cursor;
  do {
    if (blobs.whole) break;
    if (job.stopping()) co_return false;
    const BlobPage page = co_await job.from.blobs.list("", Blobs::kPageLimit, cursor);
    blobs.blobs += static_cast<std::int64_t>(page.blobs.size());
    cursor = page.cursor;
  } while (!cursor.empty());
  job.mark.tables = std::move(tables);
  job.mark.blobs = std::move(blobs);
  co_await save_incoming(job.to.tables, job.mark);
  co_return true;
}

Task<bool> copy_blobs(Job& job) {
  BlobMove& blobs = job.mark.blobs;
  while (!blobs.whole) {
    if (job.stopping()) co_return false;
    const BlobPage page = co_await job.from.blobs.list("", kPageBlobs, blobs.cursor);
    co_await copy_page(job, page);
    blobs.cursor = page.cursor;
    blobs.whole = page.cursor.empty();
    co_await save_incoming(job.to.tables, job.mark);
    tell(job, MoveProgress::Step::Blobs, blobs.copied, blobs.blobs);
  }
  co_return true;
}

Task<bool> copy_items(Job& job) {
  std::int64_t done = 0;
  const std::int64_t total = items_of(job.mark);
  for (std::size_t i = 0; i < job.mark.tables.size(); ++i) {
    TableMove& table = job.mark.tables[i];
    done += table.copied;
    Walk walk(static_cast<Table>(i));
    walk.scan.cursor = table.cursor;
    while (!table.whole) {
      if (job.stopping()) co_return false;
      std::vector<Item> items = co_await next_items(job.from.tables, walk);
      const auto count = static_cast<std::int64_t>(items.size());
      co_await write_items(job, walk.scan.table, std::move(items));
      table.copied += count;
      table.cursor = walk.scan.cursor;
      table.whole = walk.whole;
      co_await save_incoming(job.to.tables, job.mark);
      done += count;
      tell(job, MoveProgress::Step::Items, done, total);
    }
  }
  co_return true;
}

}  // namespace msghub::move
