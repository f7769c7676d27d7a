#include "move/backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/crypto.h"
#include "base/inside.h"
#include "base/parallel.h"
#include "base/sync_folder.h"
#include "blob/disk/disk_blobs.h"
#include "move/backup_files.h"
#include "move/pause.h"
#include "store/schema.h"

namespace msghub {

namespace fs = std::filesystem;
using move::FileSum;

namespace {

constexpr std::size_t kCopiesAtOnce = 4;
constexpr std::size_t kHashesAtOnce = 2;

std::string layout_name(Layout layout) {
  return layout == Layout::SingleTable ? "single-table" : "multi-table";
}
Layout layout_of(const std::string& name) {
  return name == "single-table" ? Layout::SingleTable : Layout::MultiTable;
}

// Links a blob's file. False: it has to be copied.
bool link_blob(const std::string& from, const std::string& to) {
  struct stat here{}, there{};
  if (::stat(from.c_str(), &here) != 0) return errno == ENOENT;  // gone: nothing points to it
  if (::stat(to.c_str(), &there) == 0) {
    if (here.st_ino == there.st_ino && here.st_dev == there.st_dev) return true;
    ::unlink(to.c_str());
  }
  std::error_code error;
  fs::create_directories(fs::path(to).parent_path(), error);
  if (error)
    throw Failure(Failure::Retry::Later,
                  "could not make the folder of " + to + ": " + error.message());
  if (::link(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return true;
  if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP) return false;
  throw Failure(Failure::Retry::Later, "could not link " + to + ": " + std::strerror(errno));
}

class Copier {
 public:
  Copier(const BackupSource& source, std::string folder)
      : source_(source),
        folder_(std::move(folder)),
        copies_(open_disk_blobs(folder_, source.pool, 0)) {}

  // All blobs that are listed now and have not been copied as they are now.
  Task<void> copy_all() {
    std::string cursor;
    do {
      const BlobPage page = co_await source_.blobs.list("", Blobs::kPageLimit, cursor);
      co_await each_of(page.blobs.size(), kCopiesAtOnce,
                       [this, &page](std::size_t i) { return copy(page.blobs[i].path); });
      cursor = page.cursor;
    } while (!cursor.empty());
  }

 private:
  Task<void> copy(std::string path) {
    if (!source_.blob_folder.empty()) {
      const std::string name = move::blob_file(path);
      auto work = [from = source_.blob_folder + "/" + name, to = folder_ + "/" + name] {
        return link_blob(from, to);
      };
      const bool linked = co_await offload(source_.pool, std::move(work));
      if (linked) co_return;
    }
    const std::optional<BlobInfo> now = co_await source_.blobs.head(path);
    const std::optional<BlobInfo> copied = co_await copies_->head(path);
    if (!now || (copied && copied->sha256_hex == now->sha256_hex)) co_return;
    std::optional<std::string> bytes = co_await source_.blobs.get(path);
    if (!bytes) co_return;
    const Result<void> kept = co_await copies_->put(path, std::move(*bytes));
    if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
  }

  const BackupSource& source_;
  const std::string folder_;
  std::unique_ptr<Blobs> copies_;
};

// The restored data refuse every other key, a freshly made one first of all.
void copy_key_check(const std::string& data, const std::string& folder) {
  const std::string from = data + "/" + move::kKeyCheckFile;
  std::error_code error;
  if (fs::exists(from, error)) move::copy_file(from, folder + "/" + move::kKeyCheckFile);
}

Task<void> hash_file(boost::asio::thread_pool& pool, std::string folder, FileSum& sum,
                     std::uint64_t& bytes) {
  auto work = [file = folder + "/" + sum.name] { return move::digest_of(file); };
  const move::Digest digest = co_await offload(pool, std::move(work));
  sum.sha256_hex = digest.sha256_hex;
  bytes = digest.bytes;
}

Task<void> write_sums(const BackupSource& source, std::string folder, BackupManifest& manifest) {
  std::vector<FileSum> sums;
  auto look = [folder] { return move::files_below(folder); };
  std::vector<std::string> names = co_await offload(source.pool, std::move(look));
  for (std::string& name : names) sums.push_back({std::move(name), ""});
  std::vector<std::uint64_t> bytes(sums.size());
  co_await each_of(sums.size(), kHashesAtOnce, [&](std::size_t i) {
    return hash_file(source.pool, folder, sums[i], bytes[i]);
  });
  manifest.files = static_cast<std::int64_t>(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    manifest.bytes += static_cast<std::int64_t>(bytes[i]);
    if (sums[i].name.starts_with("blobs/")) ++manifest.blobs;
  }
  auto finish = [folder, &sums] {
    const std::string text = move::sums_text(sums);
    move::write_synced(folder + "/" + move::kSumsFile, text);
    return sha256_hex(text);
  };
  manifest.files_sha256 = co_await offload(source.pool, std::move(finish));
}

void fill_in(BackupManifest& manifest, const StoreCheck& check) {
  manifest.schema_version = kSchemaVersion;
  manifest.layout = layout_name(check.layout);
  manifest.store_sha256 = check.sha256;
  for (std::size_t i = 0; i < kTables.size(); ++i)
    manifest.tables.push_back(
        {std::string(kTables[i].name), static_cast<std::int64_t>(check.tables[i].items)});
}

std::string first_of(const std::vector<std::string>& problems) {
  return problems.front() +
         (problems.size() > 1 ? " (and " + std::to_string(problems.size() - 1) + " more)" : "");
}

// Copies the files of a backup and checks each. The blocking part of a restore.
Result<BackupManifest> copy_back(const std::string& folder, const std::string& data) {
  const Result<BackupManifest> manifest = move::read_manifest(folder);
  if (!manifest) return manifest;
  const Result<std::vector<FileSum>> sums = move::read_sums(folder, *manifest);
  if (!sums) return std::unexpected(sums.error());
  for (const FileSum& sum : *sums) {
    const std::string from = folder + "/" + sum.name, to = data + "/" + sum.name;
    std::error_code error;
    if (!fs::exists(from, error))
      return refuse(Refusal::Code::Invalid, "the backup is damaged: " + sum.name + " is missing");
    fs::create_directories(fs::path(to).parent_path(), error);
    const move::Digest digest = move::copy_file(from, to);
    if (digest.sha256_hex != sum.sha256_hex)
      return refuse(Refusal::Code::Invalid, "the backup is damaged: " + sum.name +
                                                " is not what it was when the backup was made");
  }
  std::vector<std::string> problems;
  move::check_contents(data, *manifest, problems);
  if (!problems.empty())
    return refuse(Refusal::Code::Invalid, "the backup is damaged: " + first_of(problems));
  return manifest;
}

Task<void> pause_store(std::string path, const BackupManifest& manifest, const Clock& clock) {
  RocksOptions options;
  options.path = std::move(path);
  options.reserve_bytes = 0;
  options.layout = layout_of(manifest.layout);
  const std::shared_ptr<RocksTables> store = RocksTables::open(options, clock);
  // What a move has not finished must not be resumed as a copy either.
  const std::optional<Pause> before = co_await read_pause(*store);
  if (before && before->held.value_or(false)) co_return;
  Pause pause;
  pause.reason = "it was restored from a backup of " + to_iso8601(manifest.created_at) +
                 "; see that the hub it was made from runs no more, then run `msghub resume`";
  pause.since = clock.now();
  co_await set_pause(*store, std::move(pause));
}

}  // namespace

Result<void> take_backup_folder(const BackupSource& source, const std::string& folder) {
  if (!fs::path(folder).is_absolute())
    return refuse(Refusal::Code::Invalid, "the folder of a backup has to be an absolute path");
  if (is_inside(folder, source.data_folder))
    return refuse(Refusal::Code::Invalid,
                  "a backup inside the data folder would be lost with it; name another folder");
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error))
    return refuse(Refusal::Code::Conflict,
                  folder +
                      " is there already, and not empty; name another folder, or delete "
                      "what a backup that failed has left there");
  error.clear();
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error)
    return refuse(Refusal::Code::Invalid,
                  "could not make the folder " + folder + ": " + error.message());
  return {};
}

