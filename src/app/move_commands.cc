#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "app/commands.h"
#include "app/config.h"
#include "app/engines.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/sealed_texts.h"
#include "base/inside.h"
#include "move/move_house.h"
#include "store/schema.h"

namespace msghub {

namespace {

using SteadyClock = std::chrono::steady_clock;

struct MigrateFlags {
  std::string from, to, to_config, to_data;
  std::vector<std::string> from_set, to_set;
};

void assign(Config& config, const std::string& option, const std::vector<std::string>& list) {
  for (const std::string& assignment : list) {
    const std::size_t equals = assignment.find('=');
    const Result<void> set =
        equals == std::string::npos
            ? refuse(Refusal::Code::Invalid, "name=value is needed")
            : set_setting(config, assignment.substr(0, equals), assignment.substr(equals + 1));
    if (!set) throw ApiError{kUsage, option + " " + assignment + ": " + set.error().detail, {}};
  }
}

Config source_config(const Globals& globals, const MigrateFlags& flags) {
  Result<Config> config = load_config(globals.config, globals.data);
  if (!config) throw ApiError{kUsage, config.error().detail, {}};
  assign(*config, "--from", {"store.engine=" + flags.from});
  assign(*config, "--from-set", flags.from_set);
  if (config->store_engine == "embedded" && !std::filesystem::exists(config->data + "/store"))
    throw ApiError{kNotFound, "there is no hub's data in " + config->data + "; see --data", {}};
  return std::move(*config);
}

Config target_config(const Config& source, const MigrateFlags& flags) {
  Config config = source;
  if (!flags.to_config.empty()) {
    Result<Config> own =
        load_config(flags.to_config, flags.to_data.empty() ? source.data : flags.to_data);
    if (!own) throw ApiError{kUsage, own.error().detail, {}};
    config = std::move(*own);
  } else if (!flags.to_data.empty()) {
    config.data = std::filesystem::absolute(flags.to_data).lexically_normal().string();
    if (config.data.ends_with('/')) config.data.pop_back();
    // The source's key goes when the source is deleted.
    config.key_file = config.data + ".key";
  }
  assign(config, "--to", {"store.engine=" + flags.to});
  assign(config, "--to-set", flags.to_set);
  return config;
}

// Where the items and the blobs of a configuration are, for people and to be compared.
std::string store_place(const Config& config) {
  if (config.store_engine == "embedded") return "the embedded store in " + config.data;
  const std::string region = config.aws_region.empty() ? "" : " in " + config.aws_region;
  const std::string end = config.aws_endpoint.empty() ? "" : " at " + config.aws_endpoint;
  return config.store_layout + " DynamoDB" + region + end +
         (config.dynamodb_prefix.empty() ? "" : " under \"" + config.dynamodb_prefix + "\"");
}
std::string blobs_place(const Config& config) {
  if (config.blobs_engine == "disk") return config.data;
  return config.s3_bucket + "/" + config.s3_prefix + " " + config.aws_endpoint;
}

void check_places(const Config& from, const Config& to) {
  if (store_place(from) == store_place(to))
    throw ApiError{kUsage,
                   "source and target are both " + store_place(from) +
                       "; name another folder with --to-data, or other tables with --to-set "
                       "dynamodb.table_prefix=…",
                   {}};
  if (from.data == to.data) return;
  const bool folder = is_inside(to.data, from.data);
  const bool key = to.keyring_engine == "file" && is_inside(to.key_file, from.data);
  if (!folder && !key) return;
  throw ApiError{kUsage,
                 "the target's " + (folder ? "data folder " + to.data : "key " + to.key_file) +
                     " lies in the source's data folder " + from.data +
                     ", and would be deleted with it; name another with " +
                     (folder ? "--to-data" : "--to-set key_file=…"),
                 {}};
}

std::vector<SealedPlace> sealed_places(Table table, const Item& item) {
  std::vector<SealedPlace> places;
  for (SealedText& text : sealed_texts_in(table, item))
    places.push_back({std::move(text.attribute), std::move(text.member), std::move(text.context),
                      std::move(text.text)});
  return places;
}

// A line now and then, with what was done a second and how long it will take.
class ProgressLines {
 public:
  explicit ProgressLines(bool as_json) : json_(as_json), terminal_(::isatty(STDERR_FILENO) == 1) {}

