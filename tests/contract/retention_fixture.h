#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/crypto.h"
#include "base/parallel.h"
#include "retention/sweeper.h"
#include "store/executions.h"
#include "store/messages.h"
#include "tests/contract/run_task.h"

// What the tests of retention share: items with their blobs, made up by number, and the question
// whether each of them is still somewhere.
namespace msghub::testing {

// An item and the blobs that belong to it.
struct Made {
  Table table{};
  Item item;
  std::map<std::string, std::string> blobs;
};

inline std::string made_up_text(std::size_t size, std::string_view seed) {
  std::string text;
  for (int i = 0; text.size() < size; ++i)
    text += sha256_hex(std::string(seed) + std::to_string(i)) + "\n";
  text.resize(size);
  return text;
}

inline Made made_message(int number, Timestamp received, MessageStatus status,
                         std::size_t raw_bytes, std::chrono::days lives = std::chrono::days(90)) {
  Message message;
  message.id = MessageId{uuid_of("message " + std::to_string(number))};
  message.channel_id = ChannelId{"channel-" + std::to_string(number % 3)};
  message.external_id = "<" + std::to_string(number) + "@example.com>";
  message.received_at = received;
  message.status = status;
  message.parsed_content.from = "sender" + std::to_string(number % 7) + "@example.com";
  message.parsed_content.subject = "Rechnung №" + std::to_string(number);
  message.parsed_content.body = made_up_text(80, "body" + std::to_string(number));
  message.parsed_content.timestamp = received;
  message.matched_rule_ids = {RuleId{"rule-" + std::to_string(number % 5)}};
  message.ttl =
      std::chrono::floor<std::chrono::seconds>((received + lives).time_since_epoch()).count();
  Made made{.table = Table::Messages};
  std::string raw = made_up_text(raw_bytes, "raw" + std::to_string(number));
  if (raw_bytes > 1000) {
    raw[raw_bytes / 2] = '\0';
    raw[raw_bytes / 3] = '\xff';
    const std::string path = "users/u1/messages/" + message.id.value + "/raw.txt";
    message.raw_content = std::string(kBlobPrefix) + path;
    made.blobs[path] = std::move(raw);
    const std::string attached = "users/u1/messages/" + message.id.value + "/attachments/a=2.pdf";
    made.blobs[attached] = made_up_text(500, "attached" + std::to_string(number));
    message.parsed_content.attachments = {{"a.pdf", "application/pdf", 500, attached, ""}};
  } else {
    message.raw_content = std::move(raw);
  }
  made.item = message_item(message);
  made.item["fieldOfANewerHub"] = {{"exact", 0.1}, {"large", std::int64_t{9007199254740993}}};
  return made;
}

inline Made made_execution(int number, Timestamp started, ExecutionStatus status, bool long_logs) {
  Execution execution;
  execution.id = ExecutionId{uuid_of("execution " + std::to_string(number))};
  execution.rule_id = RuleId{"rule-" + std::to_string(number % 5)};
  execution.message_id = MessageId{uuid_of("message " + std::to_string(number))};
  execution.rule_version = 1 + number % 4;
  execution.started_at = started;
  execution.status = status;
  execution.extracted_data = {{"total", number + 0.25}};
  execution.ttl =
      std::chrono::floor<std::chrono::seconds>((started + std::chrono::days(90)).time_since_epoch())
          .count();
  Made made{.table = Table::Executions};
  execution.logs = {"one line"};
  if (long_logs) {
    const std::string path = "users/u1/executions/" + execution.id.value + "/logs.txt";
    made.blobs[path] = made_up_text(4000, "log" + std::to_string(number));
    execution.logs = {std::string(kBlobPrefix) + path};
  }
  made.item = execution_item(execution);
  return made;
}

inline Task<void> put_blob(Blobs& blobs, std::string path, std::string bytes) {
  const Result<void> kept = co_await blobs.put(std::move(path), std::move(bytes));
  MSGHUB_CHECK(kept.has_value());
}

inline Task<void> put_all(const std::vector<Made>& all, Tables& tables, Blobs& blobs) {
  std::vector<std::pair<std::string, std::string>> bytes;
  std::vector<Write> writes;
  for (const Made& made : all) {
    for (const auto& blob : made.blobs) bytes.emplace_back(blob);
    writes.push_back(Put{made.table, made.item, {}});
  }
  co_await each_of(bytes.size(), 8, [&blobs, &bytes](std::size_t i) {
    return put_blob(blobs, bytes[i].first, bytes[i].second);
  });
  const Result<void> kept = co_await tables.write_batch(std::move(writes));
  MSGHUB_CHECK(kept.has_value());
}

// All items of a table, expired ones included, by partition key.
inline std::map<std::string, Item> stored_items(Tables& tables, Table table) {
  std::map<std::string, Item> items;
  Scan scan{.table = table, .limit = 1000, .with_expired = true};
  do {
    Result<Page> page = run_task(tables.scan(scan));
    MSGHUB_CHECK(page.has_value());
    for (Item& item : page->items) items[string_or(item, "PK")] = std::move(item);
    scan.cursor = page->cursor;
  } while (!scan.cursor.empty());
  return items;
}

// What the archive holds in sound parts, by partition key; `unsound` counts the others.
struct Archived {
  std::map<std::string, ArchiveLine> lines;
  std::size_t manifests = 0;
  std::size_t unsound = 0;
};
inline Archived archived_items(Blobs& blobs) {
  boost::asio::thread_pool pool(1);
  Archive archive(blobs, pool);
  Archived found;
  const std::vector<std::string> paths = run_task(archive.manifests({}));
  for (const std::string& path : paths) {
    ++found.manifests;
    const Result<ArchiveManifest> manifest = run_task(archive.manifest(path));
    Result<std::vector<ArchiveLine>> lines = std::unexpected(Refusal{});
    if (manifest) lines = run_task(archive.read(*manifest));
    if (!lines) {
      ++found.unsound;
      continue;
    }
    for (ArchiveLine& line : *lines) found.lines[string_or(line.item, "PK")] = std::move(line);
  }
  pool.join();
  return found;
}

struct Whereabouts {
  std::size_t stored = 0;    // with their blobs
  std::size_t archived = 0;  // and no longer stored
  std::size_t unsound = 0;   // parts
  std::vector<std::string> lost;
};

// Where each item is. Lost is one that is neither stored with its blobs, nor in a sound part of the
// archive, byte for byte.
inline Whereabouts where_are(const std::vector<Made>& all, Tables& tables, Blobs& blobs) {
  std::map<Table, std::map<std::string, Item>> stored;
  for (const Table table : kArchivedTables) stored[table] = stored_items(tables, table);
  const Archived archived = archived_items(blobs);
  Whereabouts found{.unsound = archived.unsound};
  for (const Made& made : all) {
    const std::string pk = string_or(made.item, "PK");
    const auto item = stored[made.table].find(pk);
    bool here = item != stored[made.table].end() && same_content(item->second, made.item);
    for (const auto& [path, bytes] : made.blobs)
      if (here) here = run_task(blobs.get(path)) == bytes;
    const auto line = archived.lines.find(pk);
    const bool there = line != archived.lines.end() && same_content(line->second.item, made.item) &&
                       line->second.blobs == made.blobs;
    if (here)
      ++found.stored;
    else if (there && item == stored[made.table].end())
      ++found.archived;
    else
      found.lost.push_back(pk +
                           (item == stored[made.table].end()        ? ": not stored"
                            : same_content(item->second, made.item) ? ": its blobs are not stored"
                                                                    : ": stored otherwise") +
                           (line == archived.lines.end()       ? ", not archived"
                            : line->second.blobs != made.blobs ? ", archived with other blobs"
                            : same_content(line->second.item, made.item) ? ", archived"
                                                                         : ", archived otherwise"));
  }
  return found;
}

// A sweeper on a loop of its own.
class TestHub {
 public:
  TestHub(Tables& tables, Blobs& blobs, const Clock& clock, RetentionOptions options = {})
      : sweeper_(loop_.get_executor(), tables, blobs, clock, pool_,
                 with_owner(std::move(options))) {}
  ~TestHub() { pool_.join(); }

  Result<SweepReport> try_sweep() { return on_loop(sweeper_.sweep_once()); }
  SweepReport sweep() {
    const Result<SweepReport> report = try_sweep();
    MSGHUB_CHECK(report.has_value());
    return *report;
  }
  Result<RestoreReport> restore(RestoreRequest request) {
    return on_loop(sweeper_.restore(std::move(request)));
  }
  Sweeper& sweeper() { return sweeper_; }

 private:
  static RetentionOptions with_owner(RetentionOptions options) {
    if (options.owner.empty()) options.owner = "test-hub";
    return options;
  }
  template <class T>
  T on_loop(Task<T> task) {
    std::optional<T> out;
    std::exception_ptr failure;
    boost::asio::co_spawn(loop_, std::move(task), [&](std::exception_ptr failed, T value) {
      failure = failed;
      if (!failed) out.emplace(std::move(value));
    });
    loop_.restart();
    loop_.run();
    if (failure) std::rethrow_exception(failure);
    return std::move(*out);
  }

  boost::asio::io_context loop_{1};
  boost::asio::thread_pool pool_{2};
  Sweeper sweeper_;
};

}  // namespace msghub::testing
