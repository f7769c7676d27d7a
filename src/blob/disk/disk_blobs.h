#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <string>

#include "base/disk_space.h"
#include "blob/blobs.h"

namespace msghub {

// Blobs as files under `path`, which is made when missing. The file calls run on `pool`, which must
// outlive the blobs. Below the reserve, blobs of messages ("users/<id>/messages/…") are refused by
// Failure(Later); the others may use the reserve. Throws Failure when the folder cannot be used.
std::unique_ptr<Blobs> open_disk_blobs(const std::string& path, boost::asio::thread_pool& pool,
                                       std::uint64_t reserve_bytes = DiskSpace::kDefaultReserve);

}  // namespace msghub
