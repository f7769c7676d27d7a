#include "channels/webhook/signature.h"

#include <charconv>

#include "base/crypto.h"

namespace msghub {

namespace {

constexpr std::string_view kSecretPrefix = "whsec_";

std::unexpected<Refusal> unauthorized(std::string detail) {
  return refuse(Refusal::Code::Unauthorized, std::move(detail));
}

// The header's only and non-empty value.
Result<std::string_view> sole_header(const Headers& headers, const char* name) {
  const std::string* value = headers.only(name);
  if (value == nullptr)
    return unauthorized(headers.count(name) == 0
                            ? "The header " + std::string(name) + " is missing."
                            : "The header " + std::string(name) + " stands more than once.");
  if (value->empty()) return unauthorized("The header " + std::string(name) + " is empty.");
  return *value;
}

std::optional<std::string> standard_key(std::string_view secret) {
  if (!secret.starts_with(kSecretPrefix)) return std::nullopt;
  auto key = from_base64(secret.substr(kSecretPrefix.size()));
  if (!key || key->size() < 24 || key->size() > 64) return std::nullopt;
  return key;
}

std::string standard_mac(std::string_view key, std::string_view id, std::string_view timestamp,
                         std::string_view body) {
  std::string signed_text;
  signed_text.reserve(id.size() + timestamp.size() + body.size() + 2);
  signed_text += id;
  signed_text += '.';
  signed_text += timestamp;
  signed_text += '.';
  signed_text += body;
  return hmac_sha256(key, signed_text);
}

Result<void> check_window(std::string_view text, Timestamp now) {
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
  // 1e11 seconds are the year 5138: far beyond every clock, far below overflow.
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || seconds < 0 ||
      seconds > 100'000'000'000)
    return unauthorized("webhook-timestamp is not a number of seconds since 1970.");
  const Timestamp sent{std::chrono::seconds(seconds)};
  if (sent > now + kSignatureWindow || sent < now - kSignatureWindow)
    return unauthorized("webhook-timestamp is more than " +
                        std::to_string(kSignatureWindow.count()) +
                        " seconds away from the hub's clock.");
  return {};
}

Result<void> check_standard(std::string_view secret, const Headers& headers, std::string_view body,
                            Timestamp now) {
  const auto key = standard_key(secret);
  if (!key) return unauthorized("This channel has no usable signing secret.");
  const auto id = sole_header(headers, "webhook-id");
  if (!id) return std::unexpected(id.error());
  const auto timestamp = sole_header(headers, "webhook-timestamp");
  if (!timestamp) return std::unexpected(timestamp.error());
  const auto signatures = sole_header(headers, "webhook-signature");
  if (!signatures) return std::unexpected(signatures.error());
  // "a.1" sent at "2" and "a" sent at "1.2" would be signed by the same bytes.
  if (id->find('.') != std::string_view::npos)
    return unauthorized("webhook-id must not hold a dot.");
  if (auto in_window = check_window(*timestamp, now); !in_window) return in_window;

  const std::string expected = standard_mac(*key, *id, *timestamp, body);
  bool proven = false;
  int candidates = 0;
  for (std::string_view rest = *signatures; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view one = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (one.empty()) continue;
    if (++candidates > kMostSignatures)
      return unauthorized("webhook-signature holds more than " + std::to_string(kMostSignatures) +
                          " signatures.");
    if (!one.starts_with("v1,")) continue;
    const auto given = from_base64(one.substr(3));
    if (given && constant_time_equal(*given, expected)) proven = true;
  }
  if (!proven) return unauthorized("No signature in webhook-signature fits this body and secret.");
  return {};
}

Result<void> check_github(std::string_view secret, const Headers& headers, std::string_view body) {
  constexpr std::string_view kPrefix = "sha256=";
  if (secret.empty()) return unauthorized("This channel has no usable signing secret.");
  const auto signature = sole_header(headers, "x-hub-signature-256");
  if (!signature) return std::unexpected(signature.error());
  const auto given =
      signature->starts_with(kPrefix) ? from_hex(signature->substr(kPrefix.size())) : std::nullopt;
  if (!given || given->size() != 32)
    return unauthorized("x-hub-signature-256 is not \"sha256=\" and 64 hex digits.");
  if (!constant_time_equal(*given, hmac_sha256(secret, body)))
    return unauthorized("x-hub-signature-256 does not fit this body and secret.");
  return {};
}

}  // namespace

std::optional<SignatureScheme> signature_scheme(std::string_view name) {
  if (name == "standard") return SignatureScheme::Standard;
  if (name == "github") return SignatureScheme::GitHub;
  return std::nullopt;
}

Result<void> check_signature(SignatureScheme scheme, std::string_view secret,
                             const Headers& headers, std::string_view body, Timestamp now) {
  switch (scheme) {
    case SignatureScheme::Standard:
      return check_standard(secret, headers, body, now);
    case SignatureScheme::GitHub:
      return check_github(secret, headers, body);
  }
  return unauthorized("This channel has no known signature scheme.");
}

Result<std::string> sign_standard(std::string_view secret, std::string_view id,
                                  std::string_view timestamp, std::string_view body) {
  const auto key = standard_key(secret);
  if (!key)
    return refuse(Refusal::Code::Invalid,
                  "A signing secret is \"whsec_\" and base64 of 24 to 64 bytes.");
  return "v1," + to_base64(standard_mac(*key, id, timestamp, body));
}

}  // namespace msghub
