#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace msghub {

struct ReplyFrame {
  std::string_view request_id;
  std::string_view date;  // IMF-fixdate
  bool keep_alive = true;
  bool http_1_0 = false;  // the client must be told that the connection stays
};

// Whether a header can be sent as it is: a token as name, no control characters in the value.
bool is_sendable(std::string_view name, std::string_view value);

// The status line and header block of `response`, with what every answer of the hub carries:
// X-Request-Id, Cache-Control: no-store, X-Content-Type-Options: nosniff (a Cache-Control of the
// response itself wins). Content-Length is that of `response.body`; Content-Length, Connection,
// Transfer-Encoding and Date of the response are left out, since they are the server's to say.
// Pure.
std::string response_head(const HttpResponse& response, const ReplyFrame& frame);

// 204 and 304 have no body, whatever the handler put there.
bool status_has_body(unsigned status);

// "Sun, 22 Nov 2026 10:00:00 GMT"
std::string http_date(std::int64_t seconds_since_1970);

}  // namespace msghub
