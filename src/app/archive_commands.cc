#include <array>
#include <map>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "base/describe.h"

namespace msghub {

namespace {

constexpr std::size_t kAllParts = 1'000'000;

struct RangeFlags {
  std::string table, from, to;
};
struct QueryFlags {
  std::string id, channel, rule, status, from, subject, since, until;
  std::size_t limit = 100;
};
struct RestoreFlags {
  std::vector<std::string> ids;
  std::int64_t days = 7;
};

json::array parts_in(const ApiClient& client, const RangeFlags& flags) {
  if (!flags.from.empty() && !flags.to.empty() && flags.from > flags.to)
    throw ApiError{
        kUsage, "the last day, " + flags.to + ", is before the first, " + flags.from, {}};
  std::string path = "/v1/archives";
  char joint = '?';
  for (const auto& [name, value] : {std::pair("table", &flags.table),
                                    std::pair("from", &flags.from), std::pair("to", &flags.to)}) {
    if (value->empty()) continue;
    path += joint + std::string(name) + "=" + url_part(*value);
    joint = '&';
  }
  return client.list(path, kAllParts);
}

std::int64_t number(const json::value& object, std::string_view member) {
  return object.at(member).to_number<std::int64_t>();
}

// "messages 2026-01-05" of a manifest's path.
std::pair<std::string, std::string> table_and_day(const std::string& path) {
  const auto after = [&path](std::string_view name, std::size_t length) {
    const std::size_t at = path.find(name);
    return at == std::string::npos ? std::string() : path.substr(at + name.size(), length);
  };
  const std::size_t slash = path.find('/');
  const std::size_t end = path.find('/', slash + 1);
  return {path.substr(slash + 1, end - slash - 1),
          after("year=", 4) + "-" + after("month=", 2) + "-" + after("day=", 2)};
}

void list_archive(const RangeFlags& flags, const Globals& globals, int& exit_code) {
  const json::array parts = parts_in(ApiClient(globals), flags);
  if (globals.json) return print_json(parts);
  std::map<std::pair<std::string, std::string>, std::array<std::int64_t, 3>> days;
  for (const json::value& part : parts) {
    const std::string path = cell(part, "path");
    if (const json::value* manifest = part.as_object().if_contains("manifest")) {
      auto& [count, items, bytes] = days[table_and_day(path)];
      ++count;
      items += number(*manifest, "count");
      bytes += number(*manifest, "bytes");
    } else {
      std::fprintf(stderr, "msghub: %s\n", cell(part, "problem").c_str());
      exit_code = kFailed;
    }
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [day, sums] : days)
    rows.push_back({day.first, day.second, std::to_string(sums[0]), std::to_string(sums[1]),
                    std::to_string(sums[2])});
  std::fputs(table({"TABLE", "DAY", "PARTS", "ITEMS", "BYTES"}, rows).c_str(), stdout);
}

void verify_archive(const RangeFlags& flags, const Globals& globals, int& exit_code) {
  const ApiClient client(globals);
  const json::array parts = parts_in(client, flags);
  std::int64_t items = 0;
  json::array unsound;
  std::size_t done = 0;
  for (const json::value& part : parts) {
    const std::string path = cell(part, "path");
    const json::value verdict = client.post("/v1/archives:verify", {{"manifest", path}});
    if (verdict.at("sound").as_bool()) {
      items += number(verdict, "count");
    } else {
      unsound.push_back({{"path", path}, {"problem", cell(verdict, "problem")}});
      std::fprintf(stderr, "msghub: %s\n", cell(verdict, "problem").c_str());
    }
    if (++done % 100 == 0) std::fprintf(stderr, "%zu of %zu parts verified\n", done, parts.size());
  }
  if (!unsound.empty()) exit_code = kFailed;
  if (globals.json)
    return print_json({{"parts", parts.size()}, {"items", items}, {"unsound", unsound}});
  std::printf("%zu parts with %lld items verified: %zu unsound\n", parts.size(),
              static_cast<long long>(items), unsound.size());
}

json::object filter_of(const QueryFlags& flags, const ApiClient& client) {
  json::object filter;
  const auto add = [&filter](const char* name, const std::string& value) {
    if (!value.empty()) filter[name] = value;
  };
  add("id", flags.id);
  add("status", flags.status);
  add("from", flags.from);
  add("subject", flags.subject);
  add("since", flags.since);
  add("until", flags.until);
  if (!flags.channel.empty())
    filter["channelId"] = client.resolve("channels", "name", flags.channel);
  if (!flags.rule.empty()) filter["ruleId"] = client.resolve("rules", "name", flags.rule);
  return filter;
}

// Asks the hub about one part after the other and goes on past those that cannot be read: the
// others are as good as ever.
class Parts {
 public:
  Parts(const ApiClient& client, const Globals& globals) : client_(client), globals_(globals) {}

