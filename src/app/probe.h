#pragma once

#include "app/config.h"
#include "app/engines.h"

namespace msghub {

// Seals a text and opens it again, with the vault's current key. Throws Failure when it cannot.
Task<void> seal_and_open(const Vault& vault);

// Asks the bucket and the key that the configuration names, so that a wrong name shows at the start
// and not with the first large message. Throws Failure with what is wrong.
Task<void> probe_services(Engines& engines, Config config);

}  // namespace msghub
