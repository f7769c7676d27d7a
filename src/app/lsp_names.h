#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "app/client.h"
#include "app/lsp_server.h"
#include "rule/compile.h"

namespace msghub {

// The channels and connections of two lists of objects, as the hub's API has them: "id", "name" (of
// a connection also "displayName"), "type" or "service". Throws ApiError (usage), which says what
// is wrong with an entry, for `skip_unknown` false; else leaves such an entry out.
Directory directory_from(const json::array& channels, const json::array& connections,
                         bool skip_unknown);

// The names of the owner's channels and connections, fetched from a running hub in the background:
// again every half minute, each request within 3 seconds. Names that are known stay known when the
// hub goes away. Thread-safe; nothing but the end waits.
class HubNames {
 public:
  // `wake` is called from another thread when there is something new to take.
  HubNames(Globals globals, std::function<void()> wake);
  ~HubNames();
  HubNames(const HubNames&) = delete;
  HubNames& operator=(const HubNames&) = delete;

  // Which hub, or none any more. A URL that is neither the one that other commands would ask nor on
  // this machine is refused, because a token would be sent there.
  void ask(HubSetting hub);

  struct News {
    std::shared_ptr<const Directory> names;  // null: none yet
    std::string complaint;                   // why, "" when it was said before
  };
  News take();

 private:
  void run(const std::stop_token& stop);
  std::string hub_of(const std::optional<std::string>& wanted) const;
  void fetch(const std::optional<std::string>& wanted);

  Globals globals_;
  std::function<void()> wake_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  HubSetting wanted_;
  bool asked_ = false;
  bool complained_ = false;
  News news_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace msghub
