#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "base/json.h"
#include "blob/s3/s3_blobs.h"
#include "move/move_house.h"
#include "net/http_transport.h"
#include "store/dynamo/dynamo_tables.h"
#include "store/rocks/rocks_tables.h"
#include "tests/contract/run_task.h"

namespace msghub::testing {

// Where a house of a test is, as one JSON object, so that another process can open it:
//   {"folder": …, "layout": "multi-table" or "single-table", "key": file}
// and for one on AWS's stand-ins also {"url", "region", "accessKeyId", "secretAccessKey", "prefix",
// "bucket"}.
using Place = json::object;

// A house that is open. One at a time for an embedded place.
class OpenHouse {
 public:
  explicit OpenHouse(const Place& place);
  ~OpenHouse() { pool_.join(); }
  OpenHouse(const OpenHouse&) = delete;
  OpenHouse& operator=(const OpenHouse&) = delete;

  House house() { return {tables(), *blobs_, *vault_, name_, dynamo_ != nullptr}; }
  Tables& tables() {
    if (rocks_) return *rocks_;
    return *dynamo_;
  }
  Blobs& blobs() { return *blobs_; }
  const Vault& vault() const { return *vault_; }
  ManualClock& clock() { return clock_; }

 private:
  void open_aws(const Place& place, Layout layout);

  std::string name_;
  ManualClock clock_;
  SystemClock real_clock_;  // of signatures
  boost::asio::thread_pool pool_{2};
  HttpTransport transport_;
  std::shared_ptr<aws::CredentialsProvider> credentials_;
  std::unique_ptr<aws::Client> client_;
  std::shared_ptr<RocksTables> rocks_;
  std::unique_ptr<DynamoTables> dynamo_;
  std::unique_ptr<Blobs> blobs_;
  std::unique_ptr<Vault> vault_;
};

// What a hub would know of the items of fill().
std::vector<SealedPlace> places_of(Table table, const Item& item);

// Runs move_house to its end on a loop of its own.
Result<MoveReport> move_between(OpenHouse& from, OpenHouse& to, MoveOptions options = {});

// A hub's life of `messages` messages: each with an execution, every tenth with blobs, every
// seventh expired, and rules, projects, a channel and a connection with secrets, a user, cursors,
// what retention remembers, and a lease.
void fill(OpenHouse& house, int messages);

// What a house holds, whatever it is kept in: canonical text of each item by table and key, with
// its secrets opened, and the bytes of each blob by path.
std::map<std::string, std::string> contents(OpenHouse& house);

// msghub migrate as a process of its own that kills itself with SIGKILL a moment after a step of
// the move has come to `at` items or blobs; without a step it comes to its end.
struct Kill {
  MoveProgress::Step step{};
  std::int64_t at = 0;
};
struct ChildEnd {
  int code = 0;  // 128 + the signal
  json::object report;
};
ChildEnd migrate_in_child(const Place& from, const Place& to, std::optional<Kill> kill);
// For main(): the part of the child. Nothing when this process is none.
std::optional<int> run_migrate_child(int count, char** arguments);

// Moves, killed once among the blobs and once among the items, each time taken up again. Fails the
// test when anything else happens. Gives the report of the end.
json::object migrate_with_two_kills(const Place& from, const Place& to, std::int64_t blobs,
                                    std::int64_t items);

}  // namespace msghub::testing
