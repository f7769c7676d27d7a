#pragma once

namespace msghub {

// Exit codes of every msghub command; `msghub help exit-codes` prints them.
enum ExitCode {
  kOk = 0,
  kFailed = 1,
  kUsage = 2,
  kNotFound = 3,
  kNotAllowed = 4,
  kConflict = 5,
  kRuleErrors = 6,
  kExamplesFailed = 7,
  kNotFormatted = 7,  // of `rule fmt --check`
  kUnreachable = 8,
  kInterrupted = 130,
};

}  // namespace msghub
