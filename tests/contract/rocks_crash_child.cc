#include "tests/contract/rocks_crash_child.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <thread>

#include "store/messages.h"
#include "tests/contract/rocks_engine.h"

namespace msghub::testing {

namespace {

// Writes messages for ever, each with its channel's counter in the same transaction, and says the
// name of each only when its task has ended.
Task<void> write_messages(Tables& tables, std::string prefix) {
  for (int i = 0;; ++i) {
    const std::string name = prefix + "-" + std::to_string(i);
    Item item{{"PK", name},
              {"SK", "METADATA"},
              {"GSI1PK", "CHANNEL#c"},
              {"GSI1SK", name},
              {"body", std::string(300, 'x')}};
    std::vector<Write> writes;
    writes.push_back(Put{Table::Messages, std::move(item), if_absent()});
    writes.push_back(Update{Table::Channels,
                            {"c", "METADATA"},
                            {.set = {}, .remove = {}, .add = {{"messageCount", 1}}},
                            {}});
    const Result<void> result = co_await tables.transact(std::move(writes));
    MSGHUB_CHECK(result.has_value());
    const std::string line = name + "\n";
    MSGHUB_CHECK(::write(STDOUT_FILENO, line.data(), line.size()) ==
                 static_cast<ssize_t>(line.size()));
  }
}

int be_writer(const std::string& folder) {
  const ManualClock clock;
  const auto tables = RocksTables::open({.path = folder, .reserve_bytes = 0}, clock);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&tables, t] {
      boost::asio::io_context loop;
      for (int i = 0; i < 8; ++i)
        boost::asio::co_spawn(
            loop,
            write_messages(*tables, std::to_string(::getpid()) + "-" + std::to_string(t) + "-" +
                                        std::to_string(i)),
            boost::asio::detached);
      loop.run();
    });
  for (std::thread& thread : threads) thread.join();
  return 0;
}

// A disk of our own that can be filled and freed, in a mount namespace that ends with the process.
// Where nothing can be mounted, a limit on the size of files stands in for the disk.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    mounted_ = own_mounts() && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("none", folder_.c_str(), "tmpfs", 0, "size=128m") == 0;
    ::signal(SIGXFSZ, SIG_IGN);
  }
  bool mounted() const { return mounted_; }

  void leave_free(std::uint64_t bytes) {
    if (!mounted_) return;
    std::ofstream filler(folder_ + "/filler", std::ios::binary | std::ios::app);
    const std::string block(64 * 1024, 'f');
    struct statvfs disk{};
    while (::statvfs(folder_.c_str(), &disk) == 0 && disk.f_bavail * disk.f_frsize > bytes) {
      filler << block << std::flush;
      if (!filler) break;
    }
  }
  void fill() {
    if (mounted_) return leave_free(0);
    limit_files(1);
  }
  void free() {
    if (mounted_)
      ::unlink((folder_ + "/filler").c_str());
    else
      limit_files(RLIM_INFINITY);
  }

 private:
  static bool own_mounts() {
    const std::string user = std::to_string(::geteuid());
    const std::string group = std::to_string(::getegid());
    if (user == "0") return ::unshare(CLONE_NEWNS) == 0;
    if (::unshare(CLONE_NEWNS | CLONE_NEWUSER) != 0) return false;
    // Unmapped, we could not write to what we mount.
    return tell_kernel("setgroups", "deny") && tell_kernel("uid_map", "0 " + user + " 1") &&
           tell_kernel("gid_map", "0 " + group + " 1");
  }
  static bool tell_kernel(const std::string& what, const std::string& text) {
    std::ofstream file("/proc/self/" + what);
    file << text << std::flush;
    return file.good();
  }
  static void limit_files(rlim_t bytes) {
    struct rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  std::string folder_;
  bool mounted_ = false;
};

enum class Said { Stored, Refused, Later };

Said put(Tables& tables, Table table, const std::string& pk, std::size_t bytes = 100) {
  Item item{{"PK", pk}, {"SK", "S"}, {"body", std::string(bytes, 'x')}};
  std::vector<Write> writes;
  writes.push_back(Put{table, std::move(item), if_absent()});
  try {
    return run_task(tables.transact(std::move(writes))) ? Said::Stored : Said::Refused;
  } catch (const Failure& failure) {
    MSGHUB_CHECK(failure.retry == Failure::Retry::Later);
    return Said::Later;
  }
}

