#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "move/pause.h"
#include "store/leases.h"
#include "tests/contract/migrate_fixture.h"
#include "tests/contract/rocks_engine.h"

namespace msghub::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class Migrate : public ::testing::Test {
 protected:
  Place place(const std::string& name, const std::string& layout = "multi-table",
              const std::string& key = "key") const {
    return {{"folder", folder_.path() + "/" + name},
            {"layout", layout},
            {"key", folder_.path() + "/" + key}};
  }
  static std::string refusal(const Result<MoveReport>& report) {
    return report ? "not refused" : report.error().detail;
  }
  // Stops when the first page of a step is done.
  static MoveOptions until(MoveProgress::Step step) {
    auto seen = std::make_shared<bool>(false);
    MoveOptions options;
    options.progress = [seen, step](const MoveProgress& progress) {
      *seen |= progress.step == step;
    };
    options.stopping = [seen] { return *seen; };
    return options;
  }
  static void put(OpenHouse& house, Table table, Item item) {
    std::vector<Write> writes;
    writes.push_back(Put{table, std::move(item), {}});
    MSGHUB_CHECK(run_task(house.tables().transact(std::move(writes))).has_value());
  }

 private:
  TempFolder folder_;
};

TEST_F(Migrate, ThereAndBackUnderAnotherKeyAndLayoutKilledTwiceEachWay) {
  constexpr int kMessages = 2000;
  const Place first = place("first"), second = place("second", "single-table", "other-key"),
              third = place("third");
  std::map<std::string, std::string> before;
  {
    OpenHouse house(first);
    fill(house, kMessages);
    before = contents(house);
  }
  const json::object there = migrate_with_two_kills(first, second, 100, 1500);
  const json::object back = migrate_with_two_kills(second, third, 200, 3000);
  EXPECT_EQ(there, back);
  EXPECT_EQ(there.at("Messages").at("items"), json::value(kMessages));
  OpenHouse house(third);
  EXPECT_TRUE(before == contents(house));
}

TEST_F(Migrate, PausesBothAndReleasesTheTargetInTheEnd) {
  OpenHouse from(place("from")), to(place("to"));
  fill(from, 100);
  const auto stopped = move_between(from, to, until(MoveProgress::Step::Items));
  ASSERT_TRUE(stopped) << refusal(stopped);
  EXPECT_EQ(stopped->end, MoveReport::End::Stopped);
  EXPECT_TRUE(run_task(read_pause(from.tables())));
  const auto too_early = run_task(clear_pause(to.tables()));
  ASSERT_FALSE(too_early);
  EXPECT_THAT(too_early.error().detail, HasSubstr("has not ended"));

  const auto ended = move_between(from, to);
  ASSERT_TRUE(ended) << refusal(ended);
  EXPECT_EQ(ended->end, MoveReport::End::Complete);
  const auto pause = run_task(read_pause(to.tables()));
  ASSERT_TRUE(pause);
  EXPECT_THAT(pause->reason, HasSubstr("was moved here"));
  EXPECT_TRUE(run_task(clear_pause(to.tables())).value());
  EXPECT_FALSE(run_task(clear_pause(to.tables())).value()) << "there was none";
  const auto again = move_between(from, to);
  ASSERT_TRUE(again) << refusal(again);
  EXPECT_EQ(again->end, MoveReport::End::CompleteBefore);
  EXPECT_FALSE(run_task(read_pause(to.tables()))) << "a hub works there by now";
}

TEST_F(Migrate, LeavesLeasesBehind) {
  OpenHouse from(place("from")), to(place("to"));
  fill(from, 1);
  ASSERT_TRUE(move_between(from, to));
  EXPECT_TRUE(run_task(Leases(from.tables()).read("retention")));
  EXPECT_FALSE(run_task(Leases(to.tables()).read("retention")));
}

TEST_F(Migrate, SealsUnderTheTargetsKeyAndKeepsWhatThatOpens) {
  OpenHouse from(place("from")), same(place("same")), other(place("other", "multi-table", "key2"));
  fill(from, 1);
  ASSERT_TRUE(move_between(from, same));
  const Key key{"INTEGRATION#i1", "METADATA"};
  const auto text_in = [&key](OpenHouse& house) {
    return string_or(run_task(house.tables().get(Table::Integrations, key)).value(), "credentials");
  };
  EXPECT_EQ(text_in(from), text_in(same));
  ASSERT_TRUE(move_between(from, other));
  EXPECT_NE(text_in(from), text_in(other));
  const SealContext context{"u1", "integration", "i1", "credentials"};
  EXPECT_EQ(run_task(other.vault().unseal(context, text_in(other))), "{\"token\":\"t\"}");
}

