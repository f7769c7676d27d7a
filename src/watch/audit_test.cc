#include "watch/audit.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "aws/test_support.h"
#include "base/crypto.h"
#include "store/rocks/rocks_tables.h"

namespace msghub {
namespace {

namespace fs = std::filesystem;
using aws::ManualClock;
using aws::run_task;

AuditEntry entry_of(std::string action) {
  return {.actor = "owner", .action = std::move(action), .entity = "rule", .entity_id = "r1"};
}

Put note(const std::string& id, Condition condition = {}) {
  return {Table::Rules, {{"PK", "RULE#" + id}, {"SK", "METADATA"}}, std::move(condition)};
}

class Audit : public ::testing::Test {
 protected:
  Audit() : folder_(fs::temp_directory_path() / random_uuid()) {
    tables_ = RocksTables::open({.path = folder_.string(), .reserve_bytes = 1}, clock_);
  }
  ~Audit() override {
    tables_.reset();
    fs::remove_all(folder_);
  }

  Result<void> write(AuditEntry entry, std::vector<Write> writes = {}) {
    return run_task(transact_audited(*tables_, clock_, user_, std::move(entry), std::move(writes)));
  }
  void append(int count) {
    for (int i = 0; i < count; ++i) ASSERT_TRUE(write(entry_of("rule.create")));
  }
  AuditHead head() { return run_task(read_audit_head(*tables_, user_)); }
  std::vector<json::object> entries() {
    std::vector<json::object> out;
    std::string cursor;
    do {
      Result<AuditPage> page = run_task(list_audit(*tables_, user_, false, Paging{3, cursor}));
      for (json::object& entry : page.value().entries) out.push_back(std::move(entry));
      cursor = page->cursor;
    } while (!cursor.empty());
    return out;
  }
  // "" for a log that is whole.
  std::string verify(std::optional<AuditHead> known = {}) {
    AuditChain chain(audit_root(user_), head());
    if (known) chain.expect(*known);
    for (const json::object& entry : entries())
      if (const auto wrong = chain.next(entry)) return *wrong;
    return chain.end(head()).value_or("");
  }
  void change(Key key, Changes changes) {
    std::vector<Write> writes;
    writes.push_back(Update{Table::Users, std::move(key), std::move(changes), if_present()});
    ASSERT_TRUE(run_task(tables_->transact(std::move(writes))));
  }
  void remove(Key key) {
    std::vector<Write> writes;
    writes.push_back(Delete{Table::Users, std::move(key), if_present()});
    ASSERT_TRUE(run_task(tables_->transact(std::move(writes))));
  }
  Key key_of(int seq) const {
    return {"USER#" + user_.value, "AUDIT#0000000000000000000" + std::to_string(seq)};
  }

