#include "base/written_http.h"

#include <algorithm>

namespace msghub {

namespace {

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

// "POST /orders HTTP/1.1", also without the version.
bool is_request_line(std::string_view line) {
  const std::size_t blank = std::min(line.find(' '), line.size());
  const std::string_view method = line.substr(0, blank);
  const std::string_view rest = without_blanks(line.substr(blank));
  const std::string_view target = rest.substr(0, rest.find(' '));
  const std::string_view version = without_blanks(rest.substr(target.size()));
  return !method.empty() &&
         std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         (target.starts_with('/') || target.starts_with("http://") ||
          target.starts_with("https://")) &&
         (version.empty() || version.starts_with("HTTP/"));
}

bool equal_without_case(std::string_view left, std::string_view right) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(left, right, {}, lower, lower);
}

}  // namespace

const WrittenHttp::Header* WrittenHttp::find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [name](const Header& header) { return equal_without_case(header.name, name); });
  return found == headers.end() ? nullptr : &*found;
}

WrittenHttp split_written_http(std::string_view text) {
  WrittenHttp out;
  out.body_end = text.size();
  if (text.ends_with('\n')) out.body_end -= text.ends_with("\r\n") ? 2 : 1;
  out.body = out.body_end;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = without_blanks(text.substr(begin, end - begin));
    if (line.empty()) {
      out.body = std::min(end + 1, out.body_end);
      return out;
    }
    const std::size_t colon = std::min(text.find(':', begin), end);
    const std::string_view name = text.substr(begin, colon - begin);
    if (colon < end && is_token(name))
      out.headers.push_back({std::string(name),
                             std::string(without_blanks(text.substr(colon + 1, end - colon - 1))),
                             begin, end});
    else if (begin > 0 || !is_request_line(line)) {
      out.stray = {begin, end};
      return out;
    }
    begin = end + 1;
  }
  return out;
}

}  // namespace msghub
