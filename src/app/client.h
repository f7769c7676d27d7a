#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "net/http.h"

namespace msghub {

// Flags that every command takes.
struct Globals {
  std::string data;    // folder of the hub: where client commands find its address and token
  std::string url;     // of the hub, instead of the address in the data folder
  std::string config;  // file of `serve` and `doctor`
  bool json = false;
  bool no_color = false;
};

// An answer of the hub that is no success: printed as it is, and turned into an exit code.
struct ApiError {
  int exit_code;
  std::string detail;
  json::object problem;
};

// The hub as commands see it. Throws ApiError for refusals, Failure when no hub answers.
class ApiClient {
 public:
  // Activating a rule runs its examples, so patience is long where none is given.
  explicit ApiClient(const Globals& globals,
                     std::chrono::milliseconds patience = std::chrono::seconds(90));
  json::value get(const std::string& path) const { return call("GET", path, {}); }
  json::value post(const std::string& path, const json::value& body = json::object()) const;
  json::value put(const std::string& path, const json::value& body) const;
  void remove(const std::string& path) const { call("DELETE", path, {}); }
  // A page after the other until `limit` entries are there.
  json::array list(const std::string& path, std::size_t limit) const;
  // The id of the rule, channel … that has this id or this name ("name" is its member to compare).
  std::string resolve(const std::string& collection, const std::string& name_member,
                      const std::string& id_or_name) const;
  const std::string& url() const { return url_; }

 private:
  json::value call(const std::string& method, const std::string& path,
                   const std::string& body) const;
  std::chrono::milliseconds patience_;
  std::string url_;
  std::string token_;
};

// What a person typed as part of a path or query, percent-encoded.
std::string url_part(const std::string& text);

}  // namespace msghub
