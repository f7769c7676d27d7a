#include "blob/disk/disk_blobs.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "blob/memory_blobs.h"
#include "tests/contract/blobs_contract.h"

// This program stands between the blobs and the kernel: it counts the syncs, and can fail them.
namespace {
std::atomic<int> syncs = 0;
std::atomic<int> sync_to_fail = 0;  // the n-th from now on; 0: none
std::atomic<int> error_of_sync = EIO;
}  // namespace

extern "C" int fsync(int file) {
  ++syncs;
  if (sync_to_fail.load() > 0 && sync_to_fail.fetch_sub(1) == 1) {
    errno = error_of_sync;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, file));
}

// Writes of the blobs, after which the disk is full: so many bytes from now on; -1: never.
namespace {
std::atomic<std::int64_t> room_on_disk = -1;
}

extern "C" ssize_t write(int file, const void* bytes, std::size_t count) {
  const std::int64_t room = room_on_disk;
  if (room == 0) {
    errno = ENOSPC;
    return -1;
  }
  if (room > 0) count = std::min(count, static_cast<std::size_t>(room));
  const long written = ::syscall(SYS_write, file, bytes, count);
  if (room > 0 && written > 0) room_on_disk -= written;
  return written;
}

namespace msghub::testing {
namespace {

namespace fs = std::filesystem;

class DiskEngine {
 public:
  DiskEngine() {
    std::string path = (fs::temp_directory_path() / "msghub-blob-XXXXXX").string();
    MSGHUB_CHECK(::mkdtemp(path.data()) != nullptr);
    root_ = path;
    open(0);
  }
  ~DiskEngine() {
    pool_.join();
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  DiskEngine(const DiskEngine&) = delete;
  DiskEngine& operator=(const DiskEngine&) = delete;

  void open(std::uint64_t reserve) { blobs_ = open_disk_blobs(root_ + "/blobs", pool_, reserve); }
  Blobs& blobs() { return *blobs_; }
  std::string file(const std::string& path) const { return root_ + "/blobs/objects/" + path + "~"; }
  std::string temporaries() const { return root_ + "/blobs/tmp"; }

 private:
  boost::asio::thread_pool pool_{2};
  std::string root_;
  std::unique_ptr<Blobs> blobs_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Disk, BlobsContract, DiskEngine);

// The double that other rooms' tests use is held to the same contract.
class MemoryEngine {
 public:
  Blobs& blobs() { return blobs_; }

 private:
  MemoryBlobs blobs_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BlobsContract, MemoryEngine);

std::string content_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void overwrite(const std::string& file, const std::string& content) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
}

Failure failure_of_get(DiskEngine& engine, const std::string& path) {
  try {
    run_task(engine.blobs().get(path));
  } catch (const Failure& failure) {
    return failure;
  }
  return {Failure::Retry::Later, "no failure"};
}

RC_GTEST_PROP(DiskBlobs, GiveBackAnyBytes, (const std::string& bytes)) {
  static DiskEngine engine;
  RC_ASSERT(run_task(engine.blobs().put("a/b", bytes)).has_value());
  RC_ASSERT(run_task(engine.blobs().get("a/b")) == bytes);
}

TEST(DiskBlobs, NoticeEveryChangedByteAndEveryLength) {
  DiskEngine engine;
  ASSERT_TRUE(run_task(engine.blobs().put("a", "some bytes")));
  const std::string whole = content_of(engine.file("a"));
  ASSERT_EQ(whole.size(), 40u + 10u);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    overwrite(engine.file("a"), damaged);
    const Failure failure = failure_of_get(engine, "a");
    ASSERT_EQ(failure.retry, Failure::Retry::Never) << "bit " << bit;
    ASSERT_NE(std::string(failure.what()).find("the blob a is damaged"), std::string::npos);
  }
  for (std::size_t length = 0; length < whole.size(); ++length) {
    overwrite(engine.file("a"), whole.substr(0, length));
    ASSERT_EQ(failure_of_get(engine, "a").retry, Failure::Retry::Never) << length << " bytes";
  }
  overwrite(engine.file("a"), whole + "x");
  EXPECT_EQ(failure_of_get(engine, "a").retry, Failure::Retry::Never);
  overwrite(engine.file("a"), whole);
  EXPECT_EQ(run_task(engine.blobs().get("a")), "some bytes");
}

TEST(DiskBlobs, SyncTheFileAndEveryNewFolder) {
  DiskEngine engine;
  int before = syncs;
  ASSERT_TRUE(run_task(engine.blobs().put("a/b/c", "1")));
  EXPECT_EQ(syncs - before, 4) << "the file, objects for a, a for b, b for c";
  before = syncs;
  ASSERT_TRUE(run_task(engine.blobs().put("a/b/d", "1")));
  EXPECT_EQ(syncs - before, 2) << "the file and b";
  engine.open(0);
  before = syncs;
  ASSERT_TRUE(run_task(engine.blobs().put("a/b/e", "1")));
  EXPECT_EQ(syncs - before, 4) << "a folder that this process did not make may not be synced";
  before = syncs;
  run_task(engine.blobs().remove("a/b/e"));
  EXPECT_EQ(syncs - before, 1);
}

TEST(DiskBlobs, AcknowledgeNothingWhenASyncFails) {
  for (const int error : {EIO, ENOSPC}) {
    for (int n = 1; n <= 4; ++n) {
      DiskEngine engine;
      error_of_sync = error;
      sync_to_fail = n;
      try {
        run_task(engine.blobs().put("a/b/c", "1"));
        ADD_FAILURE() << "acknowledged although sync " << n << " failed";
      } catch (const Failure& failure) {
        EXPECT_EQ(failure.retry, Failure::Retry::Later);
        const bool says_full = std::string(failure.what()).find("is full") != std::string::npos;
        EXPECT_EQ(says_full, error == ENOSPC) << failure.what();
      }
      sync_to_fail = 0;
      EXPECT_TRUE(fs::is_empty(engine.temporaries()));
      const int before = syncs;
      ASSERT_TRUE(run_task(engine.blobs().put("a/b/c", "2")));
      const int again[] = {4, 4, 3, 2};
      EXPECT_EQ(syncs - before, again[n - 1]) << "what was not synced is synced now";
      EXPECT_EQ(run_task(engine.blobs().get("a/b/c")), "2");
    }
  }
}

TEST(DiskBlobs, AcknowledgeNothingWhenTheDiskFillsWhileWriting) {
  DiskEngine engine;
  ASSERT_TRUE(run_task(engine.blobs().put("a/b", "old")));
  for (const int room : {0, 1, 39, 40, 41, 1000, 1039}) {
    room_on_disk = room;
    std::string said = "nothing";
    try {
      run_task(engine.blobs().put("a/b", std::string(1000, 'x')));
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.retry, Failure::Retry::Later);
      said = failure.what();
    }
    room_on_disk = -1;
    EXPECT_NE(said.find("is full"), std::string::npos) << room << ": " << said;
    EXPECT_TRUE(fs::is_empty(engine.temporaries()));
    EXPECT_EQ(run_task(engine.blobs().get("a/b")), "old");
  }
}

