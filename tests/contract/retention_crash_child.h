#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/contract/retention_fixture.h"

namespace msghub::testing {

inline constexpr int kCrashMessages = 20'000;
inline constexpr int kCrashExecutions = 2'000;

// Messages and executions of random ages, the same for the same seed.
std::vector<Made> crash_corpus(unsigned seed, Timestamp now);
RetentionOptions crash_options();

// The part that a second process plays, "--child sweeper FOLDER": opens the store and the blobs in
// the folder and sweeps until nothing is left to do. Nothing when this process is no such child.
std::optional<int> run_as_sweeper(int count, char** arguments);

}  // namespace msghub::testing
