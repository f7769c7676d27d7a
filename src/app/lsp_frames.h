#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace msghub {

// Cuts the bytes that an editor sends into messages: "Content-Length: 42\r\n\r\n" and 42 bytes.
class LspFrames {
 public:
  static constexpr std::size_t kMostHeader = std::size_t{4} * 1024;
  static constexpr std::size_t kMostBody = std::size_t{4} * 1024 * 1024;
  static constexpr std::size_t kMostSkipped = std::size_t{1024} * 1024 * 1024;

  struct Frame {
    std::string body;
    bool too_large = false;  // over kMostBody; the body was skipped
  };

  void feed(std::string_view bytes);
  // The next whole message; nothing until more bytes come, or when the stream is broken.
  std::optional<Frame> next();
  // Why the bytes are no frames any more; "" as long as they are. Nothing can be read after that.
  const std::string& broken() const { return broken_; }

 private:
  bool read_header();

  std::string bytes_;
  std::size_t at_ = 0;
  std::optional<std::size_t> length_;  // bytes to come of the message whose header was read
  bool too_large_ = false;             // they are skipped
  std::string broken_;
};

// A message with its header.
std::string lsp_frame(std::string_view body);

}  // namespace msghub
