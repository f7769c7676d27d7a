#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "base/time.h"

namespace msghub {

namespace {

struct RetryFlags {
  std::string id, rule, message, status, since;
  bool latest = false, dry_run = false;
};

// Which of a list are meant.
struct Chosen {
  std::vector<std::string> paths;  // of /v1/executions, newest first each
  std::optional<Timestamp> since;
};

std::optional<Timestamp> time_of(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::optional<Timestamp> time = from_iso8601(text);
  if (!time) time = from_iso8601(text + "T00:00:00Z");
  if (!time)
    throw ApiError{
        kUsage, "--since: a time such as 2026-01-05T12:00:00Z, or a day, not \"" + text + "\"", {}};
  return time;
}

Chosen chosen_by(const RetryFlags& flags, const ApiClient& client) {
  if (flags.rule.empty() && flags.message.empty() && flags.status.empty() && flags.since.empty())
    throw ApiError{
        kUsage, "say which: an id, or one of --rule, --message, --status and --since", {}};
  Chosen chosen{.paths = {}, .since = time_of(flags.since)};
  std::string filters;
  if (!flags.rule.empty()) filters += "&ruleId=" + client.resolve("rules", "name", flags.rule);
  if (!flags.message.empty()) filters += "&messageId=" + url_part(flags.message);
  for (const char* status : {"failed", "partial"})
    if (flags.status.empty() || flags.status == status)
      chosen.paths.push_back("/v1/executions?limit=100&status=" + std::string(status) + filters);
  return chosen;
}

class Retrying {
 public:
  Retrying(const RetryFlags& flags, const Globals& globals)
      : flags_(flags), json_(globals.json), client_(globals) {}

  void run() {
    const Chosen chosen = chosen_by(flags_, client_);
    for (const std::string& path : chosen.paths) walk(path, chosen.since);
    if (json_)
      return print_json(
          json::object{{"dryRun", flags_.dry_run}, {"retried", retried_}, {"skipped", skipped_}});
    std::printf("%zu %s, %zu skipped\n", retried_.size(),
                flags_.dry_run ? "would run again" : "run again", skipped_.size());
  }

  json::value post(const std::string& id) const {
    return client_.post(
        "/v1/executions/" + url_part(id) + ":retry",
        flags_.latest ? json::object{{"version", "active"}} : json::object{{"version", "pinned"}});
  }

 private:
  // What runs again leaves the list, and what fails again comes back where the walk has been.
  void walk(const std::string& path, std::optional<Timestamp> since) {
    std::string cursor;
    do {
      const json::value page =
          client_.get(path + (cursor.empty() ? "" : "&cursor=" + url_part(cursor)));
      for (const json::value& execution : page.at("data").as_array()) {
        const std::optional<Timestamp> started = from_iso8601(cell(execution, "startedAt"));
        if (since && started && *started < *since) return;
        take(execution);
      }
      cursor = string_or(page.as_object(), "nextCursor");
    } while (!cursor.empty());
  }

  void take(const json::value& execution) {
    const std::string id = cell(execution, "id");
    try {
      if (!flags_.dry_run) post(id);
    } catch (const ApiError& error) {
      // Somebody else had it run again, or it cannot be.
      if (error.exit_code != kConflict && error.exit_code != kNotFound) throw;
      skipped_.push_back(json::object{{"id", id}, {"why", error.detail}});
      if (!json_) std::printf("skipped  %s\n", harmless(error.detail).c_str());
      return;
    }
    retried_.emplace_back(id);
    if (json_) return;
    const json::value* error = execution.as_object().if_contains("error");
    std::printf(
        "%s %s of %s: %s\n", flags_.dry_run ? "would retry" : "retried ", id.c_str(),
        cell(execution, "startedAt").c_str(),
        error != nullptr ? cell(*error, "code").c_str() : cell(execution, "status").c_str());
    std::fflush(stdout);
  }

  const RetryFlags& flags_;
  const bool json_;
  const ApiClient client_;
  json::array retried_, skipped_;
};

void retry(const RetryFlags& flags, const Globals& globals) {
  Retrying retrying(flags, globals);
  if (flags.id.empty()) return retrying.run();
  const json::value execution = retrying.post(flags.id);
  if (globals.json) return print_json(execution);
  std::printf("execution %s runs again with version %s of its rule\n",
              cell(execution, "id").c_str(), cell(execution, "ruleVersion").c_str());
}

}  // namespace

void add_execution_retry_command(CLI::App& execution, Globals& globals, int&) {
  auto flags = std::make_shared<RetryFlags>();
  CLI::App* command = execution.add_subcommand(
      "retry", "Run again what failed, once its cause is mended; what is done stays done");
  CLI::Option* id = command->add_option("execution", flags->id, "its id");
  const auto many = [&](CLI::Option* option) { option->excludes(id); };
  many(command->add_option("--rule", flags->rule, "those of this rule (id or name)"));
  many(command->add_option("--message", flags->message, "those of this message"));
  many(command->add_option("--status", flags->status, "failed or partial; both without it")
           ->check(CLI::IsMember({"failed", "partial"})));
  many(command->add_option("--since", flags->since,
                           "those that started at or after, such as "
                           "2026-01-05 or 2026-01-05T12:00:00Z"));
  many(command->add_flag("--dry-run", flags->dry_run, "only say which"));
  command->add_flag("--latest", flags->latest,
                    "with the rule's active version, where no action was done yet");
  command->footer(
      "Examples:\n  msghub execution retry ID\n  msghub execution retry ID --latest\n"
      "  msghub execution retry --rule \"File Acme invoices\" --since 2026-01-05 --dry-run");
  command->callback([flags, &globals] { retry(*flags, globals); });
}

}  // namespace msghub
