#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace msghub {

// Frames between the hub and its Node.js processes: protocol/frames.md. Twin of
// runtime/protocol.ts; both are held to protocol/samples/.
struct Frame {
  json::object header;  // with a string member "type"
  std::string body;     // raw bytes, mostly empty

  std::string type() const { return string_or(header, "type"); }
};

// A whole number of a header; 0 when it is missing or none.
std::int64_t whole_number(const json::object& header, std::string_view key);

inline constexpr std::size_t kFrameHeaderLimit = 32 * 1024 * 1024;  // bytes
inline constexpr std::size_t kFrameBodyLimit = 32 * 1024 * 1024;

// The frame as bytes. Throws Failure(Never) when it is over a limit.
std::string encode_frame(const Frame& frame);

// Takes bytes in pieces of any size and gives whole frames.
class FrameDecoder {
 public:
  void feed(std::string_view bytes) { buffer_ += bytes; }
  // The next frame; nothing when more bytes are needed. Refuses (Invalid) what is no frame; the
  // connection is then of no more use.
  Result<std::optional<Frame>> next();
  bool empty() const { return buffer_.size() == read_; }

 private:
  std::string buffer_;
  std::size_t read_ = 0;  // bytes of buffer_ that are done
};

}  // namespace msghub
