#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "store/tables.h"
#include "vault/vault.h"

namespace msghub {

// One sealed text of an item: an attribute, or a member of an attribute that is an object.
struct SealedPlace {
  std::string attribute;
  std::string member;  // "": the attribute itself
  SealContext context;
  std::string text;
};
// Which texts of an item are sealed.
using SealedPlaces = std::function<std::vector<SealedPlace>(Table table, const Item& item)>;

// Puts `text` where `place` says.
void replace_text(Item& item, const SealedPlace& place, std::string_view text);

// Whether an item belongs to an engine or to the running of hubs, and not to what moves: leases,
// marks of moves, the pause, the schema version.
bool stays_behind(Table table, const Item& item);

// JSON text of which there is one for each value: members in the order of their names, numbers
// equal when their values are.
std::string canonical_json(const json::value& value);
// The same of an item, with a word in the place of each sealed text: two engines with the same
// secrets under different keys give the same text.
std::string canonical_item(Table table, const Item& item, const SealedPlaces& sealed);

// A number for a set of texts, whatever their order: the sum of their SHA-256 modulo 2^256. It
// finds accidents; it is no proof against somebody who makes texts up.
class ItemSum {
 public:
  ItemSum() = default;
  // What hex() gave.
  static ItemSum from_hex(std::string_view hex);

  void add(std::string_view text);
  std::string hex() const;  // 64 characters

 private:
  std::array<unsigned char, 32> sum_{};  // the lowest byte last
};

}  // namespace msghub
