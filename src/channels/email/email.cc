#include "channels/email/email.h"

#include "mime/mime.h"

namespace msghub {

Arrival translate_mail(const Channel& channel, std::string_view raw, const std::string& folder,
                       bool seen, MailCursor cursor, Timestamp now) {
  Arrival arrival;
  MailText mail = parse_mail(raw, now, {}, &arrival.files);
  arrival.channel_id = channel.id;
  arrival.user_id = channel.user_id;
  arrival.external_id = mail_identity(mail);
  arrival.raw = std::string(raw);
  arrival.content_type = "message/rfc822";
  arrival.parsed = std::move(mail.message);
  arrival.notes = std::move(mail.notes);
  arrival.folder = folder;
  arrival.is_read = seen;
  arrival.cursor = std::move(cursor);
  return arrival;
}

}  // namespace msghub
