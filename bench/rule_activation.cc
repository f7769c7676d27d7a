// Question: how long from saving a rule until it is active, with type check, examples and archive?
//           Cold is the first build of a hub, which starts the process that checks types; warm is
//           every later one. Beside them stands one cold `tsc` over the same project.
// Pass:     cold at most 2.0 times that tsc, warm at most a quarter of it, no error.
// Use:      bench_rule_activation [--check] [--msghub PATH]; with --check the exit
//           code is 1 when it does not pass.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/crypto.h"
#include "base/json.h"
#include "child.h"
#include "net/http.h"
#include "pipeline/projects.h"
#include "rule/compile.h"

namespace {

using namespace msghub;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kHubs = 3;   // each gives one cold build
constexpr int kWarm = 10;  // of the last one
const fs::path kSource = MSGHUB_SOURCE_DIR;

std::string rule_text(const std::string& name) {
  return "# Order " + name +
         "\n\nTells the shop's system of an order.\n\n## When\n\n- a webhook arrives at **Shop**\n"
         "- `order.kind` is \"" +
         name +
         "\"\n\n## Extract\n\n- id: `order.id`\n- total: number in `order.total`\n\n## Do\n\n"
         "1. Send webhook POST to <https://erp.example.com/orders>:\n\n   ```json\n"
         "   {\"id\": \"{{id}}\", \"total\": {{total}}, \"kind\": \"" +
         name + "\"}\n   ```\n\n## Example: an order\n\n```json\n{\"order\": {\"kind\": \"" + name +
         "\", \"id\": \"7\", \"total\": 12.5}}\n```\n\n- matches\n- id is \"7\"\n- total is 12.5\n";
}

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

double cold_tsc(const fs::path& folder) {
  const CompileResult compiled = compile_rule(rule_text("tsc"));
  if (!compiled.rule) throw std::runtime_error("the rule of this benchmark does not compile");
  fs::create_directories(folder);
  fs::create_directory_symlink(kSource / "node_modules", folder / "node_modules");
  if (!write_project((folder / "project").string(), compiled.rule->project))
    throw std::runtime_error("the project cannot be written");
  std::vector<double> took;
  for (int i = 0; i < kHubs; ++i) {
    const auto start = Clock::now();
    Child tsc({(kSource / "node_modules/.bin/node").string(),
               (kSource / "node_modules/typescript/bin/tsc").string(), "-p",
               (folder / "project").string()});
    if (tsc.wait() != 0) throw std::runtime_error("tsc refuses the project");
    took.push_back(milliseconds_since(start));
  }
  return median(std::move(took));
}

class Hub {
 public:
  Hub(const std::string& msghub, const fs::path& data)
      : data_(data),
        process_({msghub, "serve", "--data", data.string(), "--listen", "127.0.0.1:0", "--set",
                  "log.level=warn"}),
        url_(wait_for_line(data / "address")) {
    post("/v1/channels", R"({"type":"webhook","name":"Shop"})");
  }
  json::value post(const std::string& path, const std::string& body) const {
    const HttpReply reply =
        http_request("POST", url_ + path,
                     {{"Authorization", "Bearer " + wait_for_line(data_ / "token")},
                      {"Content-Type", "application/json"}},
                     body, std::chrono::seconds(120));
    if (reply.status >= 300) throw std::runtime_error(path + ": " + reply.body);
    return *parse_json(reply.body);
  }
  // From saving a rule to active.
  double activate(const std::string& name) const {
    const auto start = Clock::now();
    const json::value rule =
        post("/v1/rules", to_json(json::object{{"markdown", rule_text(name)}}));
    post("/v1/rules/" + std::string(rule.at("id").as_string()) + ":activate", "");
    return milliseconds_since(start);
  }

 private:
  fs::path data_;
  Child process_;
  std::string url_;
};

int run(const std::string& msghub) {
  const fs::path folder = fs::temp_directory_path() / ("bench-" + random_uuid());
  const double tsc = cold_tsc(folder / "tsc");
  std::printf("%-44s %8.0f ms\n", "tsc over the same project, cold, median of 3", tsc);
  std::vector<double> cold, warm;
  for (int i = 0; i < kHubs; ++i) {
    const Hub hub(msghub, folder / ("hub-" + std::to_string(i)));
    std::this_thread::sleep_for(std::chrono::seconds(2));  // its workers have started
    cold.push_back(hub.activate("cold"));
    if (i == kHubs - 1)
      for (int n = 0; n < kWarm; ++n) warm.push_back(hub.activate("warm " + std::to_string(n)));
  }
  fs::remove_all(folder);
  const double first = median(std::move(cold)), later = median(std::move(warm));
  std::printf("%-44s %8.0f ms\n", "saved to active, cold, median of 3", first);
  std::printf("%-44s %8.0f ms\n", "saved to active, warm, median of 10", later);
  const bool pass = first <= 2.0 * tsc && later <= 0.25 * tsc;
  std::printf("cold / tsc: %.2f (pass mark 2.00), warm / tsc: %.2f (pass mark 0.25): %s\n",
              first / tsc, later / tsc, pass ? "pass" : "FAIL");
  return pass ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::string msghub = fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "msghub";
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--check")
      check = true;
    else if (word == "--msghub" && i + 1 < argc)
      msghub = argv[++i];
  }
  const int failed = run(msghub);
  return check ? failed : 0;
}
