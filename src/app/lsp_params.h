#pragma once

#include <string>
#include <string_view>

#include "app/lsp_text.h"
#include "base/json.h"

namespace msghub {

// What a request must have and does not, or why it cannot be done; becomes an error of the
// protocol.
struct BadParams {
  static constexpr int kInvalidParams = -32602;
  static constexpr int kRequestFailed = -32803;
  std::string why;
  int code = kInvalidParams;
};

// Members of parameters. They throw BadParams when the member is missing or of another type.
const json::object& object_at(const json::object& params, std::string_view name);
std::string text_at(const json::object& params, std::string_view name);
LspPosition position_at(const json::object& params, std::string_view name);

// The value behind a way of members; null when there is none.
const json::value* find_at(const json::object& params,
                           std::initializer_list<std::string_view> path);

}  // namespace msghub
