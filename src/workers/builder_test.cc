#include "workers/builder.h"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "base/crypto.h"

namespace msghub {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// A Node.js process of the test's own, which answers frames as `answer` says: JavaScript with
// `frame`, `send` and `project` in reach.
class Script {
 public:
  explicit Script(const std::string& answer) : folder_(fs::temp_directory_path() / random_uuid()) {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "builder.ts")
        << "import { openHubSocket } from '" << MSGHUB_SOURCE_DIR "/runtime/host/hub-socket.ts';\n"
        << "const send = openHubSocket(({ header }) => {\n"
        << "  const { id, project } = header;\n"
        << answer << "\n});\n";
  }
  ~Script() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  BuilderOptions options() const {
    BuilderOptions options;
    options.command = {
        MSGHUB_SOURCE_DIR "/node_modules/.bin/node", (folder_ / "builder.ts").string(), {}};
    return options;
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  fs::path folder_;
};

using Answer = std::optional<Result<std::vector<TypeProblem>>>;

Task<void> ask(Builder& builder, std::string folder, Answer& answer, int& open) {
  answer = co_await builder.check(std::move(folder));
  if (--open == 0) builder.stop();
}

// Asks for all of them at once.
std::vector<Answer> ask_for(const BuilderOptions& options,
                            const std::vector<std::string>& folders) {
  asio::io_context io;
  Builder builder(io.get_executor(), options);
  std::vector<Answer> answers(folders.size());
  int open = static_cast<int>(folders.size());
  for (std::size_t i = 0; i < folders.size(); ++i)
    asio::co_spawn(io, ask(builder, folders[i], answers[i], open), asio::detached);
  io.run();
  return answers;
}

TEST(Builder, AsksOneProcessForOneProjectAtATime) {
  const Script script(R"(
    if (globalThis.busy) process.exit(1);
    globalThis.busy = true;
    setTimeout(() => {
      globalThis.busy = false;
      const problem = { file: project, line: process.pid, column: 2, message: 'TS1: wrong' };
      send({ type: 'checked', id, problems: project === 'good' ? [] : [problem] });
    }, 20);)");
  const std::vector<Answer> answers = ask_for(script.options(), {"a", "good", "b"});
  for (const Answer& answer : answers) ASSERT_TRUE(answer && *answer);
  EXPECT_TRUE(answers[1]->value().empty());
  const TypeProblem first = answers[0]->value().at(0), last = answers[2]->value().at(0);
  EXPECT_EQ(first.file, "a");
  EXPECT_EQ(first.message, "TS1: wrong");
  EXPECT_EQ(last.file, "b");
  EXPECT_EQ(first.line, last.line) << "the same process";
}

TEST(Builder, StartsAnotherProcessForOneThatDied) {
  const Script script("");
  const Script dies_once(
      "import('node:fs').then(({ existsSync, writeFileSync }) => {\n"
      "  if (!existsSync('" +
      script.path("seen") +
      "')) {\n"
      "    writeFileSync('" +
      script.path("seen") +
      "', '');\n"
      "    process.exit(1);\n"
      "  }\n"
      "  send({ type: 'checked', id, problems: [] });\n});");
  const std::vector<Answer> answers = ask_for(dies_once.options(), {"a"});
  ASSERT_TRUE(answers[0] && *answers[0]);
}

TEST(Builder, RefusesAProjectOverWhichItDiesAgain) {
  const Script script(
      "if (project === 'bad') process.exit(1);"
      "send({ type: 'checked', id, problems: [] });");
  const std::vector<Answer> answers = ask_for(script.options(), {"bad", "good"});
  ASSERT_TRUE(answers[0] && !*answers[0]);
  EXPECT_EQ(answers[0]->error().detail, "the process that checks types died over the project");
  EXPECT_TRUE(answers[1] && *answers[1]) << "the next one is checked all the same";
}

TEST(Builder, RefusesWhatTakesTooLong) {
  const Script script("if (project === 'good') send({ type: 'checked', id, problems: [] });");
  BuilderOptions options = script.options();
  options.limit = std::chrono::milliseconds(3'000);
  const std::vector<Answer> answers = ask_for(options, {"bad", "good"});
  ASSERT_TRUE(answers[0] && !*answers[0]);
  EXPECT_EQ(answers[0]->error().detail, "the type check took longer than 3000 ms");
  EXPECT_TRUE(answers[1] && *answers[1]);
}

TEST(Builder, TellsWhyItCouldNotCheck) {
  const Script script(
      "send({ type: 'checked', id, error: { code: 'internal_error', message: 'no disk' } });");
  const std::vector<Answer> answers = ask_for(script.options(), {"a"});
  ASSERT_TRUE(answers[0] && !*answers[0]);
  EXPECT_EQ(answers[0]->error().detail, "the type check failed: no disk");
}

}  // namespace
}  // namespace msghub
