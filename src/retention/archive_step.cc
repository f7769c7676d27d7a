#include <algorithm>
#include <map>

#include "base/crypto.h"
#include "base/log.h"
#include "base/parallel.h"
#include "retention/sweep.h"

namespace msghub {

namespace {

constexpr std::size_t kWritesAtOnce = 16;
constexpr std::size_t kReadsAtOnce = 4;       // each may be a mail of 25 MiB
constexpr std::size_t kUnreadableLimit = 10;  // items in one step; then it is not the items
constexpr std::size_t kOpenDays = 4;          // parts' worth of lines that wait for more

// Lines of one day that will be a part.
struct OpenPart {
  std::vector<std::string> lines;
  std::vector<Item> stubs;  // what marking needs of the items
  std::size_t bytes = 0;
  Timestamp from = Timestamp::max();
  Timestamp to = Timestamp::min();
};

// An item's keys and what its mark is conditional on.
Item stub_of(const Item& item) {
  Item stub;
  for (const std::string_view name :
       {std::string_view("PK"), std::string_view("SK"), std::string_view("ttl"),
        std::string_view("status"), kArchivePart})
    if (const json::value* value = item.if_contains(name)) stub[name] = *value;
  return stub;
}

// An item that was written since stays unmarked, and so is archived again.
Task<void> mark(Sweep& sweep, Table table, const std::string& part, const Item& stub) {
  Changes changes;
  changes.set[kArchivedAt] = to_iso8601(sweep.now);
  changes.set[kArchivePart] = part;
  std::vector<Write> writes;
  writes.push_back(Update{
      table, {string_or(stub, "PK"), string_or(stub, "SK")}, std::move(changes), unchanged(stub)});
  const Result<void> marked = co_await sweep.tables.transact(std::move(writes));
  if (marked) ++sweep.report.archived;
}

Task<void> mark_all(Sweep& sweep, Table table, std::string part, std::vector<Item> stubs) {
  co_await sweep.renew();
  co_await each_of(stubs.size(), kWritesAtOnce, [&sweep, table, &part, &stubs](std::size_t i) {
    return mark(sweep, table, part, stubs[i]);
  });
}

// "" and the line, or why the item cannot be archived now.
struct Loaded {
  std::string why_not;
  std::string line;
};

Task<void> load(Sweep& sweep, Table table, const Item& item, Loaded& out) {
  ArchiveLine line{.item = item};
  const std::vector<std::string> paths = blobs_of(table, item);
  try {
    for (const std::string& path : paths) {
      std::optional<std::string> bytes = co_await sweep.blobs.get(path);
      if (bytes) {
        line.blobs[path] = std::move(*bytes);
        continue;
      }
      // Only what is gone for certain may be missing in the archive for ever.
      const std::optional<BlobInfo> there = co_await sweep.blobs.head(path);
      if (there) throw Failure(Failure::Retry::Later, "the blob " + path + " was not given");
      line.missing.push_back(path);
    }
    out.line = to_line(line);
  } catch (const Failure& failure) {
    out.why_not = failure.what();
  }
}

// One run of archive_due.
class ArchiveStep {
 public:
  ArchiveStep(Sweep& sweep, Table table) : sweep_(sweep), table_(table) {}

  Task<void> run() {
    const Timestamp until = archive_until(sweep_.now, sweep_.options.ahead, sweep_.shortest());
    std::vector<AgeWalk> walks;
    for (const std::string_view status : age_index(table_).final_statuses)
      walks.emplace_back(sweep_, table_, status, until, "archive");
    std::vector<bool> complete(walks.size(), true);
    for (std::size_t i = 0; i < walks.size(); ++i) {
      const std::size_t unreadable = unreadable_;
      co_await collect(walks[i]);
      // Not past what could not be archived: the next sweep shall complain of it again.
      complete[i] = unreadable_ == unreadable;
      if (sweep_.out_of_time() || unreadable_ >= kUnreadableLimit) {
        sweep_.unfinished();
        break;
      }
    }
    while (!open_.empty()) co_await flush(open_.begin()->first);
    for (std::size_t i = 0; i < walks.size(); ++i)
      if (complete[i]) walks[i].keep_place();
  }

 private:
  Task<void> collect(AgeWalk& walk) {
    while (!sweep_.out_of_time() && unreadable_ < kUnreadableLimit) {
      const bool more = co_await walk.next();
      if (!more) break;
      std::vector<const Item*> items;
      for (const Item& item : walk.items())
        if (due(item, sweep_.now, sweep_.options.ahead) == Due::Archive) items.push_back(&item);
      for (std::size_t at = 0; at < items.size(); at += kReadsAtOnce) {
        const std::size_t count = std::min(kReadsAtOnce, items.size() - at);
        std::vector<Loaded> loaded(count);
        co_await each_of(count, kReadsAtOnce, [this, &items, &loaded, at](std::size_t i) {
          return load(sweep_, table_, *items[at + i], loaded[i]);
        });
        for (std::size_t i = 0; i < count; ++i) take_in(*items[at + i], std::move(loaded[i]));
        co_await flush_full_ones();
      }
    }
  }

