#include "net/curl_text.h"

#include <strings.h>

#include "base/result.h"
#include "net/response_head.h"

namespace msghub {

std::string_view place_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  return url.substr(url.rfind('@') + 1);
}

std::vector<std::string> curl_header_lines(
    const std::vector<std::pair<std::string, std::string>>& headers) {
  std::vector<std::string> lines{"Expect:"};
  bool has_type = false;
  for (const auto& [name, value] : headers) {
    if (!is_sendable(name, value))
      throw Failure(Failure::Retry::Never, "a header that cannot be sent: " + name);
    has_type = has_type || strcasecmp(name.c_str(), "content-type") == 0;
    // "Name;" is how libcurl is told to send an empty value.
    std::string line = name;
    line += value.empty() ? ";" : ": ";
    lines.push_back(std::move(line += value));
  }
  if (!has_type) lines.emplace_back("Content-Type:");
  return lines;
}

}  // namespace msghub
