// Mails and what is read out of each, as files that runtime/test reads as well: see spec/README.md.
// MSGHUB_GOLDEN=write rewrites them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json.h"
#include "mime/told.h"

namespace msghub {
namespace {

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::filesystem::path> mails() {
  std::vector<std::filesystem::path> out;
  const auto folder = std::filesystem::path(MSGHUB_SOURCE_DIR) / "spec" / "messages";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".eml") out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

class Golden : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(Golden, IsReadAsWritten) {
  const std::string read = to_pretty_json(told(read_file(GetParam()))) + "\n";
  std::filesystem::path expected = GetParam();
  expected.replace_extension(".json");
  const char* mode = std::getenv("MSGHUB_GOLDEN");
  if (mode != nullptr && std::string_view(mode) == "write")
    std::ofstream(expected, std::ios::binary) << read;
  EXPECT_EQ(read, read_file(expected));
}

INSTANTIATE_TEST_SUITE_P(Mails, Golden, testing::ValuesIn(mails()), [](const auto& info) {
  std::string name = info.param.stem();
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace msghub
