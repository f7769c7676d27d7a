// Question: how many rules does the compiler take a second, beside cmark-gfm's bare parse of the
//           same bytes? How long does a rule of 1 MiB, the largest there may be, take?
// Pass:     at least kPart of cmark-gfm's rate over the rules of examples/, which the compiler
//           parses, checks and turns into whole projects; 1 MiB in under a second.
//           `bench_rule_compile --check` ends with 1 otherwise.
#include <benchmark/benchmark.h>
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "base/result.h"
#include "rule/compile.h"

namespace msghub {
namespace {

constexpr double kPart = 0.01;
constexpr double kLargestSeconds = 1.0;

const std::vector<std::string>& rules() {
  static const std::vector<std::string> kRules = [] {
    std::vector<std::string> out;
    const std::filesystem::path folder = std::filesystem::path(MSGHUB_SOURCE_DIR) / "examples";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".md") continue;
      std::ifstream file(entry.path(), std::ios::binary);
      std::ostringstream text;
      text << file.rdbuf();
      out.push_back(text.str());
    }
    MSGHUB_CHECK(!out.empty());
    return out;
  }();
  return kRules;
}

void compile(benchmark::State& state) {
  for (auto _ : state)
    for (const std::string& rule : rules()) {
      const CompileResult result = compile_rule(rule);
      MSGHUB_CHECK(result.rule.has_value());
    }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rules().size()));
}

void cmark_parse(benchmark::State& state) {
  cmark_gfm_core_extensions_ensure_registered();
  cmark_syntax_extension* table = cmark_find_syntax_extension("table");
  for (auto _ : state)
    for (const std::string& rule : rules()) {
      cmark_parser* parser = cmark_parser_new(CMARK_OPT_DEFAULT);
      cmark_parser_attach_syntax_extension(parser, table);
      cmark_parser_feed(parser, rule.data(), rule.size());
      cmark_node* document = cmark_parser_finish(parser);
      benchmark::DoNotOptimize(document);
      cmark_node_free(document);
      cmark_parser_free(parser);
    }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rules().size()));
}

// Many conditions, values and steps; nearly 1 MiB.
std::string largest_rule() {
  std::string out = "# A large rule\n\n## When\n\n- an email arrives in **Inbox**\n";
  constexpr std::size_t kThird = std::size_t{330} * 1024;
  for (int i = 0; out.size() < kThird; ++i)
    out += "- the subject does not contain \"word " + std::to_string(i) + "\"\n";
  out += "\n## Extract\n\n";
  int values = 0;
  for (; out.size() < 2 * kThird; ++values)
    out += "- value" + std::to_string(values) + ": text after \"Label " + std::to_string(values) +
           ":\" in the body, optional\n";
  out += "\n## Do\n\n";
  for (int i = 0; out.size() < 3 * kThird; ++i) {
    const std::string number = std::to_string(i + 1) + ". ";
    const std::string indent(number.size(), ' ');
    out += number + "Send webhook POST to <https://example.com/" + std::to_string(i) + ">:\n\n" +
           indent + "```json\n" + indent + "{\"value\": \"{{value" + std::to_string(i % values) +
           "}}\"}\n" + indent + "```\n\n";
  }
  return out;
}

void compile_largest(benchmark::State& state) {
  const std::string rule = largest_rule();
  MSGHUB_CHECK(compile_rule(rule).rule.has_value());
  for (auto _ : state) {
    const CompileResult result = compile_rule(rule);
    benchmark::DoNotOptimize(result);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rule.size()));
}

BENCHMARK(compile)->Repetitions(3)->Unit(benchmark::kMillisecond);
BENCHMARK(cmark_parse)->Repetitions(3)->Unit(benchmark::kMillisecond);
BENCHMARK(compile_largest)->Repetitions(3)->Unit(benchmark::kMillisecond);

// Shows the usual table and keeps the best run of each.
class Reporter final : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      const double seconds = run.real_accumulated_time / static_cast<double>(run.iterations);
      double& best = seconds_.try_emplace(run.run_name.function_name, seconds).first->second;
      best = std::min(best, seconds);
    }
  }
  bool report() const {
    const double part = seconds_.at("cmark_parse") / seconds_.at("compile");
    const double largest = seconds_.at("compile_largest");
    const double each = seconds_.at("compile") / static_cast<double>(rules().size());
    std::printf("rules a second: %.0f, %.3f of cmark-gfm's parse (mark %.3f)\n", 1 / each, part,
                kPart);
    std::printf("1 MiB: %.2f s (mark %.2f s)\n", largest, kLargestSeconds);
    return part >= kPart && largest <= kLargestSeconds;
  }

 private:
  std::map<std::string, double> seconds_;
};

}  // namespace
}  // namespace msghub

int main(int argc, char** argv) {
  bool check = false;
  int kept = 0;
  for (int i = 0; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--check")
      check = true;
    else
      argv[kept++] = argv[i];
  }
  benchmark::Initialize(&kept, argv);
  msghub::Reporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  const bool good = reporter.report();
  return check && !good ? 1 : 0;
}
