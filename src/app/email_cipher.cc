#include "app/email_cipher.h"

#include "base/crypto.h"

namespace msghub {

namespace {

using vault::SecretKey;

constexpr std::string_view kCheckText = "this vault belongs to this store";
constexpr std::size_t kKeySize = 32;

Key keyring_key() { return {std::string(kKeyringPk), "METADATA"}; }

class VaultEmailCipher final : public EmailCipher {
 public:
  VaultEmailCipher(const Vault& vault, std::unique_ptr<SecretKey> index_key)
      : vault_(vault), index_key_(std::move(index_key)) {}

  Task<std::string> seal(UserId user, std::string email) const override {
    co_return co_await vault_.seal(context_of(user), std::move(email));
  }
  Task<Result<std::string>> unseal(UserId user, std::string sealed) const override {
    co_return co_await vault_.unseal(context_of(user), std::move(sealed));
  }
  bool is_sealed(std::string_view stored) const override { return msghub::is_sealed(stored); }
  std::string index_of(std::string_view email) const override {
    return to_base64url(hmac_sha256(index_key_->view(), normalised_email(email)));
  }

 private:
  static SealContext context_of(const UserId& user) {
    return {user.value, "user", user.value, "email"};
  }

  const Vault& vault_;
  const std::unique_ptr<SecretKey> index_key_;
};

Task<void> make_keyring(Tables& tables, const Vault& vault) {
  SecretKey index_key;
  vault::fill_with_random(index_key);
  const Key key = keyring_key();
  Item item{{"PK", key.pk}, {"SK", key.sk}};
  std::string check(kCheckText);
  item["check"] = co_await vault.seal(kKeyringCheckContext, std::move(check));
  std::string bytes(index_key.view());
  item["emailIndexKey"] = co_await vault.seal(kKeyringIndexContext, std::move(bytes));
  std::vector<Write> writes;
  writes.push_back(Put{Table::Users, std::move(item), if_absent()});
  const Result<void> kept = co_await tables.transact(std::move(writes));
  // A conflict: another hub was faster, and its key is the store's.
  if (!kept && kept.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Never, kept.error().detail);
}

std::unexpected<Refusal> refuse_vault(const std::string& sealed, const std::string& why) {
  return refuse(Refusal::Code::Invalid,
                "the master key is not the one of this store, whose vault was sealed under " +
                    key_name_of(sealed).value_or("a key that cannot be read") + ": " + why +
                    ". Nothing was changed; start with the right key file or KMS key");
}

}  // namespace

Task<Result<std::unique_ptr<EmailCipher>>> open_email_cipher(Tables& tables, const Vault& vault) {
  std::optional<Item> item = co_await tables.get(Table::Users, keyring_key());
  if (!item) {
    co_await make_keyring(tables, vault);
    item = co_await tables.get(Table::Users, keyring_key());
  }
  if (!item) throw Failure(Failure::Retry::Never, "the store does not keep its keyring item");
  const std::string sealed_check = string_or(*item, "check");
  const Result<std::string> check = co_await vault.unseal(kKeyringCheckContext, sealed_check);
  if (!check) co_return refuse_vault(sealed_check, check.error().detail);
  if (*check != kCheckText) co_return refuse_vault(sealed_check, "the check text is another");
  const std::string sealed_key = string_or(*item, "emailIndexKey");
  Result<std::string> index_key = co_await vault.unseal(kKeyringIndexContext, sealed_key);
  if (!index_key) co_return refuse_vault(sealed_key, index_key.error().detail);
  if (index_key->size() != kKeySize)
    co_return refuse_vault(sealed_key, "the key of the e-mail index has another length");
  co_return std::make_unique<VaultEmailCipher>(vault, vault::take_key(*index_key));
}

}  // namespace msghub
