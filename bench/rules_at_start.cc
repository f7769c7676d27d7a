// Question: what do 10,000 active rules cost a hub that starts? Compiling all of them (a start with
//           another compiler version does), and loading them: read from the store and made into one
//           matcher. Beside the load stands the bare read of the same items.
// Pass:     all compile and match, loading takes at most 2.5 times the bare read.
// Use:      bench_rules_at_start [--check]; with --check the exit code is 1 when it does not pass.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "base/crypto.h"
#include "pipeline/rulebook.h"
#include "rule/compile.h"
#include "store/rocks/rocks_tables.h"
#include "store/rules.h"
#include "tests/contract/run_task.h"

namespace {

using namespace msghub;
using testing::run_task;
namespace fs = std::filesystem;

constexpr std::size_t kRules = 10'000;
const UserId kUser{"u1"};
const ChannelId kChannel{"c1"};

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string rule_text(std::size_t number) {
  const std::string n = std::to_string(number);
  return "# Order kind " + n +
         "\n\nTells the shop's system of an order.\n\n## When\n\n- a webhook arrives at **Shop**\n"
         "- `order.kind` is \"kind-" +
         n + "\"\n- the body contains \"word" + n +
         "\"\n\n## Extract\n\n- id: `order.id`\n\n## Do\n\n"
         "1. Send webhook POST to <https://erp.example.com/orders>:\n\n   ```json\n"
         "   {\"id\": \"{{id}}\"}\n   ```\n";
}

std::vector<Rule> compile_all() {
  Directory directory;
  directory.channels.push_back({kChannel, "Shop", ChannelType::Webhook});
  CompileOptions options;
  options.directory = &directory;
  std::vector<Rule> rules;
  for (std::size_t number = 0; number < kRules; ++number) {
    Rule rule;
    rule.markdown_source = rule_text(number);
    CompileResult compiled = compile_rule(rule.markdown_source, options);
    if (!compiled.rule) throw std::runtime_error("a rule of this benchmark does not compile");
    rule.id = RuleId{uuid_of(std::to_string(number))};
    rule.user_id = kUser;
    rule.name = compiled.rule->name;
    rule.generated_code = compiled.rule->generated_code;
    rule.metadata = compiled.rule->metadata;
    rule.code_version = 1;
    rule.status = RuleStatus::Active;
    rules.push_back(std::move(rule));
  }
  return rules;
}

std::size_t read_all(Tables& tables) {
  Rules rules(tables);
  std::size_t count = 0;
  std::string cursor;
  do {
    const Result<PageOf<Rule>> page =
        run_task(rules.list_active_rules_for_user(kUser, Paging{100, cursor}));
    count += page->items.size();
    cursor = page->cursor;
  } while (!cursor.empty());
  return count;
}

MatchInput message_for(std::size_t number, ParsedMessage& message) {
  const std::string n = std::to_string(number);
  message.body = "an order with word" + n;
  message.payload = json::object{{"order", json::object{{"kind", "kind-" + n}}}};
  return MatchInput{kChannel, &message};
}

int run() {
  std::vector<Rule> compiled;
  const double compiling = seconds_of([&] { compiled = compile_all(); });
  std::printf("%-40s %8.2f s  %8.0f/s\n", "10,000 rules compiled, one thread", compiling,
              double(kRules) / compiling);
  const fs::path folder = fs::temp_directory_path() / ("bench-" + random_uuid());
  SystemClock clock;
  const auto tables = RocksTables::open({.path = folder.string()}, clock);
  for (std::size_t at = 0; at < compiled.size(); at += 100) {
    std::vector<Write> writes;
    for (std::size_t i = at; i < std::min(at + 100, compiled.size()); ++i)
      writes.push_back(Put{Table::Rules, rule_item(compiled[i]), {}});
    run_task(tables->write_batch(std::move(writes))).value();
  }
  std::size_t count = read_all(*tables);  // once for the caches
  const double reading = seconds_of([&] { count = read_all(*tables); });
  std::printf("%-40s %8.2f s\n", "read from the store", reading);
  Rulebook rulebook(*tables);
  std::shared_ptr<const RuleSet> set;
  const double loading = seconds_of([&] { set = run_task(rulebook.active_rules(kUser)); });
  std::printf("%-40s %8.2f s\n", "read and made into one matcher", loading);
  ParsedMessage message;
  const MatchInput input = message_for(kRules / 2, message);
  std::vector<RuleId> matched;
  const double matching = seconds_of([&] {
    for (int i = 0; i < 100; ++i) matched = set->matcher.match(input);
  });
  std::printf("%-40s %8.3f ms\n", "one message against all of them", matching * 10);
  fs::remove_all(folder);
  const bool right = count == kRules && set->matcher.broken().empty() &&
                     matched == std::vector{compiled[kRules / 2].id};
  const bool pass = right && loading <= 2.5 * reading;
  std::printf("load / read: %.2f (pass mark 2.50), all rules there and matching: %s: %s\n",
              loading / reading, right ? "yes" : "NO", pass ? "pass" : "FAIL");
  return pass ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const int failed = run();
  return argc > 1 && std::string(argv[1]) == "--check" ? failed : 0;
}
