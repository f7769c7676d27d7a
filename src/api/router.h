#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/hub.h"
#include "base/strict_json.h"
#include "net/http.h"

namespace msghub {

// One request on its way through a route.
struct Call {
  HttpRequest request;
  std::map<std::string, std::string, std::less<>> path;  // "{id}" of the pattern by name

  std::string path_value(std::string_view name) const;
  std::optional<std::string> query(std::string_view name) const;
};

using RouteHandler = Task<HttpResponse> (*)(Call call, Hub& hub);

struct Route {
  std::string method;
  std::string pattern;  // "/v1/rules/{id}:activate"; a {name} stands for one segment or its start
  RouteHandler handler;
  bool open = false;               // needs no bearer token
  std::vector<std::string> query;  // the query parameters that it knows; others are refused
};

// All routes of the hub; the same list that protocol/openapi.yaml describes.
const std::vector<Route>& routes();

// Finds the route, checks the token, and calls the handler. Unknown path: 404; known path with
// another method: 405 with Allow; an unknown query parameter: 400.
Task<HttpResponse> answer(HttpRequest request, Hub& hub);

// Helpers for handlers.
HttpResponse json_response(unsigned status, const json::value& body);
HttpResponse refused(const Refusal& refusal);
Result<json::object> json_body(const HttpRequest& request);

// The body as a described struct. Refuses (Invalid) what is no JSON object, unknown members, and
// members that are missing or of another type, by their path.
template <class T>
Result<T> body_as(const HttpRequest& request) {
  const Result<json::object> body = json_body(request);
  if (!body) return std::unexpected(body.error());
  return from_strict_json<T>(*body);
}

// {"data": […], "nextCursor": "…"}; the cursor is left out on the last page.
HttpResponse page_response(json::array data, const std::string& cursor);
// "limit" (1 to 100, default 25) and "cursor" of the query.
struct PageRequest {
  std::size_t limit = 25;
  std::string cursor;
};
Result<PageRequest> page_request(const Call& call);

}  // namespace msghub
