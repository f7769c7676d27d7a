#include <gtest/gtest.h>

#include "base/fold.h"

namespace msghub {
namespace {

TEST(FoldCase, LowersCharacterByCharacter) {
  const struct {
    std::string_view text;
    std::string_view folded;
  } cases[] = {
      {"", ""},           {"Invoice INV-1042", "invoice inv-1042"},
      {"@[`{", "@[`{"},   {"ÀÖ×ØÞß", "àö×øþß"},
      {"ŽŸŹźſ", "žÿźźſ"}, {"ΑΣΟΣ", "ασοσ"},  // a final sigma is no special case
      {"İI", "İi"},                          // U+0130 has two code points in lower case and stays
      {"ǅǄǆ", "ǆǆǆ"},                        // title case too
      {"ẞ", "ß"},         {"Å", "å"},        // U+212B, three bytes to two
      {"Ⱥ", "ⱥ"},                            // U+023A, two bytes to three
      {"ᲐᎠꭰ", "აꭰꭰ"},                        // Georgian, Cherokee
      {"𐐀𞤀𝐀", "𐐨𞤢𝐀"},     {"日本語", "日本語"},
  };
  for (const auto& [text, folded] : cases) EXPECT_EQ(fold_case(text), folded) << text;
}

TEST(FoldCase, PassesBytesThatAreNoUtf8) {
  for (const std::string_view text :
       {"\xFF", "a\x80z", "\xC3", "\xC3\x28", "\xE2\x82", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "\xC1\x81", "\xE0\x83\x80", "\xF0\x80\x83\x80", "\xF5\x80\x80\x80"})
    EXPECT_EQ(fold_case(text), text);
  EXPECT_EQ(fold_case("\xC3\xC3\x84\xC3"), "\xC3\xC3\xA4\xC3");
}

}  // namespace
}  // namespace msghub
