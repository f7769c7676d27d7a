#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "vault/key_ring.h"

namespace msghub {

// Envelope encryption: AES-256-GCM under a fresh data key for each sealed text, the data key
// wrapped by the ring's master key; vault.cc opens with the format. Thread-safe. Tasks must end
// before the vault does. What the ring throws goes through.
class Vault {
 public:
  explicit Vault(std::unique_ptr<KeyRing> ring);

  // "msghub2:<name of the master key>:<base64url>".
  Task<std::string> seal(SealContext context, std::string plain) const;
  // Refuses (Invalid) what was not sealed for this context, or was changed since, and (NotFound)
  // what needs a master key that the ring does not have.
  Task<Result<std::string>> unseal(SealContext context, std::string sealed) const;
  // The same text under the ring's current key. Refuses as unseal; what it gives opens.
  Task<Result<std::string>> rewrap(SealContext context, std::string sealed) const;

  KeyRing& ring() const { return *ring_; }

 private:
  std::unique_ptr<KeyRing> ring_;
};

// Whether a stored text is a sealed one, of any format.
bool is_sealed(std::string_view text);
// The name of the master key that a sealed text needs: "" for the first format, which names none;
// nothing for what is no sealed text.
std::optional<std::string> key_name_of(std::string_view sealed);

}  // namespace msghub
