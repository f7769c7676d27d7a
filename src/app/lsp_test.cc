#include "app/lsp_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "app/lsp_examples.h"
#include "app/lsp_frames.h"
#include "rule/assist_parts.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

TEST(LspFrames, ComeTogetherFromPieces) {
  const std::string stream =
      lsp_frame("one") + "content-type: x\r\nContent-length: 0\r\n\r\n" + lsp_frame("three");
  for (std::size_t step = 1; step < stream.size(); ++step) {
    LspFrames frames;
    std::vector<std::string> bodies;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      frames.feed(std::string_view(stream).substr(at, step));
      while (const auto frame = frames.next()) bodies.push_back(frame->body);
    }
    EXPECT_EQ(bodies, (std::vector<std::string>{"one", "", "three"}));
    EXPECT_EQ(frames.broken(), "");
  }
}

TEST(LspFrames, SkipWhatIsTooLarge) {
  LspFrames frames;
  frames.feed(lsp_frame(std::string(LspFrames::kMostBody + 1, 'x')).substr(0, 100));
  EXPECT_FALSE(frames.next());
  frames.feed(std::string(LspFrames::kMostBody, 'x'));
  const auto large = frames.next();
  ASSERT_TRUE(large);
  EXPECT_TRUE(large->too_large);
  LspFrames whole;
  whole.feed(lsp_frame(std::string(LspFrames::kMostBody + 1, 'x')) + lsp_frame("next"));
  EXPECT_TRUE(whole.next()->too_large);
  EXPECT_EQ(whole.next()->body, "next");
}

TEST(LspFrames, SayWhenTheyAreBroken) {
  for (const std::string& header :
       {std::string("Content-Length: 12x\r\n\r\n"), std::string("Content-Length: -1\r\n\r\n"),
        std::string("Content-Length: 99999999999999999999\r\n\r\n"), std::string("X: 1\r\n\r\n"),
        std::string("\r\n\r\n"), std::string(5000, 'x')}) {
    LspFrames frames;
    frames.feed(header);
    EXPECT_FALSE(frames.next());
    EXPECT_NE(frames.broken(), "") << header;
  }
}

TEST(LspText, CountsAsTheEditorDoes) {
  const LspText text("a😀é\r\nb\rc\n");
  const auto utf16 = [&](std::size_t offset) { return text.position(offset, LspEncoding::Utf16); };
  EXPECT_EQ(utf16(5).character, 3);
  EXPECT_EQ(text.position(5, LspEncoding::Utf8).character, 5);
  EXPECT_EQ(text.offset({0, 3}, LspEncoding::Utf16), 5U);
  EXPECT_EQ(text.offset({0, 2}, LspEncoding::Utf16), 1U);  // within the pair
  EXPECT_EQ(text.offset({0, 99}, LspEncoding::Utf16), 7U);
  EXPECT_EQ(utf16(9).line, 1);
  EXPECT_EQ(utf16(11).line, 2);
  EXPECT_EQ(utf16(99).line, 3);
  EXPECT_EQ(text.offset({9, 0}, LspEncoding::Utf16), text.text().size());
}

RC_GTEST_PROP(LspText, FindsItsOwnPlaces, ()) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "é", "日", "😀", "\r", "\n", "\r\n"));
  std::string joined;
  for (const std::string& piece : pieces) joined += piece;
  const LspText text(joined);
  for (const LspEncoding encoding : {LspEncoding::Utf8, LspEncoding::Utf16}) {
    for (std::size_t at = 0; at < joined.size(); at += code_point_at(joined, at).size) {
      const std::size_t found = text.offset(text.position(at, encoding), encoding);
      // The place between CR and LF is the end of the line.
      RC_ASSERT(found == at || (joined[at] == '\n' && found + 1 == at));
    }
  }
}

TEST(LspText, FollowsChangesAmongWideCharacters) {
  // An emoji of four bytes, one of several code points, Arabic, and an accent of its own.
  LspText text("😀 👩‍👩‍👧 שלום e\u0301\r\nb");
  text.replace({0, 3}, {0, 11}, "x", LspEncoding::Utf16);
  EXPECT_EQ(text.text(), "😀 x שלום e\u0301\r\nb");
  text.replace({0, 5}, {0, 9}, "سلام", LspEncoding::Utf16);
  EXPECT_EQ(text.text(), "😀 x سلام e\u0301\r\nb");
  text.replace({0, 12}, {1, 0}, "", LspEncoding::Utf16);
  EXPECT_EQ(text.text(), "😀 x سلام e\u0301b");
}

