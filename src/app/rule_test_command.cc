#include <algorithm>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/rule_offline.h"

namespace msghub {

namespace {

// What the examples of all files came to.
struct Tally {
  std::int64_t passed = 0;
  std::int64_t failed = 0;
  std::int64_t without = 0;  // rules that have no examples
  std::int64_t broken = 0;   // files that do not compile

  int exit_code() const { return broken > 0 ? kRuleErrors : failed > 0 ? kExamplesFailed : kOk; }
  std::string text(std::size_t files) const {
    std::string out = std::to_string(files) + " files: " + std::to_string(passed) +
                      " examples pass, " + std::to_string(failed) + " fail";
    if (without > 0) out += "; rules without examples: " + std::to_string(without);
    if (broken > 0) out += "; files with errors: " + std::to_string(broken);
    return out;
  }
};

// The report of a project on its rule's examples: [{title, line, pass, failures}].
json::array run_examples(const CompiledRule& rule, const Globals& globals) {
  if (rule.example_count == 0) return {};
  const Install install = installed(globals);
  const TemporaryProject project(rule, install);
  const ProjectRun run = read_project(install, project.folder(), {"--examples", "--json"});
  const Result<json::value> report = parse_json(run.output);
  const json::value* examples =
      report && report->is_object() ? report->get_object().if_contains("examples") : nullptr;
  if (examples == nullptr || !examples->is_array())
    throw ApiError{
        kFailed,
        "the rule's project did not run; its exit code is " + std::to_string(run.exit_code),
        {}};
  return examples->get_array();
}

void print_examples(const json::array& examples) {
  for (const json::value& example : examples) {
    std::printf("%s  %s\n", example.at("pass").as_bool() ? "pass" : "FAIL",
                harmless(cell(example, "title")).c_str());
    for (const json::value& failure : example.at("failures").as_array())
      std::printf("      line %s: %s\n", cell(failure, "line").c_str(),
                  harmless(cell(failure, "message"), Lines::Kept).c_str());
  }
}

// Runs the examples of one file; gives what --json says of it.
json::object test_file(const std::string& file, bool alone, const Globals& globals, Tally& tally) {
  json::object entry{{"file", file}};
  if (!alone && !globals.json) std::printf("%s\n", file.c_str());
  std::fflush(stdout);  // errors of the compiler come behind it
  std::optional<CompiledRule> rule;
  try {
    rule = compile_file(file, globals);
  } catch (const ApiError& error) {
    if (alone || error.exit_code != kRuleErrors) throw;
    ++tally.broken;
    entry["error"] = error.detail;
    return entry;
  }
  json::array examples = run_examples(*rule, globals);
  const auto passed = std::ranges::count_if(
      examples, [](const json::value& example) { return example.at("pass").as_bool(); });
  tally.passed += passed;
  tally.failed += static_cast<std::int64_t>(examples.size()) - passed;
  if (examples.empty()) {
    ++tally.without;
    entry["note"] = "the rule has no examples";
    if (!globals.json)
      std::puts("the rule has no examples; a section \"## Example: a title\" is one");
  } else if (!globals.json) {
    print_examples(examples);
  }
  entry["examples"] = std::move(examples);
  return entry;
}

}  // namespace

void add_rule_test_command(CLI::App& rule, Globals& globals, int& exit_code) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      rule.add_subcommand("test", "Run the examples of rules; nothing leaves the machine");
  command->add_option("files", *files, "the rules (- for standard input)")->required();
  command->footer(
      "Examples:\n  msghub rule test invoices.md\n  msghub rule test rules/*.md --json\n\n"
      "Exit code 0: all examples pass; 7: one fails; 6: a rule has errors.");
  command->callback([files, &globals, &exit_code] {
    Tally tally;
    json::array report;
    const bool alone = files->size() == 1;
    for (const std::string& file : *files) report.push_back(test_file(file, alone, globals, tally));
    if (globals.json)
      print_json(report);
    else if (!alone)
      std::puts(tally.text(files->size()).c_str());
    exit_code = tally.exit_code();
  });
}

}  // namespace msghub
