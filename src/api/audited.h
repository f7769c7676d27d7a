#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/hub.h"

namespace msghub {

// What the holder of the API's token, or the hub by itself, did to one item.
struct Deed {
  std::string action;  // "rule.activate"; what stands before the dot is the kind of the entity
  std::string entity_id;
  Table table{};
  std::optional<Item> before;   // nothing: it was not there
  std::optional<Item> after;    // nothing: it is gone
  std::string actor = "owner";  // "system": the hub did it by itself
};

// Writes with an entry of the audit log in one transaction, see transact_audited. Every handler
// that changes something for somebody writes through this.
Task<Result<void>> transact_for_owner(Hub& hub, Deed deed, std::vector<Write> writes);

}  // namespace msghub
