#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mime/address.h"
#include "mime/header.h"
#include "mime/text.h"

namespace msghub {
namespace {

using testing::ElementsAre;

std::string joined(std::string_view list) {
  std::vector<std::string> found;
  parse_addresses(list, 100, found);
  std::string out;
  for (const std::string& address : found) out += (out.empty() ? "" : " | ") + address;
  return out;
}

TEST(Addresses, AreFoundInWhatMailsHold) {
  const struct {
    std::string_view list;
    std::string_view found;
  } cases[] = {
      {"", ""},
      {"a@b.c", "a@b.c"},
      {" A@B.c , \"x\" <d@e>,,", "A@B.c | d@e"},
      {"root", "root"},
      {"John Smith", ""},
      {"John Smith j@x.org", "j@x.org"},
      {"j@x.org (John, Smith)", "j@x.org"},
      {"(a (b (c) @ d, e) f) x@y", "x@y"},
      {"(never closed x@y", ""},
      {"\"Smith, John\" <j@x>", "j@x"},
      {"\"a\\\"b, c\" <j@x>", "j@x"},
      {"\"john doe\"@x.org", "\"john doe\"@x.org"},
      {"\"a@b\"@x.org", "\"a@b\"@x.org"},
      {"O\"Brien <o@b.ie>, p@q", "o@b.ie | p@q"},
      {"john . doe @ x . org", "john.doe@x.org"},
      {"<@r1,@r2:john@x.org>", "john@x.org"},
      {"friends: a@b, c@d;, e@f", "a@b | c@d | e@f"},
      {"empty:;", ""},
      {"a:b:c@d", "c@d"},
      {"me@[127.0.0.1], you@[IPv6:::1]", "me@[127.0.0.1] | you@[IPv6:::1]"},
      {"a@[never, b@c", "b@c"},
      {"<<a@b>>", "a@b"},
      {"<> x", ""},
      {"a@b <c@d> <e@f>", "c@d"},
      {"a <b@c", "b@c"},
      {"@", ""},
      {"a@", ""},
      {"@b", ""},
      {"a@b@c", ""},
      {"Doe, John <j@x.org>", "j@x.org"},
      {"root, admin", "root | admin"},
      {"a@b.c\x01", ""},
      {"a@b.c\xE2\x80\x8B, d@e.f", "d@e.f"},
      {"a\xC2\xA0@b.c", ""},
      {"\xF0\x9F\x98\x80@b.c", "\xF0\x9F\x98\x80@b.c"},
      {"\"a\"b@c.d", ""},
      {"a@.b, a@b., a@b..c", ""},
      {"a..b@c.d", "a..b@c.d"},
      {"a@b;c", "a@b"},
      {";;;,:,;", ""},
      {"=?utf-8?q?a=40b?=", ""},
      {"ä@ö.de", "ä@ö.de"},
      {"a\xFF@b.c", ""},
      {"a@b.c;d@e.f", "a@b.c | d@e.f"},
  };
  for (const auto& [list, found] : cases) EXPECT_EQ(joined(list), found) << list;
}

TEST(Addresses, AreCountedBeyondTheLimit) {
  std::vector<std::string> found;
  EXPECT_EQ(parse_addresses("a@b, c@d, e@f", 2, found), 3U);
  EXPECT_THAT(found, ElementsAre("a@b", "c@d"));
}

TEST(DecodeHeader, DecodesEncodedWordsOnce) {
  const struct {
    std::string_view text;
    std::string_view decoded;
  } cases[] = {
      {"plain", "plain"},
      {"=?utf-8?q?a_b=5Fc?=", "a b_c"},
      {"=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"},
      {"=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"},
      {"x =?utf-8?Q?a?= y", "x a y"},
      {"x=?utf-8?Q?a?=y", "xay"},
      {"=?utf-8?b?w6Q?=", "ä"},
      {"=?utf-8?b?ww==?= =?utf-8?b?pA==?=", "ä"},
      {"=?utf-8?q?=C3?= =?iso-8859-1?q?=E4?=", "\xEF\xBF\xBDä"},
      {"=?UTF-8?q?=?=", "="},
      {"=?utf-8?q?"
       "?=",
       ""},
      {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
      {"=?utf-8?q?a", "=?utf-8?q?a"},
      {"=?utf-8?q?a?b?=", "=?utf-8?q?a?b?="},
      {"=??q?a?=", "=??q?a?="},
      {"=?=?=?=?=?", "=?=?=?=?=?"},
      {"=? =?utf-8?q?a?=", "=? a"},
      {"=?utf-8*en?q?a?=", "a"},
      {"=?utf-8?q?a=?= b", "a= b"},
      {"=?utf-8?q?=ZZ=4?=", "=ZZ=4"},
  };
  for (const auto& [text, decoded] : cases) {
    Notes notes;
    EXPECT_EQ(decode_header(text, notes), decoded) << text;
  }
}

std::string parameter(std::string_view header, const std::string& name) {
  Notes notes;
  return parse_parameters(header, notes).parameter(name);
}

TEST(Parameters, AreReadInAllTheirForms) {
  const struct {
    std::string_view header;
    std::string_view found;
  } cases[] = {
      {"x/y; f=a", "a"},
      {"x/y ; F = a ;", "a"},
      {"x/y; f=\"a; \\\"b\\\" \\\\ c\"; g=h", "a; \"b\" \\ c"},
      {"x/y; f=\"C:\\dir\\x.txt\"", "C:\\dir\\x.txt"},
      {"x/y; f=My File.pdf; g=h", "My File.pdf"},
      {"x/y; f=\"never closed", "never closed"},
      {"x/y (c;f=no); f=a(comment)b", "ab"},
      {"x/y; f=first; f=second", "first"},
      {"x/y; f*=utf-8'de'%C3%A4%20b", "ä b"},
      {"x/y; f=plain; f*=utf-8''%C3%A4", "ä"},
      {"x/y; f*=iso-8859-1''%E4", "ä"},
      {"x/y; f*=no-quotes%41", "no-quotesA"},
      {"x/y; f*0=a; f*1=b; f*3=d", "ab"},
      {"x/y; f*1=b; f*0=a", "ab"},
      {"x/y; f*0*=utf-8''%C3; f*1*=%A4; f*2=\"%41\"", "ä%41"},
      {"x/y; f*1=b", ""},
      {"x/y; f*99999999999999999999=b", ""},
      {"x/y; f*x=b", ""},
      {"x/y; f=\"=?utf-8?q?=C3=A4?=\"", "ä"},
      {"x/y; f", ""},
      {"x/y; =a; f=b", "b"},
      {";;;f=b", "b"},
      {"x/y; f*=utf-8''%zz%4", "%zz%4"},
  };
  for (const auto& [header, found] : cases) EXPECT_EQ(parameter(header, "f"), found) << header;
}

TEST(Parameters, EndAfterAHundred) {
  std::string header = "x/y";
  for (int i = 0; i < 150; ++i) header += "; p" + std::to_string(i) + "=v";
  Notes notes;
  EXPECT_EQ(parse_parameters(header, notes).parameters.size(), 100U);
  EXPECT_THAT(notes.take(),
              ElementsAre("a header has more than 100 parameters; the rest was left out"));
}

TEST(CleanFilename, LeavesANameThatIsSafeToShow) {
  const struct {
    std::string_view name;
    std::string_view cleaned;
  } cases[] = {
      {"a.txt", "a.txt"},
      {"/etc/passwd", "passwd"},
      {"C:\\x\\y.doc", "y.doc"},
      {"..", ""},
      {"../..", ""},
      {"a/", ""},
      {" a\r\nb\x7F ", "ab"},
      {"\xE2\x81\xA9x", "x"},
      {"ä…", "ä…"},
  };
  for (const auto& [name, cleaned] : cases) {
    Notes notes;
    EXPECT_EQ(clean_filename(name, notes), cleaned) << name;
  }
  Notes notes;
  std::string endless;
  for (int i = 0; i < 200; ++i) endless += "ä";
  EXPECT_EQ(clean_filename(endless, notes), endless.substr(0, 254));
}

}  // namespace
}  // namespace msghub
