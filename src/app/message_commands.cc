#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "pipeline/trace.h"

namespace msghub {

namespace {

struct ListFlags {
  std::string status, other, rule;
  std::size_t limit = 25;
};

void list_messages(const ListFlags& flags, const Globals& globals) {
  const ApiClient client(globals);
  std::string path = "/v1/messages";
  if (!flags.other.empty()) path += "?channelId=" + client.resolve("channels", "name", flags.other);
  if (!flags.status.empty())
    path += (flags.other.empty() ? "?status=" : "&status=") + url_part(flags.status);
  const json::array messages = client.list(path, flags.limit);
  if (globals.json) return print_json(messages);
  std::vector<std::vector<std::string>> rows;
  for (const json::value& message : messages)
    rows.push_back({cell(message, "id"), cell(message, "receivedAt"), cell(message, "status"),
                    std::to_string(message.at("matchedRuleIds").as_array().size()),
                    cell(message, "from"), cell(message, "subject")});
  std::fputs(table({"ID", "RECEIVED", "STATUS", "RULES", "FROM", "SUBJECT"}, rows).c_str(), stdout);
}

void show_message(const std::string& id, const Globals& globals) {
  const json::value message = ApiClient(globals).get("/v1/messages/" + url_part(id));
  if (globals.json) return print_json(message);
  const json::value& parsed = message.at("parsedContent");
  const std::string facts =
      table({"message", cell(message, "id")}, {{"received", cell(message, "receivedAt")},
                                               {"status", cell(message, "status")},
                                               {"identity", cell(message, "externalId")},
                                               {"from", cell(parsed, "from")},
                                               {"to", cell(parsed, "to")},
                                               {"subject", cell(parsed, "subject")}});
  std::printf("%s\n%s\n", facts.c_str(), harmless(cell(parsed, "body"), Lines::Kept).c_str());
}

// "✓ line 9: the sender ends with "@acme.com"; seen: "billing@acme.com"".
void print_condition(const json::value& entry) {
  const Result<ConditionVerdict> verdict = from_json_value<ConditionVerdict>(entry);
  if (!verdict) throw Failure(Failure::Retry::Never, verdict.error().detail);
  std::printf("    %s line %lld: %s; %s\n", verdict->holds ? "\u2713" : "\u2717",
              static_cast<long long>(verdict->condition.line.value_or(0)),
              condition_in_words(verdict->condition).c_str(),
              verdict->seen ? harmless("seen: \"" + *verdict->seen + "\"").c_str()
                            : "the message has none");
}

// "waiting": it runs again later; the store knows it as running.
std::string status_in_words(const json::value& execution, std::string_view member) {
  return execution.as_object().contains("nextAttemptAt") ? "waiting" : cell(execution, member);
}

// "2 times, the last 2026-01-05T12:00:00.000Z by owner, after http_503"; "-" for never.
std::string retries_in_words(const json::value& execution) {
  const json::value* retries = execution.as_object().if_contains("retries");
  if (retries == nullptr || retries->as_array().empty()) return "-";
  const json::value& last = retries->as_array().back();
  const json::value* error = last.as_object().if_contains("error");
  const std::size_t times = retries->as_array().size();
  return (times == 1 ? "once, " : std::to_string(times) + " times, the last ") + cell(last, "at") +
         " by " + cell(last, "by") + ", after " +
         (error != nullptr ? cell(*error, "code") : cell(last, "status"));
}

void print_execution_of(const json::value& entry) {
  if (!entry.as_object().contains("executionId")) return;
  std::printf("    execution %s: %s\n", cell(entry, "executionId").c_str(),
              status_in_words(entry, "executionStatus").c_str());
  if (entry.as_object().contains("nextAttemptAt"))
    std::printf("    next try %s\n", cell(entry, "nextAttemptAt").c_str());
  if (entry.as_object().contains("retries"))
    std::printf("    run again %s\n", retries_in_words(entry).c_str());
  const json::value* error = entry.as_object().if_contains("error");
  if (error != nullptr && error->is_object())
    std::printf("    %s: %s\n", cell(*error, "code").c_str(),
                harmless(cell(*error, "message"), Lines::Kept).c_str());
}

void trace_message(const std::string& id, const std::string& rule, const Globals& globals) {
  const ApiClient client(globals);
  std::string path = "/v1/messages/" + url_part(id) + "/trace";
  if (!rule.empty()) path += "?ruleId=" + client.resolve("rules", "name", rule);
  const json::value trace = client.get(path);
  if (globals.json) return print_json(trace);
  const json::array& rules = trace.at("rules").as_array();
  if (rules.empty()) std::puts("there are no rules yet");
  for (const json::value& entry : rules) {
    const bool matched = entry.at("matchedThen").as_bool();
    std::printf("%s %s (%s): %s\n", matched ? "\u2713" : "\u2717", cell(entry, "name").c_str(),
                cell(entry, "status").c_str(), harmless(cell(entry, "why")).c_str());
    for (const json::value& trigger : entry.at("explanation").at("triggers").as_array()) {
      if (!trigger.at("channelFits").as_bool()) {
        std::puts("    \u2717 the rule watches another channel");
        continue;
      }
      std::puts("    \u2713 the channel fits");
      for (const json::value& verdict : trigger.at("conditions").as_array())
        print_condition(verdict);
    }
    print_execution_of(entry);
  }
}

void list_executions(const ListFlags& flags, const Globals& globals) {
  const ApiClient client(globals);
  std::string filters;
  if (!flags.rule.empty()) filters += "&ruleId=" + client.resolve("rules", "name", flags.rule);
  if (!flags.other.empty()) filters += "&messageId=" + url_part(flags.other);
  if (!flags.status.empty()) filters += "&status=" + url_part(flags.status);
  const std::string path = "/v1/executions" + (filters.empty() ? "" : "?" + filters.substr(1));
  const json::array executions = client.list(path, flags.limit);
  if (globals.json) return print_json(executions);
  std::vector<std::vector<std::string>> rows;
  for (const json::value& execution : executions)
    rows.push_back({cell(execution, "id"), cell(execution, "startedAt"),
                    status_in_words(execution, "status"), cell(execution, "durationMs") + " ms",
                    cell(execution, "tries"), cell(execution, "messageId")});
  std::fputs(table({"ID", "STARTED", "STATUS", "DURATION", "TRIES", "MESSAGE"}, rows).c_str(),
             stdout);
}

void show_execution(const std::string& id, const Globals& globals) {
  const json::value execution = ApiClient(globals).get("/v1/executions/" + url_part(id));
  if (globals.json) return print_json(execution);
  std::fputs(
      table({"execution", cell(execution, "id")},
            {{"rule", cell(execution, "ruleId") + " version " + cell(execution, "ruleVersion")},
             {"message", cell(execution, "messageId")},
             {"status", status_in_words(execution, "status")},
             {"tries", cell(execution, "tries")},
             {"next try", cell(execution, "nextAttemptAt")},
             {"run again", retries_in_words(execution)},
             {"started", cell(execution, "startedAt")},
             {"duration", cell(execution, "durationMs") + " ms"},
             {"extracted", cell(execution, "extractedData")}})
          .c_str(),
      stdout);
  std::vector<std::vector<std::string>> rows;
  for (const json::value& attempt : execution.at("attempts").as_array())
    rows.push_back({std::to_string(attempt.at("order").to_number<std::int64_t>() + 1),
                    cell(attempt, "attempt"), cell(attempt, "status"), cell(attempt, "startedAt"),
                    cell(attempt, "target"), cell(attempt, "error")});
  std::printf("\n%s", table({"STEP", "TRY", "STATUS", "STARTED", "TARGET", "ERROR"}, rows).c_str());
  const json::value* error = execution.as_object().if_contains("error");
  if (error != nullptr && error->is_object())
    std::printf("\n%s: %s\n", cell(*error, "code").c_str(),
                harmless(cell(*error, "message"), Lines::Kept).c_str());
}

}  // namespace

void add_message_commands(CLI::App& root, Globals& globals, int&) {
  CLI::App* message = root.add_subcommand("message", "What came in");
  message->require_subcommand(1);
  auto flags = std::make_shared<ListFlags>();
  auto id = std::make_shared<std::string>();
  auto rule = std::make_shared<std::string>();

  CLI::App* list = message->add_subcommand("list", "The newest messages");
  list->add_option("--channel", flags->other, "only of this channel (id or name)");
  list->add_option("--status", flags->status, "pending, processed, failed or ignored");
  list->add_option("--limit", flags->limit)->capture_default_str();
  list->footer("Examples:\n  msghub message list\n  msghub message list --status failed --json");
  list->callback([flags, &globals] { list_messages(*flags, globals); });

  CLI::App* show = message->add_subcommand("show", "One message");
  show->add_option("message", *id, "its id")->required();
  show->footer("Examples:\n  msghub message show ID\n  msghub message show ID --json");
  show->callback([id, &globals] { show_message(*id, globals); });

  CLI::App* trace = message->add_subcommand("trace", "Why each rule did, or did not, act on it");
  trace->add_option("message", *id, "its id")->required();
  trace->add_option("--rule", *rule, "only this rule (id or name)");
  trace->footer(
      "Examples:\n  msghub message trace ID\n"
      "  msghub message trace ID --rule \"File Acme invoices\" --json");
  trace->callback([id, rule, &globals] { trace_message(*id, *rule, globals); });
}

void add_execution_commands(CLI::App& root, Globals& globals, int& exit_code) {
  CLI::App* execution = root.add_subcommand("execution", "What rules did");
  execution->require_subcommand(1);
  auto flags = std::make_shared<ListFlags>();
  auto id = std::make_shared<std::string>();

  CLI::App* list = execution->add_subcommand("list", "The newest executions");
  list->add_option("--message", flags->other, "only of this message");
  list->add_option("--rule", flags->rule, "only of this rule (id or name)");
  list->add_option("--status", flags->status, "running, success, partial or failed");
  list->add_option("--limit", flags->limit)->capture_default_str();
  list->footer("Examples:\n  msghub execution list\n  msghub execution list --status failed");
  list->callback([flags, &globals] { list_executions(*flags, globals); });

  CLI::App* show = execution->add_subcommand("show", "One execution with each attempt");
  show->add_option("execution", *id, "its id")->required();
  show->footer("Examples:\n  msghub execution show ID\n  msghub execution show ID --json");
  show->callback([id, &globals] { show_execution(*id, globals); });
  add_execution_retry_command(*execution, globals, exit_code);
}

}  // namespace msghub
