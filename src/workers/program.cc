#include "workers/program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstring>
#include <memory>
#include <sstream>

extern char** environ;

namespace msghub {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kLongestLine = 500;  // bytes

[[noreturn]] void cannot_start(const std::string& what, int error) {
  throw Failure(Failure::Retry::Later, "cannot start " + what + ": " + std::strerror(error));
}

bool may_see(std::string_view variable, const std::vector<std::string>& names) {
  const std::string_view name = variable.substr(0, variable.find('='));
  for (const std::string_view allowed : names) {
    const bool prefix = allowed.ends_with('*');
    if (prefix ? name.starts_with(allowed.substr(0, allowed.size() - 1)) : name == allowed)
      return true;
  }
  return false;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};
Pipe open_pipe(const std::string& what) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) cannot_start(what, errno);
  return {ends[0], ends[1]};
}

pid_t spawn(const ProgramOrder& order, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, output, 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawn_file_actions_addchdir_np(&actions, order.folder.c_str());
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  std::vector<std::string> words{order.file};
  words.insert(words.end(), order.arguments.begin(), order.arguments.end());
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (may_see(*entry, order.environment)) environment.emplace_back(*entry);
  const std::vector<char*> argv = pointers_to(words), envp = pointers_to(environment);
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, order.file.c_str(), &actions, &attributes, argv.data(), envp.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) cannot_start(order.file, error);
  return pid;
}

// The process with all that it started, killed when it goes away too early.
class Running {
 public:
  explicit Running(pid_t pid) : pid_(pid) {}
  ~Running() {
    if (pid_ <= 0) return;
    kill();
    ::waitpid(pid_, nullptr, 0);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  void kill() const {
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
  }
  int pid_fd() const {
    const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
    if (fd < 0) cannot_start("pidfd_open", errno);
    return fd;
  }
  int reap() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    kill();  // what it left behind in its group
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_;
};

void take_lines(std::string& pending, const std::function<void(std::string)>& on_line) {
  std::size_t end = 0;
  // A bar of progress is redrawn with a carriage return.
  while ((end = pending.find_first_of("\r\n")) != std::string::npos) {
    if (end > 0) on_line(pending.substr(0, std::min(end, kLongestLine)));
    pending.erase(0, end + 1);
  }
  if (pending.size() > kLongestLine) pending.resize(kLongestLine);
}

}  // namespace

Task<ProgramEnd> run_program(ProgramOrder order, std::function<void(std::string)> on_line) {
  const auto executor = co_await asio::this_coro::executor;
  const Pipe pipe = open_pipe(order.file);
  asio::posix::stream_descriptor output(executor, pipe.read_end);
  const auto running = [&] {
    try {
      return std::make_shared<Running>(spawn(order, pipe.write_end));
    } catch (...) {
      ::close(pipe.write_end);
      throw;
    }
  }();
  ::close(pipe.write_end);
  asio::posix::stream_descriptor exit(executor, running->pid_fd());  // readable when it has ended
  asio::steady_timer limit(executor, order.limit);
  const auto overran = std::make_shared<bool>(false);
  limit.async_wait([running, overran](boost::system::error_code early) {
    if (early) return;
    *overran = true;
    running->kill();
  });
  std::string pending, chunk(16 * 1024, '\0');
  for (;;) {
    boost::system::error_code ended;
    const std::size_t got = co_await output.async_read_some(
        asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, ended));
    if (ended == asio::error::operation_aborted) throw boost::system::system_error(ended);
    pending.append(chunk, 0, got);
    take_lines(pending, on_line);
    if (ended) break;
  }
  if (!pending.empty()) on_line(pending);
  co_await exit.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  limit.cancel();
  ProgramEnd end;
  const int status = running->reap();
  end.overran = *overran;
  if (WIFEXITED(status)) end.code = WEXITSTATUS(status);
  co_return end;
}

std::optional<std::string> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.starts_with('/')) continue;
    const std::string file = folder + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return std::nullopt;
}

}  // namespace msghub