  const fs::path folder_;
  const UserId user_{"u1"};
  ManualClock clock_;
  std::shared_ptr<RocksTables> tables_;
};

TEST_F(Audit, EntriesFollowEachOther) {
  append(2);
  AuditEntry third = entry_of("rule.replace");
  third.before = "b";
  third.after = "a";
  ASSERT_TRUE(write(third));
  const std::vector<json::object> log = entries();
  ASSERT_EQ(log.size(), 3u);
  EXPECT_EQ(string_or(log[0], "previous"), audit_root(user_));
  EXPECT_EQ(string_or(log[2], "previous"), string_or(log[1], "hash"));
  EXPECT_EQ(log[2].at("seq"), 3);
  EXPECT_EQ(string_or(log[2], "actor"), "owner");
  EXPECT_EQ(string_or(log[2], "before"), "b");
  EXPECT_EQ(string_or(log[2], "at"), to_iso8601(clock_.now()));
  EXPECT_EQ(head().seq, 3);
  EXPECT_EQ(head().hash, string_or(log[2], "hash"));
  EXPECT_EQ(verify(), "");
}

// The recipe of docs/operations/audit.md, by which others compute it.
TEST_F(Audit, TheHashIsWhatTheManualSays) {
  append(1);
  json::object entry = entries().front();
  const json::object told{{"seq", 1},
                          {"at", to_iso8601(clock_.now())},
                          {"actor", "owner"},
                          {"action", "rule.create"},
                          {"entity", "rule"},
                          {"entityId", "r1"},
                          {"previous", sha256_hex("msghub audit log of USER#u1")}};
  EXPECT_EQ(string_or(entry, "hash"), sha256_hex(to_json(told)));
}

TEST_F(Audit, ChangeAndEntryAreOneTransaction) {
  std::vector<Write> writes;
  writes.emplace_back(note("r1", if_absent()));
  ASSERT_TRUE(write(entry_of("rule.create"), writes));
  const Result<void> again = write(entry_of("rule.create"), writes);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Refusal::Code::Conflict);
  EXPECT_TRUE(again.error().detail.starts_with("write 0:")) << again.error().detail;
  EXPECT_EQ(entries().size(), 1u) << "what was not done is not told";
  EXPECT_EQ(head().seq, 1);
}

// One after the other, beside other writers. Counts those that were kept.
Task<void> write_some(Tables& tables, const Clock& clock, int writer, int count, int& kept) {
  for (int i = 0; i < count; ++i) {
    std::vector<Write> writes;
    writes.emplace_back(note(std::to_string(writer) + "-" + std::to_string(i), if_absent()));
    AuditEntry entry = entry_of("rule.create");
    const Result<void> written =
        co_await transact_audited(tables, clock, UserId{"u1"}, std::move(entry), std::move(writes));
    if (written) ++kept;
  }
}

TEST_F(Audit, SixteenWritersAtOnceMakeOneChain) {
  constexpr int kWriters = 16, kEach = 5;
  boost::asio::io_context loop;
  int kept = 0;
  std::exception_ptr failed;
  for (int writer = 0; writer < kWriters; ++writer)
    boost::asio::co_spawn(loop, write_some(*tables_, clock_, writer, kEach, kept),
                          [&failed](std::exception_ptr error) {
                            if (error) failed = error;
                          });
  loop.run();
  if (failed) std::rethrow_exception(failed);
  EXPECT_EQ(kept, kWriters * kEach);
  EXPECT_EQ(entries().size(), std::size_t{kWriters * kEach});
  EXPECT_EQ(verify(), "");
}

TEST_F(Audit, VerifyNamesAnEntryThatWasChanged) {
  append(5);
  change(key_of(3), {.set = {{"actor", "somebody else"}}});
  EXPECT_EQ(verify(), "entry 3 was changed: its hash does not fit it");
}

TEST_F(Audit, VerifyNamesAMemberThatWasAdded) {
  append(2);
  change(key_of(2), {.set = {{"note", "all is well"}}});
  EXPECT_TRUE(verify().starts_with("entry 2 was changed")) << verify();
}

TEST_F(Audit, VerifyNamesAnEntryThatIsMissing) {
  append(5);
  remove(key_of(2));
  EXPECT_EQ(verify(), "entry 2 is missing: entry 3 stands in its place");
}

TEST_F(Audit, VerifyNamesAnEntryWhoseHashWasMended) {
  append(5);
  Result<AuditEntry> entry = from_json_value<AuditEntry>(entries()[2]);
  entry->actor = "somebody else";
  change(key_of(3), {.set = {{"actor", entry->actor}, {"hash", hash_of(*entry)}}});
  EXPECT_TRUE(verify().starts_with("entry 4 does not follow")) << verify();
}

TEST_F(Audit, VerifyNamesADamagedEntry) {
  append(2);
  change(key_of(1), {.set = {{"seq", "one"}}});
  EXPECT_TRUE(verify().starts_with("entry 1 cannot be read: seq")) << verify();
}

TEST_F(Audit, VerifyFindsACutEnd) {
  append(4);
  const AuditHead kept = head();
  remove(key_of(4));
  EXPECT_EQ(verify(), "the log ends with entry 3, but entry 4 is known: the end was cut off");
  // The head was mended, too: only what is kept elsewhere tells.
  change({"USER#u1", "AUDIT"}, {.set = {{"seq", 3}, {"hash", string_or(entries()[2], "hash")}}});
  EXPECT_EQ(verify(), "");
  EXPECT_EQ(verify(kept), "the log ends with entry 3, but entry 4 is known: the end was cut off");
}

TEST_F(Audit, VerifyFindsALogThatWasWrittenAnew) {
  append(3);
  const AuditHead kept{2, string_or(entries()[1], "hash")};
  EXPECT_EQ(verify(kept), "");
  for (int seq = 1; seq <= 3; ++seq) remove(key_of(seq));
  remove({"USER#u1", "AUDIT"});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(write(entry_of("rule.delete")));
  EXPECT_EQ(verify(), "");
  EXPECT_TRUE(verify(kept).starts_with("entry 2 is not the one whose hash is known"));
}

TEST_F(Audit, VerifyFindsAnEntryBehindTheHead) {
  append(2);
  Result<AuditEntry> entry = from_json_value<AuditEntry>(entries()[1]);
  entry->previous = entry->hash;
  entry->seq = 3;
  json::object forged = to_json_value(*entry).as_object();
  forged["hash"] = hash_of(*entry);
  forged["PK"] = key_of(3).pk;
  forged["SK"] = key_of(3).sk;
  std::vector<Write> writes;
  writes.push_back(Put{Table::Users, forged, {}});
  ASSERT_TRUE(run_task(tables_->transact(std::move(writes))));
  EXPECT_EQ(verify(), "the log ends with entry 3, which its head does not know: it names entry 2");
}

TEST_F(Audit, TheChainBelongsToItsUser) {
  append(1);
  AuditChain chain(audit_root(UserId{"u2"}), AuditHead{0, audit_root(UserId{"u2"})});
  EXPECT_TRUE(chain.next(entries().front()).has_value());
}

TEST_F(Audit, FindsUsers) {
  EXPECT_FALSE(run_task(find_owner(*tables_)));
  append(1);
  EXPECT_EQ(run_task(audited_users(*tables_)), std::vector<UserId>{user_});
  std::vector<Write> writes;
  writes.push_back(Put{Table::Users, {{"PK", "USER#u0"}, {"SK", "METADATA"}}, {}});
  ASSERT_TRUE(run_task(tables_->transact(std::move(writes))));
  EXPECT_EQ(run_task(find_owner(*tables_)), UserId{"u0"});
}

TEST_F(Audit, CommandsWriteIntoTheOwnersLog) {
  run_task(audit_command(*tables_, clock_, "key.rotate", "k2"));
  EXPECT_TRUE(run_task(audited_users(*tables_)).empty()) << "nobody owns the store yet";
  std::vector<Write> writes;
  writes.push_back(Put{Table::Users, {{"PK", "USER#u1"}, {"SK", "METADATA"}}, {}});
  ASSERT_TRUE(run_task(tables_->transact(std::move(writes))));
  run_task(audit_command(*tables_, clock_, "key.rotate", "k2"));
  ASSERT_EQ(entries().size(), 1u);
  EXPECT_EQ(string_or(entries().front(), "actor"), "command line");
  EXPECT_EQ(string_or(entries().front(), "entity"), "key");
  EXPECT_EQ(string_or(entries().front(), "entityId"), "k2");
}

TEST(Fingerprint, LooksAtWhatPeopleChange) {
  const Item item{{"PK", "RULE#1"}, {"name", "a"}, {"metadata", {{"x", 1}, {"y", 2}}}};
  const Item shuffled{{"metadata", {{"y", 2}, {"x", 1}}}, {"name", "a"}, {"PK", "RULE#1"}};
  EXPECT_EQ(fingerprint(Table::Rules, item), fingerprint(Table::Rules, shuffled));
  Item counted = item;
  counted["executionCount"] = 7;
  counted["GSI1SK"] = "STATUS#active#now";
  EXPECT_EQ(fingerprint(Table::Rules, item), fingerprint(Table::Rules, counted));
  Item paused = item;
  paused["status"] = "paused";
  EXPECT_NE(fingerprint(Table::Rules, item), fingerprint(Table::Rules, paused));
  EXPECT_EQ(fingerprint(Table::Channels, item), fingerprint(Table::Channels, paused));
}

}  // namespace
}  // namespace msghub
