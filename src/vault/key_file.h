#pragma once

#include <string>

#include "base/result.h"
#include "vault/ciphers.h"

namespace msghub::vault {

// Reads the 32 bytes of the master key into `key`. Refuses (NotFound) when there is no file, and
// (Invalid) a file that others may read, that is not ours, no plain file, or of another length.
Result<void> read_key_file(const std::string& file, SecretKey& key);

// Makes a key and its file, mode 0600, synced; folders on the way too, mode 0700. Leaves a file
// that is there already alone. Throws Failure.
void create_key_file(const std::string& file);

// Compares `check` with the text in `file`; writes it, synced, when there is no file. False: the
// file has another. Throws Failure.
bool matches_check_file(const std::string& file, const std::string& check);

}  // namespace msghub::vault
