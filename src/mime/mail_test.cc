#include <gtest/gtest.h>

#include "mime/limits_page.h"
#include "mime/mime.h"

// Mails as they come, odd ones among them, and all that is read out of each.

namespace msghub {
namespace {

using namespace std::string_literals;

// The mail in lines: what matters, in the order of the struct, line ends as "\n".
std::string told(const MailText& mail) {
  const ParsedMessage& message = mail.message;
  std::string out = "from " + message.from + "\n";
  if (message.to) out += "to " + *message.to + "\n";
  if (message.subject) out += "subject " + *message.subject + "\n";
  std::string body = message.body;
  for (std::size_t i = 0; (i = body.find('\n', i)) != std::string::npos; i += 2)
    body.replace(i, 1, "\\n");
  out += "body " + body + "\n";
  for (const Attachment& file : message.attachments.value_or(std::vector<Attachment>()))
    out += "file " + file.filename + " | " + file.content_type + " | " + std::to_string(file.size) +
           "\n";
  for (const std::string& note : mail.notes)
    if (!note.starts_with("the Date header is missing")) out += "note " + note + "\n";
  return out;
}

struct Case {
  std::string_view name;
  std::string mail;
  std::string_view told;
};

void check(const std::vector<Case>& cases) {
  for (const auto& [name, mail, expected] : cases) {
    const MailText read = parse_mail(mail, Timestamp{});
    EXPECT_EQ(told(read), expected) << name;
    expect_documented(read);
  }
}

TEST(Mail, ReadsWhatPeopleSend) {
  check({
      {"plain",
       "From: Bob <bob@Example.com>\r\nTo: ann@x.org\r\nSubject: Hi\r\n\r\nLine 1\r\nLine 2\r\n",
       "from bob@Example.com\nto ann@x.org\nsubject Hi\nbody Line 1\\nLine 2\\n\n"},
      {"LF only", "From: a@b.c\nSubject: folded\n subject\n\ttext\n\nbody\n",
       "from a@b.c\nsubject folded subject text\nbody body\\n\n"},
      {"an alternative takes its plain text",
       "From: a@b.c\nContent-Type: multipart/alternative; boundary=\"=_1\"\n\n"
       "--=_1\nContent-Type: text/html\n\n<p>rich</p>\n--=_1\nContent-Type: text/plain\n\nplain\n"
       "--=_1--\n",
       "from a@b.c\nbody plain\n"},
      {"HTML alone becomes text",
       "From: a@b.c\nContent-Type: text/html; charset=utf-8\n\n"
       "<style>p{}</style><p>Total:&nbsp;<b>5</b> &euro;</p><p><a href=\"http://x\">here</a></p>",
       "from a@b.c\nbody Total: 5 €\\n\\nhere\n"},
      {"an empty text gives way to HTML",
       "From: a@b.c\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\n"
       "Content-Type: text/html\n\n<div>rich</div>\n--b--",
       "from a@b.c\nbody rich\n"},
      {"attachments, inline images and nested messages are files",
       "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\n"
       "Content-Type: multipart/related; boundary=c\n\n--c\n"
       "Content-Type: image/png; name=logo.png\nContent-Disposition: inline\n"
       "Content-Transfer-Encoding: base64\n\nAAEC\nAw==\n--c--\n--b\n"
       "Content-Type: message/rfc822\n\nSubject: inner\n\n--c\ntext\n--b\n"
       "Content-Type: text/plain\nContent-Disposition: attachment; filename=\"notes.txt\"\n\n"
       "12345\n--b--\nepilogue",
       "from a@b.c\nbody hello\nfile logo.png | image/png | 4\nfile  | message/rfc822 | 24\n"
       "file notes.txt | text/plain | 5\n"},
      {"text behind an attachment is noted",
       "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--",
       "from a@b.c\nbody one\nnote there is more text behind the first; it is not in the body\n"},
      {"quoted-printable and windows-1252",
       "From: a@b.c\nContent-Type: text/plain; charset=\"ISO-8859-1\"\n"
       "Content-Transfer-Encoding: Quoted-Printable\n\nGr=FC=DFe =80 soft=\nbreak=20\n",
       "from a@b.c\nbody Grüße € softbreak \\n\n"},
      {"format=flowed is joined",
       "From: a@b.c\nContent-Type: text/plain; format=flowed\n\nOne \nparagraph.\n> quoted \n> "
       "too\n"
       " >no quote\n-- \nSig\n",
       "from a@b.c\nbody One paragraph.\\n> quoted too\\n>no quote\\n-- \\nSig\\n\n"},
      {"encoded words",
       "From: =?UTF-8?B?SsO2cmc=?= <j@x.de>\nSubject: =?utf-8?q?=C3=A4=20?=\n =?UTF-8?Q?=C3?= "
       "=?utf-8?q?=BC_x?= y =?iso-8859-1*de?q?=E4?= =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?=\n\n",
       "from j@x.de\nsubject ä ü x y ä=?utf-8?q?x?=\nbody \n"},
      {"raw UTF-8 in headers", "From: Jörg <jörg@exämple.de>\nSubject: Grüße\n\nß",
       "from jörg@exämple.de\nsubject Grüße\nbody ß\n"},
      {"utf-16",
       "From: a@b.c\nContent-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: "
       "base64\n\n/v8AaABpIKw=\n",
       "from a@b.c\nbody hi€\n"},
      {"iso-2022-jp and shift_jis",
       "From: a@b.c\nSubject: =?shift_jis?b?k/qWew==?=\nContent-Type: text/plain; "
       "charset=iso-2022-jp\n\n\x1b$BF|K\\\x1b(B\n",
       "from a@b.c\nsubject 日本\nbody 日本\\n\n"},
      {"all recipients of To and Cc",
       "From: a@b.c\nTo: b@c.d\nCC: Team: c@d.e, \"D, E\" <d@e.f>;\nTo: (x) e@f.g\nBcc: z@z.z\n\n",
       "from a@b.c\nto b@c.d, c@d.e, d@e.f, e@f.g\nbody \n"},
      {"a mailbox file's first line", "From bob Sun Nov 22\nFrom: a@b.c\n\nhi",
       "from a@b.c\nbody hi\n"},
      {"a text that is the whole mail is its body, named or not",
       "From: a@b.c\nContent-Type: text/plain; name=x.txt\n\nhi", "from a@b.c\nbody hi\n"},
      {"a digest holds messages",
       "From: a@b.c\nContent-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: x\n\ny\n--b--",
       "from a@b.c\nbody \nfile  | message/rfc822 | 13\n"},
  });
}

TEST(Mail, MendsWhatIsBroken) {
  check({
      {"empty", "", "from \nbody \nnote there is no address in the From header\n"},
      {"one line end", "\n", "from \nbody \nnote there is no address in the From header\n"},
      {"only CRs", "\r\r\r", "from \nbody \\n\\n\nnote there is no address in the From header\n"},
      {"lines end with CR alone", "From: a@b.c\rSubject: old\r  Mac\r\rone\rtwo\r",
       "from a@b.c\nsubject old  Mac\nbody one\\ntwo\\n\n"},
      {"mixed line ends", "From: a@b.c\r\nSubject: x\ry\n\r\na\rb\r\nc\n\rd",
       "from a@b.c\nsubject x y\nbody a\\nb\\nc\\n\\nd\n"},
      {"no headers", "Hello there.\nFrom: a@b.c\n",
       "from \nbody Hello there.\\nFrom: a@b.c\\n\n"
       "note a header block ends at a line that is no header field\n"
       "note there is no address in the From header\n"},
      {"no body", "From: a@b.c\nSubject: x", "from a@b.c\nsubject x\nbody \n"},
      {"no empty line before the body", "From: a@b.c\nHello all,\nbye\n",
       "from a@b.c\nbody Hello all,\\nbye\\n\n"
       "note a header block ends at a line that is no header field\n"},
      {"an 8-bit subject that is no UTF-8",
       "From: a@b.c\nSubject: Gr\xFC\xDF"
       "e\n\n",
       "from a@b.c\nsubject Gr��e\nbody \n"
       "note bytes that are no text in their charset are shown as U+FFFD\n"},
      {"an unknown charset",
       "From: a@b.c\nContent-Type: text/plain; charset=klingon\n\nna\xC3\xAFve \xFF\n",
       "from a@b.c\nbody naïve �\\n\nnote an unknown charset was read as UTF-8\n"
       "note bytes that are no text in their charset are shown as U+FFFD\n"},
      {"a lying charset", "From: a@b.c\nContent-Type: text/plain; charset=euc-jp\n\na\xFF z\xC3",
       "from a@b.c\nbody a� z�\n"
       "note bytes that are no text in their charset are shown as U+FFFD\n"},
      {"a broken byte behind a letter that a mark could join",
       "From: a@b.c\nContent-Type: text/plain; charset=windows-1255\n\n\xEA\xCA]",
       "from a@b.c\nbody ך\uFFFD]\n"
       "note bytes that are no text in their charset are shown as U+FFFD\n"},
      {"a charset that is none",
       "From: a@b.c\nContent-Type: text/plain; charset=\"UTF-8//IGNORE\"\n\nx",
       "from a@b.c\nbody x\nnote an unknown charset was read as UTF-8\n"},
      {"utf-16, cut in the middle",
       "From: a@b.c\nContent-Type: text/plain; charset=utf-16le\n\nh\0i\0\xD8"s,
       "from a@b.c\nbody hi�\n"
       "note bytes that are no text in their charset are shown as U+FFFD\n"},
      {"utf-7", "From: a@b.c\nContent-Type: text/plain; charset=utf-7\n\n+AOQ-x +2AA-",
       "from a@b.c\nbody äx �\n"
       "note bytes that are no text in their charset are shown as U+FFFD\n"},
      {"cut base64",
       "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\n"
       "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAECAwQFBgc",
       "from a@b.c\nbody hi\nfile  | image/png | 8\n"
       "note the last boundary of a multipart is missing; the mail seems to be cut\n"
       "note base64 data ends too early\n"},
      {"base64 with rubbish", "From: a@b.c\nContent-Transfer-Encoding: base64\n\naGV!!\n*sbG8=\n",
       "from a@b.c\nbody hello\n"},
      {"cut quoted-printable",
       "From: a@b.c\nContent-Transfer-Encoding: quoted-printable\n\na=3Db =ZZ =\xFF c=3",
       "from a@b.c\nbody a=b =ZZ =� c\n"
       "note quoted-printable text ends too early\n"
       "note bytes that are no text in their charset are shown as U+FFFD\n"},
      {"an unknown encoding", "From: a@b.c\nContent-Transfer-Encoding: x-rot13\n\nuryyb",
       "from a@b.c\nbody uryyb\n"
       "note a part has an unknown Content-Transfer-Encoding; its bytes were taken as they are\n"},
      {"no boundary", "From: a@b.c\nContent-Type: multipart/mixed\n\n--b\n\nhi\n",
       "from a@b.c\nbody --b\\n\\nhi\\n\n"
       "note a multipart has no usable boundary; its content was read as text\n"},
      {"a boundary that never comes",
       "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\nhi\n",
       "from a@b.c\nbody \n"
       "note the last boundary of a multipart is missing; the mail seems to be cut\n"},
      {"an inner multipart that is never closed",
       "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
       "Content-Type: multipart/mixed; boundary=c\n\n--c\n\nin\n--b\nContent-Type: image/gif\n\nG\n"
       "--b--\n",
       "from a@b.c\nbody in\nfile  | image/gif | 1\n"
       "note a multipart ends without its last boundary\n"},
      {"headers cut by a boundary",
       "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
       "Content-Type: image/gif\n--b\n\nhi\n--b--",
       "from a@b.c\nbody hi\nfile  | image/gif | 0\n"},
      {"a boundary with white space behind it",
       "From: a@b.c\nContent-Type: multipart/mixed; boundary=\"b \"\n\n--b \t\r\n\r\nhi\r\n--b-- "
       "\n",
       "from a@b.c\nbody hi\n"},
      {"NUL bytes and controls",
       "From: a@b.c\nSubject: a\0b\x01\x7F"
       "c\n\nx\0y\tz\x0B"s,
       "from a@b.c\nsubject a␀b  c\nbody x␀y\tz\x0B\nnote NUL bytes are shown as U+2400\n"},
      {"reversed text", "From: a@b.c\nSubject: =?utf-8?q?a=E2=80=AEtxt=2Eexe?=\n\n\xE2\x81\xA6x",
       "from a@b.c\nsubject a\\u{202E}txt.exe\nbody \\u{2066}x\n"
       "note characters that reverse the direction of text are shown as \\u{…}\n"},
      {"line ends hidden in an encoded word", "From: a@b.c\nSubject: =?utf-8?q?x=0D=0ABcc:_y?=\n\n",
       "from a@b.c\nsubject x  Bcc: y\nbody \n"},
      {"two senders and two subjects",
       "From: a@b.c\nFrom: evil@x\nSubject: one\nSubject: two\nSubject: three\n\n",
       "from a@b.c\nsubject one\nbody \n"
       "note the header from stands 2 times; the first one counts\n"
       "note the header subject stands 3 times; the first one counts\n"},
      {"a display name that looks like an address", "From: \"ceo@good.com\" <evil@bad.com>\n\n",
       "from evil@bad.com\nbody \n"},
      {"a sender hidden in an encoded word", "From: =?utf-8?q?a=40b.c,?= <evil@bad.com>\n\n",
       "from evil@bad.com\nbody \n"},
      {"nobody", "From: <>\nTo: undisclosed-recipients:;\n\n",
       "from \nbody \nnote there is no address in the From header\n"},
      {"a recipient with a comma in quotes",
       "From: a@b.c\nTo: \"x, boss@good.com, y\"@evil.com, z@z.z\n\n",
       "from a@b.c\nto z@z.z\nbody \n"},
      {"a file name with a path and controls",
       "From: a@b.c\nContent-Type: application/x-sh\n"
       "Content-Disposition: attachment; filename=\"..\\../etc/\x01pass\xE2\x80\xAEwd\"\n\n",
       "from a@b.c\nbody \nfile passwd | application/x-sh | 0\n"
       "note characters that reverse the direction of text are shown as \\u{…}\n"
       "note characters that reverse the direction of text were taken out of a file name\n"},
      {"content types that are none",
       "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text\n\nhi\n"
       "--b\nContent-Type: ;;;=\"\n\n\n--b\nContent-Type: a/b/c (x;\n\nd\n--b--",
       "from a@b.c\nbody hi\nfile  | a/b/c | 1\n"},
  });
}

TEST(Mail, KeepsTheHeadersAndTheDate) {
  const MailText mail = parse_mail(
      "Received: first\nReceived: second\nFROM: Bob <b@c.d>\nX-Odd : spaced\nDate: Sun, 22 Nov "
      "2026 "
      "10:00:00 +0100 (CET)\nMessage-ID: (c) < id@x > \nSubject: =?utf-8?q?=C3=A4?=\n\nbody\n",
      Timestamp{});
  const std::map<std::string, std::string> expected{
      {"received", "first\nsecond"},
      {"from", "Bob <b@c.d>"},
      {"x-odd", "spaced"},
      {"date", "Sun, 22 Nov 2026 10:00:00 +0100 (CET)"},
      {"message-id", "(c) < id@x >"},
      {"subject", "ä"}};
  EXPECT_EQ(mail.message.headers, expected);
  EXPECT_EQ(to_iso8601(mail.message.timestamp), "2026-11-22T09:00:00.000Z");
  EXPECT_EQ(mail.message_id, "id@x");
  EXPECT_EQ(mail.body_sha256, sha256_hex("body\n"));
  EXPECT_TRUE(mail.notes.empty());
}

TEST(Mail, TakesTheFallbackForADateThatIsNone) {
  const Timestamp fallback(std::chrono::seconds(1'000'000'000));
  for (const std::string date :
       {"", "yesterday", "Sun, 99 Nov 2026 10:00:00 +0000", "1 Jan 1900 00:00:00 +0000",
        "1 Jan 99999 00:00:00 +0000", "31 Dec 9999 23:59:59 -2359", "\x01\x02", ",",
        "30 Feb 2026 10:00:00 +0000", "1 Jan 2026 24:00:00 +0000", "1 Jan 2026 10:61 +0000",
        "1 Jan 2026 10", "1 Jan 0075 10:00"}) {
    const MailText mail = parse_mail("From: a@b.c\nDate: " + date + "\n\n", fallback);
    EXPECT_EQ(mail.message.timestamp, fallback) << date;
    EXPECT_EQ(mail.notes.size(), 1U) << date;
  }
}

TEST(Mail, ReadsDatesAsTheyAreWritten) {
  const struct {
    std::string_view date;
    std::string_view read;
  } cases[] = {
      {"Sun, 22 Nov 2026 10:00:00 +0100 (CET)", "2026-11-22T09:00:00.000Z"},
      {"22 Nov 2026 10:00 -0330", "2026-11-22T13:30:00.000Z"},
      {"Sunday,22 november 2026 1:02:03 EST", "2026-11-22T06:02:03.000Z"},
      {"1 Jan 70 00:00:00 GMT", "1970-01-01T00:00:00.000Z"},
      {"31 Dec 1969 23:59:59 -0100", "1970-01-01T00:59:59.000Z"},
      {"29 Feb 24 23:59:60 nowhere", "2024-03-01T00:00:00.000Z"},
  };
  for (const auto& [date, read] : cases) {
    const MailText mail = parse_mail("From: a@b.c\nDate: " + std::string(date) + "\n\n",
                                     Timestamp(std::chrono::seconds(7)));
    EXPECT_EQ(to_iso8601(mail.message.timestamp), read) << date;
  }
}

TEST(MailIdentity, TellsMailsApartThatShareAMessageId) {
  const auto identity = [](const std::string& mail) {
    return mail_identity(parse_mail(mail, Timestamp{}));
  };
  const std::string first = identity("Message-ID: <m@x>\nSubject: a\n\nbody");
  EXPECT_EQ(first, "<m@x> " + sha256_hex("body"));
  EXPECT_EQ(first, identity("Message-ID: <m@x>\nReceived: later\nSubject: a\n\nbody"));
  EXPECT_NE(first, identity("Message-ID: <m@x>\nSubject: a\n\nother body"));

  const std::string without = identity("From: a@b.c\nDate: x\nSubject: s\n\nbody");
  EXPECT_TRUE(without.starts_with("sha256:"));
  EXPECT_EQ(without, identity("Received: y\nFrom: a@b.c\nDate: x\nSubject: s\n\nbody"));
  EXPECT_EQ(without, identity("From: a@b.c\nFrom: z@b.c\nDate: x\nSubject: s\n\nbody"));
  for (const std::string other :
       {"From: b@b.c\nDate: x\nSubject: s\n\nbody", "From: a@b.c\nDate: y\nSubject: s\n\nbody",
        "From: a@b.c\nDate: x\nSubject: t\n\nbody", "From: a@b.c\nDate: x\nSubject: s\n\nBody"})
    EXPECT_NE(without, identity(other)) << other;

  const std::string endless = "Message-ID: <" + std::string(5000, 'm') + ">\n\n";
  EXPECT_EQ(identity(endless).size(), first.size() - std::string_view("<m@x> ").size() + 7);
  EXPECT_NE(identity(endless), identity("Message-ID: <" + std::string(5001, 'm') + ">\n\n"));
}

}  // namespace
}  // namespace msghub
