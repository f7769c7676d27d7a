#include "api/connection_check.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace msghub {
namespace {

// Why a connection is refused; "" when it is taken.
std::string why(IntegrationService service, const char* settings, const char* credentials) {
  NewConnection wanted{service, "X", parse_json(settings)->as_object(),
                       parse_json(credentials)->as_object()};
  const Result<void> fits = check_connection(wanted);
  return fits ? "" : fits.error().detail;
}

constexpr const char* kKey =
    R"({"serviceAccount": "{\"client_email\": \"a@b.c\", \"private_key\": \"pem\"}"})";

TEST(ConnectionCheck, TakesEachServiceWithWhatItNeeds) {
  EXPECT_EQ(why(IntegrationService::Google, R"({"spreadsheetId": "1-a_B"})", kKey), "");
  EXPECT_EQ(why(IntegrationService::Google, "{}", R"({"accessToken": "ya29"})"), "");
  EXPECT_EQ(why(IntegrationService::Slack, "{}", R"({"token": "xoxb-1"})"), "");
  EXPECT_EQ(why(IntegrationService::Openai, R"({"baseUrl": "http://localhost:8000/v1"})",
                R"({"apiKey": "sk-1"})"),
            "");
  EXPECT_EQ(why(IntegrationService::Smtp, R"({"host": "h", "port": 25})", "{}"), "");
  EXPECT_EQ(why(IntegrationService::Postgres, R"({"host": "h", "port": 5432, "user": "u"})",
                R"({"password": "p"})"),
            "");
}

TEST(ConnectionCheck, NamesWhatIsMissingOrUnknown) {
  EXPECT_EQ(why(IntegrationService::Slack, "{}", "{}"),
            "credentials.token: a bot's token, xoxb-…, is needed");
  EXPECT_EQ(why(IntegrationService::Openai, "{}", R"({"apiKey": ""})"),
            "credentials.apiKey: an API key is needed");
  // A secret in the wrong place would be kept in the clear, and its value must not come back.
  EXPECT_EQ(why(IntegrationService::Slack, R"({"token": "xoxb-1"})", "{}"),
            "settings.token is not known; known: baseUrl");
  EXPECT_EQ(why(IntegrationService::Openai, "{}", R"({"password": "p"})"),
            "credentials.password is not known; known: apiKey");
  EXPECT_TRUE(why(IntegrationService::Google, "{}", "{}").contains("JSON key file"));
  EXPECT_TRUE(
      why(IntegrationService::Google, "{}", R"({"serviceAccount": "[]"})").contains("key file"));
  EXPECT_TRUE(why(IntegrationService::Twilio, "{}", "{}").starts_with("service: "));
  EXPECT_EQ(why(IntegrationService::Smtp, R"({"host": "h", "port": 25, "tls": "verify"})", "{}"),
            "settings.tls: one of these is needed: none, starttls, implicit");
}

TEST(ConnectionCheck, WantsAnAddressThatCanBeCalled) {
  for (const char* url : {"ftp://x", "x", "", "https://user@x", "https://x y"})
    EXPECT_TRUE(why(IntegrationService::Slack, to_json(json::object{{"baseUrl", url}}).c_str(),
                    R"({"token": "t"})")
                    .starts_with("settings.baseUrl: "))
        << url;
}

TEST(ConnectionCheck, TakesTheIdOutOfAnAddress) {
  NewConnection wanted{
      IntegrationService::Google,
      "Ledger",
      {{"spreadsheetId", "https://docs.google.com/spreadsheets/d/1-a_B/edit?gid=0#gid=0"}},
      {{"accessToken", "ya29"}}};
  ASSERT_TRUE(check_connection(wanted));
  EXPECT_EQ(string_or(wanted.settings, "spreadsheetId"), "1-a_B");
  for (const char* id : {"", "a b", "../x", "https://docs.google.com/spreadsheets/d/"})
    EXPECT_TRUE(why(IntegrationService::Google,
                    to_json(json::object{{"spreadsheetId", id}}).c_str(), R"({"accessToken": "t"})")
                    .starts_with("settings.spreadsheetId: "))
        << id;
}

}  // namespace
}  // namespace msghub
