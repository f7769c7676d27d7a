#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msghub {

// A request as people write it down, in a rule's example or a .http file: a line such as
// "POST /orders HTTP/1.1", which may be left out, a header a line, an empty line, the body. The
// line end behind the body is the notation's. Offsets are bytes of the text.
struct WrittenHttp {
  struct Header {
    std::string name;
    std::string value;  // without blanks around it
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::vector<Header> headers;
  std::size_t body = 0;  // [body, body_end)
  std::size_t body_end = 0;
  // The first line before the body that is no header; reading ends there.
  struct Line {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::optional<Line> stray;

  const Header* find(std::string_view name) const;  // the first of this name, in any case
};

// Lines end with LF or CRLF. Pure, total.
WrittenHttp split_written_http(std::string_view text);

}  // namespace msghub
