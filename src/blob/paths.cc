#include "blob/paths.h"

#include <algorithm>

namespace msghub {

namespace {

bool allowed(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '=' || c == '-';
}

bool is_segment(std::string_view segment) {
  return !segment.empty() && segment.size() <= kBlobSegmentLimit && segment != "." &&
         segment != ".." && std::ranges::all_of(segment, allowed);
}

}  // namespace

Result<void> check_blob_path(std::string_view path) {
  bool fine = path.size() <= kBlobPathLimit;
  std::string_view rest = path;
  while (fine) {
    const std::size_t slash = rest.find('/');
    fine = is_segment(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (fine) return {};
  return refuse(
      Refusal::Code::Invalid,
      "a blob's path has segments of A-Z, a-z, 0-9, '.', '_', '=' and '-', each of 1 to " +
          std::to_string(kBlobSegmentLimit) +
          " bytes and neither \".\" nor \"..\", with "
          "\"/\" between them, " +
          std::to_string(kBlobPathLimit) + " bytes at most");
}

bool is_message_blob(std::string_view path) {
  return path.starts_with("users/") && path.find("/messages/") != std::string_view::npos;
}

}  // namespace msghub
