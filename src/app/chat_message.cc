#include "app/chat_message.h"

#include <algorithm>

#include "rule/nearest.h"

namespace msghub {

ParsedMessage read_chat(std::string_view text) {
  ParsedMessage out;
  const std::size_t end = std::min(text.find("\n\n"), text.size());
  if (end < text.size()) out.body = text.substr(end + 2);
  if (out.body.ends_with('\n')) out.body.pop_back();
  std::map<std::string, std::string>& headers = out.headers.emplace();
  for (std::size_t at = 0; at < end;) {
    const std::size_t stop = std::min(text.find('\n', at), end);
    const std::string_view line = text.substr(at, stop - at);
    at = stop + 1;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string name = lower_ascii(trim(line.substr(0, colon)));
    if (!name.empty()) headers[name] = trim(line.substr(colon + 1));
  }
  if (const auto from = headers.find("from"); from != headers.end()) out.from = from->second;
  if (const auto to = headers.find("to"); to != headers.end()) out.to = to->second;
  if (const auto thread = headers.find("thread"); thread != headers.end())
    out.payload = json::object{{"thread_ts", thread->second}};
  return out;
}

}  // namespace msghub
