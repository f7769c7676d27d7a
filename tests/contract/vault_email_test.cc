#include <gtest/gtest.h>

#include "base/crypto.h"
#include "tests/contract/vault_store.h"

namespace msghub::testing {
namespace {

TEST(EmailCipher, HidesAddressesAndFindsThem) {
  SealedStore store;
  const Vault vault = store.open_vault();
  store.fill(vault, 3);
  store.expect_all_open(vault, 3);
  const std::optional<Item> item =
      run_task(store.tables().get(Table::Users, {"USER#u1", "METADATA"}));
  const std::string whole = to_json(*item);
  EXPECT_EQ(whole.find("example.com"), std::string::npos) << whole;
  const std::string index = string_or(*item, "GSI1PK");
  EXPECT_EQ(index.size(), std::string("EMAIL#").size() + 43);
  EXPECT_NE(index, "EMAIL#" + to_base64url(sha256("user1@example.com"))) << "it needs a key";
}

TEST(EmailCipher, GivesTheSameIndexAtEveryHubOfAStore) {
  SealedStore store;
  const Vault vault = store.open_vault();
  const auto first = run_task(open_email_cipher(store.tables(), vault));
  const auto second = run_task(open_email_cipher(store.tables(), store.open_vault()));
  ASSERT_TRUE(first && second);
  EXPECT_EQ((*first)->index_of("A@b.c"), (*second)->index_of(" a@B.C\n"));
  EXPECT_NE((*first)->index_of("a@b.c"), (*first)->index_of("a@b.d"));
  SealedStore other;
  const Vault others_vault = other.open_vault();
  const auto third = run_task(open_email_cipher(other.tables(), others_vault));
  EXPECT_NE((*first)->index_of("a@b.c"), (*third)->index_of("a@b.c"));
}

TEST(EmailCipher, SealsForOneUserOnly) {
  SealedStore store;
  const Vault vault = store.open_vault();
  const auto cipher = run_task(open_email_cipher(store.tables(), vault));
  const std::string sealed = run_task((*cipher)->seal({"u1"}, "a@b.c"));
  EXPECT_TRUE((*cipher)->is_sealed(sealed));
  EXPECT_FALSE((*cipher)->is_sealed("a@b.c"));
  EXPECT_EQ(run_task((*cipher)->unseal({"u1"}, sealed)), "a@b.c");
  EXPECT_FALSE(run_task((*cipher)->unseal({"u2"}, sealed)));
}

TEST(EmailCipher, NoticesAWrongMasterKey) {
  SealedStore store;
  const Vault vault = store.open_vault();
  store.fill(vault, 1);
  SealedStore other;
  const Vault wrong = other.open_vault();
  const auto refused = run_task(open_email_cipher(store.tables(), wrong));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Refusal::Code::Invalid);
  EXPECT_NE(refused.error().detail.find("not the one of this store"), std::string::npos);
  EXPECT_NE(refused.error().detail.find(run_task(vault.ring().current_key())), std::string::npos);
  store.expect_all_open(vault, 1);
}

// What a hub of before had stored is found again after its first start with sealing.
TEST(EmailCipher, TakesOverPlainAddresses) {
  SealedStore store;
  const Vault vault = store.open_vault();
  User user{.id = {"u1"}, .email = "Anna@b.c", .display_name = "A"};
  store.write(Put{Table::Users, user_item(user, user.email), if_absent()});
  const auto cipher = run_task(open_email_cipher(store.tables(), vault));
  Users users(store.tables(), **cipher);
  EXPECT_EQ(run_task(users.seal_plain_emails()), 1u);
  EXPECT_EQ(run_task(users.get_user_by_email("anna@b.c"))->email, "Anna@b.c");
  const std::optional<Item> item =
      run_task(store.tables().get(Table::Users, {"USER#u1", "METADATA"}));
  EXPECT_TRUE(is_sealed(string_or(*item, "email")));
}

}  // namespace
}  // namespace msghub::testing
