#pragma once

#include <gtest/gtest.h>

#include <set>

#include "base/crypto.h"
#include "tests/contract/run_task.h"
#include "vault/vault.h"

// What every key ring is held to. A ring's fixture has
//   std::unique_ptr<KeyRing> open();  a ring on the same keys at each call
//   std::string missing_key() const;  the name of a key that the ring might have, but does not
namespace msghub::testing {

inline const SealContext kRingContext{"user-1", "channel", "channel-1", "credentials"};

inline std::vector<SealContext> other_contexts() {
  return {{"user-2", "channel", "channel-1", "credentials"},
          {"user-1", "integration", "channel-1", "credentials"},
          {"user-1", "channel", "channel-2", "credentials"},
          {"user-1", "channel", "channel-1", "webhookSecret"}};
}

// What must be in no error's text: the key in the spellings that people and programs use.
inline void expect_no_key_in(const std::string& text, const vault::SecretKey& key) {
  for (const std::string& spelling :
       {std::string(key.view()), to_hex(key.view()), to_base64(key.view()),
        to_base64url(key.view()), to_base64(key.view()).substr(0, 20)})
    EXPECT_EQ(text.find(spelling), std::string::npos) << text;
}

template <class Fixture>
class KeyRingContract : public ::testing::Test {
 protected:
  std::unique_ptr<KeyRing::DataKey> generate() { return run_task(ring->generate(kRingContext)); }
  Result<std::unique_ptr<vault::SecretKey>> unwrap(const KeyRing::Wrapped& wrapped,
                                                   const SealContext& context) {
    return run_task(ring->unwrap(wrapped, context));
  }
  void expect_refused(const KeyRing::Wrapped& wrapped, const SealContext& context,
                      Refusal::Code code, const vault::SecretKey& secret) {
    const auto opened = unwrap(wrapped, context);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, code) << opened.error().detail;
    expect_no_key_in(opened.error().detail, secret);
    const auto moved = run_task(ring->rewrap(wrapped, context));
    ASSERT_FALSE(moved);
    expect_no_key_in(moved.error().detail, secret);
  }

  Fixture fixture;
  std::unique_ptr<KeyRing> ring = fixture.open();
};
TYPED_TEST_SUITE_P(KeyRingContract);

TYPED_TEST_P(KeyRingContract, UnwrapsWhatItWrapped) {
  const auto made = this->generate();
  const auto opened = this->unwrap(made->wrapped, kRingContext);
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(to_hex((*opened)->view()), to_hex(made->key.view()));
  const std::unique_ptr<KeyRing> another = this->fixture.open();
  const auto elsewhere = run_task(another->unwrap(made->wrapped, kRingContext));
  ASSERT_TRUE(elsewhere) << elsewhere.error().detail;
  EXPECT_EQ(to_hex((*elsewhere)->view()), to_hex(made->key.view()));
}

TYPED_TEST_P(KeyRingContract, MakesAFreshKeyEachTime) {
  std::set<std::string> keys;
  for (int i = 0; i < 10; ++i) keys.insert(to_hex(this->generate()->key.view()));
  EXPECT_EQ(keys.size(), 10u);
}

TYPED_TEST_P(KeyRingContract, NamesTheKeyThatWraps) {
  const std::string name = run_task(this->ring->current_key());
  EXPECT_EQ(this->generate()->wrapped.key_name, name);
  EXPECT_FALSE(name.empty());
  EXPECT_LE(name.size(), 256u);
  for (const char c : name) EXPECT_TRUE(c > ' ' && c < 0x7F) << name;
}

TYPED_TEST_P(KeyRingContract, RefusesAnotherContext) {
  const auto made = this->generate();
  for (const SealContext& other : other_contexts()) {
    this->expect_refused(made->wrapped, other, Refusal::Code::Invalid, made->key);
    // Also when the right one was just asked for: what is remembered is bound, too.
    EXPECT_TRUE(this->unwrap(made->wrapped, kRingContext));
    this->expect_refused(made->wrapped, other, Refusal::Code::Invalid, made->key);
  }
}

TYPED_TEST_P(KeyRingContract, RefusesChangedBytes) {
  const auto made = this->generate();
  ASSERT_TRUE(this->unwrap(made->wrapped, kRingContext));
  const std::string& bytes = made->wrapped.bytes;
  // In the last 32 bytes: the ciphertext or its tag, whatever the ring writes before them.
  for (std::size_t at = bytes.size() - 32; at < bytes.size(); at += 5) {
    KeyRing::Wrapped changed = made->wrapped;
    changed.bytes[at] = static_cast<char>(changed.bytes[at] ^ 4);
    this->expect_refused(changed, kRingContext, Refusal::Code::Invalid, made->key);
  }
  for (const std::string& other : {bytes.substr(0, bytes.size() - 1), bytes.substr(0, 5)})
    this->expect_refused({made->wrapped.key_name, other}, kRingContext, Refusal::Code::Invalid,
                         made->key);
}

TYPED_TEST_P(KeyRingContract, RefusesAKeyThatItDoesNotHave) {
  const auto made = this->generate();
  for (const std::string& name : {this->fixture.missing_key(), std::string("other-1")})
    this->expect_refused({name, made->wrapped.bytes}, kRingContext, Refusal::Code::NotFound,
                         made->key);
}

TYPED_TEST_P(KeyRingContract, RewrapsTheSameKey) {
  const auto made = this->generate();
  const auto moved = run_task(this->ring->rewrap(made->wrapped, kRingContext));
  ASSERT_TRUE(moved) << moved.error().detail;
  EXPECT_EQ(moved->key_name, run_task(this->ring->current_key()));
  EXPECT_NE(to_hex(moved->bytes), to_hex(made->wrapped.bytes));
  const auto opened = this->unwrap(*moved, kRingContext);
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(to_hex((*opened)->view()), to_hex(made->key.view()));
  for (const SealContext& other : other_contexts())
    this->expect_refused(*moved, other, Refusal::Code::Invalid, made->key);
}

TYPED_TEST_P(KeyRingContract, SealsTexts) {
  const Vault vault(this->fixture.open());
  for (const std::string& plain : {std::string(), std::string("secret"), std::string(100'000, 'x'),
                                   std::string("\0\xFF\n", 3)}) {
    const std::string sealed = run_task(vault.seal(kRingContext, plain));
    EXPECT_EQ(key_name_of(sealed), run_task(vault.ring().current_key()));
    EXPECT_EQ(run_task(vault.unseal(kRingContext, sealed)), plain);
    const Result<std::string> moved = run_task(vault.rewrap(kRingContext, sealed));
    ASSERT_TRUE(moved) << moved.error().detail;
    EXPECT_EQ(run_task(vault.unseal(kRingContext, *moved)), plain);
    for (const SealContext& other : other_contexts()) {
      EXPECT_FALSE(run_task(vault.unseal(other, sealed)));
      EXPECT_FALSE(run_task(vault.rewrap(other, sealed)));
    }
  }
}

REGISTER_TYPED_TEST_SUITE_P(KeyRingContract, UnwrapsWhatItWrapped, MakesAFreshKeyEachTime,
                            NamesTheKeyThatWraps, RefusesAnotherContext, RefusesChangedBytes,
                            RefusesAKeyThatItDoesNotHave, RewrapsTheSameKey, SealsTexts);

}  // namespace msghub::testing
