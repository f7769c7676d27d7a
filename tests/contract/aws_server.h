#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/result.h"

extern char** environ;

namespace msghub::testing {

// AWS on this machine, for tests: `tests/servers/aws-main.ts` under the repository's own Node.js.
// The program prints one line of JSON when it listens, {"url": "http://127.0.0.1:…", …}, and ends
// when its stdin is closed. Not thread-safe.
class AwsServer {
 public:
  // Starts it with `arguments` and waits up to `patience` for its line. Throws Failure(Never) when
  // it does not come; what the program says on stderr goes to the test's own.
  explicit AwsServer(const std::vector<std::string>& arguments = {"gate"},
                     std::chrono::milliseconds patience = std::chrono::minutes(5)) {
    start(arguments);
    try {
      described_ = read_line(patience);
    } catch (...) {
      stop();
      throw;
    }
  }
  // Closes its stdin and waits 5 s for its end, then kills it.
  ~AwsServer() { stop(); }
  AwsServer(const AwsServer&) = delete;
  AwsServer& operator=(const AwsServer&) = delete;

  // The endpoint of all services, without a slash at the end.
  std::string url() const { return text("url"); }
  // A text member of the printed line: "region", "accessKeyId", … Throws Failure(Never) when it is
  // not there.
  std::string text(std::string_view name) const {
    const json::value* const member = described_.if_contains(name);
    if (member == nullptr || !member->is_string())
      throw Failure(Failure::Retry::Never,
                    "aws-main.ts printed no text \"" + std::string(name) + "\"");
    return std::string(member->get_string());
  }
  const json::object& described() const { return described_; }

 private:
  void start(const std::vector<std::string>& arguments) {
    const std::string root = MSGHUB_SOURCE_DIR;
    std::vector<std::string> words{root + "/node_modules/.bin/node",
                                   root + "/tests/servers/aws-main.ts"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0) fail(std::strerror(errno));
    if (::pipe2(out, O_CLOEXEC) != 0) fail(std::strerror(errno));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    const int error = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    stdout_ = out[0];
    if (error == 0) return;
    pid_ = -1;
    stop();
    fail(std::strerror(error));
  }

  json::object read_line(std::chrono::milliseconds patience) {
    using SteadyClock = std::chrono::steady_clock;
    const auto deadline = SteadyClock::now() + patience;
    std::string line;
    for (char c = 0; c != '\n';) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
      pollfd wait{stdout_, POLLIN, 0};
      if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) == 0)
        fail("it did not listen within " + std::to_string(patience.count()) + " ms");
      if (::read(stdout_, &c, 1) != 1) fail("it ended before it listened");
      line += c;
    }
    const Result<json::value> read = parse_json(line);
    if (!read || !read->is_object()) fail("it printed no JSON object: " + line);
    return read->get_object();
  }

  void stop() {
    if (stdin_ >= 0) ::close(stdin_);
    stdin_ = -1;
    wait_for_end();
    // Not before: what it still says would end it before it has ended its own servers.
    if (stdout_ >= 0) ::close(stdout_);
    stdout_ = -1;
  }

  void wait_for_end() {
    const pid_t pid = std::exchange(pid_, -1);
    if (pid <= 0) return;
    for (int i = 0; i < 500; ++i) {
      if (::waitpid(pid, nullptr, WNOHANG) == pid) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }

  [[noreturn]] static void fail(const std::string& why) {
    throw Failure(Failure::Retry::Never, "cannot start tests/servers/aws-main.ts: " + why);
  }

  pid_t pid_ = -1;
  int stdin_ = -1, stdout_ = -1;
  json::object described_;
};

}  // namespace msghub::testing
