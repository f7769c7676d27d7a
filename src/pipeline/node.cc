#include "pipeline/node.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.h"

namespace msghub {

namespace asio = boost::asio;
using std::chrono::steady_clock;

// Outlives the node while a renewal is under way.
struct Node::Beat {
  std::string name;
  std::string owner;
  Tables& tables;
  Clock& clock;
  bool leaving = false;
  steady_clock::time_point held_until{};  // by this machine's own measure

  // Throws Failure.
  static Task<void> renew(std::shared_ptr<Beat> self) {
    const steady_clock::time_point asked = steady_clock::now();
    const Timestamp now = self->clock.now();
    Leases leases(self->tables);
    const bool taken = co_await leases.take(self->name, self->owner, now, now + kLease);
    if (taken) self->held_until = asked + kLease;
  }

  static Task<void> run(std::shared_ptr<Beat> self) {
    while (!self->leaving) {
      co_await sleep_for(kBeat);
      if (self->leaving) co_return;
      try {
        co_await renew(self);
      } catch (const std::exception& error) {
        log(LogLevel::Error, "lease not renewed",
            {{"node", self->owner}, {"reason", error.what()}});
      }
    }
  }
};

Node::Node(std::string id, bool shared, Tables& tables, Clock& clock)
    : id_(std::move(id)),
      shared_(shared),
      tables_(tables),
      clock_(clock),
      beat_(new Beat{"node/" + id_, id_, tables, clock}) {}

Node::~Node() { beat_->leaving = true; }

Task<void> Node::join(asio::any_io_executor executor) {
  if (!shared_) co_return;
  co_await Beat::renew(beat_);
  asio::co_spawn(executor, Beat::run(beat_), asio::detached);
}

Task<void> Node::leave() {
  beat_->leaving = true;
  if (!shared_) co_return;
  Leases leases(tables_);
  co_await leases.release(beat_->name, id_);
}

bool Node::lost() const { return shared_ && steady_clock::now() >= beat_->held_until; }

Task<bool> Node::may_take(std::optional<std::string> owner) {
  if (!owner || *owner == id_ || !shared_) co_return true;
  const auto known = alive_until_.find(*owner);
  if (known != alive_until_.end() && steady_clock::now() < known->second) co_return false;
  Leases leases(tables_);
  const std::optional<Lease> lease = co_await leases.read("node/" + *owner);
  const Timestamp now = clock_.now();
  const bool alive = lease && lease->until + kClockSkew > now;
  if (alive)
    alive_until_[*owner] = steady_clock::now() + kBeat;
  else
    alive_until_.erase(*owner);
  co_return !alive;
}

}  // namespace msghub
