// The hub's side of spec/cases: what a rule compiles to, and whether it matches. The projects' side
// is tests/conformance.
#include <algorithm>

#include "base/exact_json.h"
#include "channels/webhook/written.h"
#include "match/matcher.h"
#include "mime/mime.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

using test::Fence;

struct SpecMessage {
  Fence message;
  json::object expect;
};

struct SpecCase {
  std::string id;  // "when-text: A subject that contains a word"
  std::string rule;
  std::optional<std::string> diagnostics;  // "R0107 9:24", one a line
  std::vector<SpecMessage> messages;
};

bool is_message(const std::string& info) {
  return info == "email" || info == "http" || info == "json" || info == "text" || info == "sms" ||
         info == "slack";
}

std::vector<SpecCase> cases_of(const std::filesystem::path& file) {
  std::vector<SpecCase> out;
  const std::string document = test::read_file(file);
  std::vector<std::string> lines;
  std::istringstream stream(document);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  for (const Fence& fence : test::fences_of(document)) {
    if (fence.info == "markdown") {
      std::size_t at = fence.line - 1;
      while (at > 0 && !lines[at - 1].starts_with("## ")) --at;
      const std::string title = at > 0 ? lines[at - 1].substr(3) : "";
      out.push_back({file.stem().string() + ": " + title, fence.text, std::nullopt, {}});
    } else if (fence.info == "text diagnostics") {
      out.back().diagnostics = fence.text;
    } else if (is_message(fence.info)) {
      out.back().messages.push_back({fence, {}});
    } else if (fence.info == "json expect") {
      const Result<json::value> expect = parse_json(fence.text);
      EXPECT_TRUE(expect && expect->is_object()) << file << ":" << fence.line;
      if (expect) out.back().messages.back().expect = expect->as_object();
    } else {
      ADD_FAILURE() << file << ":" << fence.line << ": unknown block " << fence.info;
    }
  }
  return out;
}

const std::vector<SpecCase>& all_cases() {
  static const std::vector<SpecCase> kCases = [] {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(test::root() / "spec" / "cases"))
      files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::vector<SpecCase> out;
    for (const auto& file : files) {
      const std::vector<SpecCase> more = cases_of(file);
      out.insert(out.end(), more.begin(), more.end());
    }
    return out;
  }();
  return kCases;
}

// "From: …" lines, an empty line, the text: a message of a telephone or a chat.
ParsedMessage short_message(const std::string& text) {
  ParsedMessage out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && !line.empty();) {
    const std::size_t colon = line.find(": ");
    const std::string name = line.substr(0, colon), value = line.substr(colon + 2);
    if (name == "From") out.from = value;
    if (name == "To") out.to = value;
  }
  const std::size_t end = text.find("\n\n");
  out.body = end == std::string::npos ? "" : text.substr(end + 2);
  while (out.body.ends_with('\n')) out.body.pop_back();
  return out;
}

struct Parsed {
  ChannelType type{};
  ParsedMessage message;
};

Parsed parsed(const Fence& fence) {
  if (fence.info == "email") return {ChannelType::Email, parse_mail(fence.text, {}).message};
  if (fence.info == "sms") return {ChannelType::Sms, short_message(fence.text)};
  if (fence.info == "slack") return {ChannelType::Slack, short_message(fence.text)};
  Parsed out{ChannelType::Webhook, {}};
  if (fence.info == "http") {
    const Result<WebhookContent> content = translate_written_call(fence.text, {});
    EXPECT_TRUE(content) << fence.text;
    if (content) out.message = content->parsed;
    return out;
  }
  out.message.body = fence.text;
  if (auto payload = parse_exact_json(fence.text)) out.message.payload = std::move(*payload);
  return out;
}

bool matches(const CompiledRule& rule, const Parsed& input) {
  for (std::size_t i = 0; i < rule.metadata.triggers.size(); ++i) {
    if (rule.channels[i].type != input.type) continue;
    const TriggerConfig& trigger = rule.metadata.triggers[i];
    const Matcher matcher({RuleTriggers{RuleId{"rule"}, {trigger}}});
    const bool fast = !matcher.match({trigger.channel_id, &input.message}).empty();
    EXPECT_EQ(fast, naive_match({trigger}, {trigger.channel_id, &input.message}));
    if (fast) return true;
  }
  return false;
}

class Conformance : public testing::TestWithParam<SpecCase> {};

TEST_P(Conformance, CompilesAndMatchesAsWritten) {
  const SpecCase& spec = GetParam();
  CompileOptions options;
  options.directory = &test::spec_directory();
  const CompileResult result = compile_rule(spec.rule, options);
  std::string found;
  for (const Diagnostic& diagnostic : result.diagnostics)
    found += diagnostic.code + " " + std::to_string(diagnostic.start.line) + ":" +
             std::to_string(diagnostic.start.column) + "\n";
  EXPECT_EQ(found, spec.diagnostics.value_or(""))
      << spec.id << "\n"
      << render_diagnostics(spec.rule, "rule.md", result.diagnostics);
  if (!result.rule) {
    EXPECT_TRUE(spec.messages.empty()) << spec.id;
    return;
  }
  for (const SpecMessage& message : spec.messages) {
    ASSERT_TRUE(message.expect.contains("matches")) << spec.id;
    EXPECT_EQ(matches(*result.rule, parsed(message.message)),
              message.expect.at("matches").as_bool())
        << spec.id << ", message in line " << message.message.line;
  }
  // Twice: the same bytes.
  const CompileResult again = compile_rule(spec.rule, options);
  EXPECT_EQ(again.rule->project, result.rule->project) << spec.id;
}

std::string name_of(const testing::TestParamInfo<SpecCase>& info) {
  std::string out = std::to_string(info.index) + "_";
  for (const char c : info.param.id)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) out += c;
  return out;
}

INSTANTIATE_TEST_SUITE_P(Spec, Conformance, testing::ValuesIn(all_cases()), name_of);

TEST(ConformanceSuite, HasCasesOfEachKind) {
  const auto broken = std::count_if(all_cases().begin(), all_cases().end(),
                                    [](const SpecCase& c) { return c.messages.empty(); });
  EXPECT_GE(all_cases().size(), 150U);
  EXPECT_GE(broken, 20);
  for (const SpecCase& spec : all_cases())
    EXPECT_TRUE(!spec.messages.empty() || spec.diagnostics) << spec.id << " proves nothing";
}

}  // namespace
}  // namespace msghub
