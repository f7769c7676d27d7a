#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/profile.h"
#include "aws/signer.h"
#include "base/task.h"
#include "base/time.h"
#include "net/http_transport.h"

namespace msghub::aws {

// Where the keys come from. Thread-safe: awaited on any executor.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  // Keys that are good now. Throws Failure with the places looked at and what to do; its text
  // holds no secret.
  virtual Task<Credentials> get() = 0;
  // AWS says that `refused` have expired: get() fetches others, unless that has happened already.
  virtual void forget(const Credentials& refused) = 0;
};

// Always the same keys.
class FixedCredentials final : public CredentialsProvider {
 public:
  explicit FixedCredentials(Credentials credentials) : credentials_(std::move(credentials)) {}
  Task<Credentials> get() override;
  void forget(const Credentials&) override {}

 private:
  const Credentials credentials_;
};

// Those of this process; an empty one counts as unset.
Variables process_variables();

// The SDKs' default chain; the first place that is configured decides:
//  1. AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
//  2. AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN (and AWS_ROLE_SESSION_NAME): roles of
//     Kubernetes service accounts, through STS
//  3. the profile AWS_PROFILE (else "default") of ~/.aws/credentials and ~/.aws/config, or of
//     AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE. Keys only: a profile that needs a program, a
//     sign-in (SSO) or another role is refused with Failure(Never)
//  4. AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI (ECS, EKS Pod Identity), with
//     AWS_CONTAINER_AUTHORIZATION_TOKEN or _TOKEN_FILE
//  5. the EC2 instance's metadata, version 2 only, unless AWS_EC2_METADATA_DISABLED is "true"
// Keys that expire are fetched anew from 5 minutes before, by one call at a time; the old ones
// serve while they are valid and a fetch fails.
// `transport` and `clock` outlive the provider.
std::shared_ptr<CredentialsProvider> default_credentials(HttpTransport& transport,
                                                         const Clock& clock,
                                                         Variables variables = process_variables());

// AWS_REGION, AWS_DEFAULT_REGION, else the profile's "region"; nothing when none says it. Throws
// Failure(Never) when a profile file cannot be read.
std::optional<std::string> default_region(const Variables& variables = process_variables());

}  // namespace msghub::aws
