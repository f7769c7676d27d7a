#include "rule/html_places.h"

#include <gtest/gtest.h>

#include "rule/template.h"

namespace msghub {
namespace {

std::vector<Diagnostic> diagnose(std::string_view text) {
  const Source source(text);
  Report report(source);
  Excerpt excerpt;
  excerpt.append(text, 0);
  check_html_places(parse_template(excerpt, report), report);
  return report.take();
}

TEST(HtmlPlaces, AreBetweenTagsAndInQuotedAttributes) {
  for (const char* good : {"{{x}}",
                           "<p>{{x}}</p>",
                           "<p class=a>{{x}} < {{y}} <3 {{z}}",
                           "<a href=\"{{x}}\">{{y}}</a>",
                           "<A TITLE = '{{x}}'>",
                           "<!-- a > b -->{{x}}",
                           "<!doctype html>{{x}}",
                           "<?xml?>{{x}}",
                           "<style>p { color: red }</style>{{x}}",
                           "<script>if (a</b/) {}</script >{{x}}",
                           "<textarea>{{x}}</textarea>",
                           "<br/>{{x}}",
                           "<td width=10 title=\"{{x}}\">",
                           "</>{{x}}",
                           "<p title=\">\">{{x}}",
                           "<p title='<script>'>{{x}}",
                           "<!-->{{x}}",
                           "</script>{{x}}",
                           "a < b > {{x}}",
                           "<p title=\"{{x}} {{y}}\" lang='{{z}}'>{{x}}"})
    EXPECT_TRUE(diagnose(good).empty()) << good;
}

TEST(HtmlPlaces, LetNoValueChooseTheSchemeOfALink) {
  for (const char* bad :
       {"<a href=\"{{x}}:y\">", "<a HREF='{{x}}: y'>", "<a href=\"java{{x}}:y\">",
        "<a href=\"{{x}}script:y\">", "<a href=\"{{x}}&colon;y\">", "<a href=\"{{x}}&#58;y\">",
        "<a href=\"{{x}}&#x3a y\">", "<a href=\"{{x}}&Tab;:y\">", "<a href=\"{{x}}\n:\">",
        "<a xlink:href=\"{{x}}:\">", "<form action='{{x}}:'>", "<img src=\"{{x}}{{\":\"}}y\">"}) {
    const std::vector<Diagnostic> found = diagnose(bad);
    ASSERT_EQ(found.size(), 1U) << bad;
    EXPECT_EQ(found[0].message, "a value would choose the scheme of this link") << bad;
  }
  for (const char* good :
       {"<a href=\"https://example.com:80/{{x}}:{{y}}/\">", "<a href=\"{{x}}/a:b\">",
        "<a href=\"{{x}}?a:b\">", "<a href=\"{{x}}#a:b\">", "<a href=\"mailto:{{x}}:{{y}}\">",
        "<a href=\"{{x}}&amp;a:b\">", "<a href=\"{{x}}\" title=\"a:b\">",
        "<p title=\"{{x}}:{{y}}\">", "<p>{{x}}:{{y}}",
        "<a href=\"{{x}}/{{y}}\">:", "<a href=\"{{x}}&a=b:c\">"})
    EXPECT_TRUE(diagnose(good).empty()) << good;
}

TEST(HtmlPlaces, LetNoValueChooseTheHostOfALink) {
  for (const char* bad : {"<a href=\"https://{{x}}/\">", "<a href=\"https://shop.example{{x}}\">",
                          "<a href=\"https://shop.example:{{x}}/\">", "<a href='HTTPS:{{x}}'>",
                          "<a href=\"https:/{{x}}\">", "<a href=\"https:\\\\{{x}}\">",
                          "<img src=\"//{{x}}/a\">", "<a href=\"https:&#47;&sol;a{{x}}\">",
                          "<a href=\"/\t/{{x}}\">", "<a href=\"{{\"https:\"}}//{{x}}\">",
                          "<a href=\"{{x}}{{y}}\">", "<a href=\"{{x}}@{{y}}\">"}) {
    const std::vector<Diagnostic> found = diagnose(bad);
    ASSERT_EQ(found.size(), 1U) << bad;
    EXPECT_EQ(found[0].message, "a value would choose the host of this link") << bad;
  }
  for (const char* good :
       {"<a href=\"https://shop.example/{{x}}{{y}}\">", "<a href=\"https://shop.example?{{x}}\">",
        "<a href=\"https://shop.example#{{x}}\">", "<a href=\"/{{x}}/{{y}}\">",
        "<a href=\"page{{x}}\">", "<a href=\"{{x}}?{{y}}\">", "<a href=\"{{x}}\">{{y}}",
        "<img src=\"cid:{{x}}\">", "<a href=\"mailto:{{x}}?subject={{y}}\">"})
    EXPECT_TRUE(diagnose(good).empty()) << good;
  const std::vector<Diagnostic> code = diagnose("<a href=\"javascript:f('{{x}}')\">");
  ASSERT_EQ(code.size(), 1U);
  EXPECT_EQ(code[0].message, "a value would stand in a link that may be code");
}

TEST(HtmlPlaces, AreNotWhereAValueCouldBeMore) {
  struct Case {
    std::string_view html, says;
  };
  for (const auto& [html, says] : {
           Case{"<{{x}}>", "a tag"},
           Case{"</{{x}}>", "a tag"},
           Case{"<h{{x}}>", "a tag"},
           Case{"<p {{x}}>", "a tag"},
           Case{"<p title=\"a\"{{x}}>", "a tag"},
           Case{"<p title={{x}}>", "an attribute without quotation marks"},
           Case{"<p title= {{x}}>", "an attribute without quotation marks"},
           Case{"<p title=a{{x}}>", "an attribute without quotation marks"},
           Case{"<p onclick=\"f('{{x}}')\">", "the attribute onclick"},
           Case{"<p STYLE='color: {{x}}'>", "the attribute style"},
           Case{"<p hidden style='color: {{x}}'>", "the attribute style"},
           Case{"<!-- {{x}} -->", "a comment"},
           Case{"<!{{x}}>", "a comment"},
           Case{"<SCRIPT>a = '{{x}}'</SCRIPT>", "the element script"},
           Case{"<style>p { color: {{x}} }</style>", "the element style"},
           Case{"<script><p></p>{{x}}</script>", "the element script"},
           Case{"<p {{\"style\"}}=\"{{x}}\">", "the attribute style"},
       }) {
    const std::vector<Diagnostic> found = diagnose(html);
    ASSERT_EQ(found.size(), 1U) << html;
    EXPECT_EQ(found[0].code, "R0411");
    EXPECT_TRUE(found[0].message.ends_with(says)) << found[0].message;
  }
}

}  // namespace
}  // namespace msghub
