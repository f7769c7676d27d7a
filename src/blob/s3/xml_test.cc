#include "blob/s3/xml.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace msghub {
namespace {

TEST(S3Xml, ReadsAList) {
  const auto xml = parse_xml(R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/" a='>'>
  <!-- a > comment --><IsTruncated>true</IsTruncated><Prefix/>
  <Contents><Key>a/b</Key><ETag>&quot;x&#x2F;&#47;&quot;</ETag><Size>3</Size></Contents>
  <Contents><Key><![CDATA[<a&b>]]></Key></Contents>
  <s3:Owner xmlns:s3="x"><ID>r&#233;&#x1F600;</ID></s3:Owner >
</ListBucketResult>
)");
  ASSERT_TRUE(xml);
  EXPECT_EQ(xml->name, "ListBucketResult");
  EXPECT_EQ(xml->text_of("IsTruncated"), "true");
  EXPECT_EQ(xml->text_of("Prefix"), "");
  EXPECT_EQ(xml->text_of("Nothing"), "");
  ASSERT_EQ(xml->children.size(), 5u);
  EXPECT_EQ(xml->children[2].text_of("Key"), "a/b");
  EXPECT_EQ(xml->children[2].text_of("ETag"), "\"x//\"");
  EXPECT_EQ(xml->children[3].text_of("Key"), "<a&b>");
  EXPECT_EQ(xml->child("Owner")->text_of("ID"), "r\xC3\xA9\xF0\x9F\x98\x80");
}

TEST(S3Xml, RefusesWhatIsCutOrWrong) {
  const std::string whole = "<?xml version='1.0'?><a><b c=\"d\">x&amp;y</b><!--z--></a>";
  ASSERT_TRUE(parse_xml(whole));
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(parse_xml(whole.substr(0, length))) << length;
  for (const char* wrong :
       {"", "text", "<a>", "<a></b>", "<a/><b/>", "<a/>x", "<>x</>", "<a>&nbsp;</a>", "<a>&</a>",
        "<a>&#xZZ;</a>", "<a>&#x110000;</a>", "<a>&#;</a>", "<!DOCTYPE a><a/>", "<a><![CDATA[x</a>",
        "<a b=\"c></a>", "< a/>"})
    EXPECT_FALSE(parse_xml(wrong)) << wrong;
}

TEST(S3Xml, RefusesDeepNesting) {
  std::string open, close;
  for (int i = 0; i < 100'000; ++i) {
    open += "<a>";
    close += "</a>";
  }
  EXPECT_FALSE(parse_xml(open + close));
  EXPECT_TRUE(parse_xml("<a><a><a><a/></a></a></a>"));
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&' || c == '<' || c == '>')
      out += "&#" + std::to_string(int{c}) + ";";
    else
      out += c;
  }
  return out;
}

RC_GTEST_PROP(S3Xml, GivesBackAnyText, (const std::string& text)) {
  const auto xml = parse_xml("<a><Key>" + escaped(text) + "</Key></a>");
  RC_ASSERT(xml.has_value());
  RC_ASSERT(xml->text_of("Key") == text);
}

RC_GTEST_PROP(S3Xml, SurvivesAnyDamage, ()) {
  std::string xml = "<?xml version='1.0'?><a b='c'><d>&lt;</d><!--e--><![CDATA[f]]></a>";
  const auto at = *rc::gen::inRange<std::size_t>(0, xml.size());
  xml[at] = *rc::gen::arbitrary<char>();
  parse_xml(xml);
  xml.erase(*rc::gen::inRange<std::size_t>(0, xml.size()), 3);
  parse_xml(xml);
}

}  // namespace
}  // namespace msghub
