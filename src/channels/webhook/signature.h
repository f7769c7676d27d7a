#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "net/http.h"

namespace msghub {

// How a webhook proves who sent it.
enum class SignatureScheme {
  Standard,  // Standard Webhooks 1.0, symmetric (v1): webhook-id, webhook-timestamp,
             // webhook-signature; the secret is "whsec_" and base64 of 24 to 64 bytes
  GitHub,    // X-Hub-Signature-256: sha256=<hex>; the secret is any text
};

// "standard" or "github" (ChannelConfig::webhook_signature).
std::optional<SignatureScheme> signature_scheme(std::string_view name);

// How far webhook-timestamp may be from now, either way.
inline constexpr std::chrono::seconds kSignatureWindow{300};
// Signatures in one webhook-signature header that are looked at (more of them: Unauthorized).
inline constexpr int kMostSignatures = 5;

// Checks the signature of the raw `body`. Refuses (Unauthorized) whenever anything that the check
// needs is missing, doubled or malformed, the secret included: there is no way to pass without a
// proof. The refusals tell which part is wrong and nothing of the secret. Constant-time compare.
// Pure; never throws on any input.
Result<void> check_signature(SignatureScheme scheme, std::string_view secret,
                             const Headers& headers, std::string_view body, Timestamp now);

// The value of the webhook-signature header for a message ("v1,<base64>"); for senders and tests.
// Refuses (Invalid) a secret that is not "whsec_" and base64 of 24 to 64 bytes.
Result<std::string> sign_standard(std::string_view secret, std::string_view id,
                                  std::string_view timestamp, std::string_view body);

}  // namespace msghub
