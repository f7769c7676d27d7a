#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/utf8.h"
#include "mime/mime.h"

// Any bytes are a mail: every text in it is UTF-8, and nothing else happens. Small limits, so that
// short inputs reach what lies behind them.

namespace {

void expect_text(std::string_view text) {
  if (!msghub::is_utf8(text) || text.find('\0') != std::string_view::npos) std::abort();
}

void read(std::string_view bytes, const msghub::MimeLimits& limits) {
  const msghub::MailText mail = msghub::parse_mail(bytes, msghub::Timestamp{}, limits);
  const msghub::ParsedMessage& message = mail.message;
  if (message.body.size() > limits.body_text) std::abort();
  for (const std::string_view text :
       {std::string_view(message.from), std::string_view(message.body),
        std::string_view(mail.message_id)})
    expect_text(text);
  expect_text(message.to.value_or(""));
  expect_text(message.subject.value_or(""));
  expect_text(msghub::mail_identity(mail));
  for (const auto& [name, value] : *message.headers) {
    expect_text(name);
    expect_text(value);
  }
  if (message.attachments && message.attachments->size() > limits.parts) std::abort();
  if (message.attachments)
    for (const msghub::Attachment& file : *message.attachments) {
      expect_text(file.filename);
      expect_text(file.content_type);
    }
  for (const std::string& note : mail.notes) expect_text(note);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read(bytes, {});
  read(bytes, {.message = 4096,
               .header_block = 512,
               .one_header = 128,
               .depth = 3,
               .parts = 5,
               .addresses = 3,
               .body_text = 64});
  return 0;
}
