#include "workers/program.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/io_context.hpp>

namespace msghub {
namespace {

namespace asio = boost::asio;
using Lines = std::vector<std::string>;

struct Ran {
  ProgramEnd end;
  Lines lines;
};

Task<void> run_into(ProgramOrder order, Ran& ran) {
  std::function<void(std::string)> keep = [&ran](std::string line) {
    ran.lines.push_back(std::move(line));
  };
  ran.end = co_await run_program(std::move(order), std::move(keep));
}

Ran shell(const std::string& script, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  asio::io_context io;
  Ran ran;
  std::exception_ptr failed;
  const ProgramOrder order{"/bin/sh", {"-c", script}, "/", {"PATH", "MSGHUB_TEST_*"}, limit};
  asio::co_spawn(io, run_into(order, ran), [&](std::exception_ptr error) { failed = error; });
  io.run();
  if (failed) std::rethrow_exception(failed);
  return ran;
}

TEST(Program, GivesItsLinesAndItsCode) {
  const Ran ran = shell("echo one; echo two >&2; printf 'a\\rb\\n\\nlast'; exit 3");
  EXPECT_EQ(ran.lines, (Lines{"one", "two", "a", "b", "last"}));
  EXPECT_EQ(ran.end.code, 3);
  EXPECT_FALSE(ran.end.overran);
}

TEST(Program, SeesOnlyTheVariablesThatAreNamed) {
  ::setenv("MSGHUB_TEST_SEEN", "yes", 1);
  ::setenv("MSGHUB_SECRET", "no", 1);
  const Ran ran = shell("env | grep MSGHUB | sort");
  ::unsetenv("MSGHUB_SECRET");
  EXPECT_EQ(ran.lines, Lines{"MSGHUB_TEST_SEEN=yes"});
}

TEST(Program, IsKilledWithWhatItStartedWhenItTakesTooLong) {
  const auto begin = std::chrono::steady_clock::now();
  const Ran ran = shell("echo $$; sleep 100 & sleep 100", std::chrono::milliseconds(200));
  EXPECT_TRUE(ran.end.overran);
  EXPECT_FALSE(ran.end.code);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
  ASSERT_EQ(ran.lines.size(), 1U);
  // The group is empty once what was killed in it has been reaped by init.
  for (int i = 0; i < 1200 && ::kill(-std::stoi(ran.lines[0]), 0) == 0; ++i) ::usleep(50'000);
  EXPECT_NE(::kill(-std::stoi(ran.lines[0]), 0), 0);
}

TEST(Program, ThatClosesItsOutputEarlyIsWaitedFor) {
  const Ran ran = shell("exec >&- 2>&-; sleep 0.2; exit 4");
  EXPECT_EQ(ran.end.code, 4);
}

TEST(Program, LongLinesAreCut) {
  const Ran ran = shell("head -c 100000 /dev/zero | tr '\\0' x; echo; echo end");
  ASSERT_EQ(ran.lines.size(), 2U);
  EXPECT_EQ(ran.lines[0], std::string(500, 'x'));
}

TEST(Program, ThatIsNotThereIsAFailure) {
  asio::io_context io;
  Ran ran;
  std::exception_ptr failed;
  asio::co_spawn(io, run_into(ProgramOrder{"/no/such/program", {}, "/", {}, {}}, ran),
                 [&](std::exception_ptr error) { failed = error; });
  io.run();
  EXPECT_THROW(std::rethrow_exception(failed), Failure);
  EXPECT_FALSE(find_program("no-such-program-anywhere"));
  EXPECT_TRUE(find_program("sh"));
}

}  // namespace
}  // namespace msghub
