#include "base/inside.h"

#include <filesystem>

namespace msghub {

namespace fs = std::filesystem;

namespace {

fs::path resolved(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error).lexically_normal();
  fs::path real = fs::weakly_canonical(whole, error);
  if (error) real = whole;
  return real.has_filename() ? real : real.parent_path();
}

}  // namespace

bool is_inside(const std::string& path, const std::string& folder) {
  const fs::path outer = resolved(folder);
  for (fs::path at = resolved(path); at != at.parent_path(); at = at.parent_path())
    if (at == outer) return true;
  return false;
}

}  // namespace msghub
