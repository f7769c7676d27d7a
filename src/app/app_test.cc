#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/client.h"
#include "app/config.h"
#include "app/output.h"
#include "base/crypto.h"

namespace msghub {
namespace {

namespace fs = std::filesystem;

std::string read(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

TEST(Config, PageAndProgramListTheSameSettings) {
  const std::string page = read(MSGHUB_SOURCE_DIR "/docs/operations/configuration.md");
  std::size_t rows = 0;
  for (std::size_t at = page.find("\n| `"); at != std::string::npos;
       at = page.find("\n| `", at + 1))
    ++rows;
  EXPECT_EQ(rows, settings().size());
  for (const Setting& setting : settings())
    EXPECT_NE(page.find("\n| `" + setting.name + "` | `" + setting.variable + "` |"),
              std::string::npos)
        << setting.name;
}

TEST(Config, TheExampleOfThePageIsRead) {
  const std::string page = read(MSGHUB_SOURCE_DIR "/docs/operations/configuration.md");
  const std::size_t start = page.find("```toml\n") + 8;
  const fs::path file = fs::temp_directory_path() / (random_uuid() + ".toml");
  std::ofstream(file) << page.substr(start, page.find("```", start) - start);
  const Result<Config> config = load_config(file.string(), "/tmp/none");
  fs::remove(file);
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->listen, "127.0.0.1:8080");
  EXPECT_EQ(config->workers, 8u);
  EXPECT_EQ(config->egress_allow, std::vector<std::string>{"127.0.0.1:9000"});
  EXPECT_EQ(config->key_file, "/tmp/none.key");
}

TEST(Config, SaysWhereAndWhatIsWrong) {
  const fs::path file = fs::temp_directory_path() / (random_uuid() + ".toml");
  const auto error_of = [&](const std::string& text) {
    std::ofstream(file, std::ios::trunc) << text;
    const Result<Config> config = load_config(file.string(), "/tmp/none");
    return config ? std::string("accepted") : config.error().detail;
  };
  EXPECT_NE(error_of("[workers]\ncuont = 8\n")
                .find(":2: workers.cuont: there is no such setting; "
                      "did you mean workers.count?"),
            std::string::npos)
      << error_of("[workers]\ncuont = 8\n");
  EXPECT_NE(error_of("[workers]\ncount = 0\n").find("no whole number from 1 to 256"),
            std::string::npos);
  EXPECT_NE(error_of("listen = \n").find(":1:"), std::string::npos);
  EXPECT_NE(error_of("[log]\nlevel = \"loud\"\n").find("none of debug"), std::string::npos);
  fs::remove(file);
}

TEST(Config, VariablesWinOverTheFile) {
  ::setenv("MSGHUB_RETRY_TRIES", "3", 1);
  EXPECT_EQ(load_config("", "/tmp/none")->retry_tries, 3);
  ::setenv("MSGHUB_RETRY_TRIES", "many", 1);
  EXPECT_NE(load_config("", "/tmp/none").error().detail.find("MSGHUB_RETRY_TRIES"),
            std::string::npos);
  ::unsetenv("MSGHUB_RETRY_TRIES");
}

TEST(Output, AlignsByCharactersAndObeysNoControlCharacter) {
  EXPECT_EQ(table({"A", "B"}, {{"äö", "1"}, {"x\x1b[2J", "2"}}), "A      B\näö     1\nx [2J  2\n");
}

TEST(Output, TakesControlCharactersOutOfTextOfSenders) {
  using namespace std::string_literals;
  EXPECT_EQ(harmless("a\x1b[31mred\0tail\nnext\x7f\tend"s), "a [31mred tail next  end");
  EXPECT_EQ(harmless("a\x1b\nnext\tend", Lines::Kept), "a \nnext\tend");
  EXPECT_EQ(harmless("grün \u009b31m \u00a0 ✓"), "grün  31m \u00a0 ✓");
}

TEST(Client, EncodesWhatPeopleType) { EXPECT_EQ(url_part("a b/ä?"), "a%20b%2F%C3%A4%3F"); }

}  // namespace
}  // namespace msghub
