#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "mime/mime.h"

namespace msghub {

// For tests: every note that a mail gets is explained in docs/operations/limits.md, word for word.
inline void expect_documented(const MailText& mail) {
  static const std::string page = [] {
    std::ifstream file(std::string(MSGHUB_SOURCE_DIR) + "/docs/operations/limits.md");
    return std::string(std::istreambuf_iterator<char>(file), {});
  }();
  for (const std::string& note : mail.notes) {
    if (note.starts_with("the header ")) continue;  // "… stands 2 times": names and numbers vary
    EXPECT_TRUE(page.contains("| " + note + " |")) << note;
  }
}

}  // namespace msghub
