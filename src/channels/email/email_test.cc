#include "channels/email/email.h"

#include <gtest/gtest.h>

#include "mime/mime.h"

namespace msghub {
namespace {

constexpr std::string_view kMail =
    "From: Ann <ann@example.com>\r\n"
    "To: bob@example.org\r\n"
    "Subject: Invoice 7\r\n"
    "Message-ID: <m1@example.com>\r\n"
    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    "\r\n"
    "Total: 12\r\n";

TEST(TranslateMail, CarriesTheMailAndItsPlace) {
  Channel channel;
  channel.id = ChannelId{"c"};
  channel.user_id = UserId{"u"};
  const Timestamp now = *from_iso8601("2026-11-22T11:00:00Z");
  const Arrival arrival =
      translate_mail(channel, kMail, "INBOX", true, MailCursor{"INBOX", "77", 12}, now);
  EXPECT_EQ(arrival.channel_id.value, "c");
  EXPECT_EQ(arrival.user_id.value, "u");
  EXPECT_EQ(arrival.raw, kMail);
  EXPECT_EQ(arrival.content_type, "message/rfc822");
  EXPECT_EQ(arrival.parsed.from, "ann@example.com");
  EXPECT_EQ(arrival.parsed.subject, "Invoice 7");
  EXPECT_EQ(arrival.parsed.timestamp, *from_iso8601("2026-11-22T10:00:00Z"));
  EXPECT_EQ(arrival.external_id, mail_identity(parse_mail(kMail, now)));
  EXPECT_TRUE(arrival.also_known_as.empty());
  EXPECT_EQ(arrival.folder, "INBOX");
  EXPECT_EQ(arrival.is_read, true);
  ASSERT_TRUE(arrival.cursor);
  EXPECT_EQ(arrival.cursor->uid, 12);
  EXPECT_EQ(arrival.cursor->uid_validity, "77");
}

TEST(TranslateMail, IsTheSameMessageInEveryFolder) {
  const Arrival first = translate_mail({}, kMail, "INBOX", false, {"INBOX", "1", 1}, {});
  const Arrival second = translate_mail({}, kMail, "Archive", true, {"Archive", "9", 4}, {});
  EXPECT_EQ(first.external_id, second.external_id);
}

TEST(TranslateMail, TakesAnyBytes) {
  for (const std::string& bytes :
       {std::string(), std::string("\0\xff\r\n", 4), std::string(999, '\n')}) {
    const Arrival arrival = translate_mail({}, bytes, "INBOX", false, {"INBOX", "1", 1}, {});
    EXPECT_EQ(arrival.raw, bytes);
    EXPECT_FALSE(arrival.external_id.empty());
  }
}

}  // namespace
}  // namespace msghub