bool eventually(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (std::chrono::steady_clock::now() < end) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

// Each step that goes wrong ends the process with a code of its own and says what it was.
int failed(int code, const char* what) {
  std::printf("%s\n", what);
  std::fflush(stdout);
  return code;
}

// Fills the disk, frees it, and looks whether everything acknowledged is there.
int fill_and_free(SmallDisk& disk, RocksTables& tables, int round,
                  std::vector<std::string>& stored) {
  const std::string prefix = "r" + std::to_string(round) + "-";
  const auto keep = [&](Table table, const std::string& name) {
    const Said said = put(tables, table, name, 50'000);
    if (said == Said::Stored && table == Table::Messages) stored.push_back(name);
    return said;
  };
  if (keep(Table::Messages, prefix + "before") != Said::Stored)
    return failed(10, "a message was not taken while there was room");
  if (disk.mounted()) {
    disk.leave_free(7 << 20);
    if (!eventually([&] { return put(tables, Table::Messages, prefix + "no") == Said::Later; }))
      return failed(11, "a message was taken below the reserve");
    if (put(tables, Table::Executions, prefix + "execution") != Said::Stored)
      return failed(12, "an execution did not get into the reserve");
  }
  disk.fill();
  // More than the disk holds: the log's file has taken its room already.
  bool stopped = false;
  for (int n = 0; n < 500 && !stopped; ++n)
    stopped =
        put(tables, Table::Executions, prefix + "e" + std::to_string(n), 300'000) == Said::Later;
  if (!stopped) return failed(13, "a full disk stopped no write");
  if (tables.healthy() || tables.trouble().empty())
    return failed(14, "a store that cannot write calls itself healthy");
  for (const std::string& name : stored)
    if (!run_task(tables.get(Table::Messages, {name, "S"})))
      return failed(15, "a read failed while the disk was full");
  disk.free();
  if (!eventually([&] { return keep(Table::Messages, prefix + "after") == Said::Stored; }))
    return failed(16, "the store did not heal in ten seconds");
  if (!tables.healthy()) return failed(17, "a healed store does not call itself healthy");
  return 0;
}

int be_on_full_disk(const std::string& folder) {
  SmallDisk disk(folder);
  std::printf("%s\n", disk.mounted() ? "on a tmpfs of 128 MiB" : "under RLIMIT_FSIZE");
  const ManualClock clock;
  const RocksOptions options{.path = folder + "/store",
                             .reserve_bytes = disk.mounted() ? std::uint64_t{8} << 20 : 0};
  std::vector<std::string> stored;
  {
    const auto tables = RocksTables::open(options, clock);
    for (int round = 0; round < 3; ++round) {
      const int code = fill_and_free(disk, *tables, round, stored);
      if (code != 0) return code;
    }
  }
  const auto tables = RocksTables::open(options, clock);
  for (const std::string& name : stored)
    if (!run_task(tables->get(Table::Messages, {name, "S"})))
      return failed(18, "an acknowledged message is gone");
  std::printf("%zu messages are there\n", stored.size());
  return 0;
}

// Says on its standard output why the store does not open, and what is logged meanwhile.
int be_second(const std::string& folder) {
  MSGHUB_CHECK(::dup2(STDOUT_FILENO, STDERR_FILENO) == STDERR_FILENO);
  const ManualClock clock;
  try {
    RocksTables::open({.path = folder, .reserve_bytes = 0}, clock);
  } catch (const Failure& failure) {
    return failed(failure.retry == Failure::Retry::Never ? 20 : 21, failure.what());
  }
  return 0;
}

}  // namespace

std::optional<int> run_as_child(int count, char** arguments) {
  if (count != 4 || std::string_view(arguments[1]) != "--child") return std::nullopt;
  const std::string_view part = arguments[2];
  if (part == "writer") return be_writer(arguments[3]);
  if (part == "second") return be_second(arguments[3]);
  if (part == "full-disk") return be_on_full_disk(arguments[3]);
  return 64;
}

Child start_child(const std::vector<std::string>& arguments) {
  int ends[2];
  MSGHUB_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
  std::vector<std::string> words{"/proc/self/exe", "--child"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const pid_t pid = ::fork();
  MSGHUB_CHECK(pid >= 0);
  if (pid == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::execv(words[0].c_str(), pointers.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

int wait_for(Child child) {
  ::close(child.output);
  int status = 0;
  MSGHUB_CHECK(::waitpid(child.pid, &status, 0) == child.pid);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace msghub::testing
