#include "move/backup_files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/crypto.h"
#include "base/sync_folder.h"
#include "base/synced_file.h"
#include "move/blob_pointers.h"
#include "store/schema.h"

namespace msghub::move {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
constexpr std::size_t kHex = 64;

[[noreturn]] void fail(const std::string& doing, const std::string& file) {
  throw Failure(Failure::Retry::Later,
                "could not " + doing + " " + file + ": " + std::strerror(errno));
}

class Hash {
 public:
  Hash() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    check(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(std::string_view bytes) {
    check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  std::string hex() {
    unsigned char bytes[32];
    check(EVP_DigestFinal_ex(context_.get(), bytes, nullptr) == 1);
    return to_hex(std::string_view(reinterpret_cast<const char*>(bytes), sizeof bytes));
  }

 private:
  static void check(bool fine) {
    if (!fine) throw Failure(Failure::Retry::Never, "OpenSSL computes no SHA-256");
  }
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

std::string read_whole(const std::string& file) {
  const OpenFile in(file, O_RDONLY);
  std::string text;
  if (!in.is_open() || !in.read_all(text)) fail("read", file);
  return text;
}

}  // namespace

std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    if (at->is_directory()) continue;
    std::string name = at->path().string().substr(folder.size() + 1);
    if (name != kManifestFile && name != kSumsFile) names.push_back(std::move(name));
  }
  if (error)
    throw Failure(Failure::Retry::Later,
                  "could not look into the folder " + folder + ": " + error.message());
  std::ranges::sort(names);
  return names;
}

Digest digest_of(const std::string& file, const std::function<void(std::string_view)>& copy) {
  const OpenFile in(file, O_RDONLY);
  if (!in.is_open()) fail("read", file);
  Hash hash;
  Digest digest;
  std::string piece(kPiece, '\0');
  for (;;) {
    const ssize_t count = ::read(in.number(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("read", file);
    if (count == 0) break;
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(count));
    hash.add(bytes);
    digest.bytes += bytes.size();
    copy(bytes);
  }
  digest.sha256_hex = hash.hex();
  return digest;
}

Digest copy_file(const std::string& from, const std::string& to) {
  const OpenFile out(to, O_WRONLY | O_CREAT | O_EXCL);
  if (!out.is_open()) fail("make", to);
  const Digest digest = digest_of(from, [&](std::string_view bytes) {
    if (!out.write_all(bytes)) fail("write", to);
  });
  if (!out.sync()) fail("sync", to);
  return digest;
}

void write_synced(const std::string& file, std::string_view text) {
  const std::string fresh = file + ".new";
  {
    const OpenFile out(fresh, O_WRONLY | O_CREAT | O_TRUNC);
    if (!out.is_open() || !out.write_all(text) || !out.sync()) fail("write", fresh);
  }
  if (::rename(fresh.c_str(), file.c_str()) != 0) fail("write", file);
  if (!sync_folder(fs::path(file).parent_path().string())) fail("sync the folder of", file);
}

void sync_disk_of(const std::string& folder) {
  const OpenFile at(folder, O_RDONLY | O_DIRECTORY);
  if (!at.is_open() || ::syncfs(at.number()) != 0) fail("sync", folder);
}

Result<BackupManifest> read_manifest(const std::string& folder) {
  const std::string file = folder + "/" + kManifestFile;
  std::error_code error;
  if (!fs::exists(file, error))
    return refuse(Refusal::Code::NotFound,
                  folder + " is no backup, or one that did not come to its end: there is no " +
                      kManifestFile);
  const Result<json::value> parsed = parse_json(read_whole(file));
  Result<BackupManifest> manifest = parsed
                                        ? from_json_value<BackupManifest>(*parsed)
                                        : Result<BackupManifest>(std::unexpected(parsed.error()));
  if (!manifest)
    return refuse(Refusal::Code::Invalid, file + " is damaged: " + manifest.error().detail);
  if (manifest->format > BackupManifest::kFormat || manifest->schema_version > kSchemaVersion)
    return refuse(Refusal::Code::Invalid,
                  folder + " was made by a newer msghub (" + manifest->program + "); use that one");
  return manifest;
}

Result<std::vector<FileSum>> read_sums(const std::string& folder, const BackupManifest& manifest) {
  const std::string file = folder + "/" + kSumsFile;
  std::error_code error;
  const std::string text = fs::exists(file, error) ? read_whole(file) : "";
  if (sha256_hex(text) != manifest.files_sha256)
    return refuse(Refusal::Code::Invalid,
                  file + " is missing or damaged: the backup cannot be trusted");
  std::vector<FileSum> sums;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    // A name leads to no place outside.
    if (line.size() < kHex + 3 || line[kHex + 2] == '/' || line.contains(".."))
      return refuse(Refusal::Code::Invalid, file + " has a line that is none: " + line);
    sums.push_back({line.substr(kHex + 2), line.substr(0, kHex)});
    at = end + 1;
  }
  return sums;
}

std::string sums_text(const std::vector<FileSum>& sums) {
  std::string text;
  for (const FileSum& sum : sums) text += sum.sha256_hex + "  " + sum.name + "\n";
  return text;
}

std::string blob_file(const std::string& path) { return "objects/" + path + "~"; }

std::vector<std::string> missing_blobs(const std::string& folder, Table table, const Item& item) {
  std::vector<std::string> paths = blob_pointers(table, item);
  std::erase_if(paths, [&folder](const std::string& path) {
    std::error_code error;
    return fs::exists(folder + "/blobs/" + blob_file(path), error);
  });
  return paths;
}

void check_contents(const std::string& folder, const BackupManifest& manifest,
                    std::vector<std::string>& problems) {
  const Result<StoreCheck> check =
      RocksTables::verify(folder + "/store", [&](Table table, const Item& item) {
        for (const std::string& path : missing_blobs(folder, table, item)) {
          if (problems.size() >= BackupCheck::kProblems ||
              std::ranges::binary_search(manifest.missing, path))
            continue;
          problems.push_back("the blob " + path + " is missing, to which " + string_or(item, "PK") +
                             " of " + std::string(schema_of(table).name) + " points");
        }
      });
  if (!check) {
    problems.push_back(check.error().detail);
    return;
  }
  for (const std::string& problem : check->problems) problems.push_back("store: " + problem);
  for (const BackupTable& table : manifest.tables)
    for (std::size_t i = 0; i < kTables.size(); ++i)
      if (kTables[i].name == table.table &&
          check->tables[i].items != static_cast<std::uint64_t>(table.items))
        problems.push_back("store: " + table.table + " has " +
                           std::to_string(check->tables[i].items) + " items, the manifest says " +
                           std::to_string(table.items));
  if (check->problems.empty() && check->sha256 != manifest.store_sha256)
    problems.push_back("store: its items are not those of the manifest");
}

}  // namespace msghub::move