TEST_F(Migrate, NamesASecretThatDoesNotOpen) {
  OpenHouse from(place("from")), to(place("to", "multi-table", "key2"));
  fill(from, 1);
  const Key key{"CHANNEL#c1", "METADATA"};
  Item item = run_task(from.tables().get(Table::Channels, key)).value();
  item["id"] = "c2";  // no longer what it was sealed for
  put(from, Table::Channels, item);
  try {
    move_between(from, to);
    ADD_FAILURE() << "a secret that nobody can open was moved";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("CHANNEL#c1"));
    EXPECT_EQ(failure.retry, Failure::Retry::Never);
  }
}

TEST_F(Migrate, RefusesATargetThatIsNotEmpty) {
  OpenHouse from(place("from")), to(place("to")), blobs(place("blobs")), marked(place("marked")),
      stranger(place("stranger"));
  fill(from, 3);
  put(to, Table::Rules, {{"PK", "RULE#1"}, {"SK", "METADATA"}});
  EXPECT_THAT(refusal(move_between(from, to)), HasSubstr("it holds RULE#1 in Rules"));
  ASSERT_TRUE(run_task(blobs.blobs().put("users/u/x", "bytes")));
  EXPECT_THAT(refusal(move_between(from, blobs)), HasSubstr("it holds the blob users/u/x"));
  ASSERT_TRUE(move_between(stranger, marked, until(MoveProgress::Step::Measure)));
  EXPECT_THAT(refusal(move_between(from, marked)), HasSubstr("the mark of another move"));
  EXPECT_FALSE(run_task(read_pause(from.tables()))) << "a refused move changes nothing";
}

TEST_F(Migrate, RefusesWhileAHubLives) {
  OpenHouse from(place("from")), to(place("to"));
  fill(from, 3);
  const Timestamp now = from.clock().now();
  ASSERT_TRUE(
      run_task(Leases(from.tables()).take("node/one", "one", now, now + std::chrono::seconds(20))));
  House shared = from.house();
  shared.shared = true;
  MoveOptions options;
  options.sealed = places_of;
  EXPECT_THAT(refusal(run_task(move_house(shared, to.house(), from.clock(), options))),
              HasSubstr("a hub lives"));
  from.clock().set(now + std::chrono::seconds(26));
  EXPECT_TRUE(run_task(move_house(shared, to.house(), from.clock(), options)));
}

TEST_F(Migrate, NamesWhatDiffersAndCopiesAllAgain) {
  OpenHouse from(place("from")), to(place("to"));
  fill(from, 40);
  ASSERT_TRUE(move_between(from, to, until(MoveProgress::Step::CheckItems)));
  Item changed = run_task(to.tables().get(Table::Rules, {"RULE#rule-1", "METADATA"})).value();
  changed["executionCount"] = 99;
  put(to, Table::Rules, changed);
  std::vector<Write> writes;
  writes.push_back(Delete{Table::Rules, {"RULE#rule-2", "METADATA"}, {}});
  ASSERT_TRUE(run_task(to.tables().transact(std::move(writes))));
  put(to, Table::Rules, {{"PK", "RULE#more"}, {"SK", "METADATA"}});
  const std::string path = "users/u1/projects/rule-0/1/project.tar.gz";
  ASSERT_TRUE(run_task(to.blobs().put(path, "other bytes")));
  run_task(to.blobs().remove("users/u1/projects/rule-0/2/project.tar.gz"));

  const auto report = move_between(from, to);
  ASSERT_TRUE(report) << refusal(report);
  EXPECT_EQ(report->end, MoveReport::End::Different);
  for (const char* const named :
       {"RULE#rule-1 METADATA of Rules is another", "RULE#rule-2 METADATA of Rules is missing",
        "RULE#more METADATA of Rules is in the target only",
        "users/u1/projects/rule-0/1/project.tar.gz is another",
        "users/u1/projects/rule-0/2/project.tar.gz is missing"})
    EXPECT_THAT(report->differences, Contains(HasSubstr(named)));
  const auto again = move_between(from, to);
  ASSERT_TRUE(again) << refusal(again);
  ASSERT_EQ(again->differences.size(), 2u) << "the sum, and what only a person may delete";
  EXPECT_THAT(again->differences[1], HasSubstr("RULE#more"));
}

