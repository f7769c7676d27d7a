#include "aws/signer.h"

#include <algorithm>
#include <map>

#include "base/crypto.h"

namespace msghub::aws {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

bool is_s3(const SigningInput& input) { return input.service == "s3"; }

// "20150830T123600Z"
std::string amz_date(Timestamp time) {
  std::string text = to_iso8601(time).substr(0, 19);
  std::erase(text, '-');
  std::erase(text, ':');
  return text + 'Z';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Without blanks at the ends, and every run of blanks inside as one.
std::string squeeze(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

// "/a/./b//../c" is "/a/c".
std::string normalize(std::string_view path) {
  std::vector<std::string_view> kept;
  std::size_t at = 0;
  while (at < path.size()) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
    at = end + 1;
  }
  std::string out;
  for (const std::string_view segment : kept) {
    out += '/';
    out += segment;
  }
  const bool is_folder = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  return is_folder || out.empty() ? out + '/' : out;
}

std::string canonical_path(const SigningInput& input) {
  if (input.path.empty()) return "/";
  return is_s3(input) ? input.path : uri_encode(normalize(input.path), true);
}

std::string canonical_query(const Pairs& query) {
  Pairs encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(uri_encode(name), uri_encode(value));
  std::ranges::sort(encoded);
  std::string out;
  for (const auto& [name, value] : encoded) {
    if (!out.empty()) out += '&';
    out.append(name).append(1, '=').append(value);
  }
  return out;
}

// The headers that the signature itself needs.
Pairs own_headers(const SigningInput& input, const Credentials& credentials) {
  Pairs headers{{"x-amz-date", amz_date(input.time)}};
  if (!credentials.session_token.empty())
    headers.emplace_back("x-amz-security-token", credentials.session_token);
  if (is_s3(input) || input.payload_sha256 == kUnsignedPayload)
    headers.emplace_back("x-amz-content-sha256", input.payload_sha256);
  return headers;
}

// Names in lower case, sorted; the values of a repeated name joined in their order.
std::map<std::string, std::string> canonical_headers(const SigningInput& input,
                                                     const Credentials& credentials) {
  std::map<std::string, std::string> headers{{"host", squeeze(input.host)}};
  for (const Pairs& pairs : {input.headers, own_headers(input, credentials)}) {
    for (const auto& [name, value] : pairs) {
      const auto [entry, is_new] = headers.emplace(lower(name), squeeze(value));
      if (!is_new) entry->second += ',' + squeeze(value);
    }
  }
  return headers;
}

std::string names_of(const std::map<std::string, std::string>& headers) {
  std::string out;
  for (const auto& [name, value] : headers) {
    if (!out.empty()) out += ';';
    out += name;
  }
  return out;
}

std::string signing_key(const std::string& secret, std::string_view day,
                        const SigningInput& input) {
  std::string key = hmac_sha256("AWS4" + secret, day);
  key = hmac_sha256(key, input.region);
  key = hmac_sha256(key, input.service);
  return hmac_sha256(key, "aws4_request");
}

}  // namespace

std::string uri_encode(std::string_view text, bool keep_slash) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || (c == '/' && keep_slash);
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

std::string encode_query(const Pairs& query) { return canonical_query(query); }

std::string canonical_request(const SigningInput& input, const Credentials& credentials) {
  const auto headers = canonical_headers(input, credentials);
  std::string out =
      input.method + '\n' + canonical_path(input) + '\n' + canonical_query(input.query) + '\n';
  for (const auto& [name, value] : headers)
    out.append(name).append(1, ':').append(value).append(1, '\n');
  return out + '\n' + names_of(headers) + '\n' + input.payload_sha256;
}

Pairs sign(const SigningInput& input, const Credentials& credentials) {
  const std::string date = amz_date(input.time);
  const std::string day = date.substr(0, 8);
  const std::string scope = day + '/' + input.region + '/' + input.service + "/aws4_request";
  const std::string to_sign = std::string(kAlgorithm) + '\n' + date + '\n' + scope + '\n' +
                              sha256_hex(canonical_request(input, credentials));
  const std::string key = signing_key(credentials.secret_access_key, day, input);
  std::string authorization(kAlgorithm);
  authorization += " Credential=" + credentials.access_key_id + '/' + scope;
  authorization += ", SignedHeaders=" + names_of(canonical_headers(input, credentials));
  authorization += ", Signature=" + to_hex(hmac_sha256(key, to_sign));
  Pairs headers = own_headers(input, credentials);
  headers.emplace_back("authorization", std::move(authorization));
  return headers;
}

}  // namespace msghub::aws