// An editor and the server hold the same text after any changes, whatever is in it.
RC_GTEST_PROP(LspText, AgreesWithAnEditor, ()) {
  const auto letters = rc::gen::element<std::u16string>(u"a", u"é", u"😀", u"ש", u"\n", u"\u200F");
  std::u16string editor;
  LspText server;
  const auto edits = *rc::gen::inRange(1, 12);
  for (int i = 0; i < edits; ++i) {
    const auto parts = *rc::gen::container<std::vector<std::u16string>>(letters);
    std::u16string piece;
    for (const std::u16string& part : parts) piece += part;
    const auto place = [&](std::size_t at) {
      // Between the halves of a pair nothing can stand.
      if (at > 0 && at < editor.size() && (editor[at] & 0xFC00) == 0xDC00) --at;
      const std::size_t line = at == 0 ? std::u16string::npos : editor.rfind(u'\n', at - 1);
      const std::size_t begin = line == std::u16string::npos ? 0 : line + 1;
      const auto number = std::count(editor.begin(), editor.begin() + static_cast<long>(at), u'\n');
      return std::pair{at, LspPosition{number, static_cast<std::int64_t>(at - begin)}};
    };
    const auto from = place(*rc::gen::inRange<std::size_t>(0, editor.size() + 1));
    const auto to = place(*rc::gen::inRange<std::size_t>(from.first, editor.size() + 1));
    if (to.first < from.first) continue;
    const auto utf8 = [](const std::u16string& text) {
      std::string out;
      for (std::size_t at = 0; at < text.size(); ++at) {
        char32_t c = text[at];
        if ((c & 0xFC00) == 0xD800)
          c = 0x10000 + ((c & 0x3FF) << 10) + (static_cast<char32_t>(text[++at]) & 0x3FF);
        const auto tail = [&](int shift) {
          out += static_cast<char>(0x80 | ((c >> shift) & 0x3F));
        };
        if (c < 0x80) {
          out += static_cast<char>(c);
        } else if (c < 0x800) {
          out += static_cast<char>(0xC0 | (c >> 6));
          tail(0);
        } else if (c < 0x10000) {
          out += static_cast<char>(0xE0 | (c >> 12));
          tail(6);
          tail(0);
        } else {
          out += static_cast<char>(0xF0 | (c >> 18));
          tail(12);
          tail(6);
          tail(0);
        }
      }
      return out;
    };
    editor.replace(from.first, to.first - from.first, piece);
    server.replace(from.second, to.second, utf8(piece), LspEncoding::Utf16);
    RC_ASSERT(server.text() == utf8(editor));
  }
}

// What examples say of the values is what hovers show of them.
TEST(LspExamples, HaveTheValuesThatTheySay) {
  std::size_t compared = 0;
  for (const auto& entry : std::filesystem::directory_iterator(test::root() / "examples")) {
    if (entry.path().extension() != ".md") continue;
    const std::string rule = test::read_file(entry.path());
    const std::optional<Analysis> analysis = analyse(rule);
    ASSERT_TRUE(analysis);
    for (const ExampleCase& example : analysis->tree.examples) {
      const ParsedMessage message = message_of(example);
      for (const Expectation& expected : example.expectations) {
        if (expected.kind != Expectation::Kind::NameIs) continue;
        for (const Extraction& extraction : analysis->tree.extractions) {
          if (extraction.name != expected.name) continue;
          const std::optional<std::string> found = value_in(message, extraction);
          if (!found) continue;
          // JSON numbers are compared by value, as examples are.
          const auto number = parse_json(expected.value);
          EXPECT_EQ(*found, number && number->is_number() ? to_json(*number) : expected.value)
              << entry.path() << ": " << expected.name;
          ++compared;
        }
      }
    }
  }
  EXPECT_GE(compared, 8U);
}

std::optional<std::string> taken_out(const std::string& sentence, ExampleCase::Message kind,
                                     const std::string& raw) {
  const std::string rule = "# R\n\n## Extract\n\n- x: " + sentence + "\n";
  const std::optional<Analysis> analysis = analyse(rule);
  if (!analysis || analysis->tree.extractions.size() != 1) return "not understood";
  ExampleCase example;
  example.message = kind;
  example.raw = raw;
  return value_in(message_of(example), analysis->tree.extractions.front());
}

TEST(LspExamples, TakeValuesOutOfMessages) {
  using enum ExampleCase::Message;
  const std::string mail =
      "From: Ann <Ann@ACME.com>\nSubject: No. A-17\n\nNote:\nnote: hi there \nEnd\n";
  EXPECT_EQ(taken_out("text matching /a-(\\d+)/ in the subject", Email, mail), "17");
  EXPECT_EQ(taken_out("text matching /a-(\\d+)/ in the subject (exact case)", Email, mail),
            std::nullopt);
  EXPECT_EQ(taken_out("text after \"Note:\" in the body", Email, mail), "hi there");
  EXPECT_EQ(taken_out("text after \"from\" in the body", Sms, "From: +1\nTo: +2\n\nFrom: Max"),
            "Max");
  EXPECT_EQ(taken_out("text after \"a=\" in the body", Sms, "From: +1\nTo: +2\n\nA= : b"), ": b");
  EXPECT_EQ(taken_out("text between \"NOTE:\" and \"End\" in the body", Email, mail),
            "note: hi there");
  EXPECT_EQ(taken_out("domain of the sender", Email, mail), "acme.com");
  EXPECT_EQ(taken_out("number in the subject", Email, mail), std::nullopt);
  EXPECT_EQ(taken_out("`a.b`", Json, R"({"a": {"b": [1, "x"]}})"), R"([1,"x"])");
  EXPECT_EQ(taken_out("text after \"call\" in the body", Sms, "From: +1\nTo: +2\n\nPlease call me"),
            "me");
  EXPECT_EQ(
      taken_out("text matching /.*/ in `thread_ts`", Slack, "From: U\nTo: C\nThread: 1.5\n\nx"),
      "1.5");
  EXPECT_EQ(taken_out("first file", Email, mail), std::nullopt);
}

