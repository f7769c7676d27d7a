#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"

namespace msghub {

namespace {

struct ListFlags {
  std::string status, other;
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
  std::printf("%s\n%s\n", facts.c_str(), cell(parsed, "body").c_str());
}

// "✓ line 9: from endsWith "@acme.com", seen "billing@acme.com"".
void print_condition(const json::value& verdict) {
  const json::value& condition = verdict.at("condition");
  const bool holds = verdict.at("holds").as_bool();
  const json::value* negated = condition.as_object().if_contains("negated");
  const bool is_negated = negated != nullptr && negated->is_bool() && negated->get_bool();
  const json::value* seen = verdict.as_object().if_contains("seen");
  std::printf("    %s line %s: %s%s %s \"%s\"; %s\n", holds ? "\u2713" : "\u2717",
              cell(condition, "line").c_str(), cell(condition, "field").c_str(),
              is_negated ? " not" : "", cell(condition, "operator").c_str(),
              cell(condition, "value").c_str(),
              seen == nullptr ? "the message has none"
                              : ("seen: \"" + cell(verdict, "seen") + "\"").c_str());
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
                cell(entry, "status").c_str(), cell(entry, "why").c_str());
    for (const json::value& trigger : entry.at("explanation").at("triggers").as_array()) {
      if (!trigger.at("channelFits").as_bool()) {
        std::puts("    \u2717 the rule watches another channel");
        continue;
      }
      std::puts("    \u2713 the channel fits");
      for (const json::value& verdict : trigger.at("conditions").as_array())
        print_condition(verdict);
    }
    if (entry.as_object().contains("executionId"))
      std::printf("    execution %s\n", cell(entry, "executionId").c_str());
  }
}

void list_executions(const ListFlags& flags, const Globals& globals) {
  const ApiClient client(globals);
  std::string path = "/v1/executions";
  if (!flags.other.empty()) path += "?messageId=" + url_part(flags.other);
  if (!flags.status.empty())
    path += (flags.other.empty() ? "?status=" : "&status=") + url_part(flags.status);
  const json::array executions = client.list(path, flags.limit);
  if (globals.json) return print_json(executions);
  std::vector<std::vector<std::string>> rows;
  for (const json::value& execution : executions)
    rows.push_back({cell(execution, "id"), cell(execution, "startedAt"), cell(execution, "status"),
                    cell(execution, "durationMs") + " ms", cell(execution, "tries"),
                    cell(execution, "messageId")});
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
             {"status", cell(execution, "status")},
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
    std::printf("\n%s: %s\n", cell(*error, "code").c_str(), cell(*error, "message").c_str());
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

void add_execution_commands(CLI::App& root, Globals& globals, int&) {
  CLI::App* execution = root.add_subcommand("execution", "What rules did");
  execution->require_subcommand(1);
  auto flags = std::make_shared<ListFlags>();
  auto id = std::make_shared<std::string>();

  CLI::App* list = execution->add_subcommand("list", "The newest executions");
  list->add_option("--message", flags->other, "only of this message");
  list->add_option("--status", flags->status, "running, success, partial or failed");
  list->add_option("--limit", flags->limit)->capture_default_str();
  list->footer("Examples:\n  msghub execution list\n  msghub execution list --status failed");
  list->callback([flags, &globals] { list_executions(*flags, globals); });

  CLI::App* show = execution->add_subcommand("show", "One execution with each attempt");
  show->add_option("execution", *id, "its id")->required();
  show->footer("Examples:\n  msghub execution show ID\n  msghub execution show ID --json");
  show->callback([id, &globals] { show_execution(*id, globals); });
}

}  // namespace msghub