// What the head says must be the head of a blob, also where the bytes are not read.
TEST(DiskBlobs, NoticeADamagedHeadWithoutReadingTheBytes) {
  DiskEngine engine;
  ASSERT_TRUE(run_task(engine.blobs().put("a", "some bytes")));
  const std::string whole = content_of(engine.file("a"));
  for (const std::string& damaged : {std::string(), whole.substr(0, 39), "X" + whole.substr(1)}) {
    overwrite(engine.file("a"), damaged);
    EXPECT_THROW(run_task(engine.blobs().head("a")), Failure);
    EXPECT_THROW(run_task(engine.blobs().get_range("a", 0, 1)), Failure);
    EXPECT_EQ(run_task(engine.blobs().list("", 10, "")).blobs.size(), 1u);
  }
}

TEST(DiskBlobs, ListNothingThatIsNotTheirs) {
  DiskEngine engine;
  ASSERT_TRUE(run_task(engine.blobs().put("a/b", "1")));
  const std::string folder = fs::path(engine.file("a")).parent_path();
  fs::create_directories(folder + "/lost+found");
  overwrite(folder + "/lost+found/x~", "foreign");
  overwrite(folder + "/a/b c~", "foreign");
  const BlobPage page = run_task(engine.blobs().list("", 10, ""));
  ASSERT_EQ(page.blobs.size(), 1u);
  EXPECT_EQ(page.blobs[0].path, "a/b");
}

TEST(DiskBlobs, ForgetWhatWasBeingWritten) {
  DiskEngine engine;
  overwrite(engine.temporaries() + "/7", "half a blob");
  engine.open(0);
  EXPECT_TRUE(fs::is_empty(engine.temporaries()));
  EXPECT_TRUE(run_task(engine.blobs().list("", 10, "")).blobs.empty());
}

TEST(DiskBlobs, LeaveNoEmptyFolders) {
  DiskEngine engine;
  ASSERT_TRUE(run_task(engine.blobs().put("users/u/messages/m/raw.txt", "1")));
  run_task(engine.blobs().remove("users/u/messages/m/raw.txt"));
  EXPECT_TRUE(fs::is_empty(fs::path(engine.file("x")).parent_path()));
}

TEST(DiskBlobs, BelowTheReserveTakeNoMessages) {
  DiskEngine engine;
  engine.open(std::uint64_t{1} << 60);
  try {
    run_task(engine.blobs().put("users/u/messages/m/raw.txt", "1"));
    FAIL() << "a message's blob was taken";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.retry, Failure::Retry::Later);
    EXPECT_NE(std::string(failure.what()).find("is full"), std::string::npos) << failure.what();
  }
  EXPECT_TRUE(run_task(engine.blobs().put("users/u/executions/e/logs.txt", "1")));
}

TEST(DiskBlobs, AreKeptOverAReopen) {
  DiskEngine engine;
  ASSERT_TRUE(run_task(engine.blobs().put("a/b", "1")));
  engine.open(0);
  EXPECT_EQ(run_task(engine.blobs().get("a/b")), "1");
}

}  // namespace
}  // namespace msghub::testing
