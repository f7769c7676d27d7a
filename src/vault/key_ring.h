#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "vault/ciphers.h"

namespace msghub {

// What a sealed text belongs to. It cannot be opened for anything else: the four strings and the
// format version are the associated data of the encryption, and KMS's encryption context.
struct SealContext {
  std::string owner;   // user id
  std::string entity;  // "channel", "integration" …
  std::string id;      // of the entity
  std::string field;   // "credentials" …
};

// The master keys, which never leave it: a file on one machine, AWS KMS for a fleet. It makes and
// unwraps data keys; each of them seals one text.
// Calls may run beside each other. Throws Failure(Later) when the ring cannot be reached and no
// cached data key is young enough.
class KeyRing {
 public:
  struct DataKey {
    vault::SecretKey key;
    std::string wrapped;  // any bytes; what unwrap needs, bound to the context
  };

  virtual ~KeyRing() = default;
  // The name of the key that wraps now: 1 to 128 printable ASCII bytes without space or ':'.
  virtual std::string current_key() const = 0;
  // A fresh data key, wrapped by current_key().
  virtual Task<std::unique_ptr<DataKey>> generate(SealContext context) = 0;
  // Refuses (Invalid) what `key_name` did not wrap for this context, and (NotFound) a key that the
  // ring does not have.
  virtual Task<Result<std::unique_ptr<vault::SecretKey>>> unwrap(std::string key_name,
                                                                 std::string wrapped,
                                                                 SealContext context) = 0;
};

}  // namespace msghub
