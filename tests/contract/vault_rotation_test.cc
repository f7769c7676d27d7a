#include <gtest/gtest.h>

#include <random>

#include "app/sealed_texts.h"
#include "store/leases.h"
#include "tests/contract/passing_tables.h"
#include "tests/contract/vault_store.h"

namespace msghub::testing {
namespace {

constexpr int kCount = 6;
constexpr std::size_t kTexts = 4 * kCount + 2;

struct Killed {};

// A store whose process is killed at its n-th call: before it, or with it done and unheard of.
class MortalTables final : public PassingTables {
 public:
  MortalTables(Tables& tables, int calls, bool after)
      : PassingTables(tables), left_(calls), after_(after) {}

  Task<std::optional<Item>> get(Table table, Key key) override {
    die_before();
    std::optional<Item> item = co_await tables_.get(table, std::move(key));
    die_after();
    co_return item;
  }
  Task<Result<void>> transact(std::vector<Write> writes) override {
    die_before();
    Result<void> kept = co_await tables_.transact(std::move(writes));
    die_after();
    co_return kept;
  }
  Task<Result<Page>> scan(Scan scan) override {
    die_before();
    scan.limit = 2;  // more pages: more moments to die in
    Result<Page> page = co_await tables_.scan(std::move(scan));
    die_after();
    co_return page;
  }

 private:
  void die_before() {
    if (--left_ <= 0 && !after_) throw Killed();
  }
  void die_after() const {
    if (left_ <= 0) throw Killed();
  }

  int left_;
  const bool after_;
};

Result<FileRotation> rotate(SealedStore& store, Tables& tables) {
  return run_task(rotate_key_file(tables, store.key_file(), store.data_dir(), nullptr));
}

std::size_t opened_under(const KeyReport& report, const std::string& name) {
  std::size_t count = 0;
  for (const auto& [kind, keys] : report.opened)
    if (const auto found = keys.find(name); found != keys.end()) count += found->second;
  return count;
}

TEST(KeyRotation, PutsEveryTextUnderAFreshKeyAndDropsTheOldOne) {
  SealedStore store;
  const Vault before = store.open_vault();
  store.fill(before, kCount);
  const std::string old_key = run_task(before.ring().current_key());
  const Result<FileRotation> rotated = rotate(store, store.tables());
  ASSERT_TRUE(rotated) << rotated.error().detail;
  EXPECT_NE(rotated->current, old_key);
  EXPECT_EQ(rotated->texts.moved, kTexts);
  EXPECT_TRUE(rotated->texts.locked.empty());
  EXPECT_TRUE(rotated->older.empty());
  const Vault after = store.open_vault();
  store.expect_all_open(after, kCount);
  const KeyReport report = run_task(check_sealed_texts(store.tables(), after));
  EXPECT_EQ(report.opened.size(), 6u) << "the six places of the data model";
  EXPECT_EQ(opened_under(report, rotated->current), kTexts);
  EXPECT_TRUE(report.locked.empty());
  EXPECT_FALSE(run_task(open_email_cipher(store.tables(), before))) << "the old key opens no more";
}

// It would seal under the old key what is written after the second look.
TEST(KeyRotation, WaitsForTheHubsOfASharedStore) {
  SealedStore store;
  const Vault before = store.open_vault();
  store.fill(before, kCount);
  Leases leases(store.tables());
  const Timestamp now = SystemClock().now();
  ASSERT_TRUE(run_task(leases.take("node/a", "a", now, now + std::chrono::minutes(5))));
  const Result<FileRotation> refused = rotate(store, store.tables());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::Code::Conflict);
  store.expect_all_open(before, kCount);
  run_task(leases.release("node/a", "a"));
  ASSERT_TRUE(run_task(
      leases.take("node/b", "b", now - std::chrono::hours(1), now - std::chrono::minutes(1))));
  EXPECT_TRUE(rotate(store, store.tables())) << "that of a dead one is over";
}

// Killed wherever a call goes to the store, a hundred times in one rotation's life and more.
TEST(KeyRotation, LosesNothingWhenKilledAnywhere) {
  std::mt19937 random(20251122);
  SealedStore store;
  store.fill(store.open_vault(), kCount);
  int kills = 0;
  int finished = 0;
  for (int round = 0; kills < 100; ++round) {
    const int calls = std::uniform_int_distribution<int>(1, 60)(random);
    MortalTables mortal(store.tables(), calls, round % 2 == 1);
    try {
      const Result<FileRotation> rotated = rotate(store, mortal);
      ASSERT_TRUE(rotated) << rotated.error().detail;
      EXPECT_TRUE(rotated->texts.locked.empty());
      ++finished;
    } catch (const Killed&) {
      ++kills;
    }
    if (kills % 10 == 0) store.expect_all_open(store.open_vault(), kCount);
    ASSERT_LE(vault::read_key_file(store.key_file())->size(), 2u) << "no key a kill";
  }
  EXPECT_GT(finished, 0);
  const Result<FileRotation> rotated = rotate(store, store.tables());
  ASSERT_TRUE(rotated) << rotated.error().detail;
  EXPECT_TRUE(rotated->older.empty());
  store.expect_all_open(store.open_vault(), kCount);
  EXPECT_EQ(vault::read_key_file(store.key_file())->size(), 1u);
}

TEST(KeyRotation, KeepsTheOldKeyWhileATextMayNeedIt) {
  SealedStore store;
  const Vault vault = store.open_vault();
  store.fill(vault, 1);
  const Key key{"CHANNEL#c0", "METADATA"};
  const std::string sealed =
      string_or(*run_task(store.tables().get(Table::Channels, key)), "credentials");
  // Damaged at rest: it names the old key and may yet be mended from a backup.
  std::string damaged = sealed;
  damaged[damaged.size() - 5] = damaged[damaged.size() - 5] == 'A' ? 'B' : 'A';
  const auto put_back = [&](const std::string& text) {
    Changes changes;
    changes.set["credentials"] = text;
    store.write(Update{Table::Channels, key, std::move(changes), {}});
  };
  for (const std::string& text : {damaged, sealed.substr(0, sealed.size() / 2),
                                  "msghub1:" + sealed.substr(sealed.rfind(':') + 1)}) {
    put_back(text);
    const Result<FileRotation> rotated = rotate(store, store.tables());
    ASSERT_TRUE(rotated) << rotated.error().detail;
    ASSERT_EQ(rotated->texts.locked.size(), 1u);
    EXPECT_EQ(rotated->texts.locked.front().item, "CHANNEL#c0");
    EXPECT_EQ(rotated->older, std::vector{run_task(vault.ring().current_key())});
    EXPECT_EQ(string_or(*run_task(store.tables().get(Table::Channels, key)), "credentials"), text)
        << "what does not open is left alone";
  }
  put_back(sealed);
  EXPECT_TRUE(rotate(store, store.tables())->older.empty());
  store.expect_all_open(store.open_vault(), 1);
}

TEST(KeyRotation, IsNotHeldUpByWhatWasNeverSealed) {
  SealedStore store;
  store.fill(store.open_vault(), 1);
  User user{.id = {"plain"}, .email = "plain@b.c", .display_name = "P"};
  store.write(Put{Table::Users, user_item(user, user.email), if_absent()});
  const Result<FileRotation> rotated = rotate(store, store.tables());
  ASSERT_TRUE(rotated) << rotated.error().detail;
  EXPECT_TRUE(rotated->older.empty());
  ASSERT_EQ(rotated->texts.locked.size(), 1u);
  EXPECT_FALSE(rotated->texts.locked.front().sealed);
}

// Changes an item just before each write, as a hub would that works meanwhile.
class BusyTables final : public PassingTables {
 public:
  BusyTables(Tables& tables, const Vault& vault) : PassingTables(tables), vault_(vault) {}
  Task<Result<void>> transact(std::vector<Write> writes) override {
    const Update& update = std::get<Update>(writes.front());
    if (update.table == Table::Channels && changes_++ < 3) {
      Changes changes;
      SealContext context{"u0", "channel", "c0", "credentials"};
      changes.set["credentials"] = co_await vault_.seal(std::move(context), "newer");
      changes.set["config"] = json::object{{"webhookUrl", "/in/newer"}};
      std::vector<Write> other;
      other.push_back(Update{Table::Channels, update.key, std::move(changes), {}});
      co_await tables_.transact(std::move(other));
    }
    co_return co_await tables_.transact(std::move(writes));
  }

