#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "aws/client.h"
#include "aws/credentials.h"
#include "store/dynamo/create_tables.h"
#include "store/dynamo/dynamo_feed.h"
#include "store/dynamo/dynamo_tables.h"
#include "tests/contract/aws_server.h"
#include "tests/contract/run_task.h"

namespace msghub::testing {

// What signed calls to a server of aws_server.h need. Thread-safe.
class AwsAccess {
 public:
  explicit AwsAccess(const AwsServer& server, aws::ClientOptions options = {})
      : credentials_(std::make_shared<aws::FixedCredentials>(aws::Credentials{
            server.text("accessKeyId"), server.text("secretAccessKey"), "", std::nullopt})),
        client_(transport_, credentials_, clock_, filled(server, std::move(options))) {}

  aws::Client& client() { return client_; }

 private:
  static aws::ClientOptions filled(const AwsServer& server, aws::ClientOptions options) {
    options.service = "dynamodb";
    options.endpoint = server.url();
    options.region = server.text("region");
    return options;
  }

  SystemClock clock_;  // signatures need the real time
  HttpTransport transport_;
  std::shared_ptr<aws::CredentialsProvider> credentials_;
  aws::Client client_;
};

// One server and one access for all tests of the program.
inline AwsServer& moto_server() {
  static AwsServer server({"gate"});
  return server;
}
inline AwsAccess& moto_access() {
  static AwsAccess access(moto_server());
  return access;
}
inline AwsServer& dynalite_server() {
  static AwsServer server({"dynalite"});
  return server;
}
inline AwsAccess& dynalite_access() {
  static AwsAccess access(dynalite_server());
  return access;
}

inline std::string fresh_prefix() {
  static std::atomic<int> count = 0;
  return "T" + std::to_string(++count) + "-";
}

inline void ignore_progress(const std::string&) {}

// Tables of its own on a server, for one test.
class DynamoEngine {
 public:
  DynamoEngine(AwsAccess& access, DynamoOptions options)
      : access_(access), options_(std::move(options)) {
    TableSettings settings;
    settings.table_prefix = options_.table_prefix;
    settings.layout = options_.layout;
    run_task(create_tables(access.client(), settings, ignore_progress));
    feed_ = std::make_unique<DynamoFeed>(access.client(), access.client(), clock_, options_);
    tables_ = std::make_unique<DynamoTables>(access.client(), clock_, options_);
  }
  Tables& tables() { return *tables_; }
  ChangeFeed& feed() { return *feed_; }
  ManualClock& clock() { return clock_; }
  void settle() {}
  AwsAccess& access() { return access_; }
  const DynamoOptions& options() const { return options_; }

 private:
  AwsAccess& access_;
  const DynamoOptions options_;
  ManualClock clock_;
  std::unique_ptr<DynamoFeed> feed_;
  std::unique_ptr<DynamoTables> tables_;
};

struct MotoMultiTable : DynamoEngine {
  MotoMultiTable() : DynamoEngine(moto_access(), {.table_prefix = fresh_prefix()}) {}
};
struct MotoSingleTable : DynamoEngine {
  MotoSingleTable()
      : DynamoEngine(moto_access(),
                     {.table_prefix = fresh_prefix(), .layout = Layout::SingleTable}) {}
};
struct DynaliteMultiTable : DynamoEngine {
  DynaliteMultiTable()
      : DynamoEngine(dynalite_access(), {.table_prefix = fresh_prefix(), .transactions = false}) {}
};

}  // namespace msghub::testing
