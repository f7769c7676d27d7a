#pragma once

#include <gtest/gtest.h>

#include <set>

#include "store/channels.h"
#include "store/executions.h"
#include "store/integrations.h"
#include "store/messages.h"
#include "store/rule_projects.h"
#include "store/rules.h"
#include "store/users.h"
#include "tests/contract/run_task.h"

// Every field and every enum value of the data model goes into the store and comes out again, on
// every engine (see tables_test.h).
namespace msghub::testing {

// A value with all its fields set: optional ones, and lists with one entry.
template <class T>
T filled(int& number);

template <class T>
void fill(T& out, int& number) {
  ++number;
  if constexpr (std::is_same_v<T, std::string>) {
    out = "text " + std::to_string(number);
  } else if constexpr (std::is_same_v<T, bool>) {
    out = true;
  } else if constexpr (std::is_same_v<T, double>) {
    out = number + 0.25;
  } else if constexpr (std::is_integral_v<T>) {
    out = 4'000'000'000 + number;  // as a ttl: far from now
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    out = Timestamp(std::chrono::milliseconds(1'763'805'600'000 + number));
  } else if constexpr (std::is_same_v<T, json::value>) {
    out = json::array{number, nullptr, "x", json::object{{"deep", 1.5}}};
  } else if constexpr (std::is_same_v<T, json::object>) {
    out = {{"number", number}, {"list", json::array{1, "two"}}};
  } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
    out = {{"subject", "text " + std::to_string(number)}};
  } else if constexpr (std::is_enum_v<T>) {
    out = wire_names(T{}).back().value;
  } else if constexpr (requires { T::kIsTextWrapper; }) {
    out = T{"id-" + std::to_string(number)};
  } else if constexpr (
      requires {
        typename T::value_type;
        out.emplace();
      } && !requires { out.size(); }) {
    out = filled<typename T::value_type>(number);  // std::optional
  } else if constexpr (requires { out.push_back(typename T::value_type{}); }) {
    out = {filled<typename T::value_type>(number)};
  } else {
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) { fill(out.*member.pointer, number); });
  }
}

template <class T>
T filled(int& number) {
  T out{};
  fill(out, number);
  return out;
}

template <class Engine>
class EntitiesContract : public ::testing::Test {
 protected:
  Engine engine;

  // Puts one entity and gives it back as it was read.
  template <class T>
  T through_the_store(Table table, const T& entity) {
    const Item item = item_of(table, entity);
    std::vector<Write> writes;
    writes.push_back(Put{table, item, {}});
    const Result<void> kept = run_task(engine.tables().transact(std::move(writes)));
    EXPECT_TRUE(kept) << kept.error().detail;
    const std::optional<T> found = run_task(
        get_entity<T>(engine.tables(), table, {string_or(item, "PK"), string_or(item, "SK")}));
    EXPECT_TRUE(found) << to_json(item);
    return found.value_or(T{});
  }

  template <class T>
  void every_field(Table table) {
    int number = 0;
    const T entity = filled<T>(number);
    const json::value wanted = to_json_value(entity);
    const json::value found = to_json_value(through_the_store(table, entity));
    EXPECT_EQ(to_json(found), to_json(wanted));
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_public>>(
        [&](auto member) {
          EXPECT_TRUE(found.get_object().contains(camel_case(member.name))) << member.name;
        });
  }

  // Stores an entity with each value of one of its enums.
  template <class T, class Set>
  void every_value(Table table, Set set) {
    int number = 0;
    T entity = filled<T>(number);
    for (const auto& [value, name] : wire_names(set(entity))) {
      set(entity) = value;
      T found = through_the_store(table, entity);
      EXPECT_EQ(set(found), value) << name;
      EXPECT_NE(to_json(to_json_value(found)).find("\"" + std::string(name) + "\""),
                std::string::npos);
    }
  }
};

TYPED_TEST_SUITE_P(EntitiesContract);

TYPED_TEST_P(EntitiesContract, EveryFieldComesBack) {
  this->template every_field<User>(Table::Users);
  this->template every_field<Rule>(Table::Rules);
  this->template every_field<Channel>(Table::Channels);
  this->template every_field<Message>(Table::Messages);
  this->template every_field<Execution>(Table::Executions);
  this->template every_field<RuleProject>(Table::RuleProjects);
  this->template every_field<Integration>(Table::Integrations);
}

