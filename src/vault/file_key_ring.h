#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vault/key_file.h"
#include "vault/key_ring.h"

namespace msghub {

// The master keys in a file, for a hub on one machine. Its keys stay as they were when it was
// opened.
class FileKeyRing final : public KeyRing {
 public:
  // Opens `key_file`, making one (mode 0600) with one key when there is none and `create` is set.
  // Refuses: a file that others may read, a damaged one, one inside `data_dir`, keys of which none
  // fits the check value in `data_dir`/vault.check (written at first use).
  static Result<std::unique_ptr<FileKeyRing>> open(const std::string& key_file,
                                                   const std::string& data_dir, bool create);
  ~FileKeyRing() override;  // wipes the keys

  // The names of the keys, the current one first.
  std::vector<std::string> names() const;

  Task<std::string> current_key() override;
  Task<std::unique_ptr<DataKey>> generate(SealContext context) override;
  Task<Result<std::unique_ptr<vault::SecretKey>>> unwrap(Wrapped wrapped,
                                                         SealContext context) override;
  Task<Result<Wrapped>> rewrap(Wrapped wrapped, SealContext context) override;

 private:
  struct Entry;
  FileKeyRing(std::string file, const vault::MasterKeys& keys);
  Wrapped wrap(const vault::SecretKey& data_key, const SealContext& context) const;
  Result<std::unique_ptr<vault::SecretKey>> open_wrapped(const Wrapped& wrapped,
                                                         const SealContext& context) const;

  const std::string file_;
  std::vector<std::unique_ptr<Entry>> entries_;  // the current one first
};

// Whether there is a key file and a hub would start with it; false when there is none and nothing
// was sealed yet. Changes nothing. Refuses as FileKeyRing::open.
Result<bool> check_key_file(const std::string& key_file, const std::string& data_dir);

// Changes of the key file, for while no hub has it open. Each is one synced replacement.

// Makes a fresh key the current one and keeps the others. Refuses as FileKeyRing::open.
Result<void> add_master_key(const std::string& key_file);
// Keeps the current key alone; the check value in `data_dir` follows it first.
Result<void> drop_older_master_keys(const std::string& key_file, const std::string& data_dir);

}  // namespace msghub