Task<Result<BackupManifest>> make_backup(BackupSource source, std::string folder) {
  const Result<void> taken = take_backup_folder(source, folder);
  if (!taken) co_return std::unexpected(taken.error());
  // Twice, as blobs come before the item that points to them and go after it: what the store of
  // any moment in between points to was there before, or came until now.
  Copier copier(source, folder + "/blobs");
  co_await copier.copy_all();
  co_await source.store.checkpoint(folder + "/store");
  co_await copier.copy_all();
  BackupManifest manifest;
  auto note_key = [data = source.data_folder, folder] { copy_key_check(data, folder); };
  co_await offload(source.pool, std::move(note_key));
  auto verify = [&folder, &missing = manifest.missing] {
    return RocksTables::verify(folder + "/store", [&](Table table, const Item& item) {
      for (std::string& path : move::missing_blobs(folder, table, item))
        missing.push_back(std::move(path));
    });
  };
  const Result<StoreCheck> check = co_await offload(source.pool, std::move(verify));
  if (!check) throw Failure(Failure::Retry::Never, check.error().detail);
  if (!check->problems.empty())
    throw Failure(Failure::Retry::Never,
                  "the store is damaged, and so is its copy: " + first_of(check->problems));
  std::ranges::sort(manifest.missing);
  manifest.program = source.program;
  manifest.created_at = source.clock.now();
  fill_in(manifest, *check);
  std::error_code ignored;
  fs::remove(folder + "/blobs/tmp", ignored);
  co_await write_sums(source, folder, manifest);
  auto finish = [folder, text = to_pretty_json(to_json_value(manifest))] {
    move::sync_disk_of(folder);
    move::write_synced(folder + "/" + move::kManifestFile, text + "\n");
  };
  co_await offload(source.pool, std::move(finish));
  co_return manifest;
}

