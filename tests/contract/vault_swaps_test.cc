#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <random>

#include "base/crypto.h"
#include "tests/contract/run_task.h"
#include "tests/contract/seed.h"
#include "vault/file_key_ring.h"
#include "vault/vault.h"

namespace msghub::testing {
namespace {

constexpr int kRows = 12;
constexpr int kTries = 10'000;

struct Row {
  SealContext context;
  std::string sealed;
};

// Rows of several users, with several fields, under two master keys.
std::vector<Row> sealed_rows(const Vault& older, const Vault& newer) {
  std::vector<Row> rows;
  for (int i = 0; i < kRows; ++i) {
    const std::string owner = "user-" + std::to_string(i % 3);
    const std::string id = std::to_string(i);
    for (const auto& [entity, field] : {std::pair{"channel", "credentials"},
                                        {"channel", "webhookSecret"},
                                        {"integration", "credentials"},
                                        {"user", "email"}}) {
      const SealContext context{owner, entity, id, field};
      const Vault& vault = i % 2 == 0 ? older : newer;
      rows.push_back({context, run_task(vault.seal(context, "the same secret"))});
    }
  }
  return rows;
}

// What somebody does who can write to the store, but has no key: another row's text, whole or in
// part, another key's name, or one bit.
std::string tampered(const std::vector<Row>& rows, std::size_t mine, std::mt19937& random) {
  const auto number = [&random](std::size_t below) {
    return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
  };
  std::string text = rows[mine].sealed;
  const std::string& other = rows[(mine + 1 + number(rows.size() - 1)) % rows.size()].sealed;
  const std::size_t mine_colon = text.rfind(':');
  const std::size_t other_colon = other.rfind(':');
  switch (number(5)) {
    case 0:
      return other;
    case 1: {  // one bit of the text as it is stored
      const std::size_t bit = number(text.size() * 8);
      text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
      return text;
    }
    case 2: {  // one bit of the bytes it stands for
      std::string bytes = *from_base64url(text.substr(mine_colon + 1));
      const std::size_t bit = number(bytes.size() * 8);
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
      return text.substr(0, mine_colon + 1) + to_base64url(bytes);
    }
    case 3: {  // the front of one and the back of the other, at the parts' borders and elsewhere
      const std::string front = *from_base64url(text.substr(mine_colon + 1));
      const std::string back = *from_base64url(other.substr(other_colon + 1));
      const std::size_t borders[] = {32, 34, 46, 94, 106, 1 + number(front.size() - 1)};
      const std::size_t at = borders[number(6)];
      return text.substr(0, mine_colon + 1) + to_base64url(front.substr(0, at) + back.substr(at));
    }
    default:  // the same bytes under another key's name, or the other's under mine
      return other.substr(0, other_colon) + text.substr(mine_colon) == text
                 ? text.substr(0, mine_colon) + other.substr(other_colon)
                 : other.substr(0, other_colon) + text.substr(mine_colon);
  }
}

TEST(Swaps, NoneOfTenThousandDecrypts) {
  std::string root = (std::filesystem::temp_directory_path() / "msghub-swaps-XXXXXX").string();
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  const auto open = [&root] {
    return Vault(std::move(FileKeyRing::open(root + "/key", root + "/data", true).value()));
  };
  const Vault older = open();
  ASSERT_TRUE(add_master_key(root + "/key"));
  const Vault vault = open();
  const std::vector<Row> rows = sealed_rows(older, vault);
  for (const Row& row : rows)
    ASSERT_EQ(run_task(vault.unseal(row.context, row.sealed)), "the same secret");
  const unsigned seed = any_seed();
  std::mt19937 random(seed);
  int opened = 0, tampered_with = 0;
  for (int i = 0; i < kTries; ++i) {
    const std::size_t mine = static_cast<std::size_t>(i) % rows.size();
    const std::string text = tampered(rows, mine, random);
    // The last bytes of two texts may be the same, and then nothing was swapped.
    if (text == rows[mine].sealed) continue;
    ++tampered_with;
    const Result<std::string> plain = run_task(vault.unseal(rows[mine].context, text));
    if (plain) ++opened;
    EXPECT_FALSE(plain) << "seed " << seed << ", try " << i << ": " << text;
    if (!plain) EXPECT_EQ(plain.error().detail.find("the same secret"), std::string::npos);
    EXPECT_FALSE(run_task(vault.rewrap(rows[mine].context, text))) << "seed " << seed;
  }
  EXPECT_EQ(opened, 0);
  EXPECT_GT(tampered_with, kTries * 9 / 10);
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace msghub::testing