 private:
  const Vault& vault_;
  int changes_ = 0;
};

TEST(KeyRotation, OverwritesNothingThatAHubWroteMeanwhile) {
  SealedStore store;
  const Vault vault = store.open_vault();
  store.fill(vault, 1);
  BusyTables busy(store.tables(), vault);
  const Result<FileRotation> rotated = rotate(store, busy);
  ASSERT_TRUE(rotated) << rotated.error().detail;
  const Item item = *run_task(store.tables().get(Table::Channels, {"CHANNEL#c0", "METADATA"}));
  const Vault after = store.open_vault();
  EXPECT_EQ(run_task(after.unseal({"u0", "channel", "c0", "credentials"},
                                  string_or(item, "credentials"))),
            "newer");
  EXPECT_EQ(to_json(item.at("config")), R"({"webhookUrl":"/in/newer"})");
  EXPECT_TRUE(rotated->older.empty());
}

// What a key file sealed goes to another ring: the move from one machine to KMS.
TEST(KeyRotation, MovesTextsFromAnotherRing) {
  SealedStore store;
  const Vault older = store.open_vault();
  store.fill(older, 2);
  SealedStore elsewhere;
  const Vault vault = elsewhere.open_vault();
  const ResealReport without = run_task(reseal_texts(store.tables(), vault, {}));
  EXPECT_EQ(without.locked.size(), 4u * 2 + 2);
  store.expect_all_open(older, 2);
  Resealing how{.older = &older};
  const ResealReport report = run_task(reseal_texts(store.tables(), vault, how));
  EXPECT_EQ(report.moved, 4u * 2 + 2);
  EXPECT_TRUE(report.locked.empty());
  store.expect_all_open(vault, 2);
  EXPECT_EQ(run_task(reseal_texts(store.tables(), vault, {})).moved, 0u);
  EXPECT_EQ(run_task(reseal_texts(store.tables(), vault, {.all = true})).moved, 4u * 2 + 2);
}

TEST(KeyRotation, RefusesAMissingKeyFile) {
  SealedStore store;
  const Result<FileRotation> rotated = rotate(store, store.tables());
  ASSERT_FALSE(rotated);
  EXPECT_EQ(rotated.error().code, Refusal::Code::NotFound);
}

}  // namespace
}  // namespace msghub::testing
