#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "vault/key_file.h"

namespace msghub::vault {

// The keys in a form to keep on paper: each in four lines of base32 (RFC 4648) with a checksum in
// every line, and words that say what it is for and how to restore it.
std::string write_recovery_kit(const MasterKeys& keys, Timestamp now);

// Reads the keys back from what somebody typed: small letters, missing or other spaces and dashes,
// and 0, 1 and 8 for O, I and B are taken; words around them are skipped. Refuses (Invalid) with
// the line that has a slip; never with what it says.
Result<MasterKeys> read_recovery_kit(std::string_view text);

}  // namespace msghub::vault
