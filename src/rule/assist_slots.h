#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "model/integration.h"

namespace msghub {

// What stands for a value that only the author knows, by the name of its slot.
struct Placeholder {
  std::string_view slot;
  std::string_view text;
  std::string_view detail;
};
inline constexpr auto kPlaceholders = std::to_array<Placeholder>({
    {"text", "\"\"", "a text"},
    {"texts", "\"\"", "texts, with commas between them"},
    {"operand", "\"\"", "a text"},
    {"operands", "\"\"", "texts, with commas between them"},
    {"default", "\"\"", "a text, when nothing is found"},
    {"guard", "\"\"", "a text or a number"},
    {"cc", "\"\"", "addresses"},
    {"bcc", "\"\"", "addresses"},
    {"row", "\"\"", "the number of a row"},
    {"column", "\"\"", "the name of a column"},
    {"find", "\"\"", "a text"},
    {"answer", "\"\"", "a text, or JSON in backticks"},
    {"pattern", "`//`", "a regular expression"},
    {"operand", "`//`", "a regular expression"},
    {"operands", "`//`", "a regular expression"},
    {"path", "``", "a path into JSON"},
    {"field", "``", "a path into JSON"},
    {"model", "`gpt-4o-mini`", "a model"},
    {"url", "<https://>", "a URL"},
    {"case", "(exact case)", "upper and lower case count"},
    {"method", "POST", "an HTTP method"},
    {"method", "PUT", "an HTTP method"},
    {"method", "PATCH", "an HTTP method"},
    {"order", "(day first)", "how 03/04/2026 is read"},
    {"order", "(month first)", "how 03/04/2026 is read"},
    {"duration", "30 seconds", "a time"},
    {"duration", "10 minutes", "a time"},
    {"slackchannel", "**#channel**", "a Slack channel"},
    {"output", "**name**", "what later steps call the answer"},
});

// Slots of bold names, and whose names they are; nothing: of any connection.
struct NameSlot {
  std::string_view slot;
  std::optional<IntegrationService> service;
};
inline constexpr auto kNameSlots = std::to_array<NameSlot>({
    {"connection", std::nullopt},
    {"sheet", IntegrationService::Google},
});

}  // namespace msghub
