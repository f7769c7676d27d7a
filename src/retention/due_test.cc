#include "retention/due.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "retention/archive_format.h"

namespace msghub {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

const Timestamp kNow = *from_iso8601("2026-04-03T10:11:12.345Z");

std::int64_t seconds_of(Timestamp time) {
  return std::chrono::floor<seconds>(time.time_since_epoch()).count();
}

Item item_with(std::optional<std::int64_t> ttl, bool archived) {
  Item item{{"PK", "MESSAGE#1"}, {"SK", "METADATA"}, {"status", "processed"}};
  if (ttl) item["ttl"] = *ttl;
  if (archived) item[kArchivePart] = "archives/…";
  return item;
}

TEST(Due, FollowsTheTtl) {
  const auto at = [](seconds from_now, bool archived) {
    return due(item_with(seconds_of(kNow + from_now), archived), kNow, hours(48));
  };
  EXPECT_EQ(at(hours(49), false), Due::Nothing);
  EXPECT_EQ(at(hours(48), false), Due::Archive);
  EXPECT_EQ(at(hours(-900), false), Due::Archive) << "never deleted without an archive";
  EXPECT_EQ(at(hours(48), true), Due::Nothing);
  EXPECT_EQ(at(seconds(1), true), Due::Nothing);
  EXPECT_EQ(at(seconds(0), true), Due::Delete);
  EXPECT_EQ(due(item_with(std::nullopt, false), kNow, hours(48)), Due::Nothing);
  EXPECT_EQ(due(item_with(std::nullopt, true), kNow, hours(48)), Due::Nothing);
  Item odd = item_with(std::nullopt, true);
  odd["ttl"] = "soon";
  EXPECT_EQ(due(odd, kNow, hours(48)), Due::Nothing);
}

RC_GTEST_PROP(Due, DeletesOnlyWhatIsArchivedAndOver, ()) {
  const auto ttl = *rc::gen::inRange<std::int64_t>(0, 4'000'000'000);
  const auto now = Timestamp(seconds(*rc::gen::inRange<std::int64_t>(0, 4'200'000'000)));
  const auto archived = *rc::gen::arbitrary<bool>();
  const Item item = item_with(ttl, archived);
  const Due what = due(item, now, hours(48));
  if (what == Due::Delete) RC_ASSERT(archived && ttl <= seconds_of(now));
  if (what == Due::Archive) RC_ASSERT(!archived);
  if (must_hold(item, now, hours(48))) {
    RC_ASSERT(!archived);
    RC_ASSERT(what == Due::Archive);
    RC_ASSERT(held_until(item, now) > seconds_of(now + hours(23)));
    RC_ASSERT(held_until(item, now) > ttl);
  }
}

RC_GTEST_PROP(Due, WaitsForAWholeBatchButNotForTooLong, ()) {
  const auto now = Timestamp(std::chrono::milliseconds(
      *rc::gen::inRange<std::int64_t>(0, std::int64_t{4'200'000'000} * 1000)));
  const auto ahead = seconds(*rc::gen::inRange<std::int64_t>(0, 30 * 86'400));
  const Timestamp latest = latest_birth(now + ahead, days(90));
  const Timestamp until = archive_until(now, ahead, days(90));
  RC_ASSERT(until <= latest);
  // What is left out has at least half of `ahead` until it expires.
  RC_ASSERT(latest - until <= ahead / 2 + std::chrono::seconds(1));
  RC_ASSERT(archive_until(now + hours(1), ahead, days(90)) >= until);
}

TEST(Due, BatchesAreDaysInUtc) {
  EXPECT_EQ(to_iso8601(archive_until(kNow, hours(48), days(90))), "2026-01-04T23:59:59.999Z");
  EXPECT_EQ(archive_until(kNow, seconds(0), days(90)), kNow - days(90));
}

TEST(Due, KnowsAJumpOfTheClock) {
  EXPECT_TRUE(clock_jumped(std::nullopt, kNow, seconds(600)));
  EXPECT_FALSE(clock_jumped(kNow, kNow, seconds(600)));
  EXPECT_FALSE(clock_jumped(kNow, kNow + seconds(1800), seconds(600)));
  EXPECT_TRUE(clock_jumped(kNow, kNow + seconds(1801), seconds(600)));
  EXPECT_TRUE(clock_jumped(kNow, kNow - std::chrono::milliseconds(1), seconds(600)));
}

}  // namespace
}  // namespace msghub
