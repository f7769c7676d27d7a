#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace msghub::testing {

// A server for tests of clients: answers each request with the very bytes that the script gives,
// or closes the connection when it gives none. Connections are kept. The script runs on the
// connection's thread and may sleep there.
class ScriptedServer {
 public:
  // `number` counts the requests of all connections from 0.
  using Script = std::function<std::string(const std::string& request, int number)>;

  explicit ScriptedServer(Script script) : script_(std::move(script)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 64) != 0)
      throw std::runtime_error("cannot listen");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_all(); });
  }
  ~ScriptedServer() {
    stopping_ = true;
    thread_.join();
    for (std::thread& connection : connections_) connection.join();
    ::close(listener_);
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string place() const { return "127.0.0.1:" + std::to_string(port_); }
  // The requests so far, head and body.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int accepted() const { return accepted_; }

  // A whole answer.
  static std::string reply(int status, const std::string& body, const std::string& fields = "") {
    return "HTTP/1.1 " + std::to_string(status) +
           " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body;
  }

 private:
  bool readable(int fd) const {
    pollfd wait{fd, POLLIN, 0};
    while (!stopping_)
      if (::poll(&wait, 1, 20) > 0) return true;
    return false;
  }

  void accept_all() {
    while (readable(listener_)) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      ++accepted_;
      connections_.emplace_back([this, fd] {
        serve(fd);
        ::close(fd);
      });
    }
  }

  void serve(int fd) {
    for (std::string waiting;;) {
      const std::string request = read_request(fd, waiting);
      if (request.empty()) return;
      int number = 0;
      {
        const std::lock_guard lock(mutex_);
        number = static_cast<int>(requests_.size());
        requests_.push_back(request);
      }
      const std::string answer = script_(request, number);
      if (answer.empty()) return;
      ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  std::string read_request(int fd, std::string& waiting) const {
    for (;;) {
      const std::size_t head = waiting.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t field = waiting.find("Content-Length: ");
        const std::size_t body = field < head ? std::stoul(waiting.substr(field + 16)) : 0;
        if (waiting.size() >= head + 4 + body) {
          std::string request = waiting.substr(0, head + 4 + body);
          waiting.erase(0, request.size());
          return request;
        }
      }
      if (!readable(fd)) return "";
      char bytes[16 * 1024];
      const auto count = ::recv(fd, bytes, sizeof bytes, 0);
      if (count <= 0) return "";
      waiting.append(bytes, static_cast<std::size_t>(count));
    }
  }

  const Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> accepted_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::list<std::thread> connections_;
  std::thread thread_;
};

}  // namespace msghub::testing
