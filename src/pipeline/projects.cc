#include "pipeline/projects.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/crypto.h"
#include "pipeline/artefact.h"
#include "store/rule_projects.h"

namespace msghub {

namespace fs = std::filesystem;

namespace {

bool stays_inside(const std::string& path) {
  const fs::path relative(path);
  if (path.empty() || relative.is_absolute()) return false;
  for (const fs::path& segment : relative)
    if (segment == ".." || segment == "." || segment.empty()) return false;
  return true;
}

// Another process may have written the same version in between: then its folder serves.
Result<void> write_once(const std::string& folder, const std::vector<SourceFile>& files) {
  if (fs::exists(folder)) return {};
  Result<void> written = write_project(folder, files);
  if (!written && written.error().code == Refusal::Code::Conflict) return {};
  return written;
}

}  // namespace

Result<void> write_project(const std::string& folder, const std::vector<SourceFile>& files) {
  const fs::path target = fs::absolute(folder).lexically_normal();
  std::error_code error;
  if (fs::exists(target, error) && !fs::is_empty(target, error))
    return refuse(Refusal::Code::Conflict,
                  "the folder " + target.string() + " is there already and not empty");
  for (const SourceFile& file : files)
    if (!stays_inside(file.path))
      return refuse(Refusal::Code::Invalid, "the path " + file.path + " leads out of the project");
  const fs::path parent =
      target.has_filename() ? target.parent_path() : target.parent_path().parent_path();
  const fs::path temporary = parent / (".writing-" + random_uuid());
  try {
    for (const SourceFile& file : files) {
      const fs::path path = temporary / file.path;
      fs::create_directories(path.parent_path());
      std::ofstream out(path, std::ios::binary);
      out << file.content;
      if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
    }
    fs::remove(target, error);  // an empty folder is in the way of rename on some systems
    fs::rename(temporary, target);
  } catch (const std::exception& failed) {
    fs::remove_all(temporary, error);
    if (fs::exists(target, error) && !fs::is_empty(target, error))
      return refuse(Refusal::Code::Conflict,
                    "the folder " + target.string() + " was written by somebody else just now");
    throw Failure(Failure::Retry::Later, std::string("cannot write the project to ") +
                                             target.string() + ": " + failed.what());
  }
  return {};
}

ProjectFolders::ProjectFolders(std::string root, std::string packages, Tables& tables, Blobs& blobs,
                               boost::asio::thread_pool& pool)
    : root_(fs::absolute(root).string()), tables_(tables), blobs_(blobs), pool_(pool) {
  const fs::path link = fs::path(root_) / "node_modules";
  fs::create_directories(root_);
  std::error_code error;
  // A cache that a power cut may have left half-written: it is laid out anew, as it is needed.
  for (const auto& entry : fs::directory_iterator(root_))
    if (entry.path() != link) fs::remove_all(entry.path(), error);
  if (fs::read_symlink(link, error) != fs::path(packages)) {
    fs::remove(link, error);
    fs::create_directory_symlink(packages, link);
  }
}

std::string ProjectFolders::folder_name(const RuleId& rule, std::int64_t version) const {
  return root_ + "/" + rule.value + "/" + std::to_string(version);
}

Task<Result<std::string>> ProjectFolders::folder_of(RuleId rule, std::int64_t version) {
  const std::string folder = folder_name(rule, version);
  if (ready_.contains({rule, version})) co_return folder;
  RuleProjects projects(tables_);
  const std::optional<RuleProject> project = co_await projects.get_specific_version(rule, version);
  if (!project)
    co_return refuse(Refusal::Code::NotFound, "version " + std::to_string(version) + " of rule " +
                                                  rule.value + " has no project");
  Result<std::vector<SourceFile>> sources = co_await load_sources(*project, blobs_, pool_);
  if (!sources) co_return std::unexpected(sources.error());
  auto write = [folder, files = std::move(*sources)] { return write_once(folder, files); };
  const Result<void> written = co_await offload(pool_, std::move(write));
  if (!written) co_return std::unexpected(written.error());
  ready_.emplace(rule, version);
  co_return folder;
}

Task<void> ProjectFolders::remove_old() {
  std::vector<std::pair<RuleId, std::int64_t>> old;  // all but the newest of each rule
  for (auto at = ready_.begin(); at != ready_.end(); ++at)
    if (const auto next = std::next(at); next != ready_.end() && next->first == at->first)
      old.push_back(*at);
  RuleProjects projects(tables_);
  for (const auto& [rule, version] : old) {
    const std::optional<RuleProject> kept = co_await projects.get_specific_version(rule, version);
    if (!kept) co_await remove(rule, version);
  }
}

Task<void> ProjectFolders::remove(RuleId rule, std::int64_t version) {
  const std::string folder = folder_name(rule, version);
  ready_.erase({rule, version});
  co_await offload(pool_, [folder] {
    std::error_code error;
    fs::remove_all(folder, error);
  });
}

Task<Result<std::vector<SourceFile>>> ProjectFolders::sources(RuleProject project) {
  co_return co_await load_sources(project, blobs_, pool_);
}

Task<Result<std::string>> ProjectFolders::scratch(std::vector<SourceFile> files) {
  const std::string folder = root_ + "/scratch/" + random_uuid();
  const Result<void> written =
      co_await offload(pool_, [folder, files] { return write_project(folder, files); });
  if (!written) co_return std::unexpected(written.error());
  co_return folder;
}

Task<void> ProjectFolders::remove_scratch(std::string folder) {
  co_await offload(pool_, [folder] {
    std::error_code error;
    fs::remove_all(folder, error);
  });
}

}  // namespace msghub
