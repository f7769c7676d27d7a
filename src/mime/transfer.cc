#include "mime/transfer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>

#include "mime/encoded_word.h"
#include "mime/text.h"

namespace msghub {

namespace {

using Sink = std::function<void(std::string_view)>;

// Gives bytes on in pieces, so that a large part need not be held to be measured.
class Buffer {
 public:
  explicit Buffer(const Sink& sink) : sink_(sink) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { sink_({bytes_.data(), size_}); }

  void put(char byte) {
    if (size_ == bytes_.size()) {
      sink_({bytes_.data(), size_});
      size_ = 0;
    }
    bytes_[size_++] = byte;
  }

 private:
  const Sink& sink_;
  std::array<char, 16 * 1024> bytes_;
  std::size_t size_ = 0;
};

std::optional<std::uint32_t> base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return std::nullopt;
}

void note_cut_base64(std::string_view content, Notes& notes) {
  if (content.find('=') == std::string_view::npos &&
      std::ranges::count_if(content, [](char c) { return base64_value(c).has_value(); }) % 4 != 0)
    notes.add("base64 data ends too early");
}

// What is no base64 is passed over; a '=' ends a group, and another may begin behind it.
void decode_base64(std::string_view content, const Sink& sink) {
  Buffer out(sink);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : content) {
    if (c == '=') count = 0;
    const auto value = base64_value(c);
    if (!value) continue;
    bits = bits << 6 | *value;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.put(static_cast<char>(bits >> count & 0xFF));
  }
}

// A broken escape stays as it is; one that the end cuts off is dropped.
void decode_quoted_printable(std::string_view content, const Sink& sink, Notes& notes) {
  Buffer out(sink);
  for (std::size_t i = 0; i < content.size(); ++i) {
    const std::string_view rest = content.substr(i);
    if (rest[0] != '=') {
      out.put(rest[0]);
    } else if (rest.starts_with("=\n")) {
      i += 1;
    } else if (rest.starts_with("=\r\n")) {
      i += 2;
    } else if (rest.size() < 3) {
      notes.add("quoted-printable text ends too early");
      return;
    } else if (const auto high = hex_digit(rest[1]), low = hex_digit(rest[2]); high && low) {
      out.put(static_cast<char>(*high * 16 + *low));
      i += 2;
    } else {
      out.put('=');
    }
  }
}

void decode_part(std::string_view content, std::string_view encoding, Notes& notes,
                 const Sink& sink) {
  const std::string name = to_lower(trimmed(encoding));
  if (name == "base64") {
    note_cut_base64(content, notes);
    decode_base64(content, sink);
    return;
  }
  if (name == "quoted-printable") {
    decode_quoted_printable(content, sink, notes);
    return;
  }
  if (!name.empty() && name != "7bit" && name != "8bit" && name != "binary")
    notes.add("a part has an unknown Content-Transfer-Encoding; its bytes were taken as they are");
  sink(content);
}

}  // namespace

std::string decode_transfer(std::string_view content, std::string_view encoding, Notes& notes) {
  std::string out;
  out.reserve(content.size());
  decode_part(content, encoding, notes, [&out](std::string_view bytes) { out += bytes; });
  return out;
}

std::size_t decoded_size(std::string_view content, std::string_view encoding, Notes& notes) {
  std::size_t size = 0;
  decode_part(content, encoding, notes, [&size](std::string_view bytes) { size += bytes.size(); });
  return size;
}

}  // namespace msghub
