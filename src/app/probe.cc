#include "app/probe.h"

namespace msghub {

Task<void> seal_and_open(const Vault& vault) {
  const SealContext context{"doctor", "doctor", "doctor", "probe"};
  const std::string sealed = co_await vault.seal(context, "probe");
  const Result<std::string> opened = co_await vault.unseal(context, sealed);
  if (!opened) throw Failure(Failure::Retry::Never, opened.error().detail);
}

Task<void> probe_services(Engines& engines, Config config) {
  if (engines.s3() != nullptr) co_await engines.s3()->list("archives/", 1, "");
  if (config.keyring_engine == "kms") co_await seal_and_open(engines.vault());
}

}  // namespace msghub
