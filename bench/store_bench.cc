// Question: what do keys, conditions, indexes and the writer's thread cost on top of RocksDB's own
//           synced writes, for 1, 16 and 64 writers that wait for their write?
// Pass:     two fifths of RocksDB's rate or more for each number of writers, in the same run on the
//           same disk, with the same keys and bytes. `store_bench --check` ends with 1 otherwise.
//
// MSGHUB_BENCH_DIR names the folder (default: the system's for temporary files); it should be on
// the disk that matters.
#include <benchmark/benchmark.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
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

constexpr double kPassMark = 0.4;
constexpr int kRepetitions = 5;

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

void through_tables(benchmark::State& state) {
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

  void write(const Item& item) {
    const std::string key = rocks::table_key(string_or(item, "PK"), string_or(item, "SK"));
    rocksdb::WriteBatch batch;
    batch.Put(families_[1], key, rocks::encode_record(to_json(item)));
    batch.Put(families_[2],
              rocks::index_key(string_or(item, "GSI1PK"), string_or(item, "GSI1SK"), key), "");
    batch.Put(families_[3],
              rocks::index_key(string_or(item, "GSI2PK"), string_or(item, "GSI2SK"), key), "");
    rocksdb::WriteOptions synced;
    synced.sync = true;
    MSGHUB_CHECK(db_->Write(synced, &batch).ok());
  }

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

void raw_rocksdb(benchmark::State& state) {
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

class Ratios : public benchmark::ConsoleReporter {
 public:
  Ratios() : ConsoleReporter(OO_None) {}
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      const auto rate = run.counters.find("items_per_second");
      if (run.run_type != Run::RT_Iteration || rate == run.counters.end()) continue;
      const int writers = std::atoi(run.run_name.args.c_str());
      (run.run_name.function_name == "raw_rocksdb" ? raw_ : ours_)[writers].push_back(
          rate->second.value);
    }
  }
  // Prints the ratios of the medians; whether all reach the mark.
  bool passed() const {
    bool fine = !raw_.empty();
    for (const auto& [writers, rates] : raw_) {
      if (!ours_.contains(writers)) continue;
      const double raw = median(rates);
      const double ours = median(ours_.at(writers));
      const double ratio = ours / raw;
      std::printf("%2d writers: %6.0f writes/s through tables, %6.0f by RocksDB, ratio %.2f%s\n",
                  writers, ours, raw, ratio, ratio < kPassMark ? ", below the pass mark" : "");
      fine = fine && ratio >= kPassMark;
    }
    return fine;
  }

 private:
  static double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  }
  std::map<int, std::vector<double>> raw_;
  std::map<int, std::vector<double>> ours_;
};

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
  for (const int writers : {1, 16, 64})
    for (const bool raw : {true, false})
      benchmark::RegisterBenchmark(raw ? "raw_rocksdb" : "through_tables",
                                   raw ? msghub::raw_rocksdb : msghub::through_tables)
          ->Arg(writers)
          ->UseRealTime()
          ->MinTime(0.2)
          ->Repetitions(msghub::kRepetitions)
          ->Unit(benchmark::kMillisecond);
  msghub::Ratios ratios;
  benchmark::RunSpecifiedBenchmarks(&ratios);
  const bool passed = ratios.passed();
  return check && !passed ? 1 : 0;
}