  // Nothing when the part cannot be read, which has been told then.
  std::optional<json::value> ask(const char* path, const json::value& part, json::object request) {
    request["manifest"] = cell(part, "path");
    try {
      return client_.post(path, request);
    } catch (const ApiError& error) {
      const std::string code = string_or(error.problem, "code");
      if (code != "damaged_part" && code != "not_found") throw;
      json::object problem{{"path", cell(part, "path")}, {"problem", error.detail}};
      if (globals_.json)
        std::fprintf(stderr, "%s\n", to_json(problem).c_str());
      else
        std::fprintf(stderr, "msghub: %s\n", error.detail.c_str());
      unsound_.push_back(std::move(problem));
    }
    return std::nullopt;
  }
  const json::array& unsound() const { return unsound_; }
  // How a command ends that left parts out.
  void tell_end(int& exit_code) const {
    if (unsound_.empty()) return;
    exit_code = kFailed;
    if (!globals_.json)
      std::fprintf(stderr,
                   "msghub: %zu parts could not be read; see \"Damaged parts\" in "
                   "docs/operations/retention.md\n",
                   unsound_.size());
  }

 private:
  const ApiClient& client_;
  const Globals& globals_;
  json::array unsound_;
};

void query_archive(const RangeFlags& range, const QueryFlags& flags, const Globals& globals,
                   int& exit_code) {
  const ApiClient client(globals);
  const json::object filter = filter_of(flags, client);
  json::array found;
  Parts parts(client, globals);
  for (const json::value& part : parts_in(client, range)) {
    if (found.size() >= flags.limit) break;
    const std::size_t limit = std::min<std::size_t>(flags.limit - found.size(), 1000);
    const auto answer =
        parts.ask("/v1/archives:query", part, {{"filter", filter}, {"limit", limit}});
    if (!answer) continue;
    for (const json::value& item : answer->at("data").as_array()) found.push_back(item);
  }
  parts.tell_end(exit_code);
  if (globals.json) return print_json(found);
  std::vector<std::vector<std::string>> rows;
  for (const json::value& item : found) {
    const bool message = item.as_object().contains("receivedAt");
    const json::value parsed = message ? item.at("parsedContent") : json::object();
    rows.push_back({cell(item, "id"), cell(item, message ? "receivedAt" : "startedAt"),
                    cell(item, "status"), message ? cell(parsed, "from") : cell(item, "ruleId"),
                    message ? cell(parsed, "subject") : cell(item, "messageId")});
  }
  const bool messages = range.table != "executions";
  std::fputs(table({"ID", messages ? "RECEIVED" : "STARTED", "STATUS", messages ? "FROM" : "RULE",
                    messages ? "SUBJECT" : "MESSAGE"},
                   rows)
                 .c_str(),
             stdout);
}

void restore_archive(const RangeFlags& range, const RestoreFlags& flags, const Globals& globals,
                     int& exit_code) {
  if (range.from.empty() && range.to.empty() && flags.ids.empty())
    throw ApiError{kUsage, "say what to restore: --from and --to (days), or --id", {}};
  const ApiClient client(globals);
  json::object request{{"days", flags.days}};
  if (!flags.ids.empty()) request["ids"] = to_json_value(flags.ids);
  std::int64_t restored = 0;
  std::int64_t present = 0;
  json::array listed = parts_in(client, range);
  // The youngest first: of an item in two parts it has the last word.
  std::ranges::reverse(listed);
  Parts parts(client, globals);
  for (const json::value& part : listed) {
    const auto report = parts.ask("/v1/archives:restore", part, request);
    if (!report) continue;
    restored += number(*report, "restored");
    present += number(*report, "present");
  }
  parts.tell_end(exit_code);
  if (globals.json)
    return print_json({{"restored", restored}, {"present", present}, {"unsound", parts.unsound()}});
  std::printf("%lld restored for %lld days, %lld were in the store already\n",
              static_cast<long long>(restored), static_cast<long long>(flags.days),
              static_cast<long long>(present));
}

void sweep(const Globals& globals, int& exit_code) {
  const ApiClient client(globals);
  json::array reports;
  bool finished = false;
  while (!finished) {
    const json::value report = client.post("/v1/retention:sweep");
    const bool hindered = !report.at("troubles").as_array().empty();
    finished = report.at("finished").as_bool() || hindered;
    if (hindered) exit_code = kFailed;
    reports.push_back(report);
    if (globals.json) continue;
    std::printf("%lld archived in %lld parts, %lld deleted, %lld held\n",
                static_cast<long long>(number(report, "archived")),
                static_cast<long long>(number(report, "parts")),
                static_cast<long long>(number(report, "deleted")),
                static_cast<long long>(number(report, "held")));
    if (report.as_object().contains("deletionPaused"))
      std::printf("nothing was deleted: %s\n", cell(report, "deletionPaused").c_str());
    for (const json::value& why : report.at("troubles").as_array())
      std::fprintf(stderr, "msghub: %s\n", std::string(why.as_string()).c_str());
  }
  if (globals.json) print_json(reports);
}

std::string check_day(const std::string& text) {
  if (text.size() == 10 && from_iso8601(text + "T00:00:00Z")) return "";
  return "\"" + text + "\" is no day such as 2026-01-05";
}

void add_range(CLI::App& command, RangeFlags& flags, const char* from = "--from",
               const char* to = "--to") {
  command.add_option("--table", flags.table, "messages or executions (default: both)")
      ->check(CLI::IsMember({"messages", "executions"}));
  command.add_option(from, flags.from, "first day, such as 2026-01-05 (UTC)")
      ->check(check_day, "DAY");
  command.add_option(to, flags.to, "last day")->check(check_day, "DAY");
}

}  // namespace

void add_archive_commands(CLI::App& root, Globals& globals, int& exit_code) {
  CLI::App* archive = root.add_subcommand("archive", "Messages and executions past their time");
  archive->require_subcommand(1);
  auto range = std::make_shared<RangeFlags>();
  auto query = std::make_shared<QueryFlags>();
  auto restore = std::make_shared<RestoreFlags>();

  CLI::App* list = archive->add_subcommand("list", "What the archive holds, by table and day");
  add_range(*list, *range);
  list->footer("Examples:\n  msghub archive list\n  msghub archive list --table messages --json");
  list->callback([range, &globals, &exit_code] { list_archive(*range, globals, exit_code); });

  CLI::App* verify = archive->add_subcommand("verify", "Hold every part against its manifest");
  add_range(*verify, *range);
  verify->footer("Examples:\n  msghub archive verify\n  msghub archive verify --from 2026-01-01");
  verify->callback([range, &globals, &exit_code] { verify_archive(*range, globals, exit_code); });

  CLI::App* find = archive->add_subcommand("query", "Search the archive");
  add_range(*find, *range, "--from-day", "--to-day");
  find->add_option("--id", query->id, "of a message or an execution");
  find->add_option("--channel", query->channel, "id or name");
  find->add_option("--rule", query->rule, "that matched, or ran (id or name)");
  find->add_option("--status", query->status, "processed, failed, success …");
  find->add_option("--from", query->from, "part of the sender");
  find->add_option("--subject", query->subject, "part of the subject");
  find->add_option("--since", query->since, "at or after, such as 2026-01-05T12:00:00Z");
  find->add_option("--until", query->until, "before");
  find->add_option("--limit", query->limit)
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, kAllParts));
  find->footer(
      "Examples:\n  msghub archive query --subject invoice --from-day 2026-01-01\n"
      "  msghub archive query --table executions --status failed --json");
  find->callback(
      [range, query, &globals, &exit_code] { query_archive(*range, *query, globals, exit_code); });

  CLI::App* back = archive->add_subcommand("restore", "Put items back into the store for a time");
  add_range(*back, *range);
  back->add_option("--id", restore->ids, "only this one; may be repeated");
  back->add_option("--days", restore->days, "how long they stay")
      ->capture_default_str()
      ->check(CLI::Range(1, 3650));
  back->footer(
      "Examples:\n  msghub archive restore --from 2026-01-05 --to 2026-01-06\n"
      "  msghub archive restore --id ID --days 30");
  back->callback([range, restore, &globals, &exit_code] {
    restore_archive(*range, *restore, globals, exit_code);
  });

  CLI::App* now = archive->add_subcommand("sweep", "Archive and delete what is due, now");
  now->footer("Examples:\n  msghub archive sweep\n  msghub archive sweep --json");
  now->callback([&globals, &exit_code] { sweep(globals, exit_code); });
}

}  // namespace msghub
