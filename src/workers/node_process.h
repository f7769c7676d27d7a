#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/task.h"
#include "workers/protocol.h"

namespace msghub {

// How to start a Node.js process of ours.
struct NodeCommand {
  std::string node;                     // path of the Node.js 24 program
  std::string script;                   // absolute path of its TypeScript file
  std::vector<std::string> node_flags;  // "--max-old-space-size=256" …
};

// One child process and its frame socket. Lives on one executor; not thread-safe. The child is
// killed when the object goes away.
class NodeProcess : public std::enable_shared_from_this<NodeProcess> {
 public:
  // Throws Failure(Later) when the process cannot be started.
  static std::shared_ptr<NodeProcess> start(boost::asio::any_io_executor executor,
                                            const NodeCommand& command);
  ~NodeProcess();

  // Queues a frame; never blocks. Lost without notice when the child is gone (receive tells).
  void send(const Frame& frame) { send_encoded(encode_frame(frame)); }
  void send_encoded(std::string bytes);
  // The next frame; nothing when the child closed its end, or sent what is no frame. One caller at
  // a time.
  Task<std::optional<Frame>> receive();
  // Ends when the process has ended. One caller at a time.
  Task<void> wait();
  void kill();
  bool alive() const { return alive_; }
  int pid() const { return pid_; }

 private:
  struct Impl;
  explicit NodeProcess(std::unique_ptr<Impl> impl, int pid);
  void write_next();
  std::unique_ptr<Impl> impl_;
  int pid_;
  bool alive_ = true;
};

}  // namespace msghub
