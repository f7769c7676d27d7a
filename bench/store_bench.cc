// Question: what do keys, conditions, indexes and the writer's thread cost on top of RocksDB's own
//           synced writes, for 1, 16 and 64 writers that wait for their write? What do the notes
//           cost that the log keeps for the change feed, where every write replaces an item? What
//           do reads of an item, and of a page of an index, cost on top of RocksDB's own?
// Pass:     the part of the other's rate that kPairs says, in the same run on the same disk, with
//           the same keys and bytes. `store_bench --check` ends with 1 otherwise.
//
// MSGHUB_BENCH_DIR names the folder (default: the system's for temporary files); it should be on
// the disk that matters.
#include <benchmark/benchmark.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string_view>
#include <thread>
#include <vector>

#include "store/messages.h"
#include "store/rocks/keys.h"
#include "store/rocks/rocks_tables.h"

namespace msghub {
namespace {

using rocks::KeyRange;

constexpr int kRepetitions = 5;

struct Pair {
  const char* ours;
  const char* other;
  std::vector<int> sizes;  // writers, or items of a page
  double mark;             // of the other's rate
};
const std::vector<Pair> kPairs{{"tables_write", "rocksdb_write", {1, 16, 64}, 0.4},
                               {"tables_replace", "tables_replace_without_feed", {1, 64}, 0.75},
                               // An item is JSON that is parsed, and a read is a task: RocksDB
                               // gives bytes, and gives them here from memory.
                               {"tables_get", "rocksdb_get", {1}, 0.25},
                               {"tables_page", "rocksdb_page", {20, 100}, 0.2}};

class BenchFolder {
 public:
  BenchFolder() {
    const char* wanted = std::getenv("MSGHUB_BENCH_DIR");
    const std::filesystem::path parent =
        wanted != nullptr ? wanted : std::filesystem::temp_directory_path();
    std::string path = (parent / "msghub-bench-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr)
      throw Failure(Failure::Retry::Never, "cannot make a folder in " + parent.string());
    path_ = path;
  }
  ~BenchFolder() { std::filesystem::remove_all(path_); }
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Message sample_message() {
  static std::atomic<std::int64_t> next = 0;
  const std::int64_t number = next++;
  Message message;
  message.channel_id = {"9f6c1c0e-55f1-4d55-9d1e-0a1b2c3d4e5f"};
  message.id = message_id(message.channel_id, std::to_string(number));
  message.external_id = std::to_string(number);
  message.received_at = Timestamp(std::chrono::milliseconds(1'763'805'600'000 + number));
  message.raw_content = std::string(300, 'r');
  message.parsed_content.from = "billing@acme.com";
  message.parsed_content.subject = "Invoice INV-" + std::to_string(number);
  message.parsed_content.body = std::string(300, 'b');
  return message;
}

int writes_of_each(int writers) { return writers == 1 ? 256 : 2048 / writers; }

Task<void> write_tables(Tables& tables, int count) {
  for (int i = 0; i < count; ++i) {
    std::vector<Write> writes;
    writes.push_back(Put{Table::Messages, message_item(sample_message()), if_absent()});
    const Result<void> result = co_await tables.transact(std::move(writes));
    MSGHUB_CHECK(result.has_value());
  }
}

void tables_write(benchmark::State& state) {
  const BenchFolder folder;
  const SystemClock clock;
  const auto tables = RocksTables::open({.path = folder.path(), .reserve_bytes = 0}, clock);
  const int writers = static_cast<int>(state.range(0));
  const int each = writes_of_each(writers);
  for (auto _ : state) {
    boost::asio::io_context loop(1);
    for (int i = 0; i < writers; ++i)
      boost::asio::co_spawn(loop, write_tables(*tables, each), boost::asio::detached);
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * writers * each);
}

// Each write replaces an item of its writer's, whose old bytes then are in the log, too.
Task<void> replace_items(Tables& tables, int writer, int count) {
  Item item = message_item(sample_message());
  item["PK"] = "MESSAGE#" + std::to_string(writer);
  for (int i = 0; i < count; ++i) {
    item["turn"] = i;
    std::vector<Write> writes;
    writes.push_back(Put{Table::Messages, item, {}});
    const Result<void> result = co_await tables.transact(std::move(writes));
    MSGHUB_CHECK(result.has_value());
  }
}

void replace(benchmark::State& state, std::chrono::seconds feed_time) {
  const BenchFolder folder;
  const SystemClock clock;
  RocksOptions options{.path = folder.path(), .reserve_bytes = 0};
  options.feed_time = feed_time;
  const auto tables = RocksTables::open(options, clock);
  const int writers = static_cast<int>(state.range(0));
  const int each = writes_of_each(writers);
  for (auto _ : state) {
    boost::asio::io_context loop(1);
    for (int i = 0; i < writers; ++i)
      boost::asio::co_spawn(loop, replace_items(*tables, i, each), boost::asio::detached);
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * writers * each);
}
void tables_replace(benchmark::State& state) { replace(state, std::chrono::hours(24)); }
void tables_replace_without_feed(benchmark::State& state) {
  replace(state, std::chrono::seconds(0));
}

// The same bytes under the same keys, by threads that wait for their own synced batch.
class RawDatabase {
 public:
  explicit RawDatabase(const std::string& path) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const char* name : {"default", "Messages", "Messages.GSI1", "Messages.GSI2"})
      families.emplace_back(name, options);
    rocksdb::DB* db = nullptr;
    MSGHUB_CHECK(rocksdb::DB::Open(options, path, families, &families_, &db).ok());
    db_.reset(db);
  }
  ~RawDatabase() {
    for (rocksdb::ColumnFamilyHandle* family : families_) db_->DestroyColumnFamilyHandle(family);
  }
  RawDatabase(const RawDatabase&) = delete;
  RawDatabase& operator=(const RawDatabase&) = delete;

