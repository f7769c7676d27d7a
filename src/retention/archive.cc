#include "retention/archive.h"

#include <algorithm>

namespace msghub {

namespace {

// A day's folder is asked for by itself only when few are wanted; else one list says it all.
constexpr std::chrono::days kDaysAskedSingly{31};

bool in_range(std::string_view path, const ArchiveRange& range) {
  const std::optional<Timestamp> day = day_of_path(path);
  return day && !(range.from && *day < *range.from) && !(range.to && *day > *range.to);
}

std::string folder_of(Table table) { return "archives/" + std::string(archive_name(table)) + "/"; }

[[noreturn]] void not_as_written(const std::string& path, const std::string& why) {
  throw Failure(Failure::Retry::Later, "the archive did not keep what was written to " + path +
                                           ": " + why + "; nothing of it was deleted");
}

// A damaged blob is a finding here, no trouble.
Task<Result<std::string>> bytes_of(std::string path, Blobs& blobs) {
  try {
    std::optional<std::string> bytes = co_await blobs.get(path);
    if (bytes) co_return std::move(*bytes);
  } catch (const Failure& failure) {
    if (failure.retry == Failure::Retry::Later) throw;
    co_return refuse(Refusal::Code::Invalid, failure.what());
  }
  co_return refuse(Refusal::Code::NotFound, path + " is missing");
}

}  // namespace

Task<std::vector<std::string>> Archive::manifests(ArchiveRange range) {
  std::vector<std::string> found;
  for (const Table table : kArchivedTables) {
    if (range.table && *range.table != table) continue;
    std::vector<std::string> folders{folder_of(table)};
    if (range.from && range.to && *range.to - *range.from <= kDaysAskedSingly) {
      folders.clear();
      for (Timestamp day = *range.from; day <= *range.to; day += std::chrono::days(1))
        folders.push_back(archive_folder(table, day));
    }
    for (const std::string& folder : folders) {
      std::string cursor;
      do {
        const BlobPage page = co_await blobs_.list(folder, Blobs::kPageLimit, cursor);
        for (const BlobInfo& blob : page.blobs)
          if (is_manifest_path(blob.path) && in_range(blob.path, range)) found.push_back(blob.path);
        cursor = page.cursor;
      } while (!cursor.empty());
    }
  }
  co_return found;
}

Task<Result<ArchiveManifest>> Archive::manifest(std::string path) {
  if (!is_manifest_path(path))
    co_return refuse(Refusal::Code::NotFound, path + " is no manifest of the archive");
  const Result<std::string> text = co_await bytes_of(path, blobs_);
  if (!text) co_return std::unexpected(text.error());
  Result<ArchiveManifest> manifest = read_manifest(*text);
  if (!manifest)
    co_return refuse(manifest.error().code,
                     "the manifest " + path + " cannot be used: " + manifest.error().detail);
  if (manifest_path(manifest->part) != path)
    co_return refuse(Refusal::Code::Invalid,
                     "the manifest " + path + " is that of another part, " + manifest->part);
  co_return manifest;
}

Task<Result<std::vector<ArchiveLine>>> Archive::read(ArchiveManifest manifest) {
  Result<std::string> bytes = co_await bytes_of(manifest.part, blobs_);
  if (!bytes) co_return refuse(Refusal::Code::Invalid, bytes.error().detail);
  auto unpack = [manifest = std::move(manifest), bytes = std::move(*bytes)] {
    return unpack_part(manifest, bytes);
  };
  co_return co_await offload(pool_, std::move(unpack));
}

Task<ArchiveManifest> Archive::write(Table table, std::string part, std::vector<std::string> lines,
                                     Timestamp from, Timestamp to, Timestamp now) {
  auto pack = [table, part, lines = std::move(lines), from, to, now] {
    return pack_part(table, part, lines, from, to, now);
  };
  PackedPart packed = co_await offload(pool_, std::move(pack));
  const Result<void> kept = co_await blobs_.put(part, std::move(packed.bytes));
  if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
  const Result<std::vector<ArchiveLine>> lines_back = co_await read(packed.manifest);
  if (!lines_back) not_as_written(part, lines_back.error().detail);

  const std::string path = manifest_path(part);
  const std::string text = to_pretty_json(to_json_value(packed.manifest)) + "\n";
  const Result<void> noted = co_await blobs_.put(path, text);
  if (!noted) throw Failure(Failure::Retry::Never, noted.error().detail);
  const std::optional<std::string> text_back = co_await blobs_.get(path);
  if (text_back != text) not_as_written(path, "it is missing or damaged");
  co_return packed.manifest;
}

// A manifest without its part would claim what is not there.
Task<void> Archive::discard(std::string part) {
  co_await blobs_.remove(manifest_path(part));
  co_await blobs_.remove(part);
}

}  // namespace msghub
