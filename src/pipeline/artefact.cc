#include "pipeline/artefact.h"

#include <archive.h>
#include <archive_entry.h>

#include <map>
#include <memory>

#include "model/message.h"
#include "store/rule_projects.h"

namespace msghub {

namespace {

constexpr std::string_view kRoot = "project/";
constexpr std::size_t kMostUnpacked = std::size_t{64} * 1024 * 1024;  // bytes

struct Closer {
  void operator()(archive* a) const { archive_free(a); }  // of either kind
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Archive = std::unique_ptr<archive, Closer>;

void need(int result, archive* a) {
  if (result == ARCHIVE_OK) return;
  const char* why = archive_error_string(a);
  throw Failure(Failure::Retry::Never,
                std::string("a project cannot be packed: ") + (why != nullptr ? why : "no reason"));
}

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

std::string marker(const std::string& path, const SourceFile& file) {
  return std::string(kBlobPrefix) + path + "#" + file.path;
}

std::unexpected<Refusal> damaged(const std::string& why) {
  return refuse(Refusal::Code::Invalid, "the archive of a project is damaged: " + why);
}

// The files of a gzipped tar by name. Refuses (Invalid).
Result<std::map<std::string, std::string>> read_tar(std::string_view bytes) {
  const Archive reader(archive_read_new());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    return damaged("it is no gzipped tar");
  std::map<std::string, std::string> files;
  std::size_t total = 0;
  archive_entry* entry = nullptr;
  int read = ARCHIVE_OK;
  while ((read = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
    const char* const path = archive_entry_pathname(entry);
    if (path == nullptr) return damaged("a file in it has a name that cannot be read");
    const std::string_view name = path;
    if (archive_entry_filetype(entry) != AE_IFREG || !name.starts_with(kRoot)) continue;
    std::string& content = files[std::string(name.substr(kRoot.size()))];
    char buffer[16 * 1024];
    la_ssize_t got = 0;
    while ((got = archive_read_data(reader.get(), buffer, sizeof buffer)) > 0) {
      total += static_cast<std::size_t>(got);
      if (total > kMostUnpacked) return damaged("it unpacks to more than 64 MiB");
      content.append(buffer, static_cast<std::size_t>(got));
    }
    if (got < 0) return damaged("a file in it cannot be read");
  }
  if (read != ARCHIVE_EOF) return damaged("it ends too early");
  return files;
}

}  // namespace

std::string artefact_blob_path(const UserId& user, const RuleId& rule, std::int64_t version) {
  return "users/" + user.value + "/projects/" + rule.value + "/" + std::to_string(version) +
         "/project.tar.gz";
}

std::string pack_project(const std::vector<SourceFile>& files) {
  std::string bytes;
  const Archive writer(archive_write_new());
  need(archive_write_add_filter_gzip(writer.get()), writer.get());
  // gzip's header has a time, too.
  need(archive_write_set_filter_option(writer.get(), "gzip", "timestamp", nullptr), writer.get());
  need(archive_write_set_format_ustar(writer.get()), writer.get());
  need(archive_write_open(writer.get(), &bytes, nullptr, append, nullptr), writer.get());
  for (const SourceFile& file : files) {
    const std::unique_ptr<archive_entry, Closer> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), (std::string(kRoot) + file.path).c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.content.size()));
    archive_entry_set_mtime(entry.get(), 0, 0);
    need(archive_write_header(writer.get(), entry.get()), writer.get());
    const la_ssize_t written =
        archive_write_data(writer.get(), file.content.data(), file.content.size());
    if (written != static_cast<la_ssize_t>(file.content.size())) need(ARCHIVE_FATAL, writer.get());
  }
  need(archive_write_close(writer.get()), writer.get());
  return bytes;
}

Result<void> unpack_project(std::string_view bytes, std::vector<SourceFile>& files) {
  Result<std::map<std::string, std::string>> found = read_tar(bytes);
  if (!found) return std::unexpected(found.error());
  for (SourceFile& file : files) {
    const auto content = found->find(file.path);
    if (content == found->end()) return damaged("it lacks " + file.path);
    file.content = content->second;
  }
  return {};
}

namespace {

// Writes a version whose build ends with this. A Conflict is no trouble: somebody else ended it, or
// the version is gone.
Task<void> end_build(RuleProject project, Tables& tables) {
  Result<Update> update = rule_project_update(
      project, if_equal("buildStatus", json::value(wire_name(BuildStatus::Building))));
  if (!update) throw Failure(Failure::Retry::Never, update.error().detail);
  std::vector<Write> writes;
  writes.push_back(std::move(*update));
  const Result<void> ended = co_await tables.transact(std::move(writes));
  if (!ended && ended.error().code != Refusal::Code::Conflict)
    throw Failure(Failure::Retry::Never, ended.error().detail);
}

}  // namespace

Task<void> finish_build(RuleProject project, UserId user, Timestamp now, Tables& tables,
                        Blobs& blobs, boost::asio::thread_pool& pool) {
  const std::string path = artefact_blob_path(user, project.rule_id, project.version);
  auto pack = [files = project.source_files] { return pack_project(files); };
  std::string bytes = co_await offload(pool, std::move(pack));
  const Result<void> kept = co_await blobs.put(path, std::move(bytes));
  if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
  for (SourceFile& file : project.source_files) file.content = marker(path, file);
  project.s3_artifact_key = path;
  project.build_status = BuildStatus::Success;
  project.build_error.reset();
  project.built_at = now;
  co_await end_build(std::move(project), tables);
}

Task<void> fail_build(RuleProject project, std::string error, Timestamp now, Tables& tables) {
  project.build_status = BuildStatus::Failed;
  project.build_error = std::move(error);
  project.built_at = now;
  co_await end_build(std::move(project), tables);
}

Task<Result<std::vector<SourceFile>>> load_sources(const RuleProject& project, Blobs& blobs,
                                                   boost::asio::thread_pool& pool) {
  std::vector<SourceFile> files = project.source_files;
  const std::string path = project.s3_artifact_key.value_or("");
  const bool kept_apart =
      !files.empty() && !path.empty() && files.front().content == marker(path, files.front());
  if (!kept_apart) co_return files;
  std::optional<std::string> bytes = co_await blobs.get(path);
  if (!bytes)
    co_return refuse(Refusal::Code::NotFound,
                     "the archive of the project is gone: no blob at " + path);
  auto unpack = [bytes = std::move(*bytes),
                 files = std::move(files)]() mutable -> Result<std::vector<SourceFile>> {
    const Result<void> unpacked = unpack_project(bytes, files);
    if (!unpacked) return std::unexpected(unpacked.error());
    return std::move(files);
  };
  co_return co_await offload(pool, std::move(unpack));
}

}  // namespace msghub
