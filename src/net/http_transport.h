#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "net/http.h"

namespace msghub {

// No usable answer came.
struct TransportError : Failure {
  TransportError(const std::string& why, bool was_sent, bool was_too_large)
      : Failure(was_too_large ? Retry::Never : Retry::Later, why),
        sent(was_sent),
        too_large(was_too_large) {}
  bool sent;       // the request may have reached the peer and may have been carried out
  bool too_large;  // the answer is over the call's reply_limit
};

// An HTTP/1.1 client for peers that the operator has chosen (AWS): libcurl on one thread of its
// own, with a pool of kept connections. Certificates are always verified; no redirects, no proxy,
// no cookies, no decompression; http and https only.
//
// Thread-safe: send() may be awaited on any executor and resumes there. Outlives every call made
// through it and is destroyed before the executors of waiting calls; its end cuts them short.
class HttpTransport {
 public:
  struct Options {
    std::chrono::milliseconds connect_timeout{5000};  // name look-up, TCP and TLS
    std::size_t connections_per_host = 64;            // further calls wait for a free one
  };
  HttpTransport();
  explicit HttpTransport(const Options& options);
  ~HttpTransport();
  HttpTransport(const HttpTransport&) = delete;
  HttpTransport& operator=(const HttpTransport&) = delete;

  struct Request {
    std::string method = "GET";
    std::string url;  // percent-encoded; sent as it is, "." and ".." segments too
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds timeout{30'000};  // from the call to the answer's last byte
    std::size_t reply_limit = std::size_t{16} * 1024 * 1024;  // bytes of body
    std::string ca_file;  // PEM file of the authorities to trust; "" = the system's
  };
  struct Reply {
    unsigned status = 0;
    Headers headers;
    std::string body;
  };
  // Sends once and gives any answer, whatever its status. Never sends twice, not even when a kept
  // connection turns out to be dead. Throws TransportError, whose text names host and port but
  // neither path nor query; Failure(Never) for a header that cannot be sent.
  Task<Reply> send(Request request);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace msghub
