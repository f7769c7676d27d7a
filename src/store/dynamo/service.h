#pragma once

#include <chrono>
#include <string>

#include "aws/client.h"
#include "base/json.h"
#include "base/task.h"

namespace msghub::dynamo {

// What DynamoDB said to one call.
struct Answer {
  json::object body;
  std::string error_code;  // "" when it was done
  std::string error_message;
  bool after_uncertain = false;  // an earlier request of the call may have been carried out

  bool ok() const { return error_code.empty(); }
};

// DynamoDB's API (or that of its Streams) in its JSON protocol. Thread-safe; the client outlives
// it.
class Service {
 public:
  enum class Api { Tables, Streams };
  explicit Service(aws::Client& client, Api api = Api::Tables) : client_(client), api_(api) {}

  // Throws what the client throws, and Failure(Later) for an answer that is no JSON object.
  Task<Answer> call(std::string operation, json::object request);
  // The same for calls that are refused only when the set-up is wrong. Throws what refused() gives.
  Task<json::object> call_or_throw(std::string operation, json::object request);

 private:
  aws::Client& client_;
  Api api_;
};

// The Failure for an answer that nothing here can mend: its text says what to do.
Failure refused(std::string_view operation, const Answer& answer);

// Ever longer pauses, random so that those who met do not meet again.
class Pauses {
 public:
  // Sleeps up to 25 ms × 2^n, at most 2 s. Throws Failure(Later) saying `why` when 30 s have
  // passed since the last reset.
  Task<void> wait(std::string why);
  void reset();

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  int count_ = 0;
};

}  // namespace msghub::dynamo
