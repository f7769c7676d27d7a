#include "app/client.h"

#include <cstdlib>
#include <fstream>

#include "app/config.h"
#include "app/exit_code.h"
#include "rule/nearest.h"

namespace msghub {

namespace {

std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

int exit_code_of(unsigned status, const std::string& code) {
  if (code == "rule_has_errors") return kRuleErrors;
  if (code == "examples_failed") return kExamplesFailed;
  if (status == 404) return kNotFound;
  if (status == 401 || status == 403) return kNotAllowed;
  if (status == 409 || status == 412) return kConflict;
  return kFailed;
}

}  // namespace

ApiClient::ApiClient(const Globals& globals, std::chrono::milliseconds patience)
    : patience_(patience) {
  const std::string data = globals.data.empty() ? default_data_folder() : globals.data;
  const char* url = std::getenv("MSGHUB_URL");
  const char* token = std::getenv("MSGHUB_TOKEN");
  url_ = !globals.url.empty() ? globals.url : url != nullptr ? url : first_line(data + "/address");
  token_ = token != nullptr ? token : first_line(data + "/token");
  if (url_.empty())
    throw Failure(Failure::Retry::Later,
                  "no hub has been started on the data folder " + data +
                      "; start one with `msghub serve`, or name one with --data or --url");
}

json::value ApiClient::post(const std::string& path, const json::value& body) const {
  return call("POST", path, to_json(body));
}

json::value ApiClient::put(const std::string& path, const json::value& body) const {
  return call("PUT", path, to_json(body));
}

json::value ApiClient::call(const std::string& method, const std::string& path,
                            const std::string& body) const {
  std::vector<std::pair<std::string, std::string>> headers{{"Authorization", "Bearer " + token_}};
  if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
  const HttpReply reply = http_request(method, url_ + path, headers, body, patience_);
  if (reply.status == 204) return nullptr;
  const Result<json::value> answer = parse_json(reply.body, {.depth = 200});
  if (!answer || reply.status >= 400) {
    ApiError error{
        exit_code_of(reply.status, ""), "the hub answered " + std::to_string(reply.status), {}};
    if (answer && answer->is_object()) {
      error.problem = answer->get_object();
      error.detail = string_or(error.problem, "detail", error.detail);
      error.exit_code = exit_code_of(reply.status, string_or(error.problem, "code"));
    }
    throw error;
  }
  return *answer;
}

json::array ApiClient::list(const std::string& path, std::size_t limit) const {
  json::array out;
  std::string cursor;
  const char joint = path.find('?') == std::string::npos ? '?' : '&';
  do {
    const std::size_t page = std::min<std::size_t>(limit - out.size(), 100);
    const json::value answer = get(path + joint + "limit=" + std::to_string(page) +
                                   (cursor.empty() ? "" : "&cursor=" + url_part(cursor)));
    for (const json::value& entry : answer.at("data").as_array()) out.push_back(entry);
    cursor = string_or(answer.as_object(), "nextCursor");
  } while (!cursor.empty() && out.size() < limit);
  return out;
}

std::string ApiClient::resolve(const std::string& collection, const std::string& name_member,
                               const std::string& id_or_name) const {
  std::vector<std::string> names;
  std::vector<std::string> found;
  for (const json::value& entry : list("/v1/" + collection, 10'000)) {
    const std::string id = string_or(entry.as_object(), "id");
    if (id == id_or_name) return id;
    names.push_back(string_or(entry.as_object(), name_member));
    if (names.back() == id_or_name) found.push_back(id);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1)
    throw ApiError{kConflict,
                   std::to_string(found.size()) + " of the " + collection + " are named \"" +
                       id_or_name + "\"; use an id",
                   {}};
  const std::string near = nearest(id_or_name, names);
  throw ApiError{kNotFound,
                 "none of the " + collection + " is named \"" + id_or_name + "\"" +
                     (near.empty() ? "" : "; did you mean \"" + near + "\"?"),
                 {}};
}

std::string url_part(const std::string& text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (unsigned char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '_' || c == '.' || c == '~') {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  return out;
}

}  // namespace msghub
