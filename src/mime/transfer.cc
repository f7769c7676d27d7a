#include "mime/transfer.h"

#include <gmime/gmime.h>

#include <algorithm>
#include <functional>

#include "mime/text.h"

namespace msghub {

namespace {

constexpr std::size_t kStep = std::size_t{64} * 1024;

using Sink = std::function<void(std::string_view)>;

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

// The '=' that base64 lacks at its end when it was cut: with them its last bytes count.
std::string_view missing_padding(std::string_view content, Notes& notes) {
  if (content.find('=') != std::string_view::npos) return {};
  const auto count = static_cast<std::size_t>(std::ranges::count_if(content, is_base64));
  if (count % 4 != 0) notes.add("base64 data ends too early");
  return count % 4 == 2 ? "==" : count % 4 == 3 ? "=" : "";
}

void note_cut_quoted_printable(std::string_view content, Notes& notes) {
  const std::size_t last =
      content.substr(content.size() - std::min<std::size_t>(content.size(), 2)).find('=');
  if (last != std::string_view::npos) notes.add("quoted-printable text ends too early");
}

// Decodes `content` and what `tail` adds to it.
void decode(std::string_view content, std::string_view tail, GMimeContentEncoding encoding,
            const Sink& sink) {
  GMimeEncoding state;
  g_mime_encoding_init_decode(&state, encoding);
  std::string buffer(g_mime_encoding_outlen(&state, kStep), '\0');
  for (; !content.empty(); content.remove_prefix(std::min(content.size(), kStep))) {
    const std::string_view step = content.substr(0, kStep);
    sink({buffer.data(), g_mime_encoding_step(&state, step.data(), step.size(), buffer.data())});
  }
  sink({buffer.data(), g_mime_encoding_flush(&state, tail.data(), tail.size(), buffer.data())});
}

void decode_part(std::string_view content, std::string_view encoding, Notes& notes,
                 const Sink& sink) {
  const std::string name = to_lower(trimmed(encoding));
  if (name == "base64") {
    decode(content, missing_padding(content, notes), GMIME_CONTENT_ENCODING_BASE64, sink);
    return;
  }
  if (name == "quoted-printable") {
    note_cut_quoted_printable(content, notes);
    decode(content, "", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, sink);
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
