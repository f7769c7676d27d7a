#include <algorithm>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/rule_message.h"
#include "app/rule_offline.h"
#include "match/matcher.h"
#include "pipeline/trace.h"

namespace msghub {

namespace {

// Why the rule does, or does not, apply: each condition with the value that it saw.
struct Trace {
  bool matches = false;
  json::array triggers;
  std::string text;
};

Trace trace_of(const CompiledRule& rule, const FileMessage& message) {
  Trace out;
  for (std::size_t i = 0; i < rule.metadata.triggers.size(); ++i) {
    const NamedChannel& channel = rule.channels[i];
    const bool fits = channel.type == message.type;
    const MatchInput input{rule.metadata.triggers[i].channel_id, &message.message};
    Explanation explanation = explain({rule.metadata.triggers[i]}, input);
    TriggerVerdict& verdict = explanation.triggers.front();
    verdict.channel_fits = fits;
    verdict.holds = verdict.holds && fits;
    out.matches = out.matches || verdict.holds;
    out.text += std::string(verdict.holds ? "\u2713" : "\u2717") + " " +
                std::string(wire_name(channel.type)) + " channel " + channel.name +
                (fits ? "" : ": this is a message of another kind") + "\n";
    for (const ConditionVerdict& condition : verdict.conditions)
      out.text += std::string(condition.holds ? "    \u2713" : "    \u2717") + " line " +
                  std::to_string(condition.condition.line.value_or(0)) + ": " +
                  condition_in_words(condition.condition) + "; " +
                  (condition.seen ? harmless("seen: \"" + *condition.seen + "\"")
                                  : std::string("the message has none")) +
                  "\n";
    json::value entry = to_json_value(verdict);
    entry.get_object()["channel"] = channel.name;
    out.triggers.push_back(std::move(entry));
  }
  return out;
}

void trace(const std::string& file, const std::string& message_file, const Globals& globals,
           int& exit_code) {
  const CompiledRule rule = compile_file(file, globals);
  const FileMessage message = read_message(message_file, rule.channels.front().type);
  if (!message.note.empty())
    std::fprintf(stderr, "%s: %s\n", message_file.c_str(), message.note.c_str());
  const Trace traced = trace_of(rule, message);
  if (globals.json) {
    print_json({{"matches", traced.matches}, {"triggers", traced.triggers}});
    return;
  }
  std::fputs(traced.text.c_str(), stdout);
  if (!traced.matches) {
    std::puts("The rule does not match this message; nothing would be done.");
    return;
  }
  std::puts("The rule matches this message. What it would do:\n");
  std::fflush(stdout);
  const Install install = installed(globals);
  const TemporaryProject project(rule, install);
  exit_code = run_project(install, project.folder(), {message_file, "--dry-run"});
}

}  // namespace

void add_rule_trace_command(CLI::App& rule, Globals& globals, int& exit_code) {
  auto file = std::make_shared<std::string>();
  auto message = std::make_shared<std::string>();
  CLI::App* command =
      rule.add_subcommand("trace", "Why a rule does, or does not, act on a message");
  command->add_option("file", *file, "the rule")->required();
  command->add_option("-m,--message", *message, kMessageFile)->required();
  command->footer(
      "Examples:\n  msghub rule trace invoices.md --message mail.eml\n"
      "  msghub rule trace orders.md -m order.json --json\n\n"
      "`msghub message trace ID` does the same for a message that a hub has received.");
  command->callback(
      [file, message, &globals, &exit_code] { trace(*file, *message, globals, exit_code); });
}

}  // namespace msghub
