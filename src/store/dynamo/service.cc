#include "store/dynamo/service.h"

#include <algorithm>
#include <random>

#include "store/tables.h"

namespace msghub::dynamo {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{25};
constexpr milliseconds kLongestPause{2000};
constexpr std::chrono::seconds kPatience{30};

// An answer to BatchGetItem has up to 16 MB of items, and JSON writes a control character as six
// bytes. Such calls take their time.
constexpr std::size_t kLargestAnswer = std::size_t{100} << 20;
constexpr milliseconds kBatchTimeout{20'000};

// An item's levels twice, as each has its type around it, and those of the answer around it.
constexpr std::size_t kAnswerDepth = 2 * kDepthLimit + 16;

milliseconds random_up_to(milliseconds longest) {
  static thread_local std::mt19937_64 generator(std::random_device{}());
  return milliseconds(
      std::uniform_int_distribution<milliseconds::rep>(0, longest.count())(generator));
}

}  // namespace

Task<Answer> Service::call(std::string operation, json::object request) {
  const std::string api = api_ == Api::Tables ? "DynamoDB" : "DynamoDBStreams";
  aws::Call call;
  call.headers = {{"content-type", "application/x-amz-json-1.0"},
                  {"x-amz-target", api + "_20120810." + operation}};
  call.body = to_json(request);
  call.reply_limit = kLargestAnswer;
  if (operation.starts_with("Batch")) call.timeout = kBatchTimeout;
  const aws::Reply reply = co_await client_.call(std::move(call));
  Answer answer;
  answer.error_code = reply.error_code;
  answer.error_message = reply.error_message;
  answer.after_uncertain = reply.after_uncertain;
  Result<json::value> body = parse_json(reply.body, {.depth = kAnswerDepth});
  const bool is_object = body && body->is_object();
  if (is_object) answer.body = std::move(body->get_object());
  if (!is_object && answer.ok())
    throw Failure(Failure::Retry::Later,
                  "the answer to " + operation + " is no JSON object; is the endpoint DynamoDB?");
  co_return answer;
}

Task<json::object> Service::call_or_throw(std::string operation, json::object request) {
  Answer answer = co_await call(operation, std::move(request));
  if (!answer.ok()) throw refused(operation, answer);
  co_return std::move(answer.body);
}

Failure refused(std::string_view operation, const Answer& answer) {
  std::string text = "DynamoDB refuses " + std::string(operation) + ": " + answer.error_code;
  if (!answer.error_message.empty()) text += ": " + answer.error_message;
  if (answer.error_code == "ResourceNotFoundException")
    text += "; `msghub tables create` makes the tables, `msghub tables check` compares them";
  else if (answer.error_code == "ValidationException")
    text += "; `msghub tables check` tells whether the tables are as they should be";
  else if (answer.error_code == "AccessDeniedException")
    text += "; give the hub's role this permission";
  return Failure(Failure::Retry::Never, text);
}

Task<void> Pauses::wait(std::string why) {
  if (std::chrono::steady_clock::now() - begin_ > kPatience)
    throw Failure(Failure::Retry::Later, why);
  const milliseconds longest = std::min(kFirstPause * (1 << std::min(count_, 10)), kLongestPause);
  ++count_;
  co_await sleep_for(random_up_to(longest));
}

void Pauses::reset() { *this = Pauses(); }

}  // namespace msghub::dynamo
