#include "api/in_use.h"

#include <algorithm>

#include "api/router.h"
#include "store/rules.h"

namespace msghub {

namespace {

constexpr std::size_t kNamed = 10;

using Needs = std::function<bool(const Rule&)>;

HttpResponse needed_by(const std::vector<std::string>& rules, const std::string& what) {
  std::string names;
  for (std::size_t i = 0; i < rules.size() && i < kNamed; ++i)
    names += (i > 0 ? ", " : "") + ("\"" + rules[i] + "\"");
  if (rules.size() > kNamed) names += " and " + std::to_string(rules.size() - kNamed) + " more";
  return problem(
      409, "in_use",
      what + " is used by active rules: " + names +
          ". Pause them first, or remove it all the same with --force (in the API: force=true)");
}

Task<std::optional<HttpResponse>> needed(std::string what, Needs needs, Hub& hub) {
  Rules rules(hub.tables);
  std::vector<std::string> found;
  std::string cursor;
  do {
    const Result<PageOf<Rule>> page =
        co_await rules.list_active_rules_for_user(hub.user, Paging{100, cursor});
    for (const Rule& rule : page.value().items)
      if (needs(rule)) found.push_back(rule.name);
    cursor = page->cursor;
  } while (!cursor.empty());
  if (found.empty()) co_return std::nullopt;
  co_return needed_by(found, what);
}

}  // namespace

Task<std::optional<HttpResponse>> in_use(const Call& call, const Channel& channel, Hub& hub) {
  if (call.query("force") == "true") co_return std::nullopt;
  Needs needs = [id = channel.id](const Rule& rule) {
    return std::ranges::count(rule.metadata.triggers, id, &TriggerConfig::channel_id) > 0;
  };
  co_return co_await needed("the channel \"" + channel.name + "\"", std::move(needs), hub);
}

Task<std::optional<HttpResponse>> in_use(const Call& call, const Integration& connection,
                                         Hub& hub) {
  if (call.query("force") == "true") co_return std::nullopt;
  // As the rule's manifest names it: "google Ledger".
  Needs needs = [name = std::string(wire_name(connection.service)) + " " +
                        connection.display_name](const Rule& rule) {
    return rule.metadata.manifest &&
           std::ranges::count(rule.metadata.manifest->connections, name) > 0;
  };
  co_return co_await needed("the connection \"" + connection.display_name + "\"", std::move(needs),
                            hub);
}

}  // namespace msghub
