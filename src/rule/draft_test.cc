#include "rule/draft.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/json.h"
#include "rule/compile.h"
#include "rule/draft_words.h"
#include "rule/test_support.h"

namespace msghub {
namespace {

// The sections When and Extract of a draft.
std::string beginning(const std::string& draft) {
  const std::size_t from = draft.find("## When\n\n"), to = draft.find("## Do");
  return draft.substr(from + 9, to - from - 9);
}

std::string checked(const DraftInput& input) {
  const std::string draft = draft_rule(input, {});
  const CompileResult result = compile_rule(draft);
  EXPECT_TRUE(result.rule && result.diagnostics.empty())
      << draft << render_diagnostics(draft, "draft.md", result.diagnostics);
  return draft;
}

DraftInput mail(const std::string& from, const std::string& subject, const std::string& body) {
  DraftInput input{ChannelType::Email, {}};
  input.message.from = from;
  input.message.subject = subject;
  input.message.body = body;
  return input;
}

DraftInput call(std::string_view json) {
  DraftInput input{ChannelType::Webhook, {}};
  input.message.payload = parse_json(json).value();
  return input;
}

TEST(Draft, LooksForTheWordsThatTheNextSubjectHasToo) {
  for (const auto& [subject, words] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Invoice INV-1042 for March 2026", "Invoice"},
           {"Your invoice R0023456789 from 01.03.2026", "invoice"},
           {"Ihre Rechnung Nr. 2026-00817 vom 12.03.2026", "Ihre Rechnung"},
           {"[FIRING:2] HighCPU (web-07 prod critical)", "HighCPU"},
           {"** PROBLEM Service Alert: db01/Disk /var is CRITICAL **", "PROBLEM Service Alert"},
           {"\u2615\uFE0F Weekly digest: 7 things to know", "Weekly digest"},
           {"Invitation: Quarterly review @ Tue Mar 17, 2026 2pm - 3pm (CET) (ann@example.org)",
            "Quarterly review"},
           {"Undelivered Mail Returned to Sender", "Undelivered Mail Returned to Sender"},
           {"New contact request #48213", "New contact request"},
           {"Ihre Bestellung 028-1234567-7654321 wurde versandt", "Ihre Bestellung"},
           {"Application as Software Engineer (Ref. 2026-17)", "Application as Software Engineer"},
           {"You've got money: $49.99 USD from John Doe", "You've got money"},
           {"2026-03-12", ""},
           {"March 12", ""},
       })
    EXPECT_EQ(constant_part(subject), words) << subject;
}

TEST(Draft, KnowsKindsOfValues) {
  for (const auto& [value, kind] : std::initializer_list<std::pair<const char*, const char*>>{
           {"$1,204.50", "amount"},
           {"$49.99 USD", "amount"},
           {"1.204,50 EUR", "amount"},
           {"\u20AC 12", "amount"},
           {"26.03.2026", "date"},
           {"2026-03-14 03:10:00 UTC", "date"},
           {"97.3", "number"},
           {"1,204,000.5", "number"},
           {"10.0.0.12", "text"},
           {"2026-00817", "text"},
           {"https://a.example/x", "URL"},
           {"ann@example.com", "e-mail address"},
           {"EUR", "text"},
       })
    EXPECT_EQ(kind_of(value), kind) << value;
}

TEST(Draft, OfAnInvoice) {
  EXPECT_EQ(beginning(checked(mail("billing@acme.com", "Invoice INV-1042 for March 2026",
                                   "Hello,\n\nInvoice date: 2026-03-02\nTotal: $1,204.50\n"
                                   "F\u00E4llig am: 26.03.2026\n"
                                   "DISK - free space: 4\n"))),
            "- an email arrives in **Inbox**\n"
            "- the sender ends with \"@acme.com\"\n"
            "- the subject contains \"Invoice\"\n\n"
            "## Extract\n\n"
            "- number: text matching `/INV-(\\d+)/` in the subject\n"
            "- invoice_date: date after \"Invoice date:\" in the body, optional\n"
            "- total: amount after \"Total:\" in the body, optional\n"
            "- faellig_am: date after \"F\u00E4llig am:\" in the body, optional\n\n");
}

TEST(Draft, OfAnAddressThatAnybodyMayHave) {
  EXPECT_EQ(
      beginning(checked(mail("ann.lee@gmail.com", "Re: Printer does not print", ""))),
      "- an email arrives in **Inbox**\n- the subject contains \"Printer does not print\"\n\n");
  EXPECT_EQ(beginning(checked(mail("ann.lee@gmail.com", "12", ""))),
            "- an email arrives in **Inbox**\n- the sender is \"ann.lee@gmail.com\"\n\n");
}

TEST(Draft, OfCallsOfKnownSenders) {
  EXPECT_EQ(beginning(checked(call(R"({"id": "evt_1", "object": "event", "created": 1686089970,
      "data": {"object": {"id": "pi_1", "amount": 2000, "currency": "usd",
                          "last_payment_error": {"message": "Declined."}}},
      "livemode": false, "type": "payment_intent.payment_failed"})"))),
            "- a webhook arrives at **Webhook**\n- `type` is \"payment_intent.payment_failed\"\n\n"
            "## Extract\n\n"
            "- amount: `data.object.amount`, optional\n"
            "- currency: `data.object.currency`, optional\n"
            "- message_value: `data.object.last_payment_error.message`, optional\n\n");
  EXPECT_EQ(beginning(checked(call(R"({"id": 8, "email": "jon@example.com", "total_price": "403.00",
      "financial_status": "voided", "line_items": [{"sku": "IPOD2008"}]})"))),
            "- a webhook arrives at **Webhook**\n- `financial_status` is \"voided\"\n\n"
            "## Extract\n\n"
            "- email: `email`, optional\n"
            "- total_price: `total_price`, optional\n"
            "- sku: `line_items[0].sku`, optional\n\n");
}

TEST(Draft, OfACallWithItsHeaders) {
  DraftInput input = call(R"({"ref": "refs/heads/main", "commits": 2})");
  input.message.headers = {{"content-type", "application/json"},
                           {"x-github-event", "push"},
                           {"x-forwarded-for", "192.0.2.1\n192.0.2.2"}};
  const std::string draft = checked(input);
  EXPECT_TRUE(
      beginning(draft).starts_with("- a webhook arrives at **Webhook**\n"
                                   "- the header \"X-Github-Event\" is \"push\"\n"))
      << draft;
  EXPECT_TRUE(
      draft.contains("```http\nContent-Type: application/json\n"
                     "X-Forwarded-For: 192.0.2.1\nX-Forwarded-For: 192.0.2.2\n"
                     "X-Github-Event: push\n\n{"))
      << draft;
  EXPECT_EQ(draft_file_type(input), "http");

  using Headers = std::map<std::string, std::string>;
  input.message.headers = Headers{{"content-type", "application/x-www-form-urlencoded"}};
  input.message.body = "a=1&b=%20";
  EXPECT_TRUE(draft_example(input).ends_with("\n\na=1&b=%20"));
  checked(input);
}

TEST(Draft, SaysThatItAppliesToAll) {
  EXPECT_TRUE(checked(call(R"([{"a": 1}])")).contains("It applies to all that comes"));
  EXPECT_FALSE(checked(call(R"({"event": "x"})")).contains("It applies to all that comes"));
}

TEST(Draft, OfChats) {
  DraftInput input{ChannelType::Sms, {}};
  input.message.from = "+491701234567";
  input.message.to = "+4930555000";
  input.message.body = "Delivery of parcel 0034 today between 14:00 and 16:00.";
  EXPECT_EQ(beginning(checked(input)),
            "- an SMS arrives at **Phone**\n- the text contains \"Delivery of parcel\"\n\n");
  input.type = ChannelType::Slack;
  input.message.payload = json::object{{"thread_ts", "17.2"}};
  const std::string draft = checked(input);
  EXPECT_TRUE(draft.contains("- a Slack message arrives in **Slack**\n")) << draft;
  EXPECT_TRUE(draft.contains("```slack\nFrom: +491701234567\nTo: +4930555000\nThread: 17.2\n\n"))
      << draft;
}

TEST(Draft, OfAChatLooksForItsNumberInTheText) {
  DraftInput input{ChannelType::Sms, {}};
  input.message.from = "+491701234567";
  input.message.to = "+4930555000";
  input.message.body = "Order ORD-7 shipped";
  EXPECT_TRUE(checked(input).contains("- number: text matching `/ORD-(\\d+)/` in the text\n"));
}

TEST(Draft, AsksForNoWordsThatStandOtherwiseInTheMessage) {
  EXPECT_EQ(beginning(checked(mail("ann@gmail.com", "Parcel  notice\tagain", "x"))),
            "- an email arrives in **Inbox**\n- the subject contains \"Parcel\"\n\n");
}

TEST(Draft, IsNotCalledAsASection) {
  DraftInput input{ChannelType::Sms, {}};
  input.message.from = "+491701234567";
  input.message.to = "+4930555000";
  input.message.body = "Settings";
  EXPECT_TRUE(checked(input).starts_with("# Text messages\n"));
}

TEST(Draft, OfALongSubjectStaysCheap) {
  std::string subject;
  for (int i = 0; i < 200'000; ++i) subject += "re:";
  for (int i = 0; i < 100'000; ++i) subject += "the ";
  EXPECT_EQ(constant_part(without_prefixes(subject + "report")), "report");
}

// Text as it comes in mails: words, labels, and what means something to Markdown or to rules.
rc::Gen<std::string> any_text() {
  const auto piece = rc::gen::element<std::string>(
      "Total: 12.50", "Due: 2026-03-12", "Link: https://a.example/x", "INV-7", "{{x}}", "{{", "\"",
      "\\", "`", "```", "**", "# ", "## Do", "> ", "1. ", "|", "/", "\n", "\n\n", " ", "\t", "é",
      "🎉", "Re: ", "Constructor: 1", "To: b", "Kind: x", "<b>", "${1}", "---", "a@b.example");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string out;
                        for (const std::string& text : pieces) out += text;
                        return out;
                      });
}

RC_GTEST_PROP(Draft, OfAnyMailCompilesWithoutARemark, ()) {
  DraftInput input{ChannelType::Email, {}};
  input.message.from = *rc::gen::element<std::string>("ann@acme.com", "", "x", "a@b@{{c");
  input.message.subject = *any_text();
  input.message.body = *any_text();
  const std::string draft = draft_rule(input, {});
  const CompileResult result = compile_rule(draft);
  RC_LOG(render_diagnostics(draft, "draft.md", result.diagnostics));
  RC_ASSERT((result.rule && result.diagnostics.empty()));
}

RC_GTEST_PROP(Draft, OfAnyJsonCompilesWithoutARemark, ()) {
  DraftInput input{ChannelType::Webhook, {}};
  json::object inner, outer;
  for (const std::string& key : *rc::gen::container<std::vector<std::string>>(any_text()))
    inner[key] = *any_text();
  inner["n"] = 12.5;
  outer["event"] = *any_text();
  outer["order"] = json::array{std::move(inner), nullptr};
  input.message.payload = std::move(outer);
  const std::string draft = draft_rule(input, {});
  const CompileResult result = compile_rule(draft);
  RC_LOG(render_diagnostics(draft, "draft.md", result.diagnostics));
  RC_ASSERT((result.rule && result.diagnostics.empty()));
}

}  // namespace
}  // namespace msghub
