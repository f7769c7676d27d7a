#include <algorithm>
#include <list>
#include <unordered_map>

#include "base/log.h"
#include "base/parallel.h"
#include "retention/sweep.h"

namespace msghub {

namespace {

constexpr std::size_t kWritesAtOnce = 16;
constexpr std::size_t kPartsKept = 4;  // unpacked, for the items that follow

// What a part holds, once it was read and found sound: items by partition key.
using Contents = std::unordered_map<std::string, Item>;

// Leaves out an item of which a blob is neither in its line nor known to be missing.
Contents contents_of(Table table, std::vector<ArchiveLine> lines) {
  Contents contents;
  for (ArchiveLine& line : lines) {
    const bool whole =
        std::ranges::all_of(blobs_of(table, line.item), [&](const std::string& path) {
          return line.blobs.contains(path) || std::ranges::count(line.missing, path) > 0;
        });
    std::string pk = string_or(line.item, "PK");
    if (whole) contents.insert_or_assign(std::move(pk), std::move(line.item));
  }
  return contents;
}

class DeleteStep {
 public:
  DeleteStep(Sweep& sweep, Table table) : sweep_(sweep), table_(table) {}

  Task<void> run() {
    const Timestamp until = latest_birth(sweep_.now, sweep_.shortest());
    for (const std::string_view status : age_index(table_).final_statuses) {
      AgeWalk walk(sweep_, table_, status, until, "delete");
      bool all = true;
      for (;;) {
        if (sweep_.out_of_time()) {
          sweep_.unfinished();
          co_return;
        }
        const bool more = co_await walk.next();
        if (!more) break;
        const bool page = co_await take(walk.items());
        all = all && page;
        if (all) walk.keep_place();
      }
    }
  }

 private:
  // False when some of them are over and had to stay.
  Task<bool> take(const std::vector<Item>& items) {
    std::unordered_map<std::string, std::vector<const Item*>> by_part;
    bool all = true;
    for (const Item& item : items) {
      const Due what = due(item, sweep_.now, sweep_.options.ahead);
      if (what == Due::Delete) by_part[string_or(item, kArchivePart)].push_back(&item);
      if (what == Due::Archive) all = false;
    }
    for (const auto& [part, wanted] : by_part) {
      const Contents* contents = nullptr;
      try {
        contents = co_await sound(part);
      } catch (const Failure& failure) {
        all = false;
        sweep_.trouble(std::string(failure.what()) + "; what it holds is kept in the store");
        continue;
      }
      co_await each_of(wanted.size(), kWritesAtOnce, [this, contents, &wanted](std::size_t i) {
        return remove_or_release(*wanted[i], contents);
      });
    }
    co_return all;
  }

  // Nothing when the part is unsound: then its items are to be archived again.
  Task<const Contents*> sound(std::string part) {
    for (const auto& [name, contents] : parts_)
      if (name == part) co_return &contents;
    if (parts_.size() == kPartsKept) parts_.pop_front();
    Contents contents;
    const bool is_path = day_of_path(part) && written_at(part) && part.ends_with(".ndjson.zst");
    Result<ArchiveManifest> manifest =
        refuse(Refusal::Code::Invalid, part + " is no part of the archive");
    if (is_path) manifest = co_await sweep_.archive.manifest(manifest_path(part));
    Result<std::vector<ArchiveLine>> lines = std::unexpected(Refusal{});
    if (manifest) {
      lines = co_await sweep_.archive.read(*manifest);
      if (!lines) sweep_.trouble(lines.error().detail + "; its items are archived again");
    } else {
      sweep_.trouble(manifest.error().detail + "; its items are archived again");
    }
    if (lines) contents = contents_of(table_, std::move(*lines));
    parts_.emplace_back(std::move(part), std::move(contents));
    co_return &parts_.back().second;
  }

  Task<void> remove_or_release(const Item& item, const Contents* contents) {
    const auto archived = contents->find(string_or(item, "PK"));
    const bool kept = archived != contents->end() && same_content(archived->second, item);
    if (kept)
      co_await remove(item);
    else
      co_await release(item);
  }

  // The item first: should somebody have written it since, its blobs must be there.
  Task<void> remove(const Item& item) {
    std::vector<Write> writes;
    writes.push_back(
        Delete{table_, {string_or(item, "PK"), string_or(item, "SK")}, unchanged(item)});
    const Result<void> gone = co_await sweep_.tables.transact(std::move(writes));
    if (!gone) co_return;
    ++sweep_.report.deleted;
    try {
      co_await sweep_.blobs.remove_all(blobs_of(table_, item));
    } catch (const Failure& failure) {
      // The daily look for orphans finds them.
      log(LogLevel::Warn, "blobs left", {{"item", string_or(item, "PK")}, {"why", failure.what()}});
    }
  }

  // The archive does not hold the item as it is: it loses its mark and lives a day longer.
  Task<void> release(const Item& item) {
    Changes changes;
    changes.set["ttl"] = held_until(item, sweep_.now);
    changes.remove = {std::string(kArchivedAt), std::string(kArchivePart)};
    std::vector<Write> writes;
    writes.push_back(Update{table_,
                            {string_or(item, "PK"), string_or(item, "SK")},
                            std::move(changes),
                            unchanged(item)});
    const Result<void> released = co_await sweep_.tables.transact(std::move(writes));
    if (!released) co_return;
    ++sweep_.report.held;
    // It stands where the walk for archiving has long been.
    std::erase_if(sweep_.state.fronts,
                  [](const auto& front) { return front.first.starts_with("archive/"); });
  }

  Sweep& sweep_;
  const Table table_;
  std::list<std::pair<std::string, Contents>> parts_;
};

}  // namespace

Task<void> delete_expired(Sweep& sweep, Table table) {
  DeleteStep step(sweep, table);
  co_await step.run();
}

}  // namespace msghub
