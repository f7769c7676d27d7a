#pragma once

#include "base/time.h"
#include "blob/blobs.h"
#include "pipeline/listeners.h"
#include "pipeline/node.h"
#include "pipeline/rulebook.h"

namespace msghub {

// What the steps of the corridor work with; all of it outlives them.
struct Services {
  Tables& tables;
  Blobs& blobs;
  Clock& clock;
  Node& node;
  Rulebook& rulebook;
  std::chrono::days retention = kTimeToLive;  // how long an execution is kept
  Listeners listeners = {};
};

}  // namespace msghub
