#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "tests/contract/migrate_fixture.h"

extern char** environ;

namespace msghub::testing {

namespace {

constexpr std::string_view kFlag = "--migrate";

json::object object_of(const std::string& text) {
  const Result<json::value> parsed = parse_json(text);
  MSGHUB_CHECK(parsed && parsed->is_object());
  return parsed->get_object();
}

// SIGKILL after a random moment, wherever the move is then.
void kill_soon() {
  std::random_device random;
  const std::chrono::microseconds pause(random() % 3000);
  std::thread([pause] {
    std::this_thread::sleep_for(pause);
    ::kill(::getpid(), SIGKILL);
  }).detach();
}

json::object as_json(const MoveReport& report) {
  json::object out{{"complete", report.end == MoveReport::End::Complete}};
  for (const TableMove& table : report.mark.tables)
    out[table.table] = {{"items", table.items}, {"sum", table.sum}};
  out["blobs"] = {{"blobs", report.mark.blobs.copied}, {"sum", report.mark.blobs.sum}};
  json::array differences;
  for (const std::string& difference : report.differences) differences.emplace_back(difference);
  out["differences"] = std::move(differences);
  return out;
}

std::string read_all(int file) {
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::read(file, buffer, sizeof buffer)) > 0)
    text.append(buffer, static_cast<std::size_t>(count));
  return text;
}

}  // namespace

std::optional<int> run_migrate_child(int count, char** arguments) {
  if (count != 6 || arguments[1] != kFlag) return std::nullopt;
  OpenHouse from(object_of(arguments[2]));
  OpenHouse to(object_of(arguments[3]));
  const int step = std::stoi(arguments[4]);
  const std::int64_t at = std::stoll(arguments[5]);
  bool doomed = false;
  MoveOptions options;
  options.progress = [&](const MoveProgress& progress) {
    if (static_cast<int>(progress.step) != step || progress.done < at || doomed) return;
    doomed = true;
    kill_soon();
  };
  const Result<MoveReport> report = move_between(from, to, std::move(options));
  // It was too fast for the killer.
  while (doomed) ::pause();
  if (!report)
    std::printf("{\"refused\":%s}\n", to_json(json::value(report.error().detail)).c_str());
  if (report) std::printf("%s\n", to_json(as_json(*report)).c_str());
  return report ? 0 : 1;
}

ChildEnd migrate_in_child(const Place& from, const Place& to, std::optional<Kill> kill) {
  std::string words[] = {"/proc/self/exe",
                         std::string(kFlag),
                         to_json(from),
                         to_json(to),
                         std::to_string(kill ? static_cast<int>(kill->step) : -1),
                         std::to_string(kill ? kill->at : 0)};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int output[2];
  MSGHUB_CHECK(::pipe2(output, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
  pid_t pid = 0;
  MSGHUB_CHECK(::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  ::close(output[1]);
  const std::string text = read_all(output[0]);
  ::close(output[0]);
  int status = 0;
  MSGHUB_CHECK(::waitpid(pid, &status, 0) == pid);
  ChildEnd end;
  end.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  if (!text.empty()) end.report = object_of(text);
  return end;
}

json::object migrate_with_two_kills(const Place& from, const Place& to, std::int64_t blobs,
                                    std::int64_t items) {
  const ChildEnd first = migrate_in_child(from, to, Kill{MoveProgress::Step::Blobs, blobs});
  EXPECT_EQ(first.code, 128 + SIGKILL) << to_json(first.report);
  const ChildEnd second = migrate_in_child(from, to, Kill{MoveProgress::Step::Items, items});
  EXPECT_EQ(second.code, 128 + SIGKILL) << to_json(second.report);
  ChildEnd third = migrate_in_child(from, to, std::nullopt);
  EXPECT_EQ(third.code, 0) << to_json(third.report);
  EXPECT_EQ(to_json(third.report["differences"]), "[]");
  EXPECT_EQ(third.report["complete"], json::value(true));
  return third.report;
}

}  // namespace msghub::testing
