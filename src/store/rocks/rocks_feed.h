#pragma once

#include <boost/asio/thread_pool.hpp>

#include "store/change_feed.h"
#include "store/rocks/database.h"

namespace msghub::rocks {

// The change feed over RocksDB's log, see log_notes.h. A cursor is a sequence number and a change's
// number in its batch, bound to the store: base64url of a format byte, the store's feed id, both
// numbers, and the first 8 bytes of SHA-256 over these.
class RocksFeed final : public ChangeFeed {
 public:
  RocksFeed(DatabaseSlot& slot, boost::asio::thread_pool& readers)
      : slot_(slot), readers_(readers) {}

  Task<Result<ChangePage>> read(std::string cursor, std::size_t limit) override;
  Task<std::string> end() override;

 private:
  Result<ChangePage> read_now(const std::string& cursor, std::size_t limit);

  DatabaseSlot& slot_;
  boost::asio::thread_pool& readers_;
};

}  // namespace msghub::rocks
