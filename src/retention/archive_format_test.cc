#include "retention/archive_format.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/crypto.h"
#include "retention/zstd.h"

namespace msghub {
namespace {

const Timestamp kDay = *from_iso8601("2026-01-05T00:00:00Z");
const Timestamp kNow = *from_iso8601("2026-04-03T10:11:12.345Z");

std::string bytes_of(const std::vector<std::uint8_t>& numbers) {
  return {numbers.begin(), numbers.end()};
}

PackedPart some_part(const std::vector<ArchiveLine>& lines) {
  std::vector<std::string> texts;
  for (const ArchiveLine& line : lines) texts.push_back(to_line(line));
  return pack_part(Table::Messages, part_path(Table::Messages, kDay, kNow, "0a0b0c0d"), texts, kDay,
                   kDay, kNow);
}

TEST(ArchiveFormat, PathsTellDayAndTime) {
  const std::string part = part_path(Table::Messages, kDay, kNow, "0a0b0c0d");
  EXPECT_EQ(part,
            "archives/messages/year=2026/month=01/day=05/part-20260403T101112345Z-0a0b0c0d"
            ".ndjson.zst");
  const std::string manifest = manifest_path(part);
  EXPECT_EQ(manifest,
            "archives/messages/year=2026/month=01/day=05/manifest-20260403T101112345Z-0a0b0c0d"
            ".json");
  EXPECT_TRUE(is_manifest_path(manifest));
  EXPECT_FALSE(is_manifest_path(part));
  EXPECT_EQ(day_of_path(part), kDay);
  EXPECT_EQ(written_at(part), kNow);
  for (const char* other : {"", "archives/", "users/year=2026/month=01/day=05/manifest-x.json",
                            "archives/messages/year=2026/month=13/day=05/manifest-x.json",
                            "archives/messages/year=2026/month=02/day=30/manifest-x.json",
                            "archives/messages/manifest-x.json"}) {
    EXPECT_FALSE(is_manifest_path(other)) << other;
    EXPECT_FALSE(day_of_path(other)) << other;
  }
}

RC_GTEST_PROP(ArchiveFormat, PartsComeBackByteForByte, ()) {
  const auto raws = *rc::gen::container<std::vector<std::vector<std::uint8_t>>>(
      rc::gen::arbitrary<std::vector<std::uint8_t>>());
  std::vector<ArchiveLine> lines;
  for (std::size_t i = 0; i < raws.size(); ++i) {
    ArchiveLine line;
    line.item = {{"PK", "MESSAGE#" + std::to_string(i)}, {"SK", "METADATA"}, {"n", 0.1}};
    line.blobs["users/u/messages/m/raw.txt"] = bytes_of(raws[i]);
    if (i % 3 == 0) line.missing = {"users/u/messages/m/attachments/a"};
    lines.push_back(std::move(line));
  }
  const PackedPart part = some_part(lines);
  const Result<ArchiveManifest> manifest = read_manifest(to_json(to_json_value(part.manifest)));
  RC_ASSERT(manifest.has_value());
  const Result<std::vector<ArchiveLine>> back = unpack_part(*manifest, part.bytes);
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    RC_ASSERT((*back)[i].item == lines[i].item);
    RC_ASSERT((*back)[i].blobs == lines[i].blobs);
    RC_ASSERT((*back)[i].missing == lines[i].missing);
  }
}

RC_GTEST_PROP(ArchiveFormat, DamageIsNoticed, ()) {
  ArchiveLine line;
  line.item = {{"PK", "MESSAGE#1"}, {"SK", "METADATA"}, {"text", std::string(500, 'x')}};
  const PackedPart part = some_part({line, line});
  std::string bytes = part.bytes;
  const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << *rc::gen::inRange(0, 8)));
      break;
    case 1:
      bytes.resize(at);
      break;
    default:
      bytes.insert(at, 1, 'x');
  }
  RC_ASSERT(!unpack_part(part.manifest, bytes).has_value());
  // Even when its checksum was made to fit, the frame has one of its own.
  ArchiveManifest forged = part.manifest;
  forged.bytes = static_cast<std::int64_t>(bytes.size());
  forged.sha256 = sha256_hex(bytes);
  const Result<std::vector<ArchiveLine>> lines = unpack_part(forged, bytes);
  if (lines) RC_ASSERT((*lines)[0].item == line.item);
}

