#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msghub {

// Host and port of a URL: the rest of it may hold a password or a token. Pure.
std::string_view place_of(std::string_view url);

// `headers` as the lines that libcurl takes, with those that keep it from adding fields of its own.
// Throws Failure(Never) for a header that cannot be sent.
std::vector<std::string> curl_header_lines(
    const std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace msghub