  std::string get(const std::string& key) {
    std::string record;
    MSGHUB_CHECK(db_->Get({}, families_[1], key, &record).ok());
    return record;
  }
  // The newest `count` records of an index, found through its keys.
  std::size_t page(const KeyRange& range, std::size_t count) {
    const rocksdb::Slice first(range.first);
    const rocksdb::Slice end(range.end);
    rocksdb::ReadOptions options;
    options.iterate_lower_bound = &first;
    options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options, families_[2]));
    std::size_t found = 0;
    for (at->SeekToLast(); at->Valid() && found < count; at->Prev()) {
      const std::string_view key(at->key().data(), at->key().size());
      benchmark::DoNotOptimize(get(std::string(rocks::table_key_in(key))));
      ++found;
    }
    return found;
  }

  void write(const Item& item, bool sync = true) {
    const std::string key = rocks::table_key(string_or(item, "PK"), string_or(item, "SK"));
    rocksdb::WriteBatch batch;
    batch.Put(families_[1], key, rocks::encode_record(to_json(item)));
    batch.Put(families_[2],
              rocks::index_key(string_or(item, "GSI1PK"), string_or(item, "GSI1SK"), key), "");
    batch.Put(families_[3],
              rocks::index_key(string_or(item, "GSI2PK"), string_or(item, "GSI2SK"), key), "");
    rocksdb::WriteOptions synced;
    synced.sync = sync;
    MSGHUB_CHECK(db_->Write(synced, &batch).ok());
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

void rocksdb_write(benchmark::State& state) {
  const BenchFolder folder;
  RawDatabase database(folder.path());
  const int writers = static_cast<int>(state.range(0));
  const int each = writes_of_each(writers);
  for (auto _ : state) {
    std::vector<std::thread> threads;
    for (int i = 0; i < writers; ++i)
      threads.emplace_back([&database, each] {
        for (int n = 0; n < each; ++n) database.write(message_item(sample_message()));
      });
    for (std::thread& thread : threads) thread.join();
  }
  state.SetItemsProcessed(state.iterations() * writers * each);
}

constexpr int kStored = 20'000;
constexpr int kReads = 2'000;

std::string nth_key(int i) {
  const std::string number = std::to_string(i * 7919 % kStored);
  return string_or(message_item(Message{.id = {number}}), "PK");
}

Message nth_message(int i) {
  Message message = sample_message();
  message.id = {std::to_string(i)};
  return message;
}

Query newest_of_channel(int count) {
  return {.table = Table::Messages,
          .index = "GSI1",
          .pk = string_or(message_item(sample_message()), "GSI1PK"),
          .newest_first = true,
          .limit = static_cast<std::size_t>(count)};
}

// Filled once: both are only read.
RocksTables& filled_tables() {
  static const BenchFolder folder;
  static const SystemClock clock;
  static const auto tables = [] {
    auto made = RocksTables::open({.path = folder.path(), .reserve_bytes = 0}, clock);
    std::vector<Write> writes;
    for (int i = 0; i < kStored; ++i)
      writes.push_back(Put{Table::Messages, message_item(nth_message(i)), {}});
    boost::asio::io_context loop(1);
    auto done =
        boost::asio::co_spawn(loop, made->write_batch(std::move(writes)), boost::asio::use_future);
    loop.run();
    MSGHUB_CHECK(done.get().has_value());
    return made;
  }();
  return *tables;
}

RawDatabase& filled_database() {
  static const BenchFolder folder;
  static RawDatabase database(folder.path());
  static const bool filled = [] {
    for (int i = 0; i < kStored; ++i) database.write(message_item(nth_message(i)), false);
    return true;
  }();
  benchmark::DoNotOptimize(filled);
  return database;
}

Task<void> get_items(Tables& tables, int count) {
  for (int i = 0; i < count; ++i) {
    const std::optional<Item> item = co_await tables.get(Table::Messages, {nth_key(i), "METADATA"});
    MSGHUB_CHECK(item.has_value());
  }
}

Task<void> get_pages(Tables& tables, int count, int size) {
  for (int i = 0; i < count; ++i) {
    const Result<Page> page = co_await tables.query(newest_of_channel(size));
    MSGHUB_CHECK(page && page->items.size() == static_cast<std::size_t>(size));
  }
}

void tables_get(benchmark::State& state) {
  RocksTables& tables = filled_tables();
  for (auto _ : state) {
    boost::asio::io_context loop(1);
    boost::asio::co_spawn(loop, get_items(tables, kReads), boost::asio::detached);
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * kReads);
}

void rocksdb_get(benchmark::State& state) {
  RawDatabase& database = filled_database();
  for (auto _ : state)
    for (int i = 0; i < kReads; ++i)
      benchmark::DoNotOptimize(database.get(rocks::table_key(nth_key(i), "METADATA")));
  state.SetItemsProcessed(state.iterations() * kReads);
}

constexpr int kPages = 50;

void tables_page(benchmark::State& state) {
  RocksTables& tables = filled_tables();
  const int size = static_cast<int>(state.range(0));
  for (auto _ : state) {
    boost::asio::io_context loop(1);
    boost::asio::co_spawn(loop, get_pages(tables, kPages, size), boost::asio::detached);
    loop.run();
  }
  state.SetItemsProcessed(state.iterations() * kPages);
}

void rocksdb_page(benchmark::State& state) {
  RawDatabase& database = filled_database();
  const auto size = static_cast<std::size_t>(state.range(0));
  const KeyRange range = rocks::range_of(newest_of_channel(1));
  for (auto _ : state)
    for (int i = 0; i < kPages; ++i) MSGHUB_CHECK(database.page(range, size) == size);
  state.SetItemsProcessed(state.iterations() * kPages);
}

using Rates = std::map<std::pair<std::string, int>, std::vector<double>>;

class Ratios : public benchmark::ConsoleReporter {
 public:
  Ratios() : ConsoleReporter(OO_None) {}
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      const auto rate = run.counters.find("items_per_second");
      if (run.run_type != Run::RT_Iteration || rate == run.counters.end()) continue;
      rates_[{run.run_name.function_name, std::atoi(run.run_name.args.c_str())}].push_back(
          rate->second.value);
    }
  }
  // Prints the ratios of the medians; whether all reach their marks.
  bool passed() const {
    bool fine = !rates_.empty();
    for (const Pair& pair : kPairs)
      for (const int size : pair.sizes) {
        const auto ours = rates_.find({pair.ours, size});
        const auto other = rates_.find({pair.other, size});
        if (ours == rates_.end() || other == rates_.end()) continue;
        const double ratio = median(ours->second) / median(other->second);
        std::printf("%s/%d: %.0f/s, %s: %.0f/s, ratio %.2f of %.2f%s\n", pair.ours, size,
                    median(ours->second), pair.other, median(other->second), ratio, pair.mark,
                    ratio < pair.mark ? ": below the pass mark" : "");
        fine = fine && ratio >= pair.mark;
      }
    return fine;
  }

