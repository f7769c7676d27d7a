#include "watch/changes.h"

#include <charconv>

#include "api/handlers.h"

namespace msghub {

namespace {

constexpr std::size_t kMostChanges = 1000;  // a page
constexpr int kLongestWait = 25;            // seconds: proxies cut what is silent for 30

Result<std::size_t> number_of(const Call& call, std::string_view name, std::size_t otherwise,
                              std::size_t least, std::size_t most) {
  const std::optional<std::string> text = call.query(name);
  if (!text) return otherwise;
  std::size_t value = 0;
  const auto parsed = std::from_chars(text->data(), text->data() + text->size(), value);
  if (parsed.ec == std::errc() && parsed.ptr == text->data() + text->size() && value >= least &&
      value <= most)
    return value;
  return refuse(Refusal::Code::Invalid, std::string(name) + " has to be a whole number from " +
                                            std::to_string(least) + " to " + std::to_string(most));
}

// "Messages,Executions"
Result<std::set<Table>> tables_of(const Call& call) {
  std::set<Table> out;
  std::string names = call.query("table").value_or("");
  while (!names.empty()) {
    const std::string name = names.substr(0, names.find(','));
    names.erase(0, std::min(names.size(), name.size() + 1));
    const std::optional<Table> table = table_named(name);
    if (!table)
      return refuse(Refusal::Code::Invalid,
                    "table: there is none \"" + name +
                        "\"; there are Users, Rules, Channels, Messages, Executions, RuleProjects "
                        "and Integrations");
    out.insert(*table);
  }
  return out;
}

Result<ChangesQuery> changes_query(const Call& call, Hub& hub) {
  ChangesQuery query;
  query.cursor = call.query("cursor").value_or("oldest");
  Result<std::set<Table>> tables = tables_of(call);
  if (!tables) return std::unexpected(tables.error());
  query.tables = std::move(*tables);
  const Result<std::size_t> limit = number_of(call, "limit", query.limit, 1, kMostChanges);
  if (!limit) return std::unexpected(limit.error());
  query.limit = *limit;
  const Result<std::size_t> wait = number_of(call, "wait", 0, 0, kLongestWait);
  if (!wait) return std::unexpected(wait.error());
  query.wait = std::chrono::seconds(*wait);
  query.pause = hub.feed_pause;
  query.stopped = [&hub] { return hub.stopping; };
  return query;
}

}  // namespace

Task<HttpResponse> list_changes(Call call, Hub& hub) {
  Result<ChangesQuery> query = changes_query(call, hub);
  if (!query) co_return refused(query.error());
  Result<ShownChanges> page = co_await read_changes(std::move(*query), hub.feed);
  if (!page && page.error().code == Refusal::Code::NotFound)
    co_return problem(410, "gone",
                      "the changes after this cursor are no longer kept: read the lists "
                      "(messages, executions, rules …) anew and go on with cursor=oldest; what you "
                      "then see twice has the same id");
  if (!page) co_return refused(page.error());
  json::array data;
  for (json::object& change : page->changes) data.push_back(std::move(change));
  co_return json_response(
      200,
      {{"data", std::move(data)}, {"nextCursor", page->cursor}, {"caughtUp", page->caught_up}});
}

}  // namespace msghub
