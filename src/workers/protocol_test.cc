#include "workers/protocol.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/crypto.h"

namespace msghub {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> samples(const std::string& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".frame") out.push_back(entry.path());
  return out;
}

const std::string kSamples = MSGHUB_SOURCE_DIR "/protocol/samples";

TEST(Protocol, ReadsEverySample) {
  const auto files = samples(kSamples);
  ASSERT_GT(files.size(), 10u);
  for (const fs::path& file : files) {
    FrameDecoder decoder;
    decoder.feed(read(file));
    const auto frame = decoder.next();
    ASSERT_TRUE(frame && *frame) << file;
    EXPECT_TRUE(decoder.empty()) << file;
    const auto expected = parse_json(read(fs::path(file).replace_extension(".json")));
    ASSERT_TRUE(expected) << file;
    EXPECT_EQ(to_json((*frame)->header), to_json(expected->at("header"))) << file;
    EXPECT_EQ(to_base64((*frame)->body), string_or(expected->as_object(), "body")) << file;
    // What we write is read back equal.
    FrameDecoder again;
    again.feed(encode_frame(**frame));
    const auto back = again.next();
    ASSERT_TRUE(back && *back) << file;
    EXPECT_EQ(to_json((*back)->header), to_json((*frame)->header)) << file;
    EXPECT_EQ((*back)->body, (*frame)->body) << file;
  }
}

TEST(Protocol, RefusesEveryBadSample) {
  const auto files = samples(kSamples + "/bad");
  ASSERT_GT(files.size(), 3u);
  for (const fs::path& file : files) {
    FrameDecoder decoder;
    decoder.feed(read(file));
    const auto frame = decoder.next();
    const bool taken = frame && *frame;
    EXPECT_FALSE(taken) << file << ": " << read(fs::path(file).replace_extension(".why"));
  }
}

RC_GTEST_PROP(Protocol, PiecesOfAnySizeGiveTheSameFrames,
              (const std::vector<std::string>& bodies)) {
  std::string bytes;
  for (const std::string& body : bodies) bytes += encode_frame({{{"type", "mail"}}, body});
  FrameDecoder decoder;
  std::vector<std::string> seen;
  while (!bytes.empty()) {
    const auto piece = *rc::gen::inRange<std::size_t>(1, bytes.size() + 1);
    decoder.feed(bytes.substr(0, piece));
    bytes.erase(0, piece);
    for (auto frame = decoder.next(); frame && *frame; frame = decoder.next())
      seen.push_back((*frame)->body);
  }
  RC_ASSERT(seen == bodies);
  RC_ASSERT(decoder.empty());
}

}  // namespace
}  // namespace msghub