 private:
  static double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  }
  Rates rates_;
};

struct Bench {
  const char* name;
  void (*run)(benchmark::State&);
};
constexpr Bench kBenches[] = {{"tables_write", tables_write},
                              {"rocksdb_write", rocksdb_write},
                              {"tables_replace", tables_replace},
                              {"tables_replace_without_feed", tables_replace_without_feed},
                              {"tables_get", tables_get},
                              {"rocksdb_get", rocksdb_get},
                              {"tables_page", tables_page},
                              {"rocksdb_page", rocksdb_page}};

void register_benches() {
  for (const Pair& pair : kPairs)
    for (const int size : pair.sizes)
      for (const Bench& bench : kBenches)
        if (std::string_view(bench.name) == pair.ours || std::string_view(bench.name) == pair.other)
          benchmark::RegisterBenchmark(bench.name, bench.run)
              ->Arg(size)
              ->UseRealTime()
              ->MinTime(0.2)
              ->Repetitions(kRepetitions)
              ->Unit(benchmark::kMillisecond);
}

}  // namespace
}  // namespace msghub

int main(int count, char** arguments) {
  // Side by side and several times, so that a disk that is slow for a while slows both down.
  static char interleaved[] = "--benchmark_enable_random_interleaving=true";
  std::vector<char*> words{arguments[0], interleaved};
  bool check = false;
  for (int i = 1; i < count; ++i) {
    if (std::string_view(arguments[i]) == "--check")
      check = true;
    else
      words.push_back(arguments[i]);
  }
  int words_count = static_cast<int>(words.size());
  benchmark::Initialize(&words_count, words.data());
  if (benchmark::ReportUnrecognizedArguments(words_count, words.data())) return 2;
  msghub::register_benches();
  msghub::Ratios ratios;
  benchmark::RunSpecifiedBenchmarks(&ratios);
  const bool passed = ratios.passed();
  return check && !passed ? 1 : 0;
}
