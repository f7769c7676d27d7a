#pragma once

#include <memory>

#include "aws/client.h"
#include "store/change_feed.h"
#include "store/dynamo/dynamo_tables.h"

namespace msghub {

// The change feed over DynamoDB Streams, which keep 24 hours. The changes of one item come in the
// order of its writes; those of different items, and of different tables, in no order. A write that
// had to be made again may be told as two changes, the second of which changes nothing.
//
// `tables` speaks to DynamoDB, `streams` to its Streams: on AWS these have an endpoint of their own
// (streams_endpoint), elsewhere both may be the same client. Thread-safe; the clients outlive it.
class DynamoFeed : public ChangeFeed {
 public:
  DynamoFeed(aws::Client& tables, aws::Client& streams, const Clock& clock,
             const DynamoOptions& options);
  ~DynamoFeed() override;

  // Also refuses (NotFound) a cursor of tables that were deleted and made again.
  Task<Result<ChangePage>> read(std::string cursor, std::size_t limit) override;
  Task<std::string> end() override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Where the Streams of DynamoDB at `endpoint` are ("" = Amazon's own of that region).
std::string streams_endpoint(const std::string& endpoint, const std::string& region);

}  // namespace msghub
