#include "retention/archive_format.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/crypto.h"
#include "model/message.h"
#include "retention/zstd.h"

namespace msghub {

namespace {

constexpr std::string_view kRoot = "archives/";
constexpr std::string_view kPart = "/part-";
constexpr std::string_view kManifest = "/manifest-";
constexpr std::string_view kPartEnd = ".ndjson.zst";
constexpr std::string_view kManifestEnd = ".json";

std::string_view born_attribute(Table table) {
  return table == Table::Messages ? "receivedAt" : "startedAt";
}

void add_blob(std::string_view path, std::vector<std::string>& paths) {
  // What a stranger might have put there must not lead to another's bytes.
  if (path.starts_with("users/")) paths.emplace_back(path);
}

void add_pointer(std::string_view content, std::vector<std::string>& paths) {
  if (content.starts_with(kBlobPrefix)) add_blob(content.substr(kBlobPrefix.size()), paths);
}

void add_attachments(const Item& message, std::vector<std::string>& paths) {
  const json::value* parsed = message.if_contains("parsedContent");
  if (parsed == nullptr || !parsed->is_object()) return;
  const json::value* attachments = parsed->get_object().if_contains("attachments");
  if (attachments == nullptr || !attachments->is_array()) return;
  for (const json::value& attachment : attachments->get_array())
    if (attachment.is_object()) add_blob(string_or(attachment.get_object(), "s3Key"), paths);
}

// The number after `name` in "…/year=2026/month=01/…".
std::optional<int> number_after(std::string_view path, std::string_view name) {
  const std::size_t at = path.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  int number = 0;
  const std::string_view digits = path.substr(at + name.size());
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  return number;
}

Item without_marks(Item item) {
  for (const std::string_view name : {std::string_view("ttl"), kArchivedAt, kArchivePart})
    item.erase(name);
  return item;
}

}  // namespace

std::string_view archive_name(Table table) {
  return table == Table::Messages ? "messages" : "executions";
}

std::optional<Table> archived_table(std::string_view name) {
  for (const Table table : kArchivedTables)
    if (archive_name(table) == name) return table;
  return std::nullopt;
}

std::optional<Timestamp> born_at(Table table, const Item& item) {
  return from_iso8601(string_or(item, born_attribute(table)));
}

std::vector<std::string> blobs_of(Table table, const Item& item) {
  std::vector<std::string> paths;
  if (table == Table::Messages) {
    add_pointer(string_or(item, "rawContent"), paths);
    add_attachments(item, paths);
  } else if (const json::value* logs = item.if_contains("logs"); logs && logs->is_array()) {
    for (const json::value& line : logs->get_array())
      if (line.is_string()) add_pointer(line.get_string(), paths);
  }
  std::ranges::sort(paths);
  paths.erase(std::ranges::unique(paths).begin(), paths.end());
  return paths;
}

bool same_content(const Item& a, const Item& b) { return without_marks(a) == without_marks(b); }

std::string archive_folder(Table table, Timestamp day) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(day));
  char text[48];
  std::snprintf(text, sizeof text, "/year=%04d/month=%02u/day=%02u/", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return std::string(kRoot) + std::string(archive_name(table)) + text;
}