Result<BackupCheck> verify_backup(const std::string& folder) {
  Result<BackupManifest> manifest = move::read_manifest(folder);
  if (!manifest) return std::unexpected(manifest.error());
  const Result<std::vector<FileSum>> sums = move::read_sums(folder, *manifest);
  if (!sums) return std::unexpected(sums.error());
  BackupCheck check{std::move(*manifest), {}};
  const auto problem = [&check](std::string sentence) {
    if (check.problems.size() < BackupCheck::kProblems)
      check.problems.push_back(std::move(sentence));
  };
  const std::vector<std::string> there = move::files_below(folder);
  std::size_t next = 0;
  for (const FileSum& sum : *sums) {  // both are in order
    for (; next < there.size() && there[next] < sum.name; ++next)
      problem(there[next] + " is in the folder, but no part of the backup");
    if (next == there.size() || there[next] != sum.name) {
      problem(sum.name + " is missing");
      continue;
    }
    ++next;
    if (move::digest_of(folder + "/" + sum.name).sha256_hex != sum.sha256_hex)
      problem(sum.name + " is not what it was when the backup was made");
  }
  for (; next < there.size(); ++next)
    problem(there[next] + " is in the folder, but no part of the backup");
  move::check_contents(folder, check.manifest, check.problems);
  return check;
}

Task<Result<BackupManifest>> restore_backup(std::string folder, std::string data,
                                            const Clock& clock, boost::asio::thread_pool& pool) {
  std::error_code error;
  if (fs::exists(data, error) && !fs::is_empty(data, error))
    co_return refuse(Refusal::Code::Conflict,
                     data + " is not empty; a backup is restored into a new data folder");
  const std::string growing = data + ".restoring";
  fs::remove_all(growing, error);
  if (!error) fs::create_directories(growing, error);
  if (!error) fs::permissions(growing, fs::perms::owner_all, error);
  if (error)
    throw Failure(Failure::Retry::Later,
                  "could not make the folder " + growing + ": " + error.message());
  auto copy = [folder, growing] { return copy_back(folder, growing); };
  const Result<BackupManifest> manifest = co_await offload(pool, std::move(copy));
  if (!manifest) {
    fs::remove_all(growing, error);
    co_return manifest;
  }
  // Paused before it has its name: nobody can start it before.
  co_await pause_store(growing + "/store", *manifest, clock);
  move::sync_disk_of(growing);
  if (::rename(growing.c_str(), data.c_str()) != 0 || !sync_new_folder(data))
    throw Failure(Failure::Retry::Later,
                  "could not give " + growing + " its name: " + std::strerror(errno));
  co_return manifest;
}

}  // namespace msghub