  void show(const MoveProgress& progress) {
    const auto now = SteadyClock::now();
    if (progress.step != step_) {
      step_ = progress.step;
      begin_ = now;
      done_before_ = progress.done;
    }
    const bool end = progress.total > 0 && progress.done >= progress.total;
    if (now - last_ < (json_ || !terminal_ ? std::chrono::milliseconds(1000)
                                           : std::chrono::milliseconds(200)) &&
        !end)
      return;
    last_ = now;
    print(progress, std::chrono::duration<double>(now - begin_).count());
  }
  // Ends the line that is being overwritten.
  void end() const {
    if (!json_ && terminal_ && shown_) std::fputc('\n', stderr);
  }

 private:
  void print(const MoveProgress& progress, double seconds) {
    const std::int64_t timed = progress.done - done_before_;
    const double rate = seconds > 0 ? static_cast<double>(timed) / seconds : 0;
    const double left = rate > 0 ? static_cast<double>(progress.total - progress.done) / rate : 0;
    shown_ = true;
    if (json_) {
      json::object line{{"step", words_for(progress.step)}, {"done", progress.done}};
      if (timed > 0) line["perSecond"] = static_cast<std::int64_t>(rate);
      if (progress.total > 0) {
        line["total"] = progress.total;
        if (timed > 0) line["secondsLeft"] = static_cast<std::int64_t>(left);
      }
      std::printf("%s\n", to_json(line).c_str());
      std::fflush(stdout);
      return;
    }
    std::string text = std::string(words_for(progress.step)) + ": " + std::to_string(progress.done);
    if (progress.total > 0)
      text += " of " + std::to_string(progress.total) + " (" +
              std::to_string(100 * progress.done / progress.total) + " %)";
    if (timed > 0) text += ", " + std::to_string(static_cast<std::int64_t>(rate)) + " a second";
    if (timed > 0 && progress.total > progress.done)
      text += ", " + std::to_string(static_cast<std::int64_t>(left)) + " s left";
    std::fprintf(stderr, terminal_ ? "\r%-78s" : "%s\n", text.c_str());
  }