std::optional<Timestamp> day_of_path(std::string_view path) {
  const auto year = number_after(path, "/year=");
  const auto month = number_after(path, "/month=");
  const auto day = number_after(path, "/day=");
  if (!path.starts_with(kRoot) || !year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  return Timestamp(std::chrono::sys_days(date));
}

std::string part_path(Table table, Timestamp day, Timestamp now, std::string_view random) {
  std::string time = to_iso8601(now);
  std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
  std::string folder = archive_folder(table, day);
  folder.pop_back();
  return folder + std::string(kPart) + time + "-" + std::string(random) + std::string(kPartEnd);
}

std::string manifest_path(std::string_view part) {
  const std::size_t name = part.rfind(kPart);
  MSGHUB_CHECK(name != std::string_view::npos && part.ends_with(kPartEnd));
  const std::string_view middle =
      part.substr(name + kPart.size(), part.size() - name - kPart.size() - kPartEnd.size());
  return std::string(part.substr(0, name)) + std::string(kManifest) + std::string(middle) +
         std::string(kManifestEnd);
}

bool is_manifest_path(std::string_view path) {
  const std::size_t name = path.rfind('/');
  return day_of_path(path) && path.substr(name).starts_with(kManifest) &&
         path.ends_with(kManifestEnd);
}

std::optional<Timestamp> written_at(std::string_view part) {
  const std::size_t name = part.rfind(kPart);
  if (name == std::string_view::npos) return std::nullopt;
  const std::string time(part.substr(name + kPart.size(), 19));  // 20260403T101112345Z
  if (time.size() < 19) return std::nullopt;
  return from_iso8601(time.substr(0, 4) + "-" + time.substr(4, 2) + "-" + time.substr(6, 5) + ":" +
                      time.substr(11, 2) + ":" + time.substr(13, 2) + "." + time.substr(15));
}

std::string to_line(const ArchiveLine& line) {
  json::object out{{"item", line.item}};
  out["item"].get_object().erase(kArchivedAt);
  out["item"].get_object().erase(kArchivePart);
  if (!line.blobs.empty()) {
    json::object blobs;
    for (const auto& [path, bytes] : line.blobs) blobs[path] = to_base64(bytes);
    out["blobs"] = std::move(blobs);
  }
  if (!line.missing.empty()) out["missing"] = to_json_value(line.missing);
  return to_json(out) + "\n";
}

Result<ArchiveLine> from_line(std::string_view text) {
  const Refusal broken{Refusal::Code::Invalid, "a line is no archived item"};
  Result<json::value> value = parse_json(text, {.depth = kDepthLimit + 2});
  if (!value || !value->is_object()) return std::unexpected(broken);
  json::object& object = value->get_object();
  json::value* item = object.if_contains("item");
  if (item == nullptr || !item->is_object()) return std::unexpected(broken);
  ArchiveLine line{.item = std::move(item->get_object())};
  if (string_or(line.item, "PK").empty() || string_or(line.item, "SK").empty())
    return std::unexpected(broken);
  if (const json::value* blobs = object.if_contains("blobs")) {
    if (!blobs->is_object()) return std::unexpected(broken);
    for (const auto& [path, coded] : blobs->get_object()) {
      std::optional<std::string> bytes =
          coded.is_string() ? from_base64(coded.get_string()) : std::nullopt;
      if (!bytes) return std::unexpected(broken);
      line.blobs[std::string(path)] = std::move(*bytes);
    }
  }
  if (const json::value* missing = object.if_contains("missing")) {
    Result<std::vector<std::string>> paths = from_json_value<std::vector<std::string>>(*missing);
    if (!paths) return std::unexpected(broken);
    line.missing = std::move(*paths);
  }
  return line;
}

PackedPart pack_part(Table table, std::string path, const std::vector<std::string>& lines,
                     Timestamp from, Timestamp to, Timestamp now) {
  std::string plain;
  for (const std::string& line : lines) plain += line;
  PackedPart part;
  part.bytes = zstd_compress(plain);
  part.manifest = {.table = std::string(archive_name(table)),
                   .part = std::move(path),
                   .from = from,
                   .to = to,
                   .count = static_cast<std::int64_t>(lines.size()),
                   .bytes = static_cast<std::int64_t>(part.bytes.size()),
                   .sha256 = sha256_hex(part.bytes),
                   .plain_bytes = static_cast<std::int64_t>(plain.size()),
                   .plain_sha256 = sha256_hex(plain),
                   .written_at = now};
  return part;
}

Result<std::vector<ArchiveLine>> unpack_part(const ArchiveManifest& manifest,
                                             std::string_view bytes) {
  const auto wrong = [&manifest](const std::string& what) {
    return refuse(Refusal::Code::Invalid, manifest.part + " is damaged: " + what);
  };
  if (static_cast<std::int64_t>(bytes.size()) != manifest.bytes)
    return wrong("it has " + std::to_string(bytes.size()) + " bytes, its manifest says " +
                 std::to_string(manifest.bytes));
  if (sha256_hex(bytes) != manifest.sha256) return wrong("its SHA-256 is another");
  const Result<std::string> plain =
      zstd_decompress(bytes, static_cast<std::size_t>(manifest.plain_bytes));
  if (!plain) return wrong(plain.error().detail);
  if (sha256_hex(*plain) != manifest.plain_sha256) return wrong("its text's SHA-256 is another");
  std::vector<ArchiveLine> lines;
  std::string_view rest = *plain;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return wrong("its last line is cut");
    Result<ArchiveLine> line = from_line(rest.substr(0, end));
    if (!line) return wrong(line.error().detail);
    lines.push_back(std::move(*line));
    rest.remove_prefix(end + 1);
  }
  if (static_cast<std::int64_t>(lines.size()) != manifest.count)
    return wrong("it has " + std::to_string(lines.size()) + " lines, its manifest says " +
                 std::to_string(manifest.count));
  return lines;
}

Result<ArchiveManifest> read_manifest(std::string_view text) {
  const Result<json::value> value = parse_json(text);
  if (!value) return std::unexpected(value.error());
  Result<ArchiveManifest> manifest = from_json_value<ArchiveManifest>(*value);
  if (!manifest) return manifest;
  if (manifest->format_version > kArchiveVersion)
    return refuse(Refusal::Code::Unsupported, "it was written by a newer msghub (format version " +
                                                  std::to_string(manifest->format_version) +
                                                  "); use that one");
  const bool sound = archived_table(manifest->table) && day_of_path(manifest->part) &&
                     written_at(manifest->part) && manifest->part.ends_with(kPartEnd) &&
                     manifest->count >= 0 && manifest->plain_bytes >= 0 &&
                     manifest->plain_bytes <= static_cast<std::int64_t>(kPartLimit);
  if (!sound) return refuse(Refusal::Code::Invalid, "it does not describe a part of the archive");
  return manifest;
}

}  // namespace msghub
