#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "store/tables.h"

namespace msghub {

// What reading every byte of a store found.
struct StoreCheck {
  struct Counts {
    std::uint64_t items = 0;
    std::uint64_t index_entries = 0;
  };
  Layout layout{};
  std::array<Counts, kTables.size()> tables{};  // by Table
  // Hex SHA-256 over all items, table by table and in the order of their keys, each as JSON with
  // its members in order. So it is the same for a store and its copy, whatever their layouts.
  std::string sha256;
  // Sentences for people, the first kProblems of them. None: the store is sound.
  std::vector<std::string> problems;
  std::uint64_t problem_count = 0;

  static constexpr std::size_t kProblems = 20;

  // Gets each item that can be read.
  using Visit = std::function<void(Table table, const Item& item)>;
};

namespace rocks {
// See RocksTables::verify.
Result<StoreCheck> check_store(const std::string& folder, const StoreCheck::Visit& visit);
}  // namespace rocks

}  // namespace msghub
