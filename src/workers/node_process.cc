#include "workers/node_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <deque>

#include "base/log.h"

extern char** environ;

namespace msghub {

namespace asio = boost::asio;

struct NodeProcess::Impl {
  Impl(asio::any_io_executor executor, int socket_fd, int pid_fd)
      : socket(executor, asio::local::stream_protocol(), socket_fd), exit(executor, pid_fd) {}
  asio::local::stream_protocol::socket socket;
  asio::posix::stream_descriptor exit;  // becomes readable when the process ends
  FrameDecoder decoder;
  std::deque<std::string> outgoing;
  std::string chunk = std::string(64 * 1024, '\0');
};

namespace {

// Children see a small environment: nothing of the hub's own secrets.
std::vector<std::string> child_environment() {
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    for (std::string_view name :
         {"PATH=", "HOME=", "LANG=", "TZ=", "SSL_CERT_FILE=", "NODE_EXTRA_CA_CERTS=",
          "MSGHUB_SWEEP_MS=", "MSGHUB_RECONNECT_MS=", "MSGHUB_RECONNECT_MAX_MS="})
      if (text.starts_with(name)) kept.emplace_back(text);
  }
  return kept;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

[[noreturn]] void cannot_start(const std::string& what, int error) {
  throw Failure(Failure::Retry::Later, "cannot start " + what + ": " + std::strerror(error));
}

}  // namespace

std::shared_ptr<NodeProcess> NodeProcess::start(asio::any_io_executor executor,
                                                const NodeCommand& command) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
    cannot_start(command.node, errno);
  // The child's end must not be fd 3 yet: dup2 onto itself would keep its close-on-exec flag.
  const int child_end = ::fcntl(pair[1], F_DUPFD_CLOEXEC, 10);
  ::close(pair[1]);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 2, 1);
  posix_spawn_file_actions_adddup2(&actions, child_end, 3);
  posix_spawn_file_actions_addclosefrom_np(&actions, 4);
  // A group of its own: Ctrl-C in a terminal reaches the hub alone, which stops its children.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);

  std::vector<std::string> arguments{command.node};
  arguments.insert(arguments.end(), command.node_flags.begin(), command.node_flags.end());
  arguments.push_back(command.script);
  std::vector<std::string> environment = child_environment();
  const std::vector<char*> argv = pointers_to(arguments), envp = pointers_to(environment);
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, command.node.c_str(), &actions, &attributes, argv.data(), envp.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  ::close(child_end);
  if (error != 0) {
    ::close(pair[0]);
    cannot_start(command.node, error);
  }
  const int pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pid_fd < 0) {
    const int reason = errno;
    ::close(pair[0]);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    cannot_start(command.node + " (pidfd_open)", reason);
  }
  return std::shared_ptr<NodeProcess>(
      new NodeProcess(std::make_unique<Impl>(executor, pair[0], pid_fd), pid));
}

NodeProcess::NodeProcess(std::unique_ptr<Impl> impl, int pid) : impl_(std::move(impl)), pid_(pid) {}

NodeProcess::~NodeProcess() {
  if (!alive_) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void NodeProcess::send_encoded(std::string bytes) {
  if (!alive_) return;
  impl_->outgoing.push_back(std::move(bytes));
  if (impl_->outgoing.size() == 1) write_next();
}

void NodeProcess::write_next() {
  asio::async_write(impl_->socket, asio::buffer(impl_->outgoing.front()),
                    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                      if (error) {
                        self->impl_->outgoing.clear();
                        return;
                      }
                      self->impl_->outgoing.pop_front();
                      if (!self->impl_->outgoing.empty()) self->write_next();
                    });
}

Task<std::optional<Frame>> NodeProcess::receive() {
  const auto self = shared_from_this();
  for (;;) {
    Result<std::optional<Frame>> frame = impl_->decoder.next();
    if (!frame) {
      log(LogLevel::Error, "frame refused", {{"pid", pid_}, {"reason", frame.error().detail}});
      kill();
      co_return std::nullopt;
    }
    if (*frame) co_return std::move(*frame);
    boost::system::error_code error;
    const std::size_t read = co_await impl_->socket.async_read_some(
        asio::buffer(impl_->chunk), asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error) co_return std::nullopt;
    impl_->decoder.feed(std::string_view(impl_->chunk).substr(0, read));
  }
}

Task<void> NodeProcess::wait() {
  const auto self = shared_from_this();
  if (!alive_) co_return;
  co_await impl_->exit.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  int status = 0;
  if (alive_ && ::waitpid(pid_, &status, WNOHANG) == pid_) alive_ = false;
}

void NodeProcess::kill() {
  if (alive_) ::kill(pid_, SIGKILL);
}

}  // namespace msghub