TYPED_TEST_P(EntitiesContract, EveryEnumValueComesBack) {
  this->template every_value<User>(Table::Users, [](User& x) -> auto& { return x.status; });
  this->template every_value<Rule>(Table::Rules, [](Rule& x) -> auto& { return x.status; });
  this->template every_value<Rule>(Table::Rules, [](Rule& x) -> auto& {
    return x.metadata.triggers[0].conditions[0].operator_;
  });
  this->template every_value<Rule>(Table::Rules,
                                   [](Rule& x) -> auto& { return x.metadata.actions[0].type; });
  this->template every_value<Channel>(Table::Channels, [](Channel& x) -> auto& { return x.type; });
  this->template every_value<Channel>(Table::Channels,
                                      [](Channel& x) -> auto& { return x.status; });
  this->template every_value<Message>(Table::Messages,
                                      [](Message& x) -> auto& { return x.status; });
  this->template every_value<Execution>(Table::Executions,
                                        [](Execution& x) -> auto& { return x.status; });
  this->template every_value<Execution>(
      Table::Executions, [](Execution& x) -> auto& { return x.action_results[0].status; });
  this->template every_value<RuleProject>(Table::RuleProjects,
                                          [](RuleProject& x) -> auto& { return x.build_status; });
  this->template every_value<Integration>(Table::Integrations,
                                          [](Integration& x) -> auto& { return x.service; });
  this->template every_value<Integration>(Table::Integrations,
                                          [](Integration& x) -> auto& { return x.status; });
}

// Words that the data model lists for a field which is a text here, and members of JSON that has no
// type of its own.
TYPED_TEST_P(EntitiesContract, EveryListedTextComesBack) {
  int number = 0;
  Channel channel = filled<Channel>(number);
  for (const char* provider : {"gmail", "outlook", "imap"}) {
    channel.config.email_provider = provider;
    EXPECT_EQ(this->through_the_store(Table::Channels, channel).config.email_provider, provider);
  }
  for (const char* provider : {"twilio", "messagebird"}) {
    channel.config.sms_provider = provider;
    EXPECT_EQ(this->through_the_store(Table::Channels, channel).config.sms_provider, provider);
  }
  channel.credentials = R"({"accessToken":"a","refreshToken":"b","apiKey":"c","apiSecret":"d"})";
  EXPECT_EQ(this->through_the_store(Table::Channels, channel).credentials, channel.credentials);
  Message message = filled<Message>(number);
  for (const char* priority : {"high", "normal", "low"}) {
    message.metadata.priority = priority;
    EXPECT_EQ(this->through_the_store(Table::Messages, message).metadata.priority, priority);
  }
  RuleProject project = filled<RuleProject>(number);
  for (const char* language : {"typescript", "javascript", "json", "dockerfile"}) {
    project.source_files[0].language = language;
    EXPECT_EQ(this->through_the_store(Table::RuleProjects, project).source_files[0].language,
              language);
  }
  Rule rule = filled<Rule>(number);
  for (const char* config :
       {R"({"spreadsheetId":"s","sheetName":"n","operation":"append","mapping":{"A":"x"}})",
        R"({"operation":"update"})", R"({"operation":"find_and_update"})",
        R"({"url":"u","method":"POST","headers":{"a":"b"},"bodyTemplate":"{}"})",
        R"({"method":"PUT"})", R"({"method":"PATCH"})",
        R"({"prompt":"p","model":"gpt-4","temperature":0.5,"maxTokens":9,"outputField":"f"})"}) {
    rule.metadata.actions[0].config = parse_json(config)->as_object();
    const Rule found = this->through_the_store(Table::Rules, rule);
    EXPECT_EQ(to_json(found.metadata.actions[0].config), config);
  }
}

REGISTER_TYPED_TEST_SUITE_P(EntitiesContract, EveryFieldComesBack, EveryEnumValueComesBack,
                            EveryListedTextComesBack);

}  // namespace msghub::testing
