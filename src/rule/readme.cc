#include "rule/readme.h"

namespace msghub {

std::optional<std::string> rule_of_readme(std::string_view readme) {
  // The last one: a rule may hold the same words.
  const std::size_t end = readme.rfind("\n---\n\n# Running this rule\n");
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(readme.substr(0, end));
}

}  // namespace msghub
