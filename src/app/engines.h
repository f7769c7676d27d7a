#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <string>

#include "app/config.h"
#include "aws/client.h"
#include "base/time.h"
#include "blob/s3/s3_blobs.h"
#include "store/change_feed.h"
#include "store/dynamo/create_tables.h"
#include "store/rocks/rocks_tables.h"
#include "vault/vault.h"

namespace msghub {

// How the tables are to be, by the configuration; with recovery, and AWS's own key.
TableSettings table_settings(const Config& config);

// The store, the blobs and the vault that a configuration names, opened. Used by `serve` and by the
// commands that work without a hub. Dies after the tasks that use it, before `io` and `pool`.
class Engines {
 public:
  // Throws Failure with what to do: a folder in use, a table or bucket that is not there, a key
  // that does not fit, a setting that is missing.
  Engines(const Config& config, boost::asio::thread_pool& pool, const Clock& clock);
  ~Engines();

  Tables& tables();
  Blobs& blobs();
  std::string bucket() const;  // of the blobs; "" on disk
  // Opened at first use: a command that seals nothing needs no key. `create` makes a key file where
  // there is none.
  Vault& vault(bool create = false);

  ChangeFeed& feed();
  // A client of another service ("monitoring"), with the account of the configuration. Dies before
  // the engines. Throws Failure as the constructor.
  std::unique_ptr<aws::Client> aws_client(const std::string& service);

  // The S3 engine of the blobs; nullptr on disk.
  S3Blobs* s3();

  // Other hubs may use the same store.
  bool shared() const;
  // The embedded store; nullptr with DynamoDB.
  RocksTables* rocks();
  // Why no message is taken now, if so.
  std::optional<std::string> trouble() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// A command without a hub: the engines and a loop to run tasks on.
class Offline {
 public:
  // Whether the version of a shared store's items is looked at; embedded ones look by themselves.
  enum class Version { Checked, Unchecked };

  // Throws as Engines does, and as check_known_schema.
  explicit Offline(const Config& config, Version version = Version::Checked);
  ~Offline();
  // For those that opened it unchecked, as its tables may not be there yet.
  void check_version(aws::Client& client, const TableSettings& settings);

  Engines& engines() { return *engines_; }
  const Clock& clock() const { return clock_; }
  boost::asio::io_context& io() { return io_; }
  boost::asio::thread_pool& pool() { return pool_; }

  // Runs a task to its end. Throws what it throws.
  template <class T>
  T run(Task<T> task) {
    std::optional<T> out;
    std::exception_ptr failed;
    boost::asio::co_spawn(io_, std::move(task), [&](std::exception_ptr error, T value) {
      failed = error;
      if (!error) out.emplace(std::move(value));
      io_.stop();
    });
    run_loop();
    if (failed) std::rethrow_exception(failed);
    return std::move(*out);
  }
  void run(Task<void> task);

 private:
  void run_loop();
  boost::asio::io_context io_{1};
  boost::asio::thread_pool pool_{2};
  SystemClock clock_;
  std::unique_ptr<Engines> engines_;
};

}  // namespace msghub
