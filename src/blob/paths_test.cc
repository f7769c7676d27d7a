#include "blob/paths.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace msghub {
namespace {

const UserId kUser{"u-1"};
const MessageId kMessage{"m-1"};
const std::string kFolder = "users/u-1/messages/m-1/attachments/";

TEST(BlobPaths, KeepAnOrdinaryFileNameAsItIs) {
  for (const char* name : {"invoice.pdf", "Rechnung_2026-11.PDF", "a", "...", "..a", ".profile"})
    EXPECT_EQ(attachment_blob_path(kUser, kMessage, name), kFolder + name);
}

TEST(BlobPaths, EscapeWhatASegmentMayNotHave) {
  EXPECT_EQ(blob_segment("my file.txt"), "my=20file.txt");
  EXPECT_EQ(blob_segment("r\xC3\xA9sum\xC3\xA9.doc"), "r=C3=A9sum=C3=A9.doc");
  EXPECT_EQ(blob_segment("../../etc/passwd"), "..=2F..=2Fetc=2Fpasswd");
  EXPECT_EQ(blob_segment("a=2F"), "a=3D2F");
  EXPECT_EQ(blob_segment("."), "=2E");
  EXPECT_EQ(blob_segment(".."), "=2E=2E");
  EXPECT_EQ(blob_segment(""), "=");
  EXPECT_EQ(blob_segment(std::string_view("\0~", 2)), "=00=7E");
}

TEST(BlobPaths, CutALongFileNameAndTellItFromItsLike) {
  const std::string name(300, 'n');
  const std::string cut = blob_segment(name + ".pdf");
  EXPECT_EQ(cut.size(), kBlobSegmentLimit);
  EXPECT_TRUE(cut.starts_with("nnnn"));
  EXPECT_TRUE(cut.ends_with(".pdf"));
  EXPECT_NE(cut, blob_segment(name + "n.pdf"));
  EXPECT_EQ(blob_segment(std::string(250, 'n')), std::string(250, 'n'));
  EXPECT_EQ(blob_segment(std::string(251, 'n')).size(), kBlobSegmentLimit);
  // 84 umlauts are 504 bytes as escapes; none of them is cut in two, wherever the cut falls.
  for (const char* before : {"", "a", "ab", "abc", "abcd", "abcde"}) {
    std::string umlauts = before;
    for (int i = 0; i < 84; ++i) umlauts += "\xC3\xBC";
    const std::string segment = blob_segment(umlauts);
    const std::string stem = segment.substr(0, segment.find("=_"));
    EXPECT_EQ((stem.size() - std::string(before).size()) % 3, 0u) << segment;
    EXPECT_TRUE(check_blob_path(segment));
  }
}

TEST(BlobPaths, TellEqualFileNamesApart) {
  const std::string long_name(400, 'n');
  const std::vector<std::string> paths = attachment_blob_paths(
      kUser, kMessage,
      {"a.txt", "a.txt", "a", "a.txt", "a", "a=-2.txt", "", "", long_name, long_name});
  EXPECT_EQ(std::vector(paths.begin(), paths.begin() + 8),
            (std::vector<std::string>{kFolder + "a.txt", kFolder + "a=-2.txt", kFolder + "a",
                                      kFolder + "a=-3.txt", kFolder + "a=-2",
                                      kFolder + "a=3D-2.txt", kFolder + "=", kFolder + "=-2"}));
  EXPECT_EQ(std::set(paths.begin(), paths.end()).size(), paths.size());
  for (const std::string& path : paths) EXPECT_TRUE(check_blob_path(path)) << path;
}

RC_GTEST_PROP(BlobPaths, AnyNamesGiveDifferentPaths, (const std::vector<std::string>& names)) {
  const std::vector<std::string> paths = attachment_blob_paths(kUser, kMessage, names);
  RC_ASSERT(paths.size() == names.size());
  RC_ASSERT(std::set(paths.begin(), paths.end()).size() == names.size());
  for (const std::string& path : paths) RC_ASSERT(check_blob_path(path).has_value());
}

TEST(BlobPaths, KnowTheMessagesBlobs) {
  EXPECT_TRUE(is_message_blob("users/u/messages/m/raw.txt"));
  EXPECT_TRUE(is_message_blob(attachment_blob_path(kUser, kMessage, "a")));
  EXPECT_FALSE(is_message_blob("users/u/executions/e/logs.txt"));
  EXPECT_FALSE(is_message_blob("archives/messages/year=2026/month=11/day=22/1.ndjson.gz"));
}

}  // namespace
}  // namespace msghub
