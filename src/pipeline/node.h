#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "store/leases.h"

namespace msghub {

// This hub among those that share a store. A message and its executions carry the id of the hub
// that works on them (leaseOwner), and only that hub's writes on them are taken. A hub shows that
// it lives by a lease of its own, "node/<id>"; once that has run out, others take over its work.
//
// So one write every kBeat is what sharing costs, however many messages are under way; and a hub
// that slept past its lease finds its late writes refused.
//
// Lives on one executor.
class Node {
 public:
  static constexpr std::chrono::seconds kBeat{5};
  static constexpr std::chrono::seconds kLease{20};

  // `shared`: other hubs may use the store. Otherwise every other owner is a hub of the past.
  Node(std::string id, bool shared, Tables& tables, Clock& clock);
  ~Node();

  const std::string& id() const { return id_; }
  bool shared() const { return shared_; }

  // Writes the first lease, then renews it on `executor` until leave().
  Task<void> join(boost::asio::any_io_executor executor);
  // Gives the lease up: others need not wait for its end.
  Task<void> leave();
  // It could not be renewed in time: others may be at this hub's work, which must rest.
  bool lost() const;

  // Whether this hub may take what `owner` holds: nobody's, a dead hub's, or its own.
  Task<bool> may_take(std::optional<std::string> owner);

 private:
  struct Beat;
  std::string id_;
  bool shared_;
  Tables& tables_;
  Clock& clock_;
  std::shared_ptr<Beat> beat_;
  std::map<std::string, std::chrono::steady_clock::time_point>
      alive_until_;  // what was read lately
};

}  // namespace msghub
