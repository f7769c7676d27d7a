#include <gtest/gtest.h>

#include "base/crypto.h"
#include "vault/recovery_kit.h"

namespace msghub::vault {
namespace {

MasterKeys some_keys() {
  MasterKeys keys;
  for (int i = 0; i < 3; ++i) keys.push_back(random_key());
  return keys;
}

std::vector<std::string> hex_of(const Result<MasterKeys>& keys) {
  std::vector<std::string> out;
  EXPECT_TRUE(keys) << keys.error().detail;
  if (keys)
    for (const auto& key : *keys) out.push_back(to_hex(key->view()));
  return out;
}

const Timestamp kNow = *from_iso8601("2025-11-22T10:00:00Z");

TEST(RecoveryKit, BringsTheKeysBackInTheirOrder) {
  MasterKeys keys = some_keys();
  const std::string kit = write_recovery_kit(keys, kNow);
  EXPECT_NE(kit.find("2025-11-22T10:00:00.000Z"), std::string::npos);
  const std::vector<std::string> read = hex_of(read_recovery_kit(kit));
  EXPECT_EQ(read, hex_of(Result<MasterKeys>(std::move(keys))));
}

TEST(RecoveryKit, TakesWhatAPersonTypes) {
  MasterKeys keys = some_keys();
  std::string typed;
  const std::string kit = write_recovery_kit(keys, kNow);
  for (char c : kit.substr(kit.find("\nKey "))) {
    if (c == ' ' && typed.ends_with(": ")) continue;
    if (c == '\n') typed += " \r";
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    typed += c;
  }
  for (std::size_t at = typed.find(": "); at != std::string::npos; at = typed.find(": ", at + 1))
    for (std::size_t i = at; i < at + 19; ++i) {
      if (typed[i] == 'o') typed[i] = '0';
      if (typed[i] == 'i') typed[i] = '1';
      if (typed[i] == 'b') typed[i] = '8';
    }
  EXPECT_EQ(hex_of(read_recovery_kit(typed)), hex_of(Result<MasterKeys>(std::move(keys))));
}

// Every slip of one letter is noticed, and told with its line.
TEST(RecoveryKit, NoticesEverySlip) {
  MasterKeys keys;
  keys.push_back(random_key());
  const std::string kit = write_recovery_kit(keys, kNow);
  const std::size_t start = kit.find("\nKey ") + 1;
  std::size_t slips = 0;
  std::size_t told = 0;
  for (std::size_t at = kit.find("1: ", start); at < kit.size(); ++at) {
    for (const char c : {'A', 'Z', '7', '!'}) {
      std::string changed = kit;
      if (changed[at] == c || changed[at] == ' ' || changed[at] == '\n') continue;
      changed[at] = c;
      ++slips;
      const Result<MasterKeys> read = read_recovery_kit(changed);
      ASSERT_FALSE(read) << at;
      if (read.error().detail.starts_with("line ")) ++told;
    }
  }
  EXPECT_GT(slips, 200u);
  EXPECT_EQ(told, slips);
}

TEST(RecoveryKit, NoticesLinesThatAreMissingOrSwapped) {
  MasterKeys keys = some_keys();
  const std::string kit = write_recovery_kit(keys, kNow);
  std::vector<std::string> lines;
  for (std::size_t at = kit.find("\nKey ") + 1; at < kit.size();) {
    const std::size_t end = kit.find('\n', at);
    lines.push_back(kit.substr(at, end - at) + "\n");
    at = end + 1;
  }
  ASSERT_EQ(lines.size(), 3u * 5 + 2);
  const auto joined = [](const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& line : all) text += line;
    return text;
  };
  ASSERT_TRUE(read_recovery_kit(joined(lines)));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] == "\n") continue;
    std::vector<std::string> fewer = lines;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(read_recovery_kit(joined(fewer))) << lines[i];
  }
  // A line of another key, in the same place.
  std::swap(lines[2], lines[8]);
  EXPECT_FALSE(read_recovery_kit(joined(lines)));
  EXPECT_FALSE(read_recovery_kit(""));
  EXPECT_FALSE(read_recovery_kit("Key local-0123456789abcdef\n"));
}

TEST(RecoveryKit, NamesNoKeyInARefusal) {
  MasterKeys keys;
  keys.push_back(random_key());
  std::string kit = write_recovery_kit(keys, kNow);
  const std::size_t at = kit.find("2: ") + 3;
  const std::string group = kit.substr(at, 4);
  kit[at + 5] = kit[at + 5] == 'A' ? 'B' : 'A';
  const Result<MasterKeys> read = read_recovery_kit(kit);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().detail.find(group), std::string::npos) << read.error().detail;
}

}  // namespace
}  // namespace msghub::vault
