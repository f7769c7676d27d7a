#include "vault/vault.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/crypto.h"
#include "vault/gcm.h"

namespace msghub {
namespace {

namespace fs = std::filesystem;

TEST(Gcm, MeetsCase16OfMcGrewAndViega) {
  const auto bytes = [](const char* hex) { return *from_hex(hex); };
  const std::string key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const std::string nonce = bytes("cafebabefacedbaddecaf888");
  const std::string associated = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const std::string plain = bytes(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b525b16aedf5aa0de657ba637b39");
  const std::string cipher = vault::encrypt(key, nonce, associated, plain);
  EXPECT_EQ(to_hex(cipher),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10"
            "56828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(vault::decrypt(key, nonce, associated, cipher), plain);
}

TEST(Hkdf, MeetsCase1OfRfc5869) {
  EXPECT_EQ(to_hex(vault::hkdf(vault::Hash::Sha256, std::string(22, '\x0b'),
                               *from_hex("000102030405060708090a0b0c"),
                               *from_hex("f0f1f2f3f4f5f6f7f8f9"), 42)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

// A folder with room for data and a key beside it.
struct Place {
  Place() : folder(fs::temp_directory_path() / random_uuid()) { fs::create_directories(folder); }
  ~Place() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  std::string key() const { return (folder / "hub.key").string(); }
  std::string data() const { return (folder / "data").string(); }
  Result<Vault> open(bool create = true) const { return Vault::open(key(), data(), create); }
  fs::path folder;
};

const SealContext kContext{"user", "channel", "id", "credentials"};

TEST(Vault, MakesAKeyThatOnlyItsOwnerCanRead) {
  const Place place;
  ASSERT_TRUE(place.open());
  struct stat file {};
  ASSERT_EQ(::stat(place.key().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  EXPECT_EQ(file.st_size, 32);
}

TEST(Vault, OpensWhatItSealedAfterARestart) {
  const Place place;
  const std::string sealed = place.open()->seal(kContext, "secret");
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_EQ(*place.open()->unseal(kContext, sealed), "secret");
}

TEST(Vault, OpensForNothingElse) {
  const Place place;
  const Vault vault = *place.open();
  const std::string sealed = vault.seal(kContext, "secret");
  for (const SealContext& other : {SealContext{"other", "channel", "id", "credentials"},
                                   SealContext{"user", "integration", "id", "credentials"},
                                   SealContext{"user", "channel", "di", "credentials"},
                                   SealContext{"user", "channel", "id", "webhookSecret"},
                                   SealContext{"userc", "hannel", "id", "credentials"}})
    EXPECT_FALSE(vault.unseal(other, sealed));
}

RC_GTEST_PROP(Vault, GivesBackAnyTextAndNoticesAnyChangedBit, (const std::string& plain)) {
  static const Place place;
  static const Vault vault = *place.open();
  const std::string sealed = vault.seal(kContext, plain);
  RC_ASSERT(*vault.unseal(kContext, sealed) == plain);
  const auto bit = *rc::gen::inRange<std::size_t>(0, sealed.size() * 8);
  std::string changed = sealed;
  changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
  RC_ASSERT(!vault.unseal(kContext, changed));
}

TEST(Vault, NoticesAWrongALostAndAnOpenKey) {
  const Place place;
  ASSERT_TRUE(place.open());
  ::chmod(place.key().c_str(), 0644);
  EXPECT_EQ(place.open().error().code, Refusal::Code::Forbidden);
  fs::remove(place.key());
  EXPECT_EQ(place.open().error().code, Refusal::Code::NotFound);
  std::ofstream(place.key()) << std::string(32, 'x');
  ::chmod(place.key().c_str(), 0600);
  EXPECT_NE(place.open().error().detail.find("is not the one"), std::string::npos);
  std::ofstream(place.key()) << "short";
  EXPECT_NE(place.open().error().detail.find("5 bytes"), std::string::npos);
}

TEST(Vault, RefusesAKeyInsideTheData) {
  const Place place;
  fs::create_directories(place.data());
  EXPECT_FALSE(Vault::open(place.data() + "/hub.key", place.data(), true));
  EXPECT_FALSE(fs::exists(place.data() + "/hub.key"));
}

}  // namespace
}  // namespace msghub
