#include "rule/imports.h"

#include <array>
#include <filesystem>
#include <set>

namespace msghub {

std::vector<std::string> imported_files(std::string_view path, std::string_view source) {
  static constexpr auto kBefore =
      std::to_array<std::string_view>({" from '", "import '", "import('"});
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::set<std::string> found;
  for (const std::string_view before : kBefore) {
    for (std::size_t at = source.find(before); at != std::string_view::npos;
         at = source.find(before, at + before.size())) {
      const std::string_view rest = source.substr(at + before.size());
      if (!rest.starts_with('.')) continue;
      const std::string_view specifier = rest.substr(0, rest.find('\''));
      found.insert((folder / specifier).lexically_normal().string());
    }
  }
  return {found.begin(), found.end()};
}

std::vector<std::string> reached_files(const ImportsOf& imports_of,
                                       const std::vector<std::string>& roots) {
  std::set<std::string> reached;
  std::vector<std::string> open = roots;
  while (!open.empty()) {
    const std::string path = std::move(open.back());
    open.pop_back();
    const std::vector<std::string>* imports = imports_of(path);
    if (imports == nullptr || !reached.insert(path).second) continue;
    open.insert(open.end(), imports->begin(), imports->end());
  }
  return {reached.begin(), reached.end()};
}

}  // namespace msghub
