#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "vault/ciphers.h"

namespace msghub {

// What a sealed text belongs to. It cannot be opened for anything else: the four strings and the
// format version are the associated data of the encryption, and KMS's encryption context. KMS
// writes that context into its log: no secret belongs here.
struct SealContext {
  std::string owner;   // user id
  std::string entity;  // "channel", "integration" …
  std::string id;      // of the entity
  std::string field;   // "credentials" …
};

// The master keys, which never leave it: a file on one machine, AWS KMS for a fleet. It makes and
// unwraps data keys; each of them seals one text.
//
// Calls may run beside each other. Throws Failure(Later) when the ring cannot be reached and has no
// data key that is young enough.
class KeyRing {
 public:
  // A data key under a master key, bound to its context.
  struct Wrapped {
    std::string key_name;  // 1 to 256 printable ASCII bytes without space; "" see unwrap
    std::string bytes;     // any, at most 65,535
  };
  struct DataKey {
    vault::SecretKey key;
    Wrapped wrapped;
  };

  virtual ~KeyRing() = default;
  // The name of the key that wraps now.
  virtual Task<std::string> current_key() = 0;
  // A fresh data key, wrapped by the current key.
  virtual Task<std::unique_ptr<DataKey>> generate(SealContext context) = 0;
  // Refuses (Invalid) what the key did not wrap for this context, and (NotFound) a key that the
  // ring does not have. Data keys of the first format name no key; only the file's ring has them.
  virtual Task<Result<std::unique_ptr<vault::SecretKey>>> unwrap(Wrapped wrapped,
                                                                 SealContext context) = 0;
  // The same data key under the current key. Refuses as unwrap does, and (Invalid) the first
  // format.
  virtual Task<Result<Wrapped>> rewrap(Wrapped wrapped, SealContext context) = 0;
};

}  // namespace msghub
