#pragma once

#include <memory>
#include <string>

#include "store/tables.h"
#include "store/users.h"
#include "vault/vault.h"

namespace msghub {

// Where a store keeps what proves that a vault is its own, and the key of the e-mail index: one
// item of Users, in no index.
inline constexpr std::string_view kKeyringPk = "KEYRING";
inline const SealContext kKeyringCheckContext{"hub", "keyring", "store", "check"};
inline const SealContext kKeyringIndexContext{"hub", "keyring", "store", "emailIndexKey"};

// Seals addresses with the vault. The index of an address is the HMAC-SHA-256 of its normalised
// form, in base64url, under a key of 32 random bytes. That key is made at a store's first start and
// kept there sealed, so that all hubs on the store have the same; it stays when master keys change.
//
// Refuses (Invalid) when the vault cannot open what the store's vault has sealed: the master key is
// not the one of this store. `vault` outlives the cipher.
Task<Result<std::unique_ptr<EmailCipher>>> open_email_cipher(Tables& tables, const Vault& vault);

}  // namespace msghub