  void take_in(const Item& item, Loaded loaded) {
    const std::optional<Timestamp> born = born_at(table_, item);
    if (!born) loaded.why_not = "it does not say when it came into being";
    if (!loaded.why_not.empty()) {
      ++unreadable_;
      sweep_.trouble(string_or(item, "PK") + " cannot be archived: " + loaded.why_not +
                     "; it is kept");
      return;
    }
    OpenPart& part = open_[std::chrono::floor<std::chrono::days>(*born)];
    part.bytes += loaded.line.size();
    bytes_ += loaded.line.size();
    part.lines.push_back(std::move(loaded.line));
    part.stubs.push_back(stub_of(item));
    part.from = std::min(part.from, *born);
    part.to = std::max(part.to, *born);
  }

  Task<void> flush_full_ones() {
    while (!open_.empty()) {
      const auto largest =
          std::ranges::max_element(open_, {}, [](const auto& entry) { return entry.second.bytes; });
      const bool full = largest->second.bytes >= sweep_.options.part_bytes ||
                        bytes_ >= sweep_.options.part_bytes * kOpenDays;
      if (!full) break;
      co_await flush(largest->first);
    }
  }

  Task<void> flush(Timestamp day) {
    const auto found = open_.find(day);
    OpenPart part = std::move(found->second);
    open_.erase(found);
    bytes_ -= part.bytes;
    const std::string path = part_path(table_, day, sweep_.now, to_hex(random_bytes(4)));
    std::vector<std::string>& begun = sweep_.state.open_parts;
    begun.push_back(path);
    co_await save_state(sweep_.state, sweep_.tables);
    std::optional<ArchiveManifest> manifest;
    std::exception_ptr failed;
    try {
      manifest = co_await sweep_.archive.write(table_, path, std::move(part.lines), part.from,
                                               part.to, sweep_.now);
    } catch (const Failure&) {
      failed = std::current_exception();
    }
    if (failed) {
      co_await discard(path);
      std::rethrow_exception(failed);
    }
    co_await mark_all(sweep_, table_, path, std::move(part.stubs));
    std::erase(begun, path);
    ++sweep_.report.parts;
    sweep_.report.bytes += manifest->bytes;
  }

  // Nobody has marked anything with it. What cannot be removed now stays in the list of open parts.
  Task<void> discard(std::string path) {
    try {
      co_await sweep_.archive.discard(path);
      std::erase(sweep_.state.open_parts, path);
    } catch (const Failure& failure) {
      log(LogLevel::Warn, "archive part left", {{"part", path}, {"why", failure.what()}});
    }
  }

  Sweep& sweep_;
  const Table table_;
  std::map<Timestamp, OpenPart> open_;  // by day
  std::size_t bytes_ = 0;
  std::size_t unreadable_ = 0;
};

// True when nothing more is to be done about the part.
Task<bool> settle(Sweep& sweep, std::string part) {
  const std::optional<Timestamp> day = day_of_path(part);
  if (!day) co_return true;
  const std::string path = manifest_path(part);
  const Result<ArchiveManifest> manifest = co_await sweep.archive.manifest(path);
  if (!manifest && manifest.error().code == Refusal::Code::NotFound) {
    const std::optional<BlobInfo> there = co_await sweep.blobs.head(path);
    if (there) co_return false;
    // Items are marked after the manifest was read back: none is.
    co_await sweep.archive.discard(part);
    co_return true;
  }
  // Items may rely on it, so that nobody but the operator may remove it.
  if (!manifest) {
    sweep.trouble(manifest.error().detail);
    co_return true;
  }
  Result<std::vector<ArchiveLine>> lines = co_await sweep.archive.read(*manifest);
  if (!lines) {
    sweep.trouble(lines.error().detail);
    co_return true;
  }
  std::vector<Item> stubs;
  for (const ArchiveLine& line : *lines) stubs.push_back(stub_of(line.item));
  const std::optional<Table> table = archived_table(manifest->table);
  MSGHUB_CHECK(table.has_value());
  co_await mark_all(sweep, *table, part, std::move(stubs));
  co_return true;
}

}  // namespace

Task<void> settle_open_parts(Sweep& sweep) {
  const std::vector<std::string> parts = sweep.state.open_parts;
  for (const std::string& part : parts) {
    try {
      const bool settled = co_await settle(sweep, part);
      if (settled) std::erase(sweep.state.open_parts, part);
    } catch (const Failure& failure) {
      sweep.trouble(std::string(failure.what()));
    }
  }
}

Task<void> archive_due(Sweep& sweep, Table table) {
  ArchiveStep step(sweep, table);
  try {
    co_await step.run();
  } catch (const Failure& failure) {
    sweep.trouble(
        "the " + std::string(archive_name(table)) +
        " could not be archived, and none that is not will be deleted: " + failure.what());
    sweep.unfinished();
  }
}

}  // namespace msghub
