#include "rule/scan.h"

#include <gtest/gtest.h>

namespace msghub {
namespace {

struct Scanned {
  std::optional<std::vector<Piece>> pieces;
  std::vector<Diagnostic> diagnostics;
};

Scanned scan_text(std::string_view text) {
  const Source source(text);
  Report report(source);
  Scanned out;
  out.pieces = scan(source, report);
  out.diagnostics = report.take();
  return out;
}

TEST(Scan, CutsHeadingsListsAndBlocks) {
  const Scanned found = scan_text(
      "# A *title* ##\n\nSetext\n------\n\n1. Do `x` **y**\n   and more:\n\n   ```json x\n"
      "     {\n   ```\n\n2. Two\n\n   > a\n   >  b\n   lazy\n\nProse.\n");
  ASSERT_TRUE(found.pieces);
  const std::vector<Piece>& pieces = *found.pieces;
  ASSERT_EQ(pieces.size(), 4U);
  EXPECT_EQ(pieces[0].text.text(), "A *title*");
  EXPECT_EQ(pieces[0].level, 1);
  EXPECT_EQ(pieces[1].text.text(), "Setext");
  EXPECT_EQ(pieces[1].level, 2);
  EXPECT_TRUE(pieces[2].ordered);
  ASSERT_EQ(pieces[2].items.size(), 2U);
  const Item& first = pieces[2].items[0];
  EXPECT_EQ(first.line, 6);
  EXPECT_EQ(first.blocks[0].text.text(), "Do `x` **y**\nand more:");
  EXPECT_EQ(first.blocks[1].info, "json");
  EXPECT_EQ(first.blocks[1].text.text(), "  {\n");
  EXPECT_EQ(pieces[2].items[1].blocks[1].text.text(), "a\n b\nlazy");
  EXPECT_EQ(pieces[2].last_line, 17);
  EXPECT_EQ(pieces[3].block.kind, Block::Kind::Paragraph);
}

TEST(Scan, KeepsPlacesBehindTabsAndWideCharacters) {
  const std::string text = "-\tä **日本**\n\n\t```sql\n\tselect 1\n\t```\n";
  const Scanned found = scan_text(text);
  const Item& item = found.pieces->at(0).items.at(0);
  EXPECT_EQ(item.blocks.at(0).text.offset_of(0), 2U);
  EXPECT_EQ(item.blocks.at(0).text.text(), "ä **日本**");
  EXPECT_EQ(item.blocks.at(1).text.text(), "select 1\n");
  EXPECT_EQ(item.blocks.at(1).text.offset_of(0), text.find("select"));
}

TEST(Scan, ReadsTables) {
  const std::string text = "A sentence:\n| H \\| x | V |\n|---|:-:|\n| `a` | {{b}} |\n| c |\n";
  const Scanned found = scan_text(text);
  ASSERT_EQ(found.pieces->size(), 2U);
  EXPECT_EQ(found.pieces->at(0).block.text.text(), "A sentence:");
  const Block& table = found.pieces->at(1).block;
  ASSERT_EQ(table.kind, Block::Kind::Table);
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(table.rows[0].cells[0].text(), "H | x");
  EXPECT_EQ(table.rows[1].cells[1].text(), "{{b}}");
  EXPECT_EQ(table.rows[1].cells[1].offset_of(0), text.find("{{b"));
  EXPECT_EQ(table.rows[2].cells.size(), 1U);
}

TEST(Scan, LeavesOutFrontMatterAndComments) {
  const Scanned found = scan_text("---\ntitle: x\n---\n# T\n\n<!--\n## When\n-->\n");
  ASSERT_EQ(found.pieces->size(), 2U);
  EXPECT_EQ(found.pieces->at(0).line, 4);
  EXPECT_EQ(found.pieces->at(1).block.kind, Block::Kind::Prose);
}

TEST(Scan, DoesNotTakeLinkDefinitionsAndEmphasisOutOfTheText) {
  const Scanned found = scan_text("[a]: http://b\n\n- the subject is \"*x* [y](z) &amp; <b>\"\n");
  EXPECT_EQ(found.pieces->at(0).block.text.text(), "[a]: http://b");
  EXPECT_EQ(found.pieces->at(1).items.at(0).blocks.at(0).text.text(),
            "the subject is \"*x* [y](z) &amp; <b>\"");
}

TEST(Scan, ReportsUnclosedFences) {
  for (const char* text : {"```json\n{}\n", "- a\n\n  ```json\n  {}\n\n- b\n", "````\n```\n"}) {
    const Scanned found = scan_text(text);
    ASSERT_EQ(found.diagnostics.size(), 1U) << text;
    EXPECT_EQ(found.diagnostics[0].code, "R0032") << text;
  }
  EXPECT_TRUE(scan_text("~~~\n```\n~~~~\n").diagnostics.empty());
}

TEST(Scan, RefusesDeepNesting) {
  const Scanned found = scan_text("text\n" + std::string(100000, '>') + "\n");
  EXPECT_FALSE(found.pieces);
  ASSERT_EQ(found.diagnostics.size(), 1U);
  EXPECT_EQ(found.diagnostics[0].code, "R0003");
  EXPECT_EQ(found.diagnostics[0].start.line, 2);
}

TEST(PlainText, IsWithoutMarkup) {
  EXPECT_EQ(plain_text("A *b* [c](d) `e`\nf\n\n- g\n"), "A b c e f\n\n  - g");
  EXPECT_EQ(plain_text(""), "");
  EXPECT_LE(plain_text(std::string(5000, 'x') + "ä").size(), 2000U);
}

}  // namespace
}  // namespace msghub
