#pragma once

#include <optional>
#include <string>

#include "aws/profile.h"
#include "aws/signer.h"
#include "base/task.h"
#include "net/http_transport.h"

// The places where credentials come from, each asked anew every time.

namespace msghub::aws {

// Asks the places in the order of default_credentials(). One search at a time on each object; the
// object outlives the search.
class CredentialSources {
 public:
  CredentialSources(HttpTransport& transport, Variables variables)
      : transport_(transport), variables_(std::move(variables)) {}

  // Throws Failure(Never) when a place is configured wrongly, Failure(Later) when the one that is
  // configured, or none, gives any.
  Task<Credentials> find();

 private:
  // What a place gives; `note` says why it gives nothing.
  struct Found {
    std::optional<Credentials> credentials;
    std::string note;
  };

  std::optional<Credentials> from_environment() const;
  Task<std::optional<Credentials>> from_web_identity(std::string token_file, std::string role,
                                                     std::string session);
  Task<std::optional<Credentials>> from_profile();
  Task<std::optional<Credentials>> from_container();
  Task<Found> from_instance();
  HttpTransport::Request container_request() const;
  // Sends up to three times while there is no answer or a 5xx.
  Task<HttpTransport::Reply> fetch(HttpTransport::Request request, std::string place);

  HttpTransport& transport_;
  const Variables variables_;
};

}  // namespace msghub::aws