  const bool json_;
  const bool terminal_;
  std::optional<MoveProgress::Step> step_;
  std::int64_t done_before_ = 0;
  bool shown_ = false;
  SteadyClock::time_point begin_{}, last_{};
};

std::string_view end_name(MoveReport::End end) {
  switch (end) {
    case MoveReport::End::Complete:
      return "complete";
    case MoveReport::End::CompleteBefore:
      return "complete before";
    case MoveReport::End::Stopped:
      return "stopped";
    case MoveReport::End::Different:
      return "different";
  }
  return "";
}

json::object report_as_json(const MoveReport& report) {
  json::object out{{"result", end_name(report.end)}, {"id", report.mark.id}};
  json::array tables;
  for (const TableMove& table : report.mark.tables)
    tables.push_back(
        json::object{{"table", table.table}, {"items", table.items}, {"sum", table.sum}});
  out["tables"] = std::move(tables);
  const BlobMove& blobs = report.mark.blobs;
  out["blobs"] = {{"blobs", blobs.copied}, {"bytes", blobs.bytes}, {"sum", blobs.sum}};
  json::array differences;
  for (const std::string& difference : report.differences) differences.emplace_back(difference);
  out["differences"] = std::move(differences);
  return out;
}

void print_report(const MoveReport& report, const Config& to) {
  std::vector<std::vector<std::string>> rows;
  for (const TableMove& moved : report.mark.tables)
    rows.push_back(
        {shown_table(moved.table), std::to_string(moved.items), moved.sum.substr(0, 16)});
  rows.push_back(
      {"blobs", std::to_string(report.mark.blobs.copied), report.mark.blobs.sum.substr(0, 16)});
  switch (report.end) {
    case MoveReport::End::Stopped:
      std::printf("stopped; the same command goes on from here\n");
      return;
    case MoveReport::End::Different:
      std::printf("the target differs from the source:\n");
      for (const std::string& difference : report.differences)
        std::printf("  %s\n", difference.c_str());
      std::printf(
          "nothing was changed in the source. The same command copies all again; what is in the "
          "target only stays there, and needs another, empty target.\n");
      return;
    case MoveReport::End::CompleteBefore:
      std::printf("this move was complete already; nothing was done\n");
      return;
    case MoveReport::End::Complete:
      break;
  }
  std::printf("%s", table({"WHAT", "NUMBER", "SUM"}, rows).c_str());
  const std::string key_file = to.keyring_engine == "file" ? " key_file=" + to.key_file : "";
  std::printf(
      "moved, read back and found equal. Both hubs are paused. Now\n"
      "  1. set in the target's configuration: store.engine=%s store.layout=%s blobs.engine=%s "
      "keyring.engine=%s%s\n"
      "  2. start it with `msghub serve`, and look at it\n"
      "  3. `msghub resume`, and never run the source again\n",
      to.store_engine.c_str(), to.store_layout.c_str(), to.blobs_engine.c_str(),
      to.keyring_engine.c_str(), key_file.c_str());
}

int migrate(const Globals& globals, const MigrateFlags& flags) {
  const Config from_config = source_config(globals, flags);
  const Config to_config = target_config(from_config, flags);
  check_places(from_config, to_config);
  Offline offline(from_config);
  Engines target(to_config, offline.pool(), offline.clock());
  Engines& source = offline.engines();
  const bool blobs_stay = blobs_place(from_config) == blobs_place(to_config);
  if (target.shared()) offline.run(check_known_schema(target.tables()));
  Target looked_at{target.tables(), target.blobs(), store_place(to_config), blobs_stay};
  const Result<void> fits = offline.run(check_target(source.tables(), std::move(looked_at)));
  if (!fits) throw ApiError{kConflict, fits.error().detail, {}};
  House from{source.tables(), source.blobs(), source.vault(), store_place(from_config),
             source.shared()};
  House to{target.tables(), target.blobs(), target.vault(true), store_place(to_config),
           target.shared()};
  bool stopping = false;
  boost::asio::signal_set signals(offline.io(), SIGINT, SIGTERM);
  signals.async_wait([&stopping](boost::system::error_code error, int) { stopping |= !error; });
  ProgressLines lines(globals.json);
  MoveOptions options;
  options.sealed = sealed_places;
  options.blobs_stay = blobs_stay;
  options.progress = [&lines](const MoveProgress& progress) { lines.show(progress); };
  options.stopping = [&stopping] { return stopping; };
  const Result<MoveReport> report =
      offline.run(move_house(from, to, offline.clock(), std::move(options)));
  lines.end();
  if (!report) throw ApiError{kConflict, report.error().detail, {}};
  if (globals.json)
    std::printf("%s\n", to_json(report_as_json(*report)).c_str());
  else
    print_report(*report, to_config);
  if (report->end == MoveReport::End::Stopped) return kInterrupted;
  return report->end == MoveReport::End::Different ? kFailed : kOk;
}

}  // namespace

void add_migrate_command(CLI::App& root, Globals& globals, int& exit_code) {
  CLI::App* command =
      root.add_subcommand("migrate", "Move all that a hub keeps to another store, blobs or key");
  auto flags = std::make_shared<MigrateFlags>();
  command->add_option("--from", flags->from, "store of the source: embedded or dynamodb")
      ->required();
  command->add_option("--to", flags->to, "store of the target: embedded or dynamodb")->required();
  command->add_option("--from-set", flags->from_set,
                      "a setting of the source as name=value; may be repeated");
  command->add_option("--to-config", flags->to_config,
                      "configuration file of the target (default: the source's settings)");
  command->add_option("--to-data", flags->to_data,
                      "data folder of the target (default: the source's)");
  command->add_option("--to-set", flags->to_set,
                      "a setting of the target as name=value; may be repeated");
  command->footer(
      R"(Stop all hubs first. The target must be empty. The move may be cut off at any moment: the
same command goes on. In the end all is read back and compared.

Examples:
  msghub migrate --from embedded --to dynamodb --to-set blobs.engine=s3 --to-set keyring.engine=kms
  msghub migrate --from dynamodb --to embedded --to-data ./hub-new --to-set blobs.engine=disk
  msghub migrate --from embedded --to embedded --to-data ./one --to-set store.layout=single-table)");
  command->callback([&globals, &exit_code, flags] { exit_code = migrate(globals, *flags); });
}

}  // namespace msghub
