#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"

namespace msghub {

// Header fields in the order in which they came; names compare without case.
class Headers {
 public:
  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // The only value of `name`; nothing when it is absent or stands more than once.
  const std::string* only(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // percent-decoded once, without query; no "." or ".." segments, no NUL
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  Headers headers;
  std::string body;
  std::string remote;  // "127.0.0.1"
};

struct HttpResponse {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct HttpLimits {
  std::size_t body = std::size_t{1024} * 1024;        // bytes; over it: 413
  std::size_t header_block = std::size_t{16} * 1024;  // bytes; over it: 431
  std::size_t header_count = 100;                     // over it: 431
  std::size_t target = std::size_t{8} * 1024;         // bytes; over it: 414
  std::size_t connections = 2048;                     // open at once; over it: closed at accept
  std::size_t connections_per_ip = 1024;              // loopback is not counted
  std::chrono::milliseconds header_time{10'000};      // for the request head
  std::chrono::milliseconds idle_time{60'000};        // between requests
  std::size_t body_rate = 500;  // bytes/s that a body must keep, plus header_time
};

// Answers one request. A thrown Failure becomes 503 with Retry-After, anything else 500; both as
// problem+json without inner details.
using HttpHandler = std::function<Task<HttpResponse>(HttpRequest)>;

// An HTTP/1.1 server on the caller's executor. Refuses malformed requests itself (400, 408, 413,
// 414, 431) with an RFC 9457 body and closes the connection.
class HttpServer {
 public:
  HttpServer(boost::asio::any_io_executor executor, HttpHandler handler, HttpLimits limits = {});
  ~HttpServer();
  // Binds and listens on a literal address; port 0 takes a free one. Refuses (Conflict) a port in
  // use and (Invalid) a bad address.
  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port);
  // Accepts until stop().
  Task<void> run();
  // No new connections; open requests may end within `grace`, then they are cut.
  Task<void> stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

struct HttpReply {
  unsigned status = 0;
  std::string content_type;
  std::string body;
};

// One blocking request (libcurl), for command-line use: no redirects, no proxy, http and https
// only, answers up to 64 MiB. Throws Failure(Later) with the reason when there is no answer.
HttpReply http_request(const std::string& method, const std::string& url,
                       const std::vector<std::pair<std::string, std::string>>& headers,
                       const std::string& body, std::chrono::milliseconds timeout);

// Standard reason phrase; problem+json made of RFC 9457's members and a stable `code`.
std::string_view reason_phrase(unsigned status);
HttpResponse problem(unsigned status, std::string_view code, std::string_view detail);

}  // namespace msghub
