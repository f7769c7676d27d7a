#include "mime/html.h"

#include <gtest/gtest.h>

namespace msghub {
namespace {

TEST(HtmlToText, ReadsAsAPersonDoes) {
  const struct {
    std::string_view html;
    std::string_view text;
  } cases[] = {
      {"", ""},
      {"just text", "just text"},
      {"  a \n\t b  ", "a b"},
      {"<p>one</p><p>two</p>", "one\n\ntwo"},
      {"one<br>two<BR/>three<br />", "one\ntwo\nthree"},
      {"<div>a<div>b</div></div>c", "a\nb\nc"},
      {"<h1>Title</h1>text", "Title\ntext"},
      {"<ul><li>a</li><li><b>b</b></li></ul>c", "- a\n- b\nc"},
      {"<table><tr><td>Total:</td><td> 5 </td></tr><tr><th>x<th>y</tr></table>", "Total:\t5\nx\ty"},
      {"<a href=\"http://x/?a>b\">here</a>", "here"},
      {"a<b>b</b>c <i>d</i>", "abc d"},
      {"<pre>a  b\n  c</pre> d  e", "a  b\n  c\nd e"},
      {"<head><title>no</title><style>p{color:red}</style></head><body>yes", "yes"},
      {"<script>if (a < b) alert('</p>')</script>x", "x"},
      {"a<!-- <p>no</p> -->b", "ab"},
      {"a<!--[if mso]>no<![endif]-->b<![if !mso]>c<![endif]>", "abc"},
      {"<!doctype html><?xml version='1'?>x", "x"},
      {"a &lt;b&gt; &amp;amp; &quot;&apos;", "a <b> &amp; \"'"},
      {"&auml;&Auml;&euro;&hellip;&nbsp;x&#228;&#xE4;&#XE4;", "äÄ€… xäää"},
      {"&#128;&#150;&#0;&#xD800;&#x110000;&#99999999999;",
       "€–\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD&#99999999999;"},
      {"&unknown; &amp &; &#; &#x; a&b", "&unknown; &amp &; &#; &#x; a&b"},
      {"1 < 2 <3> <", "1 < 2 <3> <"},
      {"<p class='a>b'>x", "x"},
      {"<p class=it's>x</p>", "x"},
      {"x<p class=\"never closed>lost", "x"},
      {"x<style>never closed", "x"},
      {"x<!-- never closed", "x"},
      {"x</", "x"},
      {"</pre></pre>a  b", "a b"},
      {"grün <span>日本</span>", "grün 日本"},
  };
  for (const auto& [html, text] : cases) EXPECT_EQ(html_to_text(html), text) << html;
}

}  // namespace
}  // namespace msghub
