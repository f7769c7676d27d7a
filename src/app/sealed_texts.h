#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/tables.h"
#include "vault/vault.h"

namespace msghub {

// One place of the data model that holds a sealed text.
struct SealedText {
  std::string kind;  // "channel credentials"
  Table table{};
  Key key;
  std::string attribute;  // of the item
  std::string member;     // of that attribute, which is an object; "": the attribute itself
  SealContext context;
  std::string text;
};

// All sealed texts of an item; also those that should be sealed, but are not.
std::vector<SealedText> sealed_texts_in(Table table, const Item& item);

// A text that did not open.
struct LockedText {
  std::string kind;
  std::string item;                     // "CHANNEL#…"
  bool sealed = false;                  // it is a sealed text, perhaps a damaged one
  std::optional<std::string> key_name;  // "" for the first format; nothing: it cannot be told
  std::string why;
};

struct KeyReport {
  // Texts that opened, by kind and the name of their key.
  std::map<std::string, std::map<std::string, std::size_t>> opened;
  std::vector<LockedText> locked;
};

// Opens every sealed text of the store.
Task<KeyReport> check_sealed_texts(Tables& tables, const Vault& vault);

struct Resealing {
  // The ring that texts were sealed with when the vault's has not their key: after a move from a
  // key file to KMS.
  const Vault* older = nullptr;
  bool all = false;                           // also texts under the vault's current key
  std::function<void(std::size_t)> progress;  // now and then, with the number of texts looked at
};

struct ResealReport {
  std::size_t moved = 0;    // now under the current key
  std::size_t current = 0;  // under it before
  std::vector<LockedText> locked;
};

// Puts every sealed text of the store under the vault's current key. Each write has the condition
// that the text is still the one that was read, so hubs may work on meanwhile, and it can be
// stopped anywhere and begun again. A text that does not open stays as it is.
Task<ResealReport> reseal_texts(Tables& tables, const Vault& vault, Resealing how);

struct FileRotation {
  ResealReport texts;
  std::string current;             // name of the key that seals now
  std::vector<std::string> older;  // that had to stay in the file, as texts need them
};

// Rotation of a key file while no hub runs: a fresh key becomes the current one, all texts go under
// it, and the older keys leave the file when a second look at the whole store finds no text that
// needs them. Begun again after a kill, it goes on with the fresh key that is there already.
// Refuses as FileKeyRing::open, and (Conflict) when a hub holds its lease on a shared store.
Task<Result<FileRotation>> rotate_key_file(Tables& tables, std::string key_file,
                                           std::string data_dir,
                                           std::function<void(std::size_t)> progress);

}  // namespace msghub
