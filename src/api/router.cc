#include "api/router.h"

#include <algorithm>
#include <charconv>

#include "api/handlers.h"
#include "base/crypto.h"

namespace msghub {

namespace {

// Matches "/v1/rules/{id}:activate" against a path; fills `values`.
bool matches(std::string_view pattern, std::string_view path,
             std::map<std::string, std::string, std::less<>>& values) {
  while (!pattern.empty()) {
    if (pattern.front() != '{') {
      if (path.empty() || path.front() != pattern.front()) return false;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
      continue;
    }
    const std::size_t close = pattern.find('}');
    const std::string name(pattern.substr(1, close - 1));
    pattern.remove_prefix(close + 1);
    const std::size_t end = path.find_first_of("/:");
    const std::string_view value = path.substr(0, end);
    if (value.empty()) return false;
    values[name] = std::string(value);
    path.remove_prefix(value.size());
  }
  return path.empty();
}

bool carries_token(const HttpRequest& request, const Hub& hub) {
  const std::string* header = request.headers.only("authorization");
  constexpr std::string_view kScheme = "Bearer ";
  if (header == nullptr || !header->starts_with(kScheme)) return false;
  return constant_time_equal(sha256(std::string_view(*header).substr(kScheme.size())),
                             hub.token_sha256);
}

std::optional<std::string> unknown_parameter(const HttpRequest& request, const Route& route) {
  for (const auto& [name, value] : request.query)
    if (std::ranges::find(route.query, name) == route.query.end()) return name;
  return std::nullopt;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<std::string> kPage{"limit", "cursor"};
  static const std::vector<Route> all{
      {"GET", "/healthz", get_health, true, {}},
      {"GET", "/readyz", get_readiness, true, {}},
      {"POST", "/in/{token}", receive_message, true, {}},
      {"GET", "/v1/status", get_status, false, {}},
      {"GET", "/v1/metrics", get_metrics, false, {}},
      {"POST", "/v1/rules:compile", compile_markdown, false, {}},
      {"GET", "/v1/rules", list_rules, false, {"status", "limit", "cursor"}},
      {"POST", "/v1/rules", create_rule, false, {}},
      {"GET", "/v1/rules/{id}", get_rule, false, {}},
      {"PUT", "/v1/rules/{id}", replace_rule, false, {}},
      {"DELETE", "/v1/rules/{id}", delete_rule, false, {}},
      {"POST", "/v1/rules/{id}:activate", activate_rule, false, {}},
      {"POST", "/v1/rules/{id}:pause", pause_rule, false, {}},
      {"POST", "/v1/rules/{id}:rollback", rollback_rule, false, {}},
      {"GET", "/v1/rules/{id}/versions", list_rule_versions, false, {}},
      {"GET", "/v1/rules/{id}/versions/{version}", get_rule_version, false, {}},
      {"GET", "/v1/rules/{id}/versions/{version}/artefact", get_rule_artefact, false, {}},
      {"GET", "/v1/rules/{id}/versions/{version}/image", get_rule_image, false, {}},
      {"POST", "/v1/rules/{id}/versions/{version}:image", build_rule_image, false, {}},
      {"GET", "/v1/channels", list_channels, false, kPage},
      {"POST", "/v1/channels", create_channel, false, {}},
      {"GET", "/v1/channels/{id}", get_channel, false, {}},
      {"DELETE", "/v1/channels/{id}", delete_channel, false, {"force"}},
      {"GET", "/v1/connections", list_connections, false, kPage},
      {"POST", "/v1/connections", create_connection, false, {}},
      {"GET", "/v1/connections/{id}", get_connection, false, {}},
      {"DELETE", "/v1/connections/{id}", delete_connection, false, {"force"}},
      {"GET", "/v1/messages", list_messages, false, {"channelId", "status", "limit", "cursor"}},
      {"GET", "/v1/messages/{id}", get_message, false, {}},
      {"GET", "/v1/messages/{id}/raw", get_raw_message, false, {}},
      {"GET", "/v1/messages/{id}/attachments/{number}", get_attachment, false, {}},
      {"GET", "/v1/messages/{id}/trace", get_message_trace, false, {"ruleId"}},
      {"GET",
       "/v1/executions",
       list_executions,
       false,
       {"ruleId", "messageId", "status", "limit", "cursor"}},
      {"GET", "/v1/executions/{id}", get_execution, false, {}},
      {"POST", "/v1/executions/{id}:retry", retry_execution, false, {}},
      {"GET", "/v1/audit", list_audit_entries, false, {"order", "limit", "cursor"}},
      {"GET", "/v1/audit/head", get_audit_head, false, {}},
      {"GET", "/v1/retention", get_retention, false, {}},
      {"POST", "/v1/retention:sweep", sweep_now, false, {}},
      {"GET", "/v1/archives", list_archives, false, {"table", "from", "to", "limit", "cursor"}},
      {"POST", "/v1/archives:verify", verify_archive, false, {}},
      {"POST", "/v1/archives:query", query_archive, false, {}},
      {"POST", "/v1/archives:restore", restore_archive, false, {}},
      {"POST", "/v1/backups", create_backup, false, {}},
      {"GET", "/v1/backups/{id}", get_backup, false, {}},
      {"POST", "/v1/resume", resume_hub, false, {}},
      {"GET", "/v1/changes", list_changes, false, {"cursor", "limit", "wait", "table"}},
  };
  return all;
}

Task<HttpResponse> answer(HttpRequest request, Hub& hub) {
  std::string allowed;
  for (const Route& route : routes()) {
    Call call;
    if (!matches(route.pattern, request.path, call.path)) continue;
    const bool fits =
        route.method == request.method || (route.method == "GET" && request.method == "HEAD");
    if (!fits) {
      allowed += (allowed.empty() ? "" : ", ") + route.method;
      continue;
    }
    if (!route.open && !carries_token(request, hub)) {
      HttpResponse response = problem(
          401, "unauthorized",
          "send the hub's token as \"Authorization: Bearer …\"; it is in the file \"token\" "
          "of the hub's data folder");
      response.headers.emplace_back("WWW-Authenticate", "Bearer");
      co_return response;
    }
    if (const auto unknown = unknown_parameter(request, route))
      co_return problem(
          400, "unknown_parameter",
          "there is no query parameter \"" + *unknown + "\" here; known: " + joined(route.query));
    call.request = std::move(request);
    co_return co_await route.handler(std::move(call), hub);
  }
  if (allowed.empty()) co_return problem(404, "not_found", "there is nothing at " + request.path);
  HttpResponse response = problem(405, "method_not_allowed", "use one of: " + allowed);
  response.headers.emplace_back("Allow", allowed);
  co_return response;
}

std::string Call::path_value(std::string_view name) const {
  const auto found = path.find(name);
  return found == path.end() ? std::string() : found->second;
}

std::optional<std::string> Call::query(std::string_view name) const {
  for (const auto& [key, value] : request.query)
    if (key == name) return value;
  return std::nullopt;
}

HttpResponse json_response(unsigned status, const json::value& body) {
  HttpResponse response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "application/json");
  response.body = to_json(body);
  return response;
}

HttpResponse refused(const Refusal& refusal) {
  switch (refusal.code) {
    case Refusal::Code::Invalid:
      return problem(400, "invalid", refusal.detail);
    case Refusal::Code::NotFound:
      return problem(404, "not_found", refusal.detail);
    case Refusal::Code::Duplicate:
      return problem(409, "duplicate", refusal.detail);
    case Refusal::Code::Conflict:
      return problem(409, "conflict", refusal.detail);
    case Refusal::Code::Unauthorized:
      return problem(401, "unauthorized", refusal.detail);
    case Refusal::Code::Forbidden:
      return problem(403, "forbidden", refusal.detail);
    case Refusal::Code::TooLarge:
      return problem(413, "too_large", refusal.detail);
    case Refusal::Code::Unsupported:
      return problem(415, "unsupported", refusal.detail);
  }
  return problem(400, "invalid", refusal.detail);
}

Result<json::object> json_body(const HttpRequest& request) {
  Result<json::value> parsed = parse_json(request.body);
  if (!parsed) return std::unexpected(parsed.error());
  if (!parsed->is_object())
    return refuse(Refusal::Code::Invalid, "the body has to be one JSON object");
  return std::move(parsed->get_object());
}

HttpResponse page_response(json::array data, const std::string& cursor) {
  json::object body{{"data", std::move(data)}};
  if (!cursor.empty()) body["nextCursor"] = cursor;
  return json_response(200, body);
}

Result<PageRequest> page_request(const Call& call) {
  PageRequest page;
  page.cursor = call.query("cursor").value_or("");
  if (const auto limit = call.query("limit")) {
    const auto parsed = std::from_chars(limit->data(), limit->data() + limit->size(), page.limit);
    if (parsed.ec != std::errc() || parsed.ptr != limit->data() + limit->size() || page.limit < 1 ||
        page.limit > 100)
      return refuse(Refusal::Code::Invalid, "limit has to be a whole number from 1 to 100");
  }
  return page;
}

}  // namespace msghub
