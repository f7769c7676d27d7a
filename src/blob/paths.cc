#include "blob/paths.h"

#include <algorithm>
#include <map>

#include "base/crypto.h"

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

constexpr std::size_t kExtensionLimit = 20;  // bytes, encoded; a longer one is part of the name

std::string escape(std::string_view text) {
  const bool only_dots = text == "." || text == "..";
  std::string out;
  for (const char c : text) {
    if (allowed(c) && c != '=' && !(only_dots && c == '.')) {
      out += c;
      continue;
    }
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += {'=', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out.empty() ? "=" : out;
}

// Where `mark` goes: before the extension, if there is one behind a name.
std::size_t end_of_stem(std::string_view escaped) {
  const std::size_t dot = escaped.rfind('.');
  const bool is_extension =
      dot != std::string_view::npos && dot > 0 && escaped.size() - dot <= kExtensionLimit;
  return is_extension ? dot : escaped.size();
}

// Cut and marked so that it is a segment. An escape is not cut in two.
std::string marked(std::string_view escaped, std::string_view mark) {
  std::size_t stem = end_of_stem(escaped);
  const std::string_view extension = escaped.substr(stem);
  stem = std::min(stem, kBlobSegmentLimit - mark.size() - extension.size());
  if (stem >= 1 && escaped[stem - 1] == '=') stem -= 1;
  if (stem >= 2 && escaped[stem - 2] == '=') stem -= 2;
  return std::string(escaped.substr(0, stem)).append(mark).append(extension);
}

std::string segment_of(std::string_view text, std::size_t ordinal) {
  const std::string escaped = escape(text);
  std::string mark = ordinal > 1 ? "=-" + std::to_string(ordinal) : "";
  if (escaped.size() + mark.size() > kBlobSegmentLimit)
    mark = "=_" + sha256_hex(text).substr(0, 32) + mark;
  return mark.empty() ? escaped : marked(escaped, mark);
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

std::string blob_segment(std::string_view text) { return segment_of(text, 1); }

std::string attachment_blob_path(const UserId& user, const MessageId& message,
                                 std::string_view file_name, std::size_t ordinal) {
  return "users/" + user.value + "/messages/" + message.value + "/attachments/" +
         segment_of(file_name, ordinal);
}

std::vector<std::string> attachment_blob_paths(const UserId& user, const MessageId& message,
                                               const std::vector<std::string>& file_names) {
  std::map<std::string, std::size_t> seen;
  std::vector<std::string> paths;
  for (const std::string& name : file_names)
    paths.push_back(attachment_blob_path(user, message, name, ++seen[name]));
  return paths;
}

bool is_message_blob(std::string_view path) {
  return path.starts_with("users/") && path.find("/messages/") != std::string_view::npos;
}

}  // namespace msghub
