#pragma once

#include <expected>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace msghub {

// "No, because …": an answer that the caller branches on. A value, never thrown.
struct Refusal {
  enum class Code {
    Invalid,       // the input is wrong; it will be wrong tomorrow as well
    NotFound,      // there is no such thing (or it is not yours)
    Duplicate,     // it is there already
    Conflict,      // the state forbids it, or a condition of a write does not hold
    Unauthorized,  // who are you?
    Forbidden,     // you may not
    TooLarge,      // over a documented limit
    Unsupported,   // a media type or feature that this end does not take
  };
  Code code;
  std::string detail;  // one sentence for the person who asked: what, where, what to do
};

template <class T>
using Result = std::expected<T, Refusal>;

inline std::unexpected<Refusal> refuse(Refusal::Code code, std::string detail) {
  return std::unexpected(Refusal{code, std::move(detail)});
}

// "I could not": disk, network, peer. Thrown; caught only at a boundary (API router, supervisors,
// the pipeline's step runner, the sweeper, main).
struct Failure : std::runtime_error {
  enum class Retry { Later, Never };
  Failure(Retry retry_when, const std::string& why) : std::runtime_error(why), retry(retry_when) {}
  Retry retry;
};

// We are wrong: a bug of ours, which no input may reach. Logs and aborts.
#define MSGHUB_CHECK(condition) \
  ((condition) ? void(0) : ::msghub::check_failed(#condition, __FILE__, __LINE__))
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace msghub
