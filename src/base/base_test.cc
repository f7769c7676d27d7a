#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>

#include "base/crypto.h"
#include "base/describe.h"
#include "base/exact_json.h"
#include "base/id.h"
#include "base/json.h"
#include "base/strict_json.h"
#include "base/time.h"
#include "base/utf8.h"

namespace msghub {
namespace {

TEST(Time, IsoTextGoesBothWays) {
  const auto time = from_iso8601("2026-11-22T10:00:00.123Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(to_iso8601(*time), "2026-11-22T10:00:00.123Z");
  EXPECT_EQ(from_iso8601("2026-11-22T12:00:00.123456+02:00"), time);
  for (const char* bad : {"", "2026-11-22", "2026-02-30T10:00:00Z", "2026-11-22T10:00:00",
                          "2026-11-22T25:00:00Z", "2026-11-22T10:00:00.Z", "2026-11-22T10:00:00Zx"})
    EXPECT_FALSE(from_iso8601(bad)) << bad;
}

TEST(Crypto, MeetsPublishedVectors) {
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(from_base64("Zm9vYmE="), "fooba");
  for (const char* bad : {"Zm9vYmE", "Zm9v YmE=", "Zm9=YmE=", "====", "Zm9vYmF="})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(Crypto, UuidsHaveTheirVersions) {
  EXPECT_EQ(random_uuid()[14], '4');
  EXPECT_EQ(uuid_of("a")[14], '8');
  EXPECT_EQ(uuid_of("a"), uuid_of("a"));
  EXPECT_NE(uuid_of("a"), uuid_of("b"));
}

RC_GTEST_PROP(Crypto, Base64AndHexGoBothWays, (const std::string& bytes)) {
  RC_ASSERT(from_base64(to_base64(bytes)) == bytes);
  RC_ASSERT(from_hex(to_hex(bytes)) == bytes);
}

TEST(Json, SaysWhereItIsWrong) {
  struct Case {
    const char* text;
    const char* part;
  };
  for (const auto& [text, part] : {
           Case{"{\"a\": 1,\n \"b\": }", "line 2, column 7"},
           Case{"{\"a\":1,\"a\":2}", "\"a\" stands twice"},
           Case{"[1", "ends too early"},
           Case{"1 2", "line 1, column 3"},
           Case{"\"\xff\"", "not valid JSON"},
           Case{"1e999", "not valid JSON"},
       }) {
    const auto parsed = parse_json(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().detail.find(part), std::string::npos) << parsed.error().detail;
  }
  EXPECT_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')));
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')));
}

RC_GTEST_PROP(Json, DoublesSurviveExactly, (std::uint64_t bits)) {
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  RC_PRE(std::isfinite(value) && value != 0);
  const std::string text = to_json(value);
  const auto back = parse_json(text);
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->to_number<double>() == value);
}

TEST(ExactJson, KeepsTheDigitsOfNumbersAsTheyAreWritten) {
  for (const std::string text :
       {"2000.50", "123456789012345678901234567890.555", "-0.0", "1.0", "0.0000001", "0.1", "-7",
        "18446744073709551616", "\"\xC3\xA4\"", "[1.50,{\"a\":2.00}]"})
    EXPECT_EQ(to_json(parse_exact_json(text).value()), text);
  EXPECT_EQ(to_text(parse_exact_json("2000.50").value()), "2000.50");
  EXPECT_EQ(to_text(parse_exact_json("1e3").value()), "1000");
  EXPECT_EQ(to_text(parse_exact_json("\"2000.50\"").value()), "2000.50");
  EXPECT_EQ(to_json(parse_exact_json("\"2000.50\"").value()), "\"2000.50\"");
  EXPECT_EQ(to_json(parse_json("2000.50").value()), "2000.5");
  EXPECT_FALSE(parse_exact_json("1e400"));
  const std::string tiny = "0." + std::string(400, '0') + "1";
  EXPECT_EQ(to_json(parse_exact_json(tiny).value()), tiny);
}

TEST(Json, WritesNumbersAsJavaScriptDoes) {
  EXPECT_EQ(to_json(0.1), "0.1");
  EXPECT_EQ(to_json(1.0), "1");
  EXPECT_EQ(to_json(1204.5), "1204.5");
  EXPECT_EQ(to_json(1e20), "100000000000000000000");
  EXPECT_EQ(to_json("a\"\n\x01ä"), "\"a\\\"\\n\\u0001ä\"");
}

TEST(Utf8, KnowsGoodFromBad) {
  for (const char* good : {"", "a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    EXPECT_FALSE(is_utf8(bad)) << to_hex(bad);
    EXPECT_TRUE(is_utf8(to_utf8(bad))) << to_hex(bad);
  }
  EXPECT_EQ(cut_utf8("a\xe2\x82\xac", 3), "a");
}

enum class Colour { Red, DarkBlue };
constexpr std::array<WireName<Colour>, 2> kColours{
    {{Colour::Red, "red"}, {Colour::DarkBlue, "dark_blue"}}};
constexpr auto& wire_names(Colour) { return kColours; }
struct Inner {
  Colour paint_colour{};
  friend bool operator==(const Inner&, const Inner&) = default;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (paint_colour))
struct Outer {
  Id<Outer> id;
  std::vector<Inner> parts;
  std::optional<std::string> note;
  std::map<std::string, std::int64_t> sizes;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (id, parts, note, sizes))

TEST(Describe, WritesCamelCaseAndReadsItBack) {
  const Outer outer{{"x"}, {{Colour::DarkBlue}}, std::nullopt, {{"a", 3}}};
  const json::value value = to_json_value(outer);
  EXPECT_EQ(to_json(value), R"({"id":"x","parts":[{"paintColour":"dark_blue"}],"sizes":{"a":3}})");
  const auto back = from_json_value<Outer>(value);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->parts, outer.parts);
}

TEST(Describe, NamesThePathOfEachMistake) {
  const auto back = from_json_value<Outer>(
      *parse_json(R"({"id": 7, "parts": [{"paintColour": "green"}, {}], "sizes": {}})"));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().detail,
            "id: a string is needed; parts[0].paintColour: one of these is needed: red, "
            "dark_blue; parts[1].paintColour: is missing");
}

TEST(Describe, StrictReadingRefusesWhatNobodyKnows) {
  const auto error_of = [](const char* text) {
    const auto read = from_strict_json<Outer>(*parse_json(text));
    return read ? std::string("accepted") : read.error().detail;
  };
  EXPECT_EQ(error_of(R"({"id": "x", "parts": [{"paintColour": "red"}], "sizes": {"any": 1}})"),
            "accepted");
  EXPECT_EQ(error_of(R"({"id": "x", "parts": [{"paintColor": "red"}], "sizes": {}})"),
            "parts[0].paintColor: there is no such member; known are paintColour");
  EXPECT_EQ(error_of(R"({"id": {"value": "x"}, "parts": [], "sizes": {}})"),
            "id: a string is needed");
}

}  // namespace
}  // namespace msghub
