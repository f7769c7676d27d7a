#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "vault/key_ring.h"

namespace msghub {

// Envelope encryption: AES-256-GCM under a fresh data key for each sealed text, the data key
// wrapped by the master key; vault.cc opens with the format. Thread-safe after opening.
class Vault {
 public:
  // Opens the master key in `key_file`, making one (mode 0600) when there is none and `create` is
  // set. Refuses: a file that others may read, one of another length, one inside `data_dir`, a key
  // that does not fit the check value in `data_dir`/vault.check (written at first use).
  static Result<Vault> open(const std::string& key_file, const std::string& data_dir, bool create);

  Vault(Vault&&) noexcept;
  Vault& operator=(Vault&&) noexcept;
  ~Vault();  // wipes the key

  std::string seal(const SealContext& context, std::string_view plain) const;
  // Refuses (Invalid) what was not sealed by this key for this context, or was changed since.
  Result<std::string> unseal(const SealContext& context, std::string_view sealed) const;

 private:
  struct Secret;
  explicit Vault(std::unique_ptr<Secret> secret);
  std::unique_ptr<Secret> secret_;
};

}  // namespace msghub
