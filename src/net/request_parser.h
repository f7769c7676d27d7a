#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"

namespace msghub {

// What the server answers to a request that it does not hand to the handler.
struct HttpRefusal {
  unsigned status = 400;
  std::string code;
  std::string detail;
};

// Reads HTTP/1.1 requests from bytes, without a socket or a clock: the server feeds it, and so do
// tests and the fuzzer. Enforces every size of HttpLimits and refuses what two readers could
// understand differently (bare LF, folded headers, two lengths, odd transfer encodings).
// One request after another on one object; not thread-safe.
class RequestParser {
 public:
  enum class Stage { Head, Body, Done, Refused };

  explicit RequestParser(const HttpLimits& limits);
  ~RequestParser();

  // Reads from the front of `bytes` and returns how many are used up. The rest must come again,
  // at the front, with more behind it. Uses up nothing once the stage is Done or Refused.
  std::size_t put(std::string_view bytes);

  Stage stage() const;
  // The client waits for "100 Continue" before it sends the body. True from Body on.
  bool expects_continue() const;
  // Whether the client takes another answer on this connection. True from Body on.
  bool keep_alive() const;
  bool is_http_1_0() const;
  std::size_t body_received() const;   // bytes of the body so far
  const HttpRefusal& refusal() const;  // in stage Refused

  // In stage Done: hands out the request and begins with the next one.
  HttpRequest take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace msghub
