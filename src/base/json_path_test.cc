#include "base/json_path.h"

#include <gtest/gtest.h>

namespace msghub {
namespace {

TEST(JsonPath, FindsWhatThePathNames) {
  const auto root = parse_json(
      R"({"order":{"total":1.5,"items":[{"sku":"a"},{"sku":"b"}]},"":{"":7},"a[x]":1,"b]":2,)"
      R"("c[0]d":3,"grid":[[1,2],[3,4]],"none":null,"e[]":4})");
  ASSERT_TRUE(root);
  const struct {
    std::string_view path;
    std::string_view found;  // JSON text; "" when there is nothing
  } cases[] = {
      {"order.total", "1.5"},
      {"order.items[1].sku", R"("b")"},
      {"order.items[2].sku", ""},
      {"order.items.sku", ""},
      {"order[0]", ""},
      {"order.total.x", ""},
      {"grid[1][0]", "3"},
      {"grid[01][000]", "3"},
      {"grid[1].[0]", "3"},
      {"grid[-1]", ""},
      {"grid[99999999999999999999999]", ""},
      {"a[x]", "1"},
      {"b]", "2"},
      {"c[0]d", "3"},
      {"e[]", "4"},
      {"grid[0", ""},
      {"", R"({"":7})"},
      {".", "7"},
      {"none", "null"},
      {"none.x", ""},
      {"missing", ""},
  };
  for (const auto& [path, found] : cases) {
    const json::value* value = json_at(*root, path);
    EXPECT_EQ(value == nullptr ? "" : to_json(*value), found) << path;
  }
  const auto list = parse_json("[[5]]");
  EXPECT_EQ(to_json(*json_at(*list, "[0][0]")), "5");
}

TEST(JsonText, WritesLargeAndSmallNumbersAsJavaScriptDoes) {
  for (const std::string_view text :
       {"1e-7", "1.5e-10", "1e+21", "1e-100", "0.000001", "5e-324", "1.7976931348623157e+308",
        "-1e-7", "0", "100", "-41193221928551790000", "9007199254740992000", "1e+22",
        "123456789012345680000"})
    EXPECT_EQ(to_json(json::value(parse_json(text)->to_number<double>())), text);
}

}  // namespace
}  // namespace msghub