TEST_F(Migrate, FindsASecretThatIsAnother) {
  OpenHouse from(place("from")), to(place("to"));
  fill(from, 2);
  ASSERT_TRUE(move_between(from, to, until(MoveProgress::Step::CheckItems)));
  Item item =
      run_task(to.tables().get(Table::Integrations, {"INTEGRATION#i1", "METADATA"})).value();
  const SealContext context{"u1", "integration", "i1", "credentials"};
  item["credentials"] = run_task(to.vault().seal(context, "another"));
  put(to, Table::Integrations, item);
  const auto report = move_between(from, to);
  ASSERT_TRUE(report) << refusal(report);
  EXPECT_THAT(report->differences, Contains(HasSubstr("the secret credentials of INTEGRATION#i1")));
}

TEST_F(Migrate, MeasuresAgainWhenTheSourceWasResumed) {
  OpenHouse from(place("from")), to(place("to"));
  fill(from, 40);
  ASSERT_TRUE(move_between(from, to, until(MoveProgress::Step::Items)));
  ASSERT_TRUE(run_task(clear_pause(from.tables())).value());
  put(from, Table::Users, {{"PK", "USER#u2"}, {"SK", "METADATA"}, {"id", "u2"}});
  const auto report = move_between(from, to);
  ASSERT_TRUE(report) << refusal(report);
  EXPECT_EQ(report->end, MoveReport::End::Complete);
  EXPECT_TRUE(run_task(to.tables().get(Table::Users, {"USER#u2", "METADATA"})));
}

TEST_F(Migrate, TakesWhatWasChangedInThePausedSource) {
  OpenHouse from(place("from")), to(place("to"));
  fill(from, 40);
  ASSERT_TRUE(move_between(from, to, until(MoveProgress::Step::CheckItems)));
  Item rule = run_task(from.tables().get(Table::Rules, {"RULE#rule-1", "METADATA"})).value();
  rule["name"] = "changed by its owner";
  put(from, Table::Rules, rule);
  const auto report = move_between(from, to);
  ASSERT_TRUE(report) << refusal(report);
  EXPECT_EQ(report->end, MoveReport::End::Complete);
  const Item moved = run_task(to.tables().get(Table::Rules, {"RULE#rule-1", "METADATA"})).value();
  EXPECT_EQ(string_or(moved, "name"), "changed by its owner");
}

TEST_F(Migrate, RefusesASourceIntoWhichAMoveHasNotEnded) {
  OpenHouse from(place("from")), half(place("half")), to(place("to"));
  fill(from, 40);
  ASSERT_TRUE(move_between(from, half, until(MoveProgress::Step::Blobs)));
  EXPECT_THAT(refusal(move_between(half, to)), HasSubstr("has not ended"));
  ASSERT_FALSE(run_task(clear_pause(half.tables()))) << "it is still held";
  ASSERT_TRUE(move_between(from, half));
  EXPECT_TRUE(move_between(half, to));
}

TEST_F(Migrate, StopsWhenAnotherHasTakenItOver) {
  OpenHouse from(place("from")), to(place("to"));
  fill(from, 40);
  MoveOptions options;
  bool other_ran = false;
  options.progress = [&](const MoveProgress& progress) {
    if (progress.step != MoveProgress::Step::Blobs || other_ran) return;
    other_ran = true;
    EXPECT_TRUE(move_between(from, to, until(MoveProgress::Step::Blobs)));
  };
  try {
    move_between(from, to, options);
    ADD_FAILURE() << "two moves wrote one mark";
  } catch (const Failure& failure) {
    EXPECT_THAT(failure.what(), HasSubstr("taken this move over"));
  }
}

TEST(ItemSum, IsTheSameInEveryOrderAndGoesOnFromItsText) {
  ItemSum one, other;
  for (int i = 0; i < 1000; ++i) one.add("text " + std::to_string(i));
  for (int i = 999; i >= 500; --i) other.add("text " + std::to_string(i));
  ItemSum resumed = ItemSum::from_hex(other.hex());
  for (int i = 0; i < 500; ++i) resumed.add("text " + std::to_string(i));
  EXPECT_EQ(one.hex(), resumed.hex());
  resumed.add("text 1");
  EXPECT_NE(one.hex(), resumed.hex());
  EXPECT_EQ(ItemSum().hex(), std::string(64, '0'));
}

TEST(CanonicalJson, IsOneTextForOneValue) {
  const auto canonical = [](const char* text) { return canonical_json(parse_json(text).value()); };
  EXPECT_EQ(canonical(R"({"b":[1.0,-0.0,{"z":null,"a":"ä"}],"a":1e2})"),
            R"({"a":100,"b":[1,0,{"a":"ä","z":null}]})");
  EXPECT_NE(canonical("[1,2]"), canonical("[2,1]"));
  EXPECT_NE(canonical("\"1\""), canonical("1"));
}

}  // namespace
}  // namespace msghub::testing
