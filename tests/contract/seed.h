#pragma once

#include <cstdlib>
#include <random>
#include <string>

namespace msghub::testing {

// What a test begins its random numbers with: MSGHUB_SEED, with which script/test draws the same in
// every run and a failure can be repeated, or another number each time.
inline unsigned any_seed() {
  const char* const given = std::getenv("MSGHUB_SEED");
  return given == nullptr ? std::random_device()() : static_cast<unsigned>(std::stoul(given));
}

}  // namespace msghub::testing
