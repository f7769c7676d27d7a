// "If it fails" and "Settings": what people type, and what becomes of it.
#include "rule/policy.h"
#include "rule/test_support.h"
#include "rule/time_zones.h"

namespace msghub {
namespace {

using test::codes_of;
using Codes = std::vector<std::string>;

std::string rule_with(const std::string& sections) {
  return "# File invoices\n\n## When\n\n- an email arrives in **Billing inbox**\n\n"
         "## Extract\n\n- number: text after \"No\" in the body\n\n"
         "## Do\n\n1. Send webhook POST to <https://example.com/{{number}}>\n\n" +
         sections;
}

CompileResult compiled(const std::string& sections) {
  return test::compile_with_directory(rule_with(sections));
}

RuleMetadata metadata_of(const std::string& sections) {
  const CompileResult result = compiled(sections);
  EXPECT_TRUE(result.rule && result.diagnostics.empty())
      << render_diagnostics(rule_with(sections), "rule.md", result.diagnostics);
  return result.rule ? result.rule->metadata : RuleMetadata{};
}

RuleFailure failure_of(const std::string& sentence) {
  return metadata_of("## If it fails\n\n- " + sentence + "\n").failure.value_or(RuleFailure{});
}

RuleSettings settings_of(const std::string& sentence) {
  return metadata_of("## Settings\n\n- " + sentence + "\n").settings.value_or(RuleSettings{});
}

struct Retry {
  std::string sentence;
  std::int64_t retries;
  std::optional<std::int64_t> over_ms;
};
class Retries : public testing::TestWithParam<Retry> {};

TEST_P(Retries, MeanWhatPeopleType) {
  const RuleFailure failure = failure_of(GetParam().sentence);
  EXPECT_EQ(failure.retries, GetParam().retries);
  EXPECT_EQ(failure.over_ms, GetParam().over_ms);
}

INSTANTIATE_TEST_SUITE_P(
    Failure, Retries,
    testing::Values(Retry{"retry 5 times over 2 hours", 5, 7'200'000},
                    Retry{"Retry up to 3 times within an hour.", 3, 3'600'000},
                    Retry{"try again 1 time", 1, {}}, Retry{"try it again twice", 2, {}},
                    Retry{"retry once over the next 1.5 days", 1, 129'600'000},
                    Retry{"then retry at most 100 times, spread over 30 days", 100, 2'592'000'000},
                    Retry{"retry 0 times", 0, {}}, Retry{"do not retry", 0, {}},
                    Retry{"don't try again", 0, {}}, Retry{"never retry", 0, {}},
                    Retry{"no retries", 0, {}}, Retry{"retry 2 times over 1 second", 2, 1'000}));

struct Slip {
  std::string sections;
  Codes codes;
};
class Slips : public testing::TestWithParam<Slip> {};

TEST_P(Slips, GiveOneDiagnosticEach) {
  EXPECT_EQ(codes_of(compiled(GetParam().sections)), GetParam().codes);
}

INSTANTIATE_TEST_SUITE_P(
    Failure, Slips,
    testing::Values(
        Slip{"## If it fails\n\n- retry 101 times\n", {"R0603"}},
        Slip{"## If it fails\n\n- retry -1 times\n", {"R0603"}},
        Slip{"## If it fails\n\n- retry 2.5 times\n", {"R0603"}},
        Slip{"## If it fails\n\n- retry five times\n", {"R0603"}},
        Slip{"## If it fails\n\n- retry 5 times over 31 days\n", {"R0604"}},
        Slip{"## If it fails\n\n- retry 5 times over 0.5 seconds\n", {"R0604"}},
        Slip{"## If it fails\n\n- retry 5 times over 2 fortnights\n", {"R0605"}},
        Slip{"## If it fails\n\n- retry 5 times, then email \"a@example.com\"\n", {"R0601"}},
        Slip{"## If it fails\n\n- retry once\n- retry twice\n", {"R0602"}},
        Slip{"## If it fails\n", {"R0026"}},
        Slip{"## If it fails\n\n- retry once\n\n## If it fails\n\n- do not retry\n", {"R0023"}},
        Slip{"## If it fails\n\n- retry once\n\n  > stray\n", {"R0034"}},
        Slip{"## If it fails\n\n- then email \"ops\" using **Office mail**\n", {"R0310"}},
        Slip{"## If it fails\n\n- then email \"a@example.com\"\n", {"R0313"}},
        Slip{"## If it fails\n\n- then email \"{{error.mesage}}@example.com\" using **Office "
             "mail**\n",
             {"R0322"}},
        Slip{"## Settings\n\n- time limit: 999 days\n", {"R0614"}},
        Slip{"## Settings\n\n- time limit: 0.5 seconds\n", {"R0614"}},
        Slip{"## Settings\n\n- time limit: long\n", {"R0605"}},
        Slip{"## Settings\n\n- at most 101 at a time\n", {"R0615"}},
        Slip{"## Settings\n\n- concurrency: two\n", {"R0603"}},
        Slip{"## Settings\n\n- tags: a,, b\n", {"R0616"}},
        Slip{"## Settings\n\n- tags: " + std::string(41, 'x') + "\n", {"R0616"}},
        Slip{"## Settings\n\n- time zone: CEST\n", {"R0613"}},
        Slip{"## Settings\n\n- time zone:\n", {"R0613"}},
        Slip{"## Settings\n\n- owner: a\n- owner: b\n", {"R0612"}},
        Slip{"## Settings\n\n- owner: a\n\n## Settings\n\n- tags: b\n", {"R0023"}}));

TEST(Failure, ErrorsAreKnownOnlyThere) {
  const std::string wrong =
      "# A rule\n\n## When\n\n- a webhook arrives at **Order hook**\n\n"
      "## Do\n\n1. Send webhook POST to <https://example.com/{{error.code}}>\n";
  EXPECT_EQ(codes_of(test::compile_with_directory(wrong)), Codes{"R0401"});
  const RuleFailure failure =
      failure_of("then send webhook POST to <https://example.com/{{error.code}}/{{number}}>");
  ASSERT_EQ(failure.actions.size(), 1U);
  EXPECT_EQ(failure.actions[0].order, 1) << "behind the rule's one step";
  EXPECT_TRUE(string_or(failure.actions[0].config, "bodyTemplate").contains("{{error.message}}"));
}

TEST(Failure, StepsHaveTheirConnectionsAndFilesInTheProject) {
  const CompileResult result = compiled(
      "## If it fails\n\n- then email \"ops@example.com\" using **Office mail**\n"
      "- then post to Slack **#ops**\n");
  ASSERT_TRUE(result.rule);
  std::vector<std::string> names;
  for (const UsedConnection& used : result.rule->connections) names.push_back(used.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Office mail", "Workspace"}));
  std::string paths, package;
  for (const SourceFile& file : result.rule->project) {
    paths += file.path + "\n";
    if (file.path == "package.json") package = file.content;
  }
  EXPECT_TRUE(paths.contains("src/actions/email.ts") && paths.contains("src/actions/slack.ts"));
  const json::value policy = parse_json(package).value().at("msghub");
  EXPECT_EQ(from_json_value<RulePolicy>(policy).value(), policy_of(result.rule->metadata));
  EXPECT_EQ(policy.at("failureSteps"), 2);
}

TEST(Settings, MeanWhatPeopleType) {
  EXPECT_EQ(settings_of("time zone: Europe/Paris").time_zone, "Europe/Paris");
  EXPECT_EQ(settings_of("the timezone is \"america/new_york\"").time_zone, "America/New_York");
  EXPECT_EQ(settings_of("time zone: UTC").time_zone, "UTC");
  EXPECT_EQ(settings_of("time limit: 30 seconds").time_limit_ms, 30'000);
  EXPECT_EQ(settings_of("Time limit of 15 minutes").time_limit_ms, 900'000);
  EXPECT_EQ(settings_of("at most 2 at a time").concurrency, 2);
  EXPECT_EQ(settings_of("concurrency: 100").concurrency, 100);
  EXPECT_EQ(settings_of("run one at a time").concurrency, 1);
  using Tags = std::vector<std::string>;
  EXPECT_EQ(settings_of("tags: finance, \"month  end\", Übergabe").tags,
            (Tags{"finance", "month end", "Übergabe"}));
  EXPECT_EQ(settings_of("owner: \"ann@example.com\"").owner, "ann@example.com");
  EXPECT_EQ(settings_of("owner: Ann   O'Neil <ann@example.com>").owner,
            "Ann O'Neil <ann@example.com>");
}

TEST(TimeZones, AreFoundByPlaceOrNearName) {
  EXPECT_EQ(time_zone_of("EUROPE/paris"), "Europe/Paris");
  EXPECT_FALSE(time_zone_of("Paris"));
  EXPECT_EQ(nearest_time_zone("Paris"), "Europe/Paris");
  EXPECT_EQ(nearest_time_zone("new york"), "America/New_York");
  EXPECT_EQ(nearest_time_zone("Europe/Berln"), "Europe/Berlin");
  EXPECT_EQ(nearest_time_zone("the moon"), "");
}

}  // namespace
}  // namespace msghub
