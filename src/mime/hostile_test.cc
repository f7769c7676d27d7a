#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ctime>

#include "base/utf8.h"
#include "mime/limits_page.h"
#include "mime/mime.h"

// Mails that are made to hurt: each is read within its limits and in little time.

namespace msghub {
namespace {

using testing::Contains;
using testing::HasSubstr;

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

std::string repeated(std::string_view piece, std::size_t times) {
  std::string out;
  out.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

std::string filled(std::string_view piece, std::size_t bytes) {
  return repeated(piece, bytes / piece.size());
}

// Far more than an ordinary build needs: sanitizers may take their time. It is the processor's
// time, as others may use the machine as well.
MailText read_in_time(const std::string& mail) {
  const std::clock_t start = std::clock();
  MailText out = parse_mail(mail, Timestamp{});
  EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 30);
  EXPECT_TRUE(is_utf8(out.message.body));
  EXPECT_LE(out.message.body.size(), 4 * kMiB);
  expect_documented(out);
  return out;
}

// The header of a multipart and the boundary that opens its first part.
std::string multipart_head(const std::string& boundary) {
  return std::string("Content-Type: multipart/mixed; boundary=")
      .append(boundary)
      .append("\n\n--")
      .append(boundary)
      .append("\n");
}

std::string nested_multiparts(int levels) {
  std::string mail = "From: a@b.c\n";
  for (int i = 0; i < levels; ++i) mail += multipart_head("b" + std::to_string(i));
  return mail + "\ninnermost\n";
}

TEST(HostileMail, IsCutAtTheNestingLimit) {
  EXPECT_EQ(read_in_time(nested_multiparts(50)).message.body, "innermost\n");
  for (const int levels : {51, 1000, 100'000}) {
    const MailText mail = read_in_time(nested_multiparts(levels));
    EXPECT_EQ(mail.message.body, "");
    EXPECT_THAT(mail.notes, Contains("parts nested deeper than 50 levels were left out"));
  }
}

TEST(HostileMail, IsCutAtTheNumberOfParts) {
  const std::string head = "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n";
  const std::string part = "--b\nContent-Type: image/gif\n\nx\n";
  const MailText fits = read_in_time(head + repeated(part, 999) + "--b--\n");
  EXPECT_EQ(fits.message.attachments->size(), 999U);
  EXPECT_THAT(fits.notes, Not(Contains(HasSubstr("parts"))));
  const MailText mail = read_in_time(head + filled("--b\n\n", 24 * kMiB));
  EXPECT_THAT(mail.notes, Contains("there are more than 1000 parts; the rest was left out"));
}

TEST(HostileMail, IsCutAtItsSize) {
  const MailText mail = read_in_time("From: a@b.c\n\n" + std::string(26 * kMiB, 'x'));
  EXPECT_EQ(mail.message.body, std::string(4 * kMiB, 'x'));
  EXPECT_THAT(mail.notes,
              Contains("the mail is larger than 26214400 bytes; the rest was left out"));
  EXPECT_THAT(mail.notes, Contains("the text is longer than 4194304 bytes; the rest was left out"));
}

TEST(HostileMail, IsCutAtTheLimitsOfItsHeaders) {
  const MailText one = read_in_time("Subject: " + std::string(kMiB, 's') + "\nFrom: a@b.c\n\nhi");
  EXPECT_EQ(one.message.subject->size(), 100 * kKiB - 1);  // the blank behind the colon counts
  EXPECT_EQ(one.message.body, "hi");
  EXPECT_THAT(one.notes, Contains("a header is longer than 102400 bytes; the rest was left out"));

  const MailText many =
      read_in_time("From: a@b.c\n" + filled("X-Y: z\n", 20 * kMiB) + "Subject: late\n\nhi");
  EXPECT_EQ(many.message.from, "a@b.c");
  EXPECT_EQ(many.message.subject, std::nullopt);
  EXPECT_EQ(many.message.body, "hi");
  EXPECT_THAT(many.notes,
              Contains("the header block is larger than 262144 bytes; the rest was left out"));

  std::string distinct = "From: a@b.c\n";
  for (int i = 0; i < 5000; ++i) distinct += "X-" + std::to_string(i) + ": value\n";
  const MailText listed = read_in_time(distinct + "\n");
  std::size_t size = 0;
  for (const auto& [name, value] : *listed.message.headers) size += name.size() + value.size();
  EXPECT_LE(size, 32U * 1024);
  EXPECT_GT(size, 32U * 1024 - 20);
  EXPECT_THAT(listed.notes,
              Contains("the list of headers is longer than 32768 bytes; the rest was left out"));

  // What is repeated takes no room from what stands there once.
  std::string way = "From: a@b.c\n";
  for (int i = 0; i < 4; ++i) way += "Received: " + repeated("hop ", 2500) + "\n";
  const MailText travelled = read_in_time(way + "List-Id: late\n\n");
  EXPECT_EQ(travelled.message.headers->at("list-id"), "late");
  EXPECT_EQ(std::ranges::count(travelled.message.headers->at("received"), '\n'), 2);
  EXPECT_THAT(travelled.notes,
              Contains("the list of headers is longer than 32768 bytes; the rest was left out"));
}

TEST(HostileMail, KeepsTenThousandRecipients) {
  std::string mail = "From: a@b.c\n";
  for (int i = 0; i < 12; ++i) mail += "To: " + repeated("a@b.c, ", 1000) + "z@z\n";
  const MailText read = read_in_time(mail + "\n");
  const std::string thousand_and_one = repeated("a@b.c, ", 1000) + "z@z, ";
  EXPECT_EQ(read.message.to, repeated(thousand_and_one, 9) + repeated("a@b.c, ", 990) + "a@b.c");
  EXPECT_THAT(read.notes, Contains("there are 12012 recipients; the first 10000 were kept"));
}

TEST(HostileMail, CountsParenthesesAndDoesNotFollowThem) {
  const std::string deep = repeated("(", 4000);
  const MailText closed =
      read_in_time("From: " + deep + repeated(")", 4000) + " a@b.c\nTo: " + deep +
                   "\nContent-Type: text/plain" + deep + "\n\nhi");
  EXPECT_EQ(closed.message.from, "a@b.c");
  EXPECT_EQ(closed.message.to, std::nullopt);
  EXPECT_EQ(closed.message.body, "hi");
}

TEST(HostileMail, TakesLittleTimeWhateverItRepeats) {
  const std::string hundred = "From: a@b.c\nSubject: ";
  const std::size_t header = 99 * kKiB;
  for (const std::string_view piece :
       {"=?", "=?utf-8?q?", "=?utf-8?q?a?= ", "=?utf-8?b?", "=?a?q?\xFF?=", " ", "\n ", "\xFF",
        "=?utf-7?q?+2AA-?=", "\xE2\x80\xAE"})
    read_in_time(hundred + filled(piece, header) + "\n\n");
  for (const std::string_view piece :
       {"(", "\"", "\\\"", "<", "<a@b", ",", ":", ";", "[", "@", "a@", "\"a\\", "(\\", ". ", "a ."})
    read_in_time("From: " + filled(piece, header) + "\nTo: x" + filled(piece, header) + "\n\n");
  for (const std::string_view piece :
       {";", "; a=b", "; a*0=b", "; a*0*=utf-8''%41", "; =\"", "\\\"", "; a=\"", "(", "*", "'"})
    read_in_time("From: a@b.c\nContent-Type: text/plain" + filled(piece, header) +
                 "\nContent-Disposition: attachment" + filled(piece, header) + "\n\nhi");
  // Half a mebibyte: what takes more than linear time is far over the limit with it, too.
  const std::vector<std::string_view> pieces{
      "x",       "<",    "<p",   "<p>",  "<td>",   "<!--",    "</",   "<style>",
      "<a b=\"", "&",    "&#1;", " ",    " \n",    ">",       "> \n", "\r",
      "\n",      "\xFF", "\xD8", "\0"sv, "\x1B$B", "<pre>\n", "<li>"};
  for (const std::string_view type :
       {"text/plain; format=flowed", "text/html", "text/plain; charset=utf-16",
        "text/plain; charset=iso-2022-jp", "text/html; charset=big5"})
    for (const std::string_view piece : pieces)
      read_in_time("From: a@b.c\nContent-Type: " + std::string(type) + "\n\n" +
                   filled(piece, kMiB / 2));
}

TEST(HostileMail, TakesLittleTimeForManyBoundariesThatAlmostFit) {
  const std::string shared(1900, 'b');
  std::string mail = "From: a@b.c\n";
  for (int i = 10; i < 60; ++i) mail += multipart_head(shared + std::to_string(i));
  mail += "\n" + filled("--" + shared + "99\n", 20 * kMiB);
  EXPECT_GT(read_in_time(mail).message.body.size(), kMiB);
  read_in_time("Content-Type: multipart/mixed; boundary=b\n\n" + filled("--\n", 20 * kMiB));
}

TEST(HostileMail, ReadsManyPartsWithManyParameters) {
  std::string parameters;
  for (int i = 0; i < 120; ++i)
    parameters += "; p" + std::to_string(i) + "*0*=klingon" + std::to_string(i) + "''%41" +
                  std::string(150, 'x');
  std::string mail = "From: a@b.c\nContent-Type: multipart/mixed; boundary=b\n\n";
  for (int i = 0; i < 999; ++i) mail += "--b\nContent-Type: x/y" + parameters + "\n\nz\n";
  EXPECT_EQ(read_in_time(mail).message.attachments->size(), 999U);
}

void expect_all_text(const MailText& mail) {
  std::vector<std::string> texts{mail.message.from,
                                 mail.message.body,
                                 mail.message_id,
                                 mail.message.to.value_or(""),
                                 mail.message.subject.value_or(""),
                                 mail_identity(mail)};
  for (const auto& [name, value] : *mail.message.headers) {
    texts.push_back(name);
    texts.push_back(value);
  }
  for (const Attachment& file : mail.message.attachments.value_or(std::vector<Attachment>())) {
    texts.push_back(file.filename);
    texts.push_back(file.content_type);
    RC_ASSERT(file.size >= 0);
  }
  texts.insert(texts.end(), mail.notes.begin(), mail.notes.end());
  for (const std::string& text : texts) RC_ASSERT(is_utf8(text));
  for (const std::string& text : texts) RC_ASSERT(text.find('\0') == std::string::npos);
}

RC_GTEST_PROP(AnyBytes, GiveText, (const std::vector<std::uint8_t>& bytes)) {
  expect_all_text(parse_mail(std::string(bytes.begin(), bytes.end()), Timestamp{}));
}

RC_GTEST_PROP(AnyPiecesOfMail, GiveText, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::elementOf(std::vector<std::string>{"From: ",
                                                  "To: ",
                                                  "Subject: ",
                                                  "Content-Type: ",
                                                  "multipart/mixed",
                                                  "text/html",
                                                  "text/plain",
                                                  "message/rfc822",
                                                  "; boundary=b",
                                                  "; charset=",
                                                  "utf-16",
                                                  "shift_jis",
                                                  "utf-7",
                                                  "iso-2022-kr",
                                                  "Content-Transfer-Encoding: ",
                                                  "base64",
                                                  "quoted-printable",
                                                  "Content-Disposition: attachment; filename*0*=",
                                                  "utf-8''%C3",
                                                  "=?utf-8?b?",
                                                  "?=",
                                                  "\n",
                                                  "\r\n",
                                                  "\n\n",
                                                  "--b\n",
                                                  "--b--",
                                                  "\xFF",
                                                  "\xC3",
                                                  "\xE2\x80\xAE",
                                                  "=",
                                                  "=3D",
                                                  "AAEC",
                                                  "<p>",
                                                  "&auml;",
                                                  " ",
                                                  "a@b.c",
                                                  "\"",
                                                  "<",
                                                  ">",
                                                  ";",
                                                  ":",
                                                  ",",
                                                  "(",
                                                  "\0"s,
                                                  "\x1B$B"}));
  std::string mail;
  for (const std::string& piece : pieces) mail += piece;
  expect_all_text(parse_mail(mail, Timestamp{}));
}

}  // namespace
}  // namespace msghub
