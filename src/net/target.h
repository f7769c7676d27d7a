#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace msghub {

using FormFields = std::vector<std::pair<std::string, std::string>>;

struct RequestTarget {
  std::string path;
  FormFields query;
};

// Decodes a request target in origin form ("/in/abc?x=1"), once. Refuses (Invalid) what could mean
// two things to two readers: other forms, a fragment, wrong percent escapes, an encoded slash,
// backslashes, "." and ".." segments, control characters and text that is not UTF-8, all of it
// after decoding as well as before. Pure.
Result<RequestTarget> decode_target(std::string_view target);

// Decodes "a=1&b=x+y" (application/x-www-form-urlencoded) into pairs, in order. The text may hold
// any bytes. Refuses (Invalid) wrong percent escapes and (TooLarge) more than `most` fields. Pure.
Result<FormFields> decode_form(std::string_view text, std::size_t most = 10'000);

}  // namespace msghub
