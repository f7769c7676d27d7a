#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "app/change_export.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/engines.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "watch/changes.h"

namespace msghub {

namespace fs = std::filesystem;

namespace {

constexpr int kWait = 25;            // seconds that one request waits for a change
constexpr std::size_t kPage = 1000;  // changes
constexpr std::chrono::seconds kPauseWithoutHub{1};

struct ChangesFlags {
  bool follow = false;
  std::string since = "oldest";
  std::vector<std::string> tables;
  std::string output;
  std::string cursor_file;
};

[[noreturn]] void throw_gone(const ChangesFlags& flags) {
  throw ApiError{
      kNotFound,
      "the changes after this place are no longer kept: something is missing in the "
      "export. Read the lists anew (msghub message list …), then go on" +
          (flags.cursor_file.empty() ? std::string(" with --since oldest")
                                     : ": remove " + flags.cursor_file + " and use --since oldest"),
      {}};
}

// From the hub.
ShownChanges ask_hub(const std::string& cursor, const ChangesFlags& flags, const Globals& globals) {
  std::string path = "/v1/changes?limit=" + std::to_string(kPage) + "&cursor=" + url_part(cursor);
  if (flags.follow) path += "&wait=" + std::to_string(kWait);
  std::string tables;
  for (const std::string& table : flags.tables) tables += (tables.empty() ? "" : ",") + table;
  if (!tables.empty()) path += "&table=" + url_part(tables);
  try {
    const json::value answer = ApiClient(globals).get(path);
    ShownChanges page;
    for (const json::value& change : answer.at("data").as_array())
      page.changes.push_back(change.as_object());
    page.cursor = string_or(answer.as_object(), "nextCursor");
    page.caught_up = answer.at("caughtUp").as_bool();
    return page;
  } catch (const ApiError& error) {
    if (string_or(error.problem, "code") == "gone") throw_gone(flags);
    const json::value* status = error.problem.if_contains("status");
    const bool passes = status != nullptr && status->is_int64() && status->get_int64() >= 500;
    if (passes) throw Failure(Failure::Retry::Later, error.detail);
    throw;
  }
}

// From the store itself.
ShownChanges ask_store(const std::string& cursor, const ChangesFlags& flags, Offline& hub) {
  ChangesQuery query;
  query.cursor = cursor;
  query.limit = kPage;
  for (const std::string& table : flags.tables) query.tables.insert(*table_named(table));
  if (flags.follow) query.wait = std::chrono::seconds(kWait);
  query.pause = std::chrono::seconds(1);
  Result<ShownChanges> page = hub.run(read_changes(std::move(query), hub.engines().feed()));
  if (page) return std::move(*page);
  if (page.error().code == Refusal::Code::NotFound) throw_gone(flags);
  throw ApiError{kUsage, page.error().detail, {}};
}

// One run of `msghub changes`.
class Changes {
 public:
  Changes(const Globals& globals, const ChangesFlags& flags)
      : globals_(globals), flags_(flags), out_(flags.output, flags.cursor_file) {
    cursor_ = out_.kept_cursor().empty() ? flags.since : out_.kept_cursor();
  }

  void run() {
    Result<Config> config = load_config(globals_.config, globals_.data);
    if (!config) throw ApiError{kUsage, config.error().detail, {}};
    const bool names_hub = !globals_.url.empty() || std::getenv("MSGHUB_URL") != nullptr;
    if (!names_hub && config->store_engine == "dynamodb") return from_store(*config);
    while (going_) {
      try {
        take(ask_hub(cursor_, flags_, globals_));
        told_ = false;
      } catch (const Failure& failure) {
        if (failure.retry != Failure::Retry::Later) throw;
        without_hub(*config, failure, names_hub);
      }
    }
  }

 private:
  // Nobody answers. What the store has is read here, once, if it is free; who follows waits
  // instead, as a hub that is started must find the store free.
  void without_hub(const Config& config, const Failure& failure, bool names_hub) {
    if (!flags_.follow) {
      if (names_hub || !fs::exists(config.data + "/store")) throw failure;
      return from_store(config);
    }
    if (!told_) std::fprintf(stderr, "msghub: waiting for a hub: %s\n", failure.what());
    told_ = true;
    std::this_thread::sleep_for(kPauseWithoutHub);
  }

  void from_store(const Config& config) {
    Offline hub(config);
    while (going_) take(ask_store(cursor_, flags_, hub));
  }

  void take(ShownChanges page) {
    cursor_ = std::move(page.cursor);
    going_ = out_.write(page.changes, cursor_) && (flags_.follow || !page.caught_up);
  }

  const Globals& globals_;
  const ChangesFlags flags_;
  ChangeExport out_;
  std::string cursor_;
  bool going_ = true;
  bool told_ = false;  // that no hub answers
};

void run_changes(const Globals& globals, ChangesFlags flags) {
  // An export to a file is always one that can be resumed.
  if (!flags.output.empty() && flags.cursor_file.empty())
    flags.cursor_file = flags.output + ".cursor";
  Changes(globals, flags).run();
}

}  // namespace

void add_changes_command(CLI::App& root, Globals& globals, int&) {
  CLI::App* command = root.add_subcommand("changes", "What was written, as lines of JSON");
  auto flags = std::make_shared<ChangesFlags>();
  std::vector<std::string> names;
  for (const TableSchema& table : kTables) names.emplace_back(table.name);
  command->add_flag("--follow", flags->follow, "go on with what comes, until Ctrl-C");
  command->add_option("--since", flags->since, "oldest, now, or a cursor")->capture_default_str();
  command->add_option("--table", flags->tables, "only of this table; may be repeated")
      ->check(CLI::IsMember(names));
  command->add_option("--output", flags->output, "append to this file, with FILE.cursor beside it");
  command->add_option("--cursor-file", flags->cursor_file,
                      "keep the place here; what it holds goes before --since");
  command->footer(R"(Lines come at least once; the same change has the same id.

Examples:
  msghub changes --follow --since now --table Messages
  msghub changes --output export.ndjson)");
  command->callback([flags, &globals] { run_changes(globals, *flags); });
}

}  // namespace msghub
