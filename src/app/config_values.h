#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace msghub {

// Values of settings whose form is known; each refuses (Invalid) with what was seen and what is
// needed.

// "host:port", "10.0.0.1:443", "[::1]:443", "10.0.0.0/8:443": what the egress policy understands.
Result<void> check_egress_entry(const std::string& entry);

struct ListenAddress {
  std::string host;  // without the brackets of an IPv6 address
  std::uint16_t port = 0;
};
// "127.0.0.1:4680", "[::1]:0".
Result<ListenAddress> read_listen_address(const std::string& listen);

// "https://hub.example.com", with a port and a path if need be. A slash at its end is cut off.
Result<std::string> read_public_url(const std::string& url);

}  // namespace msghub
