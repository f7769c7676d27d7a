#pragma once

#include <functional>
#include <string>

#include "base/time.h"
#include "blob/blobs.h"
#include "channels/inbox.h"
#include "pipeline/dispatch.h"
#include "pipeline/projects.h"
#include "pipeline/rulebook.h"
#include "store/change_feed.h"
#include "store/tables.h"
#include "vault/vault.h"
#include "watch/metrics.h"
#include "workers/worker_pool.h"

namespace msghub {

class BackupDesk;
class Builds;
class Images;
class Sweeper;

// What the API serves from. `app` owns all of it and outlives the API.
struct Hub {
  Tables& tables;
  Blobs& blobs;
  Clock& clock;
  const Vault& vault;
  Rulebook& rulebook;
  Inbox& inbox;
  ProjectFolders& projects;
  WorkerPool& workers;
  Dispatcher& dispatcher;
  UserId user;               // the owner of this hub; more of them come with sign-in
  std::string token_sha256;  // 32 raw bytes: SHA-256 of the bearer token
  std::string public_url;    // "http://127.0.0.1:8080", for the addresses that it tells people
  std::function<void()> mail_channels_changed;          // the mailroom looks again
  std::function<json::object()> status;                 // parts that only `app` knows
  std::function<std::optional<std::string>()> trouble;  // why the store takes no writes, if so
  Metrics& metrics;
  ChangeFeed& feed;
  std::chrono::milliseconds feed_pause;        // between two looks at it, while a request waits
  bool stopping = false;                       // what waits for changes ends
  std::function<Task<Result<bool>>()> resume;  // takes a pause away; false: there was none
  std::function<std::optional<std::string>()> paused;  // why the hub does no work, if so
  BackupDesk* backups = nullptr;                       // none where the store is not embedded
  Sweeper* retention = nullptr;  // the archive; none in a hub that does not sweep
  Builds* builds = nullptr;      // never null while the API is served
  Images* images = nullptr;      // neither
  // Where rules are compiled, off the thread that answers; null: where the caller is.
  boost::asio::thread_pool* compilers = nullptr;
};

}  // namespace msghub
