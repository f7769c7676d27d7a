#pragma once

#include <optional>
#include <string>

#include "base/describe.h"
#include "base/time.h"
#include "store/items.h"

namespace msghub {

// A claim with an end, for hubs that share one store: that a hub lives, that it watches a mailbox,
// that it sweeps. Kept in Channels as PK "LEASE#<name>", SK "METADATA"; in no index.
struct Lease {
  std::string name;   // "node/<id>", "retention" …
  std::string owner;  // of the hub that holds it
  Timestamp until{};  // by the clock of the hub that wrote it
};
BOOST_DESCRIBE_STRUCT(Lease, (), (name, owner, until))

// What clocks of hubs may differ by: a lease of another is over only that much after its end.
inline constexpr std::chrono::seconds kClockSkew{5};

// The tables must outlive the repository's tasks.
class Leases {
 public:
  explicit Leases(Tables& tables) : tables_(tables) {}

  Task<std::optional<Lease>> read(std::string name);
  // Takes a lease that nobody holds, that has run out, or that is the caller's own (which renews
  // it). False when another holds it, or was faster.
  Task<bool> take(std::string name, std::string owner, Timestamp now, Timestamp until);
  // One of the leases whose names begin with `prefix` that is not over, if there is any: "node/"
  // asks for a hub that lives. Walks over Channels, which has as many items as there are channels.
  Task<std::optional<Lease>> find_held(std::string prefix, Timestamp now);
  // Gives it up early; nothing happens when it is not the caller's.
  Task<void> release(std::string name, std::string owner);

 private:
  Tables& tables_;
};

}  // namespace msghub
