#include "workers/protocol.h"

namespace msghub {

namespace {

void put_length(std::string& out, std::size_t length) {
  for (int shift : {24, 16, 8, 0}) out += static_cast<char>((length >> shift) & 0xff);
}

std::size_t length_at(std::string_view bytes) {
  std::size_t length = 0;
  for (char c : bytes.substr(0, 4)) length = length << 8 | static_cast<unsigned char>(c);
  return length;
}

}  // namespace

std::int64_t whole_number(const json::object& header, std::string_view key) {
  const json::value* value = header.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

std::string encode_frame(const Frame& frame) {
  const std::string header = to_json(frame.header);
  if (header.size() > kFrameHeaderLimit || frame.body.size() > kFrameBodyLimit)
    throw Failure(Failure::Retry::Never, "a frame of " + std::to_string(header.size()) + " + " +
                                             std::to_string(frame.body.size()) +
                                             " bytes is too large to send");
  std::string out;
  out.reserve(8 + header.size() + frame.body.size());
  put_length(out, header.size());
  put_length(out, frame.body.size());
  out += header;
  out += frame.body;
  return out;
}

Result<std::optional<Frame>> FrameDecoder::next() {
  const std::string_view rest = std::string_view(buffer_).substr(read_);
  if (rest.size() < 8) return std::optional<Frame>();
  const std::size_t header_size = length_at(rest), body_size = length_at(rest.substr(4));
  if (header_size < 2 || header_size > kFrameHeaderLimit)
    return refuse(Refusal::Code::Invalid,
                  "header length " + std::to_string(header_size) + " is out of range");
  if (body_size > kFrameBodyLimit)
    return refuse(Refusal::Code::Invalid,
                  "body length " + std::to_string(body_size) + " is out of range");
  if (rest.size() < 8 + header_size + body_size) return std::optional<Frame>();
  auto header = parse_json(rest.substr(8, header_size));
  if (!header) return refuse(Refusal::Code::Invalid, "header: " + header.error().detail);
  if (!header->is_object() || string_or(header->get_object(), "type").empty())
    return refuse(Refusal::Code::Invalid, "the header is no object with a \"type\"");
  Frame frame{std::move(header->get_object()),
              std::string(rest.substr(8 + header_size, body_size))};
  read_ += 8 + header_size + body_size;
  // Dropping what is done only now and then keeps feeding linear.
  if (read_ == buffer_.size() || read_ > 1024 * 1024) {
    buffer_.erase(0, read_);
    read_ = 0;
  }
  return std::optional<Frame>(std::move(frame));
}

}  // namespace msghub