class Session {
 public:
  Session() { ask("initialize", "{}"); }
  void say(const std::string& message) { server.receive(message); }
  std::vector<json::value> answers() {
    while (server.work()) {
    }
    std::vector<json::value> out;
    for (const std::string& message : server.take()) out.push_back(parse_json(message).value());
    return out;
  }
  json::value ask(const std::string& method, const std::string& params) {
    say(R"({"jsonrpc":"2.0","id":7,"method":")" + method + R"(","params":)" + params + "}");
    return answers().front();
  }
  void open(const std::string& uri, const std::string& text, const char* language = "markdown") {
    const json::object document{
        {"uri", uri}, {"text", text}, {"version", 1}, {"languageId", language}};
    say(to_json(json::object{{"method", "textDocument/didOpen"},
                             {"params", {{"textDocument", document}}}}));
  }
  LanguageServer server{{}};
};

int code_of(const json::value& answer) {
  return static_cast<int>(answer.at("error").at("code").as_int64());
}

TEST(LanguageServer, AnswersWhatItCannotRead) {
  Session session;
  for (const auto& [message, code] : std::vector<std::pair<std::string, int>>{
           {"{", -32700},
           {"[]", -32600},
           {R"({"id":1,"method":3})", -32600},
           {R"({"id":{},"method":"x"})", -32600},
           {R"({"id":1,"method":"no/such"})", -32601},
           {R"({"id":1,"method":"initialize"})", -32600},
           {R"({"id":1,"method":"textDocument/hover","params":{"textDocument":3}})", -32602},
           {R"({"id":1,"method":"textDocument/hover"})", -32602}}) {
    session.say(message);
    EXPECT_EQ(code_of(session.answers().at(0)), code) << message;
  }
  LanguageServer early{{}};
  early.receive(R"({"id":1,"method":"textDocument/hover"})");
  early.work();
  EXPECT_EQ(code_of(parse_json(early.take().at(0)).value()), -32002);
}

TEST(LanguageServer, CancelsWhatItHasNotBegun) {
  Session session;
  session.say(R"({"id":"a","method":"shutdown"})");
  session.say(R"({"method":"$/cancelRequest","params":{"id":"a"}})");
  const std::vector<json::value> answers = session.answers();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(code_of(answers[0]), -32800);
}

TEST(LanguageServer, EndsAsTheEditorWishes) {
  Session session;
  session.ask("shutdown", "{}");
  EXPECT_EQ(code_of(session.ask("textDocument/hover", "{}")), -32600);
  session.say(R"({"method":"exit"})");
  session.answers();
  EXPECT_EQ(session.server.exit_code(), 0);
  Session rude;
  rude.say(R"({"method":"exit"})");
  rude.answers();
  EXPECT_EQ(rude.server.exit_code(), 1);
}

TEST(LanguageServer, CompilesTheLastOfManyChangesOnly) {
  Session session;
  session.open("file:///a.md", "# R\n\n## Wen\n");
  for (int i = 0; i < 100; ++i)
    session.say(R"({"method":"textDocument/didChange","params":{"textDocument":{"uri":)"
                R"("file:///a.md","version":2},"contentChanges":[{"text":"# R\n\n## Do\n"}]}})");
  const std::vector<json::value> answers = session.answers();
  ASSERT_EQ(answers.size(), 1U);
  EXPECT_EQ(answers[0].at("params").at("version"), 2);
}

TEST(LanguageServer, LooksAtRulesOnly) {
  Session session;
  session.open("file:///README.md", "Some text.\n\n- a list\n");
  EXPECT_TRUE(session.answers().at(0).at("params").at("diagnostics").as_array().empty());
}

TEST(LanguageServer, KeepsToItsLimits) {
  Session session;
  for (std::size_t i = 0; i <= LanguageServer::kMostDocuments; ++i)
    session.open("file:///" + std::to_string(i) + ".md", "text");
  const std::vector<json::value> answers = session.answers();
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(),
                          [](const json::value& answer) {
                            return answer.at("method") == "window/showMessage";
                          }),
            1);
  // Over 1 MiB a rule is one diagnostic; over 4 MiB the text is not kept.
  Session large;
  large.open("file:///a.md", std::string(std::size_t{2} << 20, 'x'), "msghub-rule");
  EXPECT_EQ(large.answers().at(0).at("params").at("diagnostics").as_array().size(), 1U);
  large.open("file:///a.md", std::string(LanguageServer::kMostText + 1, 'x'), "msghub-rule");
  EXPECT_EQ(large.answers().at(0).at("method"), "window/showMessage");
}

}  // namespace
}  // namespace msghub
