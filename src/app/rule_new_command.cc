#include <algorithm>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/replace_file.h"
#include "app/rule_message.h"
#include "app/rule_offline.h"
#include "rule/draft.h"

namespace msghub {

namespace {

constexpr const char* kTemplate = R"(# Name of the rule

What this rule is for, in a sentence or two.

## When

- an email arrives in **Inbox**
- the subject contains "invoice"

## Extract

- number: text matching `/INV-(\d+)/` in the subject

## Do

1. Email "you@example.com" with subject "Invoice {{number}}" using **Mail**:

   > Invoice {{number}} arrived from {{sender}}.

## Example: an invoice

```email
From: billing@example.com
Subject: Invoice INV-1042

Please pay.
```

- matches
- number is "1042"
)";

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : to_json(value);
}

// What the draft's own project finds in the message of its example; nothing when there is no
// Node.js here.
std::map<std::string, std::string> values_found(const DraftInput& input, const Globals& globals) {
  std::map<std::string, std::string> found;
  try {
    const CompileResult compiled = compile_rule(draft_rule(input, {}));
    if (!compiled.rule) return found;
    const Install install = installed(globals);
    const TemporaryProject project(*compiled.rule, install);
    const std::string message = project.folder() + "/message." + draft_file_type(input);
    write_file(message, draft_example(input));
    const ProjectRun run =
        read_project(install, project.folder(), {message, "--dry-run", "--json"});
    const Result<json::value> report = parse_json(run.output);
    if (!report || !report->is_object()) return found;
    const json::value* values = report->get_object().if_contains("extracted");
    if (values == nullptr || !values->is_object()) return found;
    for (const auto& value : values->get_object()) found[value.key()] = text_of(value.value());
  } catch (const ApiError&) {
    std::fputs("without Node.js the example holds no values; `msghub doctor` says more\n", stderr);
  }
  return found;
}

void make(const std::string& out, const std::string& from, bool force, const Globals& globals) {
  std::string markdown = kTemplate;
  if (!from.empty()) {
    const Result<FileMessage> message = recognise_message(from, read_file(from));
    if (!message) throw ApiError{kUsage, message.error().detail, {}};
    if (!message->note.empty())
      std::fprintf(stderr, "%s: %s\n", from.c_str(), message->note.c_str());
    const DraftInput input{message->type, message->message};
    markdown = draft_rule(input, values_found(input, globals));
  }
  if (out == "-") {
    std::fwrite(markdown.data(), 1, markdown.size(), stdout);
    return;
  }
  if (!force && std::filesystem::exists(out))
    throw ApiError{kConflict, out + " exists already; --force replaces it", {}};
  write_file(out, markdown);
  if (globals.json) return print_json({{"file", out}});
  std::printf("wrote %s\nnext: msghub rule test %s\n", out.c_str(), out.c_str());
}

}  // namespace

void add_rule_new_command(CLI::App& rule, Globals& globals, int&) {
  auto out = std::make_shared<std::string>();
  auto from = std::make_shared<std::string>();
  auto force = std::make_shared<bool>(false);
  CLI::App* command = rule.add_subcommand("new", "Write a draft of a rule, also from a message");
  command->add_option("file", *out, "the new rule's file (- for standard output)")->required();
  command->add_option(
      "--from", *from,
      "a mail (.eml), a webhook's body (.json, .txt) or call (.http), a text message (.sms) or a "
      "Slack post (.slack); - for standard input");
  command->add_flag("--force", *force, "replace the file when it exists");
  command->footer(
      "Examples:\n  msghub rule new invoices.md\n"
      "  msghub rule new invoices.md --from message.eml\n"
      "  curl https://example.com/last-call.json | msghub rule new orders.md --from -");
  command->callback([out, from, force, &globals] { make(*out, *from, *force, globals); });
}

}  // namespace msghub
