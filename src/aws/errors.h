#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/signer.h"
#include "base/time.h"
#include "net/http.h"

// What AWS's answers mean. Pure.

namespace msghub::aws {

struct ServiceError {
  std::string code;     // "" when the answer is a success
  std::string message;  // AWS's words; may be ""
};

// Reads the error of an answer in any of AWS's forms: JSON ("__type"), header (x-amzn-errortype)
// and XML (<Code>). `may_fail_with_200`: a 200 whose body is an <Error> counts as an error, which
// is how S3 ends a copy that has begun well.
ServiceError read_error(unsigned status, const Headers& headers, std::string_view body,
                        bool may_fail_with_200);

enum class Cause {
  Final,      // the same request would get the same answer
  Transient,  // 5xx and time-outs
  Throttled,  // too many requests; nothing was done
  WrongTime,  // perhaps our clock: see the Date of the answer
  Expired,    // the keys' time is over
};
Cause cause_of(unsigned status, std::string_view code);

// The text of the first <name> element, entities decoded; nothing when there is none.
std::optional<std::string> xml_text(std::string_view xml, std::string_view name);

// "Sun, 22 Nov 2026 10:00:00 GMT"
std::optional<Timestamp> read_http_date(std::string_view text);

// `text` with the secrets of `credentials` blotted out, at most 1,000 bytes of it.
std::string without_secrets(std::string text, const Credentials& credentials);

}  // namespace msghub::aws
