#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"

// AWS Signature Version 4 in the Authorization header. Pure.

namespace msghub::aws {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;            // "" for long-lived keys
  std::optional<Timestamp> expires_at;  // nothing: they do not expire
};

// In place of the payload's hash: the body is not signed (S3 over https only).
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

struct SigningInput {
  std::string method;
  std::string host;            // as in the Host header: with the port unless it is the scheme's own
  std::string path;            // percent-encoded as it is sent; "" is "/"
  Pairs query;                 // names and values before encoding, in any order
  Pairs headers;               // all of them are signed; without host and x-amz-date
  std::string payload_sha256;  // hex, or kUnsignedPayload
  std::string service;         // "dynamodb"; "s3" signs the path as sent, others encode it again
  std::string region;
  Timestamp time;
};

// The headers to send besides those of `input`: authorization, x-amz-date, x-amz-security-token
// when there is a session token, and x-amz-content-sha256 for "s3" and for an unsigned payload.
Pairs sign(const SigningInput& input, const Credentials& credentials);

// What is hashed into the signature, for comparing with what AWS says it should have been.
std::string canonical_request(const SigningInput& input, const Credentials& credentials);

// Percent-encodes all bytes but A-Z a-z 0-9 - . _ ~ and, when `keep_slash`, "/".
std::string uri_encode(std::string_view text, bool keep_slash = false);

// The query for the URL, without "?": encoded like the signature's, every name with its "=".
std::string encode_query(const Pairs& query);

}  // namespace msghub::aws
