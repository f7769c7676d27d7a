#include "app/lsp_params.h"

#include <algorithm>

namespace msghub {

const json::object& object_at(const json::object& params, std::string_view name) {
  const json::value* found = params.if_contains(name);
  if (found == nullptr || !found->is_object())
    throw BadParams{"\"" + std::string(name) + "\" is missing"};
  return found->get_object();
}

std::string text_at(const json::object& params, std::string_view name) {
  const json::value* found = params.if_contains(name);
  if (found == nullptr || !found->is_string())
    throw BadParams{"\"" + std::string(name) + "\" is no text"};
  return std::string(found->get_string());
}

namespace {

std::int64_t number_at(const json::object& params, std::string_view name) {
  constexpr std::uint64_t kMost = 0x7FFFFFFF;
  const json::value* found = params.if_contains(name);
  if (found != nullptr && found->is_int64() && found->get_int64() >= 0)
    return std::min<std::int64_t>(found->get_int64(), kMost);
  if (found != nullptr && found->is_uint64()) return kMost;
  throw BadParams{"\"" + std::string(name) + "\" is no position"};
}

}  // namespace

LspPosition position_at(const json::object& params, std::string_view name) {
  const json::object& position = object_at(params, name);
  return {number_at(position, "line"), number_at(position, "character")};
}

const json::value* find_at(const json::object& params,
                           std::initializer_list<std::string_view> path) {
  const json::object* at = &params;
  const json::value* found = nullptr;
  for (const std::string_view name : path) {
    found = at == nullptr ? nullptr : at->if_contains(name);
    at = found == nullptr ? nullptr : found->if_object();
  }
  return found;
}

}  // namespace msghub
