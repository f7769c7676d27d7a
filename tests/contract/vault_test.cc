#include "vault/vault.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/crypto.h"
#include "tests/contract/run_task.h"
#include "vault/ciphers.h"
#include "vault/file_key_ring.h"

namespace msghub {
namespace {

using testing::run_task;
namespace fs = std::filesystem;

class Place {
 public:
  Place() {
    std::string path = (fs::temp_directory_path() / "msghub-vault-XXXXXX").string();
    MSGHUB_CHECK(::mkdtemp(path.data()) != nullptr);
    root_ = path;
    fs::create_directory(data());
  }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  std::string data() const { return root_ + "/data"; }
  std::string key() const { return root_ + "/master.key"; }
  std::string check() const { return data() + "/vault.check"; }
  Result<Vault> open(bool create = true) const { return open_at(key(), data(), create); }
  static Result<Vault> open_at(const std::string& key, const std::string& data, bool create) {
    Result<std::unique_ptr<FileKeyRing>> ring = FileKeyRing::open(key, data, create);
    if (!ring) return std::unexpected(ring.error());
    return Vault(std::move(*ring));
  }

  void write_key(const std::string& bytes, mode_t mode = 0600) const {
    std::ofstream(key(), std::ios::binary | std::ios::trunc) << bytes;
    ::chmod(key().c_str(), mode);
  }

