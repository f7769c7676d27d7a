#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "aws/signer.h"
#include "base/result.h"
#include "base/task.h"
#include "base/time.h"
#include "net/http.h"
#include "net/http_transport.h"

namespace msghub::aws {

struct ClientOptions {
  std::string service;   // "dynamodb", "s3", "kms", "sts": in signature and default endpoint
  std::string endpoint;  // "https://host[:port]"; "" = https://<service>.<region>.amazonaws.com
  std::string region;    // "eu-central-1"
  std::chrono::milliseconds attempt_timeout{5'000};  // of one request, connecting included
  std::chrono::milliseconds total_timeout{20'000};   // of a call with all its attempts and pauses
  int attempts = 6;                                  // requests of one call, the first included
  std::string ca_file;  // PEM file of the authorities to trust; "" = the system's
};

struct Call {
  std::string method = "POST";
  std::string path = "/";  // percent-encoded as it is sent (see uri_encode)
  Pairs query;             // not encoded
  Pairs headers;           // signed all; content-type, x-amz-target …
  std::string body;
  // False: the call is not made again when a request may have been carried out already.
  bool repeatable = true;
  std::size_t reply_limit = std::size_t{16} * 1024 * 1024;  // bytes of body
  std::optional<std::chrono::milliseconds> timeout;         // instead of attempt_timeout; raises
                                                            // total_timeout to as much at least
  std::string operation;    // for logs and errors; "" = x-amz-target's operation, else the method
  std::string host_prefix;  // "bucket." in front of the endpoint's host
  std::string payload_sha256;  // hex, when the caller knows it; "" = computed
};

struct Reply {
  unsigned status = 0;
  Headers headers;  // headers.only("etag")
  std::string body;
  // "" for 2xx; else "ConditionalCheckFailedException", "NoSuchKey"; the status as text ("404")
  // when the answer has no body, as to HEAD.
  std::string error_code;
  std::string error_message;  // AWS's own words, without secrets; "" on success
  // An earlier request of this call may have been carried out: a conflict may be of our own doing.
  bool after_uncertain = false;

  bool ok() const { return error_code.empty(); }
};

// Attempts or time are used up, or the call may not be repeated. Its text names service,
// operation, host, the last reason and what to do.
struct CallFailed : Failure {
  CallFailed(const std::string& why, bool may_be_done)
      : Failure(Retry::Later, why), uncertain(may_be_done) {}
  bool uncertain;  // some request of the call may have been carried out
};

// Signed calls to one AWS service. Requests that failed for a passing reason are sent again, as the
// SDKs' standard mode does: after a random pause of up to 50 ms × 2^n, at most 5 s; and only while
// a bucket of retry tokens, shared by all calls of this client, lasts, so that an outage does not
// multiply the load. Passing reasons are no answer, 5xx, throttling, a wrong clock (corrected from
// the answer's Date, once a call) and expired keys (fetched anew, once a call).
//
// Thread-safe; calls run side by side. `transport` and `clock` outlive the client.
class Client {
 public:
  Client(HttpTransport& transport, std::shared_ptr<CredentialsProvider> credentials,
         const Clock& clock, ClientOptions options);
  ~Client();

  // Any other answer comes back as it is, a 4xx too. Throws CallFailed, TransportError(Never) for a
  // reply over the limit, and what the credentials throw.
  Task<Reply> call(Call call);

  const ClientOptions& options() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace msghub::aws
