#include "aws/client.h"

#include <strings.h>

#include <algorithm>
#include <atomic>
#include <boost/crc.hpp>
#include <random>
#include <utility>

#include "aws/errors.h"
#include "aws/retry.h"
#include "base/crypto.h"
#include "base/log.h"

namespace msghub::aws {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// A clock that is off by less is not why AWS refuses a signature; the SDKs' number.
constexpr milliseconds kSkew{4 * 60'000};

struct Endpoint {
  std::string scheme;  // "https"
  std::string host;    // with the port unless it is the scheme's own
};

Endpoint read_endpoint(const std::string& url) {
  const std::string wrong =
      "the AWS endpoint \"" + url + "\" is not https://host or http://host:port";
  const std::size_t colon = url.find("://");
  if (colon == std::string::npos) throw Failure(Failure::Retry::Never, wrong);
  Endpoint endpoint{url.substr(0, colon), url.substr(colon + 3)};
  if (endpoint.host.ends_with('/')) endpoint.host.pop_back();
  const bool is_https = endpoint.scheme == "https";
  if ((!is_https && endpoint.scheme != "http") || endpoint.host.empty() ||
      endpoint.host.find_first_of("/?#@ ") != std::string::npos)
    throw Failure(Failure::Retry::Never, wrong);
  const std::string_view own_port = is_https ? ":443" : ":80";
  if (endpoint.host.ends_with(own_port))
    endpoint.host.resize(endpoint.host.size() - own_port.size());
  return endpoint;
}

std::string default_endpoint(const ClientOptions& options) {
  const bool is_china = options.region.starts_with("cn-");
  return "https://" + options.service + '.' + options.region + ".amazonaws.com" +
         (is_china ? ".cn" : "");
}

std::string operation_of(const Call& call) {
  if (!call.operation.empty()) return call.operation;
  for (const auto& [name, value] : call.headers)
    if (strcasecmp(name.c_str(), "x-amz-target") == 0) return value.substr(value.rfind('.') + 1);
  return call.method;
}

double random_share() {
  static thread_local std::mt19937_64 generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

// DynamoDB says the CRC-32 of its answers' bodies.
bool is_whole(const HttpTransport::Reply& reply) {
  const std::string* const said = reply.headers.only("x-amz-crc32");
  if (said == nullptr) return true;
  boost::crc_32_type crc;
  crc.process_bytes(reply.body.data(), reply.body.size());
  return *said == std::to_string(crc.checksum());
}

// What one request has brought.
struct Sent {
  std::optional<HttpTransport::Reply> reply;
  std::string failure;       // why there is none
  bool may_be_done = false;  // for all that, the request may have been carried out
};

std::string_view advice(Cause cause) {
  switch (cause) {
    case Cause::Throttled:
      return "The service limits the rate: raise its capacity or lower the load.";
    case Cause::Transient:
      return "Check the network and the service's health; it is worth trying again later.";
    default:
      return "";
  }
}

// What the calls of one client share.
struct Service {
  Service(HttpTransport& the_transport, std::shared_ptr<CredentialsProvider> the_credentials,
          const Clock& the_clock, ClientOptions the_options)
      : transport(the_transport),
        credentials(std::move(the_credentials)),
        clock(the_clock),
        options(std::move(the_options)) {
    if (options.region.empty())
      throw Failure(Failure::Retry::Never, "no AWS region for " + options.service +
                                               ": set it in the configuration or in AWS_REGION");
    endpoint =
        read_endpoint(options.endpoint.empty() ? default_endpoint(options) : options.endpoint);
  }

  Timestamp now() const { return clock.now() + milliseconds(clock_offset.load()); }

  HttpTransport& transport;
  const std::shared_ptr<CredentialsProvider> credentials;
  const Clock& clock;
  const ClientOptions options;
  Endpoint endpoint;
  RetryTokens tokens;
  std::atomic<milliseconds::rep> clock_offset{0};  // AWS's clock minus ours
};

// One call with all its attempts; lives in the call's own frame.
class Exchange {
 public:
  Exchange(Service& service, Call call)
      : service_(service),
        call_(std::move(call)),
        operation_(operation_of(call_)),
        host_(call_.host_prefix + service.endpoint.host),
        attempt_timeout_(call_.timeout.value_or(service.options.attempt_timeout)),
        deadline_(begin_ + std::max(service.options.total_timeout, attempt_timeout_)) {
    if (call_.payload_sha256.empty()) call_.payload_sha256 = sha256_hex(call_.body);
  }

  Task<Reply> run() {
    for (;;) {
      const Credentials keys = co_await service_.credentials->get();
      ++attempts_;
      HttpTransport::Request request = signed_request(keys);
      Sent sent;
      try {
        sent.reply = co_await service_.transport.send(std::move(request));
      } catch (const TransportError& error) {
        if (error.too_large) throw;
        sent = {std::nullopt, error.what(), error.sent};
      }
      std::optional<Reply> reply = understood(std::move(sent), keys);
      if (reply && cause_ == Cause::Final) co_return std::move(*reply);
      if (reply && corrected(*reply, keys)) continue;
      if (reply && cause_ != Cause::Transient && cause_ != Cause::Throttled)
        co_return std::move(*reply);
      const milliseconds pause = next_pause(reply.has_value());
      log(LogLevel::Debug, "aws call repeated",
          {{"service", service_.options.service},
           {"operation", operation_},
           {"attempt", attempts_},
           {"why", reason_}});
      co_await sleep_for(pause);
    }
  }

 private:
  HttpTransport::Request signed_request(const Credentials& keys) const {
    SigningInput input;
    input.method = call_.method;
    input.host = host_;
    input.path = call_.path;
    input.query = call_.query;
    input.headers = call_.headers;
    input.payload_sha256 = call_.payload_sha256;
    input.service = service_.options.service;
    input.region = service_.options.region;
    input.time = service_.now();

    HttpTransport::Request request;
    request.method = call_.method;
    request.url = service_.endpoint.scheme + "://" + host_ + call_.path;
    if (!call_.query.empty()) request.url += '?' + encode_query(call_.query);
    request.headers = call_.headers;
    request.headers.emplace_back("host", host_);
    for (auto& header : sign(input, keys)) request.headers.push_back(std::move(header));
    request.body = call_.body;
    request.timeout = std::min(attempt_timeout_, left());
    request.reply_limit = call_.reply_limit;
    request.ca_file = service_.options.ca_file;
    return request;
  }

  // Sets cause_ and reason_; nothing when no answer came.
  std::optional<Reply> understood(Sent sent, const Credentials& keys) {
    if (sent.reply && !is_whole(*sent.reply))
      sent = {std::nullopt, "the answer was changed on its way (x-amz-crc32)", true};
    if (!sent.reply) {
      cause_ = Cause::Transient;
      reason_ = std::move(sent.failure);
      uncertain_ = uncertain_ || sent.may_be_done;
      return std::nullopt;
    }
    HttpTransport::Reply& raw = *sent.reply;
    const bool is_s3_write = service_.options.service == "s3" && call_.method != "GET";
    ServiceError error = read_error(raw.status, raw.headers, raw.body, is_s3_write);
    Reply reply;
    reply.status = raw.status;
    reply.headers = std::move(raw.headers);
    reply.body = std::move(raw.body);
    reply.error_code = std::move(error.code);
    reply.error_message = without_secrets(std::move(error.message), keys);
    reply.after_uncertain = uncertain_;
    cause_ = reply.ok() ? Cause::Final : cause_of(reply.status, reply.error_code);
    if (reply.ok()) service_.tokens.succeeded(last_cost_);
    if (cause_ == Cause::Final) return reply;
    reason_ = "HTTP " + std::to_string(reply.status) + ' ' + reply.error_code;
    if (!reply.error_message.empty()) reason_ += ": " + reply.error_message;
    // Who answers 5xx may have done the work before it stumbled.
    if (cause_ == Cause::Transient && reply.status >= 500) uncertain_ = true;
    return reply;
  }

  // Whether what AWS refused has been put right, so that the call is worth another attempt.
  bool corrected(const Reply& reply, const Credentials& keys) {
    if (cause_ == Cause::Expired && !std::exchange(renewed_keys_, true)) {
      service_.credentials->forget(keys);
      return true;
    }
    if (cause_ != Cause::WrongTime || std::exchange(set_clock_, true)) return false;
    const std::string* const date = reply.headers.only("date");
    const std::optional<Timestamp> theirs = date ? read_http_date(*date) : std::nullopt;
    if (!theirs || std::chrono::abs(*theirs - service_.now()) < kSkew) return false;
    const milliseconds offset = *theirs - service_.clock.now();
    service_.clock_offset = offset.count();
    log(LogLevel::Warn, "clock corrected",
        {{"service", service_.options.service}, {"offsetMs", offset.count()}});
    return true;
  }

  // Throws when there is to be no further attempt.
  milliseconds next_pause(bool answered) {
    if (uncertain_ && !call_.repeatable) give_up("it may have been carried out");
    if (attempts_ >= service_.options.attempts) give_up("no attempt is left");
    const milliseconds pause = pause_before(attempts_, random_share());
    if (pause >= left()) give_up("no time is left");
    const int cost = answered ? RetryTokens::kRetry : RetryTokens::kRetryAfterSilence;
    if (!service_.tokens.take(cost)) give_up("too many calls have failed lately");
    last_cost_ = cost;
    return pause;
  }

  [[noreturn]] void give_up(std::string_view why) const {
    const auto spent =
        std::chrono::duration_cast<milliseconds>(SteadyClock::now() - begin_).count();
    std::string text =
        service_.options.service + ' ' + operation_ + " at " + host_ + ": " + reason_;
    text += ". Given up after " + std::to_string(attempts_) +
            (attempts_ == 1 ? " attempt" : " attempts") + " in " + std::to_string(spent) + " ms: ";
    text += why;
    text += ". ";
    text += advice(cause_);
    throw CallFailed(text, uncertain_);
  }

  milliseconds left() const {
    return std::chrono::duration_cast<milliseconds>(deadline_ - SteadyClock::now());
  }

  Service& service_;
  Call call_;
  const std::string operation_;
  const std::string host_;
  const milliseconds attempt_timeout_;
  const SteadyClock::time_point begin_ = SteadyClock::now();
  const SteadyClock::time_point deadline_;
  int attempts_ = 0;
  int last_cost_ = 0;       // tokens that the last retry has taken
  bool uncertain_ = false;  // an attempt may have been carried out
  bool renewed_keys_ = false;
  bool set_clock_ = false;
  Cause cause_ = Cause::Final;  // of the last attempt's failure
  std::string reason_;          // the same in words
};

}  // namespace

struct Client::Impl {
  Service service;
};

Client::Client(HttpTransport& transport, std::shared_ptr<CredentialsProvider> credentials,
               const Clock& clock, ClientOptions options)
    : impl_(new Impl{{transport, std::move(credentials), clock, std::move(options)}}) {}

Client::~Client() = default;

Task<Reply> Client::call(Call call) {
  Exchange exchange(impl_->service, std::move(call));
  co_return co_await exchange.run();
}

const ClientOptions& Client::options() const { return impl_->service.options; }

}  // namespace msghub::aws