 private:
  std::string root_;
};

std::string content_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string seal(const Vault& vault, const SealContext& context, const std::string& plain) {
  return run_task(vault.seal(context, plain));
}
Result<std::string> unseal(const Vault& vault, const SealContext& context,
                           const std::string& sealed) {
  return run_task(vault.unseal(context, sealed));
}

const SealContext kContext{"user-1", "channel", "channel-1", "credentials"};

// One vault for the tests that only seal and open.
const Vault& shared_vault() {
  static const Place place;
  static const Result<Vault> vault = place.open();
  return *vault;
}

TEST(Ciphers, GiveTheOfficialAesGcmVector) {
  const auto bytes = [](std::string_view hex) { return *from_hex(hex); };
  const std::string key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const std::string nonce = bytes("cafebabefacedbaddecaf888");
  const std::string aad = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const std::string plain = bytes(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b525b16aedf5aa0de657ba637b39");
  const std::string sealed = bytes(
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105682"
      "8838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(to_hex(vault::encrypt(key, nonce, aad, plain)), to_hex(sealed));
  EXPECT_EQ(vault::decrypt(key, nonce, aad, sealed), plain);
  EXPECT_FALSE(vault::decrypt(key, nonce, "", sealed));
  EXPECT_FALSE(vault::decrypt(key, nonce, aad, sealed.substr(0, 15)));
}

TEST(Ciphers, GiveTheOfficialHkdfVector) {
  std::string out(42, '\0');
  vault::hkdf(vault::Digest::Sha256, std::string(22, '\x0b'),
              *from_hex("000102030405060708090a0b0c"), *from_hex("f0f1f2f3f4f5f6f7f8f9"),
              reinterpret_cast<unsigned char*>(out.data()), out.size());
  EXPECT_EQ(to_hex(out),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

RC_GTEST_PROP(Vault, OpensWhatItSealed,
              (const std::string& plain, const std::string& owner, const std::string& id,
               const std::string& field)) {
  const SealContext context{owner, "integration", id, field};
  const Result<std::string> opened =
      unseal(shared_vault(), context, seal(shared_vault(), context, plain));
  RC_ASSERT(opened.has_value());
  RC_ASSERT(*opened == plain);
}

TEST(KeyFile, IsCheckedWithoutAChange) {
  const Place place;
  const auto fits = [&] { return check_key_file(place.key(), place.data()); };
  EXPECT_FALSE(fits().value()) << "neither key nor data";
  ASSERT_TRUE(place.open());
  const std::string key = content_of(place.key());
  EXPECT_TRUE(fits().value());
  place.write_key(std::string(32, 'k'));
  EXPECT_NE(fits().error().detail.find("is not the one"), std::string::npos);
  fs::remove(place.key());
  EXPECT_NE(fits().error().detail.find("were sealed with one"), std::string::npos);
  EXPECT_FALSE(fs::exists(place.key()));
  fs::remove(place.check());
  place.write_key(key);
  EXPECT_TRUE(fits().value());
  EXPECT_FALSE(fs::exists(place.check()));
}

TEST(Vault, SealsTheSameTextDifferentlyEachTime) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(seal(shared_vault(), kContext, "secret"));
  EXPECT_EQ(seen.size(), 100u);
  for (const std::string& sealed : seen) {
    EXPECT_TRUE(sealed.starts_with("msghub2:local-")) << sealed;
    EXPECT_EQ(sealed.find("secret"), std::string::npos);
  }
}

TEST(Vault, NoticesEveryChangedBit) {
  const std::string sealed = seal(shared_vault(), kContext, "secret");
  ASSERT_EQ(*unseal(shared_vault(), kContext, sealed), "secret");
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string changed = sealed;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    ASSERT_FALSE(unseal(shared_vault(), kContext, changed)) << "bit " << bit;
  }
  // The bytes under the text, too: here each change is a well-formed sealed text.
  const std::string head = sealed.substr(0, sealed.rfind(':') + 1);
  const std::string bytes = *from_base64url(sealed.substr(head.size()));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const Result<std::string> opened =
        unseal(shared_vault(), kContext, head + to_base64url(changed));
    ASSERT_FALSE(opened) << bit;
    ASSERT_EQ(opened.error().code, Refusal::Code::Invalid);
  }
}

TEST(Vault, RefusesWhatIsNoSealedText) {
  const std::string sealed = seal(shared_vault(), kContext, "");
  ASSERT_EQ(*unseal(shared_vault(), kContext, sealed), "");
  for (std::size_t length = 0; length < sealed.size(); ++length)
    ASSERT_FALSE(unseal(shared_vault(), kContext, sealed.substr(0, length))) << length;
  for (const std::string& text :
       {sealed + "A", sealed + "=", "msghub1:" + sealed.substr(8), sealed.substr(8),
        "msghub2::" + sealed.substr(sealed.rfind(':') + 1), std::string("msghub2:"),
        std::string("plain text"), std::string(500, 'A'), "msghub1:" + std::string(500, '\xFF'),
        "msghub2:a:" + std::string(500, 'A'), "msghub2:a:" + std::string(500, '_')})
    EXPECT_FALSE(unseal(shared_vault(), kContext, text)) << text;
}

// Made by another implementation, from the formats as vault.cc describes them.
TEST(Vault, OpensTextsOfBothFormats) {
  const Place place;
  place.write_key(std::string(32, 'k'));
  const Result<Vault> vault = place.open();
  const std::string format1 =
      "msghub1:pUtxnfHSkEiQNw_gMtPw5z5pFicOPRGnL4nADPZVEp0AAQIDBAUGBwgJCgt96TgaZ_o2DVSek7OX8fVp"
      "7JEMe0VFE0PCRFRT58AcOkhWRdwcV2v2BZRP3CVgmEEMDQ4PEBESExQVFhfJuiYP_fbt9DHJms268BAduUru97S_";
  const std::string format2 =
      "msghub2:local-e65b0ac1dceb74d2:pUtxnfHSkEiQNw_gMtPw5z5pFicOPRGnL4nADPZVEp0APAABAgMEBQYHC"
      "AkKC33pOBpn-jYNVJ6Ts5fx9WnskQx7RUUTQ8JEVFPnwBw69OBAfD7OzSFvSJqhedMtqgwNDg8QERITFBUWF8m6J"
      "g_99oFVb8dFlSQ2qUd6prumF1Y";
  EXPECT_EQ(*unseal(*vault, kContext, format1), "secret");
  EXPECT_EQ(*unseal(*vault, kContext, format2), "secret");
  EXPECT_EQ(key_name_of(format1), "");
  EXPECT_EQ(key_name_of(format2), "local-e65b0ac1dceb74d2");
  EXPECT_FALSE(key_name_of("plain"));
  // Neither passes for the other.
  const auto with_head = [](std::string head, const std::string& sealed) {
    return head + sealed.substr(sealed.rfind(':') + 1);
  };
  EXPECT_FALSE(unseal(*vault, kContext, with_head("msghub1:", format2)));
  EXPECT_FALSE(unseal(*vault, kContext, with_head("msghub2:local-e65b0ac1dceb74d2:", format1)));
}

TEST(Vault, OpensForNothingElse) {
  const std::string sealed = seal(shared_vault(), kContext, "secret");
  for (const SealContext& other :
       std::initializer_list<SealContext>{{"user-2", "channel", "channel-1", "credentials"},
                                          {"user-1", "integration", "channel-1", "credentials"},
                                          {"user-1", "channel", "channel-2", "credentials"},
                                          {"user-1", "channel", "channel-1", "webhookSecret"},
                                          {"user-1channel", "", "channel-1", "credentials"},
                                          {"user-1", "channe", "lchannel-1", "credentials"},
                                          {"user-1", "channel", "channel-1credentials", ""},
                                          {"", "", "", ""}})
    EXPECT_FALSE(unseal(shared_vault(), other, sealed))
        << other.owner << "|" << other.entity << "|" << other.id << "|" << other.field;
}

RC_GTEST_PROP(Vault, OpensForNoOtherContext, ()) {
  const auto text = rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab\0:", 4)));
  const auto context = [&] { return SealContext{*text, *text, *text, *text}; };
  const SealContext mine = context();
  const SealContext other = context();
  const std::string sealed = seal(shared_vault(), mine, "secret");
  const bool same = mine.owner == other.owner && mine.entity == other.entity &&
                    mine.id == other.id && mine.field == other.field;
  RC_ASSERT(unseal(shared_vault(), other, sealed).has_value() == same);
}

TEST(Vault, ATextSealedUnderAnotherKeyIsRefused) {
  const Place place;
  const Result<Vault> other = place.open();
  ASSERT_TRUE(other);
  EXPECT_FALSE(unseal(*other, kContext, seal(shared_vault(), kContext, "secret")));
}

TEST(Vault, MakesItsKeyOnceAndKeepsIt) {
  const Place place;
  const Result<Vault> missing = place.open(false);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Refusal::Code::NotFound);
  EXPECT_FALSE(fs::exists(place.check())) << "nothing is written for a key that is not there";
  Result<Vault> vault = place.open(true);
  ASSERT_TRUE(vault) << vault.error().detail;
  EXPECT_EQ(fs::status(place.key()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_TRUE(content_of(place.key()).starts_with("msghub-keys 1\nlocal-"));
  const std::string sealed = seal(*vault, kContext, "secret");
  for (const bool create : {false, true}) {
    const Result<Vault> again = place.open(create);
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(*unseal(*again, kContext, sealed), "secret");
  }
  const std::string check = content_of(place.check());
  EXPECT_TRUE(check.starts_with("msghub1:")) << check;
  EXPECT_EQ(check.find(to_hex(content_of(place.key()))), std::string::npos);
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file :
       fs::directory_iterator(fs::path(place.key()).parent_path()))
    ++files;
  EXPECT_EQ(files, 2u) << "the key and the data folder, no leftovers";
}

TEST(Vault, NoticesAWrongKey) {
  const Place place;
  ASSERT_TRUE(place.open());
  place.write_key(std::string(32, 'k'));
  const Result<Vault> wrong = place.open();
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().detail.find("is not the one that the data in"), std::string::npos)
      << wrong.error().detail;
}

TEST(Vault, MakesNoNewKeyForSealedData) {
  const Place place;
  ASSERT_TRUE(place.open());
  fs::remove(place.key());
  const Result<Vault> vault = place.open(true);
  ASSERT_FALSE(vault);
  EXPECT_NE(vault.error().detail.find("restore that file from a backup"), std::string::npos)
      << vault.error().detail;
  EXPECT_FALSE(fs::exists(place.key()));
}

TEST(Vault, RefusesAKeyThatOthersMayRead) {
  for (const mode_t mode : {0640u, 0604u, 0660u, 0666u, 0644u, 0610u, 0601u}) {
    const Place place;
    place.write_key(std::string(32, 'k'), mode);
    const Result<Vault> vault = place.open();
    ASSERT_FALSE(vault) << std::oct << mode;
    EXPECT_NE(vault.error().detail.find("chmod 600"), std::string::npos) << vault.error().detail;
  }
  for (const mode_t mode : {0600u, 0400u}) {
    const Place place;
    place.write_key(std::string(32, 'k'), mode);
    EXPECT_TRUE(place.open()) << std::oct << mode;
  }
}

TEST(Vault, RefusesADamagedKeyFile) {
  const Place good;
  ASSERT_TRUE(good.open());
  ASSERT_TRUE(add_master_key(good.key()));
  const std::string text = content_of(good.key());
  std::vector<std::string> damaged{"msghub-keys 1\n", "msghub-keys 2" + text.substr(13),
                                   text + "x\n", text + text.substr(14, 20) + "\n"};
  for (const std::size_t length : {0u, 31u, 33u, 64u, 100'000u})
    damaged.push_back(std::string(length, 'k'));
  const std::size_t second = text.find('\n', 20) + 1;
  for (std::size_t length = 0; length < text.size(); ++length)
    if (length != 32 && length != second) damaged.push_back(text.substr(0, length));
  for (std::size_t bit = 0; bit < text.size() * 8; bit += 5) {
    damaged.push_back(text);
    damaged.back()[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
  }
  const Place place;
  for (const std::string& bytes : damaged) {
    place.write_key(bytes);
    const Result<Vault> vault = place.open();
    ASSERT_FALSE(vault) << bytes.size();
    ASSERT_NE(vault.error().detail.find("is damaged"), std::string::npos) << vault.error().detail;
  }
}

TEST(Vault, KeepsOlderKeysUntilTheyAreDropped) {
  const Place place;
  place.write_key(std::string(32, 'k'));  // the format of before
  const std::string old_text = seal(*place.open(), kContext, "secret");
  ASSERT_TRUE(add_master_key(place.key()));
  Result<Vault> vault = place.open();
  ASSERT_TRUE(vault) << vault.error().detail;
  EXPECT_EQ(*unseal(*vault, kContext, old_text), "secret");
  const std::string fresh = seal(*vault, kContext, "secret");
  EXPECT_NE(key_name_of(fresh), key_name_of(old_text));
  const Result<std::string> moved = run_task(vault->rewrap(kContext, old_text));
  ASSERT_TRUE(moved) << moved.error().detail;
  EXPECT_EQ(key_name_of(*moved), key_name_of(fresh));

  // Killed between the two files of dropping: the check value is of the new key already.
  vault::replace_check_file(place.check(), *vault::read_key_file(place.key())->front());
  vault = place.open();
  ASSERT_TRUE(vault) << vault.error().detail;
  EXPECT_EQ(*unseal(*vault, kContext, old_text), "secret");

  ASSERT_TRUE(drop_older_master_keys(place.key(), place.data()));
  vault = place.open();
  ASSERT_TRUE(vault) << vault.error().detail;
  EXPECT_EQ(*unseal(*vault, kContext, *moved), "secret");
  const Result<std::string> lost = unseal(*vault, kContext, old_text);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, Refusal::Code::NotFound);
  EXPECT_NE(lost.error().detail.find(*key_name_of(old_text)), std::string::npos);
  place.write_key(std::string(32, 'k'));
  EXPECT_FALSE(place.open()) << "the check value followed";
}

TEST(Vault, RefusesAKeyThatIsNoFile) {
  const Place place;
  fs::create_directory(place.key());
  fs::permissions(place.key(), fs::perms::owner_all);
  const Result<Vault> vault = place.open();
  ASSERT_FALSE(vault);
  EXPECT_NE(vault.error().detail.find("is no plain file"), std::string::npos)
      << vault.error().detail;
}

TEST(Vault, RefusesAKeyBesideTheData) {
  const Place place;
  const std::string data = place.data();
  fs::create_directory_symlink(data, data + "-link");
  for (const auto& [key, folder] : std::initializer_list<std::pair<std::string, std::string>>{
           {data + "/master.key", data},
           {data + "/deep/er/master.key", data},
           {data + "/../data/master.key", data + "/"},
           {data + "-link/master.key", data},
           {data + "/master.key", data + "-link"}}) {
    const Result<Vault> vault = Place::open_at(key, folder, true);
    ASSERT_FALSE(vault) << key;
    EXPECT_NE(vault.error().detail.find("must not lie in the data folder"), std::string::npos);
  }
  EXPECT_TRUE(fs::is_empty(data));
  EXPECT_TRUE(Place::open_at(data + ".key", data, true))
      << "a name that only begins alike is outside";
}

}  // namespace
}  // namespace msghub
