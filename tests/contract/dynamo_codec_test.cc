#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <limits>

#include "store/dynamo/attribute_values.h"

namespace msghub::dynamo {

namespace {

std::string attribute_text(const json::value& value) {
  const Result<json::value> attribute = to_attribute(value);
  return attribute ? to_json(*attribute) : "refused: " + attribute.error().detail;
}

// What a reader gets back after the attribute went through JSON text.
json::value there_and_back(const json::value& value) {
  const Result<json::value> attribute = to_attribute(value);
  if (!attribute) return nullptr;
  const Result<json::value> read = parse_json(to_json(*attribute), {.depth = 300});
  EXPECT_TRUE(read);
  return from_attribute(*read);
}

json::value nested(std::size_t levels) {
  json::value value = json::array{1, "two"};
  for (std::size_t i = 1; i < levels; ++i) value = json::object{{"in", json::array{value}}};
  return value;
}

TEST(AttributeValues, HaveTheTypesOfDynamoDb) {
  EXPECT_EQ(attribute_text("text"), R"({"S":"text"})");
  EXPECT_EQ(attribute_text(""), R"({"S":""})");
  EXPECT_EQ(attribute_text(nullptr), R"({"NULL":true})");
  EXPECT_EQ(attribute_text(false), R"({"BOOL":false})");
  EXPECT_EQ(attribute_text(json::array{1, "two", nullptr}),
            R"({"L":[{"N":"1"},{"S":"two"},{"NULL":true}]})");
  EXPECT_EQ(attribute_text(json::object{{"a", json::object()}, {"b", json::array()}}),
            R"({"M":{"a":{"M":{}},"b":{"L":[]}}})");
}

TEST(AttributeValues, KeepNumbersExactly) {
  EXPECT_EQ(attribute_text(std::numeric_limits<std::int64_t>::min()),
            R"({"N":"-9223372036854775808"})");
  EXPECT_EQ(attribute_text(std::numeric_limits<std::uint64_t>::max()),
            R"({"N":"18446744073709551615"})");
  EXPECT_EQ(attribute_text(0.1), R"({"N":"0.1"})");
  EXPECT_EQ(attribute_text(1.0), R"({"N":"1"})") << "1.0 and 1 are one JSON number";
  EXPECT_EQ(attribute_text(-0.0), R"({"N":"0"})");
  EXPECT_EQ(attribute_text(1e-130), R"({"N":"1e-130"})");
  EXPECT_EQ(attribute_text(-9.99e125), R"({"N":"-9.99e+125"})");
  for (const char* written : {"1E+2", "100.00", "0.1000000000000000055511151231257827", "-5E-1"}) {
    const json::value read = from_attribute(json::object{{"N", written}});
    const Result<json::value> parsed = parse_json(written);
    EXPECT_EQ(read, *parsed) << written;
  }
}

TEST(AttributeValues, RefuseNumbersThatDynamoDbCannotHold) {
  for (const double number : {1e126, -1e126, 1.7e308, 9e-131, -5e-324}) {
    const Result<json::value> attribute = to_attribute(json::object{{"x", json::array{number}}});
    ASSERT_FALSE(attribute) << number;
    EXPECT_EQ(attribute.error().code, Refusal::Code::Invalid);
    EXPECT_NE(attribute.error().detail.find("9.99E+125"), std::string::npos);
  }
  EXPECT_FALSE(to_attribute(std::numeric_limits<double>::quiet_NaN()));
  const Result<json::object> item = to_attributes({{"PK", "A"}, {"size", 1e200}});
  ASSERT_FALSE(item);
  EXPECT_TRUE(item.error().detail.starts_with("size: ")) << item.error().detail;
  EXPECT_FALSE(to_attributes({{"", 1}}));
}

TEST(AttributeValues, KeepWhatDynamoDbDoesNotTakeOfJsonAsText) {
  for (const std::size_t levels : {1u, 14u, 15u, 16u, 17u, 40u}) {
    const json::value value = nested(levels);
    EXPECT_EQ(there_and_back(value), value) << levels;
  }
  EXPECT_EQ(attribute_text(nested(15)).find("SS"), std::string::npos);
  EXPECT_NE(attribute_text(nested(17)).find("SS"), std::string::npos);
  const json::value empty_key{{"headers", {{"", 1}, {"a", 2}}}};
  EXPECT_EQ(there_and_back(empty_key), empty_key);
  EXPECT_EQ(attribute_text(empty_key), R"({"M":{"headers":{"SS":["{\"\":1,\"a\":2}"]}}})");
}

TEST(AttributeValues, RefuseWhatThisProgramDoesNotWrite) {
  for (const char* foreign :
       {R"({"B":"AAAA"})", R"({"NS":["1"]})", R"({"SS":["a","b"]})", R"({"SS":["no json"]})",
        R"({"N":"one"})", R"({"N":1})", R"({})", R"({"S":"a","N":"1"})", R"("text")"}) {
    const Result<json::value> attribute = parse_json(foreign);
    ASSERT_TRUE(attribute);
    EXPECT_THROW(from_attribute(*attribute), Failure) << foreign;
  }
}

RC_GTEST_PROP(AttributeValues, GiveBackEveryDouble, (std::uint64_t bits)) {
  const double number = std::bit_cast<double>(bits);
  const Result<json::value> attribute = to_attribute(number);
  if (!attribute) return;
  const json::value read = from_attribute(*attribute);
  RC_ASSERT(read.to_number<double>() == number);
}

// Examples from "DynamoDB item sizes and formats" and "Calculating item sizes".
TEST(AttributeValues, CountBytesAsDynamoDbDoes) {
  const auto size = [](const Item& item) { return attributes_size(*to_attributes(item)); };
  EXPECT_EQ(size({{"PK", "A"}, {"SK", "\u00e9"}}), 2u + 1 + 2 + 2);
  EXPECT_EQ(size({{"n", 27}}), 1u + 2);
  EXPECT_EQ(size({{"n", -27}}), 1u + 3);
  EXPECT_EQ(size({{"n", 461}}), 1u + 3);
  EXPECT_EQ(size({{"n", 0}}), 1u + 1);
  EXPECT_EQ(size({{"n", 1200000}}), 1u + 2) << "zeros at the end do not count";
  EXPECT_EQ(size({{"n", 0.0012}}), 1u + 2) << "nor those at the beginning";
  EXPECT_EQ(size({{"n", nullptr}, {"b", true}}), 2u + 2);
  EXPECT_EQ(size({{"l", json::array()}, {"m", json::object()}}), 2u + 6);
  EXPECT_EQ(size({{"l", json::array{"ab", true}}}), 1u + 3 + (2 + 1) + (1 + 1));
  EXPECT_EQ(size({{"m", json::object{{"key", "ab"}}}}), 1u + 3 + (3 + 2 + 1));
}

}  // namespace
}  // namespace msghub::dynamo
