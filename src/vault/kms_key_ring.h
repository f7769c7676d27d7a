#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "aws/client.h"
#include "base/json.h"
#include "base/time.h"
#include "vault/key_ring.h"

namespace msghub {

struct KmsOptions {
  std::string key_id;  // of the key that wraps now: id, ARN, "alias/…" or an alias's ARN
  // For how long an unwrapped data key may be used again without asking KMS. With it, a hub works
  // on for that time when KMS cannot be reached, and so does one whose right was taken away.
  std::chrono::milliseconds cache_age = std::chrono::minutes(5);
  std::size_t cache_size = 1'000;  // data keys
};

// Master keys in AWS KMS, for a fleet. A key's name is its ARN. Needs kms:GenerateDataKey of the
// current key, kms:Decrypt of every key that is still in use, and for rewrap kms:ReEncryptFrom and
// kms:ReEncryptTo. The encryption context is {"msghub": "2", owner, entity, id, field}: a policy
// may ask for it.
//
// Any answer but a clear no is a Failure(Later): what cannot be proved is not opened.
class KmsKeyRing final : public KeyRing {
 public:
  // `client` speaks to the service "kms"; `clock` outlives the ring.
  KmsKeyRing(std::unique_ptr<aws::Client> client, const Clock& clock, KmsOptions options);
  ~KmsKeyRing() override;  // wipes the data keys

  Task<std::string> current_key() override;
  Task<std::unique_ptr<DataKey>> generate(SealContext context) override;
  Task<Result<std::unique_ptr<vault::SecretKey>>> unwrap(Wrapped wrapped,
                                                         SealContext context) override;
  Task<Result<Wrapped>> rewrap(Wrapped wrapped, SealContext context) override;

 private:
  class Cache;
  Task<Result<json::object>> call(std::string operation, json::object body, std::string key);

  const std::unique_ptr<aws::Client> client_;
  const KmsOptions options_;
  const std::unique_ptr<Cache> cache_;
};

}  // namespace msghub
