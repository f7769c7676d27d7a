#include "base/result.h"

#include <cstdio>
#include <cstdlib>

namespace msghub {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "msghub: internal error, please report: %s at %s:%d\n", condition, file,
               line);
  std::abort();
}

}  // namespace msghub
