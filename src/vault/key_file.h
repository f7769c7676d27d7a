#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "vault/ciphers.h"

namespace msghub::vault {

// Master keys, the current one first. Their names follow from their bytes (name_of).
using MasterKeys = std::vector<std::unique_ptr<SecretKey>>;

std::unique_ptr<SecretKey> random_key();
// "local-" and 16 hex digits.
std::string name_of(const SecretKey& master);
// What shows, without showing the key, that a key is the same.
std::string check_value_of(const SecretKey& master);

// A key file is text: "msghub-keys 1", then for each key a line with its name and its bytes in
// base64url. A file of 32 bytes is one key: the format of before.

// Refuses (NotFound) when there is no file, and (Invalid) a file that others may read, that is not
// ours, no plain file, or damaged. Throws Failure when the disk fails.
Result<MasterKeys> read_key_file(const std::string& file);

// Makes a file with these keys, mode 0600, synced; folders on the way too, mode 0700. Leaves a
// file that is there already alone. Throws Failure.
void create_key_file(const std::string& file, const MasterKeys& keys);

// Puts these keys in the place of a file's, all at once and synced. Throws Failure.
void replace_key_file(const std::string& file, const MasterKeys& keys);

// Whether the check value in `file` is of one of `keys`; that of the first is written, synced, when
// there is no file. Throws Failure.
bool matches_check_file(const std::string& file, const MasterKeys& keys);
// Writes the check value of `key`, synced, over what is there. Throws Failure.
void replace_check_file(const std::string& file, const SecretKey& key);

}  // namespace msghub::vault
