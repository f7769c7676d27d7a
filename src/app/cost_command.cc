#include <cmath>
#include <cstdio>

#include "app/commands.h"
#include "app/cost_model.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "base/json.h"

namespace msghub {

namespace {

struct CostFlags {
  Load load;
  std::string prices;
};

Prices prices_from(const std::string& file) {
  if (file.empty()) return {};
  const Result<json::value> given = parse_json(read_file(file));
  if (!given) throw ApiError{kUsage, file + ": " + given.error().detail, {}};
  if (!given->is_object()) throw ApiError{kUsage, file + ": a JSON object is needed", {}};
  Result<Prices> prices = prices_with(given->get_object());
  if (!prices) throw ApiError{kUsage, file + ": " + prices.error().detail, {}};
  return std::move(*prices);
}

void run_cost(const Globals& globals, const CostFlags& flags) {
  const Prices prices = prices_from(flags.prices);
  const CostEstimate estimate = estimate_cost(flags.load, prices);
  if (!globals.json) {
    const std::string text = cost_report(estimate, flags.load, prices);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return;
  }
  json::value out = to_json_value(estimate);
  out.get_object()["load"] = to_json_value(flags.load);
  out.get_object()["prices"] = to_json_value(prices);
  print_json(out);
}

}  // namespace

void add_cost_command(CLI::App& root, Globals& globals, int& exit_code) {
  auto flags = std::make_shared<CostFlags>();
  CLI::App* cost = root.add_subcommand("cost", "What a fleet on AWS costs in a month");
  const auto number = [&](const char* name, double& value, const char* text) {
    cost->add_option(name, value, text)
        ->check(CLI::Range(0.0, 1e12))
        ->check([](const std::string& given) {
          double number = 0;
          const bool read = CLI::detail::lexical_cast(given, number);
          return read && std::isfinite(number) ? "" : given + " is no number";
        })
        ->capture_default_str();
  };
  number("--users", flags->load.users, "people who own rules");
  number("--messages-per-day", flags->load.messages_per_day, "messages of all of them");
  number("--rules-matched", flags->load.rules_matched, "rules that a message matches, on average");
  number("--message-bytes", flags->load.message_bytes, "size of a message as it comes");
  number("--days", flags->load.days, "time of retention");
  number("--archive-months", flags->load.archive_months, "how long archives are counted");
  number("--hubs", flags->load.hubs, "programs that share the tables");
  number("--followers", flags->load.followers, "readers of the change feed");
  cost->add_option("--prices", flags->prices,
                   "JSON file with other prices, by the names that --json shows");
  cost->footer(
      "Counts with request units that were measured; see docs/operations/cost.md.\n"
      "Examples:\n  msghub cost --users 1000 --messages-per-day 10000\n"
      "  msghub cost --messages-per-day 500000 --rules-matched 0.2 --prices mine.json --json");
  cost->callback([&globals, &exit_code, flags] {
    run_cost(globals, *flags);
    exit_code = kOk;
  });
}

}  // namespace msghub
