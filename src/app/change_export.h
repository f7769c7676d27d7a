#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/json.h"

namespace msghub {

// Where exported changes go: lines of JSON and, after each page, the place from which to go on. A
// page is on disk before its cursor is, so that after a kill at any moment an export goes on with
// every line at least once.
class ChangeExport {
 public:
  // `output`: a file that is appended to, "" for standard output; a last line that a kill cut short
  // is taken back. `cursor_file`: "" to keep no cursor. Throws Failure(Never) for what cannot be
  // opened or read.
  ChangeExport(const std::string& output, std::string cursor_file);
  ~ChangeExport();
  ChangeExport(const ChangeExport&) = delete;
  ChangeExport& operator=(const ChangeExport&) = delete;

  // The cursor that was kept; "" when there is none yet.
  const std::string& kept_cursor() const { return kept_cursor_; }

  // False: whoever read standard output is gone. Throws Failure(Never) when the disk takes no more.
  bool write(const std::vector<json::object>& changes, const std::string& cursor);

 private:
  void keep(const std::string& cursor);

  std::string output_;
  std::string cursor_file_;
  std::string kept_cursor_;
  std::FILE* file_;
};

}  // namespace msghub
