#pragma once

#include <gtest/gtest.h>

#include "store/channels.h"
#include "store/executions.h"
#include "store/integrations.h"
#include "store/messages.h"
#include "store/rule_projects.h"
#include "store/rules.h"
#include "store/users.h"
#include "tests/contract/run_task.h"

namespace msghub::testing {

inline Timestamp at(std::string_view text) { return *from_iso8601(text); }

template <class T>
std::vector<std::string> ids(const Result<PageOf<T>>& page) {
  std::vector<std::string> found;
  EXPECT_TRUE(page) << page.error().detail;
  if (page)
    for (const T& entity : page->items) found.push_back(entity.id.value);
  return found;
}
using Ids = std::vector<std::string>;

inline User user(std::string id, std::string email) {
  return {.id = {id},
          .email = std::move(email),
          .display_name = "A",
          .created_at = at("2025-11-14T00:00:00Z"),
          .updated_at = at("2025-11-14T00:00:00Z")};
}

inline Rule rule(std::string id, std::string owner, RuleStatus status, std::string_view updated) {
  return {.id = {id},
          .user_id = {std::move(owner)},
          .name = "R",
          .markdown_source = "# R",
          .generated_code = "x",
          .code_version = 1,
          .status = status,
          .created_at = at("2025-11-01T00:00:00Z"),
          .updated_at = at(updated)};
}

inline Channel channel(std::string id, std::string owner, ChannelType type) {
  return {.id = {id},
          .user_id = {std::move(owner)},
          .type = type,
          .name = "C",
          .created_at = at("2025-11-14T00:00:00Z"),
          .updated_at = at("2025-11-14T00:00:00Z")};
}

inline Message message(std::string id, std::string of, std::string_view received,
                       MessageStatus status = MessageStatus::Pending) {
  Message out{.id = {id},
              .channel_id = {std::move(of)},
              .received_at = at(received),
              .status = status,
              .raw_content = "raw"};
  out.parsed_content = {.from = "a@b.c", .body = "body", .timestamp = at(received)};
  return out;
}

inline Execution execution(std::string id, std::string of_rule, std::string of_message,
                           std::string_view started, ExecutionStatus status) {
  return {.id = {id},
          .rule_id = {std::move(of_rule)},
          .message_id = {std::move(of_message)},
          .rule_version = 1,
          .started_at = at(started),
          .status = status};
}

inline RuleProject project(std::string of, std::int64_t version, std::size_t bytes = 10) {
  return {.id = {of},
          .rule_id = {of},
          .version = version,
          .dockerfile_content = "FROM node",
          .source_files = {{"src/rule.ts", std::string(bytes, 'x'), "typescript"}},
          .created_at = at("2025-11-14T00:00:00Z")};
}

inline Integration integration(std::string id, std::string owner, IntegrationService service,
                               std::string name, std::string_view created) {
  return {.id = {id},
          .user_id = {std::move(owner)},
          .service = service,
          .display_name = std::move(name),
          .credentials = "sealed",
          .created_at = at(created),
          .updated_at = at(created)};
}

// Writes plainly what a real one hides.
class OpenCipher final : public EmailCipher {
 public:
  Task<std::string> seal(UserId user, std::string email) const override {
    co_return "sealed:" + user.value + ":" + email;
  }
  Task<Result<std::string>> unseal(UserId user, std::string sealed) const override {
    const std::string head = "sealed:" + user.value + ":";
    if (!sealed.starts_with(head)) co_return refuse(Refusal::Code::Invalid, "of another user");
    co_return sealed.substr(head.size());
  }
  bool is_sealed(std::string_view stored) const override { return stored.starts_with("sealed:"); }
  std::string index_of(std::string_view email) const override {
    return "index-" + normalised_email(email);
  }
};

}  // namespace msghub::testing
