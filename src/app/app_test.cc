#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/client.h"
#include "app/config.h"
#include "app/config_values.h"
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
  EXPECT_NE(error_of("listen = \"127.0.0.1\"\n").find(":1: listen: \"127.0.0.1\" is no address"),
            std::string::npos);
  EXPECT_NE(error_of("[egress]\nallow = [\"db:5432\", \"127.0.0.1\"]\n")
                .find(":2: egress.allow: \"127.0.0.1\" names no target; needed are host and port, "
                      "such as 127.0.0.1:443"),
            std::string::npos);
  EXPECT_NE(error_of("public_url = \"hub.example.com\"\n").find("is no address of a hub"),
            std::string::npos);
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

TEST(Config, KnowsSlipsAmongVariables) {
  ::setenv("MSGHUB_WORKERS_CONT", "8", 1);
  EXPECT_EQ(load_config("", "/tmp/none").error().detail,
            "MSGHUB_WORKERS_CONT: there is no such setting; did you mean MSGHUB_WORKERS_COUNT?");
  ::unsetenv("MSGHUB_WORKERS_CONT");
  // What Kubernetes sets for a service of this name, and the tests' own.
  for (const char* name : {"MSGHUB_SERVICE_HOST", "MSGHUB_PORT", "MSGHUB_FULL", "MSGHUB_SEED",
                           "MSGHUB_BUILD", "MSGHUB_TEST_STORE", "MSGHUB_GOLDEN"}) {
    const bool there = ::getenv(name) != nullptr;
    if (!there) ::setenv(name, "1", 1);
    EXPECT_TRUE(load_config("", "/tmp/none")) << name;
    if (!there) ::unsetenv(name);
  }
}

TEST(Config, WantsAFile) {
  EXPECT_NE(load_config("/tmp", "/tmp/none").error().detail.find("is a folder"), std::string::npos);
}

TEST(Config, KnowsTargetsOfEgress) {
  for (const char* entry : {"127.0.0.1:9000", "db.internal:5432", "db:1", "10.0.0.0/8:443",
                            "[::1]:80", "fd00::/8:443", "host_1.:65535"})
    EXPECT_TRUE(check_egress_entry(entry)) << entry;
  for (const char* entry : {"127.0.0.1", "10.0.0.0/33:443", "db:0", "db:65536", "db:https", ":80",
                            "", "10.0.0/8:443", "1.2.3:80", "http://db:80", "10.0.0.0/:443"})
    EXPECT_FALSE(check_egress_entry(entry)) << entry;
}

TEST(Config, KnowsAddressesOfHubs) {
  EXPECT_EQ(read_public_url("https://hub.example.com/").value(), "https://hub.example.com");
  EXPECT_EQ(read_public_url("http://[::1]:8080/hub").value(), "http://[::1]:8080/hub");
  for (const char* url : {"hub.example.com", "ftp://hub", "https://", "https://a b", "https://h?x"})
    EXPECT_FALSE(read_public_url(url)) << url;
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
