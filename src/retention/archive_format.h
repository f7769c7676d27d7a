#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/describe.h"
#include "store/items.h"

namespace msghub {

// How the archive lies among the blobs. Pure.
//
//   archives/messages/year=2026/month=01/day=05/
//     part-20260403T101112345Z-1f3a9c02.ndjson.zst    a line of JSON for each item, compressed
//     manifest-20260403T101112345Z-1f3a9c02.json      what the part holds, with checksums
//
// The folder's day is the UTC day on which its items came into being (receivedAt, startedAt), the
// time in the name is when the part was written. A part without its manifest counts for nothing.
// After a crash an item may stand in two parts; the younger one has the last word.
//
// A line is {"item": {…}, "blobs": {"users/…/raw.txt": "<base64>"}, "missing": ["users/…"]}. The
// blobs that belong to an item travel in its line: one object with one checksum holds all of it,
// and one request fetches it. "missing" names blobs that were gone before the archive came.

inline constexpr std::array<Table, 2> kArchivedTables{Table::Messages, Table::Executions};
inline constexpr std::int64_t kArchiveVersion = 1;
inline constexpr std::size_t kPartLimit = std::size_t{1} << 30;  // bytes, unpacked

struct ArchiveManifest {
  std::int64_t format_version = kArchiveVersion;
  std::string table;  // "messages" or "executions"
  std::string part;   // path of the part
  Timestamp from{};   // when its oldest and its newest item came into being
  Timestamp to{};
  std::int64_t count = 0;  // items
  std::int64_t bytes = 0;  // compressed, and the SHA-256 of them in hex
  std::string sha256;
  std::int64_t plain_bytes = 0;
  std::string plain_sha256;
  Timestamp written_at{};
};
BOOST_DESCRIBE_STRUCT(ArchiveManifest, (),
                      (format_version, table, part, from, to, count, bytes, sha256, plain_bytes,
                       plain_sha256, written_at))

struct ArchiveLine {
  Item item;                                 // as stored, without the archive's marks
  std::map<std::string, std::string> blobs;  // path to bytes
  std::vector<std::string> missing;
};

std::string_view archive_name(Table table);                          // "messages"
std::optional<Table> archived_table(std::string_view archive_name);  // the other way round

// When an item came into being: receivedAt or startedAt. Nothing when it does not say.
std::optional<Timestamp> born_at(Table table, const Item& item);

// Paths of the blobs that belong to a message (raw content, attachments) or an execution (logs).
std::vector<std::string> blobs_of(Table table, const Item& item);

// Whether two items are the same but for their `ttl` and the archive's marks.
bool same_content(const Item& a, const Item& b);

std::string archive_folder(Table table, Timestamp day);  // "archives/messages/year=…/day=05/"
// Nothing when `path` is in no day's folder of the archive.
std::optional<Timestamp> day_of_path(std::string_view path);
std::string part_path(Table table, Timestamp day, Timestamp now, std::string_view random);
std::string manifest_path(std::string_view part);
bool is_manifest_path(std::string_view path);
// When the part was written, by its name.
std::optional<Timestamp> written_at(std::string_view part);

std::string to_line(const ArchiveLine& line);  // ends with "\n"
Result<ArchiveLine> from_line(std::string_view text);

struct PackedPart {
  ArchiveManifest manifest;
  std::string bytes;
};
// Makes a part of lines (to_line) whose items were born between `from` and `to`.
PackedPart pack_part(Table table, std::string path, const std::vector<std::string>& lines,
                     Timestamp from, Timestamp to, Timestamp now);

// The lines of a part, held against its manifest: sizes, both checksums, the count, and that each
// line reads as one. Refuses (Invalid) with what is wrong.
Result<std::vector<ArchiveLine>> unpack_part(const ArchiveManifest& manifest,
                                             std::string_view bytes);

Result<ArchiveManifest> read_manifest(std::string_view text);

}  // namespace msghub
