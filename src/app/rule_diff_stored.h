#pragma once

#include <string>
#include <vector>

#include "app/client.h"
#include "rule/compile.h"

namespace msghub {

// What two rules make of the messages that a hub has stored.
struct StoredDifference {
  std::int64_t looked_at = 0;
  std::int64_t both = 0;
  std::int64_t only_before = 0;
  std::int64_t only_after = 0;
  std::int64_t cut = 0;  // of which the hub keeps only the beginning at hand; so far they were read
  json::array first_only_before;  // id, receivedAt, from, subject if any; the newest ten
  json::array first_only_after;
  std::vector<std::string> unknown;  // "email channel Billing inbox", which the hub does not have
};
BOOST_DESCRIBE_STRUCT(StoredDifference, (),
                      (looked_at, both, only_before, only_after, cut, first_only_before,
                       first_only_after, unknown))

// Looks at the newest `limit` messages of the channels that either rule listens to. Both are
// compiled offline: their channels are looked up by name here. Throws as ApiClient.
StoredDifference stored_difference(const CompiledRule& before, const CompiledRule& after,
                                   std::size_t limit, const ApiClient& client);

// For people, with the message's sender and subject made harmless.
std::string stored_difference_text(const StoredDifference& difference);

}  // namespace msghub
