#pragma once

#include "app/config.h"

namespace msghub {

// Runs the hub until SIGINT or SIGTERM; gives the exit code. Start order: vault, store, workers,
// API, mailroom, dispatcher; stop order: intake, dispatcher (30 s for what is under way), workers,
// store.
int serve(const Config& config);

}  // namespace msghub
