#include "aws/errors.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/json.h"
#include "base/utf8.h"

namespace msghub::aws {

namespace {

constexpr std::size_t kMostMessage = 1000;

// The lists of the SDKs' standard retry mode.
constexpr std::array<std::string_view, 14> kThrottling{
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "RequestThrottled",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
};
constexpr std::array<std::string_view, 3> kTransient{
    "RequestTimeout",
    "RequestTimeoutException",
    "IDPCommunicationError",
};
constexpr std::array<std::string_view, 6> kWrongTime{
    "RequestTimeTooSkewed",      "RequestExpired",        "RequestInTheFuture",
    "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
};
constexpr std::array<std::string_view, 3> kExpired{
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
};

// "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException:http://…": the name alone.
std::string short_code(std::string_view code) {
  code = code.substr(0, code.find(':'));
  return std::string(code.substr(code.rfind('#') + 1));
}

bool is_xml_error(std::string_view body) {
  // S3 sends blanks to keep a connection alive while it works.
  body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n"), body.size()));
  const std::size_t start = body.starts_with("<?") ? body.find("?>") : 0;
  if (start == std::string_view::npos) return false;
  const std::size_t root = body.find('<', start == 0 ? 0 : start + 2);
  if (root == std::string_view::npos) return false;
  return body.substr(root).starts_with("<Error>") ||
         body.substr(root).starts_with("<ErrorResponse");
}

std::string decode_entities(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 6> kEntities{{
      {"&amp;", '&'},
      {"&lt;", '<'},
      {"&gt;", '>'},
      {"&quot;", '"'},
      {"&apos;", '\''},
      {"&#39;", '\''},
  }};
  std::string out;
  while (!text.empty()) {
    const auto entity = std::ranges::find_if(
        kEntities, [text](const auto& known) { return text.starts_with(known.first); });
    const bool found = entity != kEntities.end();
    out += found ? entity->second : text.front();
    text.remove_prefix(found ? entity->first.size() : 1);
  }
  return out;
}

ServiceError read_json_error(std::string_view body) {
  const Result<json::value> read = parse_json(body);
  if (!read || !read->is_object()) return {};
  const json::object& object = read->get_object();
  std::string code = string_or(object, "__type", string_or(object, "code"));
  return {std::move(code), string_or(object, "message", string_or(object, "Message"))};
}

int number(std::string_view text) {
  int value = -1;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

ServiceError read_error(unsigned status, const Headers& headers, std::string_view body,
                        bool may_fail_with_200) {
  const bool succeeded = status >= 200 && status < 300;
  if (succeeded && !(may_fail_with_200 && status == 200 && is_xml_error(body))) return {};
  ServiceError error;
  if (is_xml_error(body)) {
    error = {xml_text(body, "Code").value_or(""), xml_text(body, "Message").value_or("")};
  } else if (body.starts_with('{')) {
    error = read_json_error(body);
  }
  if (const std::string* const type = headers.only("x-amzn-errortype"); type && error.code.empty())
    error.code = *type;
  error.code = short_code(error.code);
  if (error.code.empty()) error.code = std::to_string(status);
  return error;
}

Cause cause_of(unsigned status, std::string_view code) {
  const auto is_in = [code](const auto& list) {
    return std::ranges::find(list, code) != list.end();
  };
  if (is_in(kThrottling) || status == 429) return Cause::Throttled;
  if (is_in(kExpired)) return Cause::Expired;
  if (is_in(kWrongTime)) return Cause::WrongTime;
  if (is_in(kTransient)) return Cause::Transient;
  // 501 will not be implemented by the next attempt. 200 with a code: an S3 copy that failed later.
  const bool passing = (status >= 500 && status != 501) || (status == 200 && !code.empty());
  return passing ? Cause::Transient : Cause::Final;
}

std::optional<std::string> xml_text(std::string_view xml, std::string_view name) {
  const std::string open = '<' + std::string(name) + '>';
  const std::string close = "</" + std::string(name) + '>';
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view rest = xml.substr(begin + open.size());
  const std::size_t end = rest.find(close);
  if (end == std::string_view::npos) return std::nullopt;
  return decode_entities(rest.substr(0, end));
}

std::optional<Timestamp> read_http_date(std::string_view text) {
  using namespace std::chrono;
  static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || !text.ends_with(" GMT")) return std::nullopt;
  const std::size_t month_at = kMonths.find(text.substr(8, 3));
  const int d = number(text.substr(5, 2)), y = number(text.substr(12, 4));
  const int h = number(text.substr(17, 2)), m = number(text.substr(20, 2));
  const int s = number(text.substr(23, 2));
  if (month_at == std::string_view::npos || month_at % 3 != 0) return std::nullopt;
  const year_month_day date{year{y}, month{static_cast<unsigned>(month_at / 3 + 1)},
                            day{static_cast<unsigned>(d)}};
  if (!date.ok() || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60) return std::nullopt;
  return Timestamp(sys_days(date)) + hours(h) + minutes(m) + seconds(s);
}

std::string without_secrets(std::string text, const Credentials& credentials) {
  for (const std::string& secret : {credentials.secret_access_key, credentials.session_token}) {
    if (secret.empty()) continue;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
      text.replace(at, secret.size(), "***");
  }
  text = to_utf8(text);
  if (text.size() <= kMostMessage) return text;
  return std::string(cut_utf8(text, kMostMessage)) + " …";
}

}  // namespace msghub::aws