TEST(ArchiveFormat, ManifestsThatLieAreRefused) {
  ArchiveLine line;
  line.item = {{"PK", "MESSAGE#1"}, {"SK", "METADATA"}};
  const PackedPart part = some_part({line});
  const auto refused = [&part](auto change) {
    ArchiveManifest manifest = part.manifest;
    change(manifest);
    const Result<ArchiveManifest> read = read_manifest(to_json(to_json_value(manifest)));
    return !read || !unpack_part(*read, part.bytes);
  };
  EXPECT_FALSE(refused([](ArchiveManifest&) {}));
  EXPECT_TRUE(refused([](ArchiveManifest& m) { m.count = 2; }));
  EXPECT_TRUE(refused([](ArchiveManifest& m) { m.bytes += 1; }));
  EXPECT_TRUE(refused([](ArchiveManifest& m) { m.plain_bytes = std::int64_t{1} << 40; }));
  EXPECT_TRUE(refused([](ArchiveManifest& m) { m.plain_bytes -= 1; }));
  EXPECT_TRUE(refused([](ArchiveManifest& m) { m.plain_sha256[0] ^= 1; }));
  EXPECT_TRUE(refused([](ArchiveManifest& m) { m.table = "users"; }));
  EXPECT_TRUE(refused([](ArchiveManifest& m) { m.part = "users/u1/messages/m/raw.txt"; }));
  EXPECT_TRUE(refused([](ArchiveManifest& m) { m.format_version = 2; }));
}

TEST(ArchiveFormat, LinesThatAreNoneAreRefused) {
  for (const char* text : {"", "1", "{}", "{\"item\":{}}", "{\"item\":{\"PK\":\"a\"}}",
                           "{\"item\":{\"PK\":\"a\",\"SK\":\"b\"},\"blobs\":{\"p\":\"?\"}}",
                           "{\"item\":{\"PK\":\"a\",\"SK\":\"b\"},\"missing\":[1]}"})
    EXPECT_FALSE(from_line(text)) << text;
  EXPECT_TRUE(from_line("{\"item\":{\"PK\":\"a\",\"SK\":\"b\"},\"unknown\":1}"));
}

TEST(ArchiveFormat, KnowsTheBlobsOfAnItem) {
  const Item message{{"rawContent", "blob:users/u/messages/m/raw.txt"},
                     {"parsedContent",
                      {{"attachments",
                        {{{"s3Key", "users/u/messages/m/attachments/a"}},
                         {{"s3Key", ""}},
                         {{"s3Key", "archives/not/ours"}}}}}}};
  EXPECT_EQ(
      blobs_of(Table::Messages, message),
      (std::vector<std::string>{"users/u/messages/m/attachments/a", "users/u/messages/m/raw.txt"}));
  EXPECT_TRUE(blobs_of(Table::Messages, {{"rawContent", "text"}}).empty());
  const Item execution{{"logs", {"blob:users/u/executions/e/logs.txt"}}};
  EXPECT_EQ(blobs_of(Table::Executions, execution),
            (std::vector<std::string>{"users/u/executions/e/logs.txt"}));
}

TEST(ArchiveFormat, ContentIsAllButTtlAndMarks) {
  const Item item{{"PK", "a"}, {"ttl", 1}, {"text", "x"}};
  EXPECT_TRUE(same_content(
      item, {{"text", "x"}, {"PK", "a"}, {"ttl", 2}, {kArchivedAt, "t"}, {kArchivePart, "p"}}));
  EXPECT_FALSE(same_content(item, {{"PK", "a"}, {"text", "y"}}));
  EXPECT_FALSE(same_content(item, {{"PK", "a"}, {"text", "x"}, {"more", 1}}));
}

TEST(Zstd, RefusesWhatIsNoFrame) {
  const std::string packed = zstd_compress("some text");
  EXPECT_EQ(zstd_decompress(packed, 9), "some text");
  EXPECT_FALSE(zstd_decompress(packed, 8));
  EXPECT_FALSE(zstd_decompress("", 0));
  EXPECT_FALSE(zstd_decompress("no frame at all", 9));
}

}  // namespace
}  // namespace msghub
