#include "app/config_values.h"

#include <arpa/inet.h>
#include <re2/re2.h>

#include <charconv>
#include <optional>

namespace msghub {

namespace {

std::optional<int> whole_number(std::string_view text, int most) {
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  if (value < 0 || value > most) return std::nullopt;
  return value;
}

// How many bits an address of this family has; nothing for a text that is no address.
std::optional<int> bits_of(const std::string& address) {
  in6_addr bytes{};
  if (::inet_pton(AF_INET, address.c_str(), &bytes) == 1) return 32;
  if (::inet_pton(AF_INET6, address.c_str(), &bytes) == 1) return 128;
  return std::nullopt;
}

bool is_target(const std::string& target) {
  static const RE2 kHostName(R"(\w([\w.-]*\w)?\.?)");
  const std::size_t slash = target.find('/');
  const std::optional<int> bits = bits_of(target.substr(0, slash));
  if (slash != std::string::npos)
    return bits && whole_number(std::string_view(target).substr(slash + 1), *bits);
  // A mistyped address of digits and dots alone is no name.
  return bits || (RE2::FullMatch(target, kHostName) &&
                  target.find_first_not_of("0123456789.") != std::string::npos);
}

}  // namespace

Result<void> check_egress_entry(const std::string& entry) {
  const std::size_t colon = entry.rfind(':');
  std::string target = entry.substr(0, colon);
  if (target.starts_with('[') && target.ends_with(']'))
    target = target.substr(1, target.size() - 2);
  const auto port = colon == std::string::npos
                        ? std::nullopt
                        : whole_number(std::string_view(entry).substr(colon + 1), 65'535);
  if (port.value_or(0) > 0 && is_target(target)) return {};
  return refuse(
      Refusal::Code::Invalid,
      "\"" + entry + "\" names no target; needed are host and port, such as " +
          (bits_of(entry) ? entry + ":443" : "10.1.2.3:443, db.internal:5432 or 10.0.0.0/8:443"));
}

Result<ListenAddress> read_listen_address(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::optional<int> port;
  if (colon != std::string::npos)
    port = whole_number(std::string_view(listen).substr(colon + 1), 65'535);
  if (!port || colon == 0)
    return refuse(Refusal::Code::Invalid,
                  "\"" + listen + "\" is no address with port, such as 127.0.0.1:4680");
  std::string host = listen.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return ListenAddress{std::move(host), static_cast<std::uint16_t>(*port)};
}

Result<std::string> read_public_url(const std::string& url) {
  static const RE2 kUrl(R"(https?://(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:/[^\s?#]*)?)");
  if (RE2::FullMatch(url, kUrl)) return url.substr(0, url.find_last_not_of('/') + 1);
  return refuse(Refusal::Code::Invalid,
                "\"" + url + "\" is no address of a hub, such as https://hub.example.com");
}

}  // namespace msghub
