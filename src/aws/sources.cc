#include "aws/sources.h"

#include <array>

#include "aws/credentials.h"
#include "aws/errors.h"
#include "base/json.h"

namespace msghub::aws {

namespace {

using std::chrono::milliseconds;
using Retry = Failure::Retry;

constexpr int kAttempts = 3;
constexpr milliseconds kPause{100};
constexpr milliseconds kTimeout{5000};
// The metadata service answers at once or is not there.
constexpr milliseconds kMetadataTimeout{1000};
constexpr std::size_t kMostReply = std::size_t{256} * 1024;

[[noreturn]] void fail(Retry retry, const std::string& why) { throw Failure(retry, why); }

HttpTransport::Request request_to(std::string url, milliseconds timeout) {
  HttpTransport::Request request;
  request.url = std::move(url);
  request.timeout = timeout;
  request.reply_limit = kMostReply;
  return request;
}

Credentials complete(Credentials credentials, const std::string& expiration,
                     const std::string& place) {
  if (!expiration.empty()) credentials.expires_at = from_iso8601(expiration);
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
      (!expiration.empty() && !credentials.expires_at))
    fail(Retry::Later, place + " answered with something else than AWS credentials");
  return credentials;
}

// The form that containers and instances answer in.
Credentials read_json_credentials(std::string_view body, const std::string& place) {
  const Result<json::value> read = parse_json(body);
  if (!read || !read->is_object())
    fail(Retry::Later, place + " answered with something else than JSON");
  const json::object& object = read->get_object();
  Credentials credentials;
  credentials.access_key_id = string_or(object, "AccessKeyId");
  credentials.secret_access_key = string_or(object, "SecretAccessKey");
  credentials.session_token = string_or(object, "Token");
  return complete(std::move(credentials), string_or(object, "Expiration"), place);
}

void check_status(const HttpTransport::Reply& reply, const std::string& place) {
  if (reply.status != 200) fail(Retry::Later, place + " answered " + std::to_string(reply.status));
}

// Plain http shows the keys to the network: only to this machine and to AWS's own link-local hosts.
bool may_serve_keys(const std::string& url) {
  if (url.starts_with("https://")) return true;
  if (!url.starts_with("http://")) return false;
  const std::string authority = url.substr(7, url.find_first_of("/?#", 7) - 7);
  static constexpr std::array<std::string_view, 6> kHosts{
      "127.0.0.1", "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  for (const std::string_view host : kHosts)
    if (authority == host || authority.starts_with(std::string(host) + ':'))
      return authority.find('@') == std::string::npos;
  return false;
}

constexpr char kNone[] =
    "no AWS credentials: AWS_ACCESS_KEY_ID is not set, there is no web identity, no profile with "
    "keys and no container role, and ";

}  // namespace

Task<Credentials> CredentialSources::find() {
  std::optional<Credentials> credentials = from_environment();
  if (credentials) co_return std::move(*credentials);

  const auto token_file = variables_("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (token_file) {
    const std::string role = variables_("AWS_ROLE_ARN").value_or("");
    const std::string session = variables_("AWS_ROLE_SESSION_NAME").value_or("");
    credentials = co_await from_web_identity(*token_file, role, session);
    if (credentials) co_return std::move(*credentials);
  }
  credentials = co_await from_profile();
  if (credentials) co_return std::move(*credentials);
  credentials = co_await from_container();
  if (credentials) co_return std::move(*credentials);
  Found instance = co_await from_instance();
  if (instance.credentials) co_return std::move(*instance.credentials);
  // Later: metadata that do not answer now may do so in a minute.
  throw Failure(Retry::Later, kNone + instance.note +
                                  ". Give the machine a role, or set AWS_ACCESS_KEY_ID and "
                                  "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.");
}

std::optional<Credentials> CredentialSources::from_environment() const {
  const auto id = variables_("AWS_ACCESS_KEY_ID");
  const auto secret = variables_("AWS_SECRET_ACCESS_KEY");
  if (!id && !secret) return std::nullopt;
  if (!id || !secret)
    fail(Retry::Never, std::string(id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID") +
                           " is not set, though its partner is: set both or none");
  return Credentials{*id, *secret, variables_("AWS_SESSION_TOKEN").value_or(""), std::nullopt};
}

Task<std::optional<Credentials>> CredentialSources::from_web_identity(std::string token_file,
                                                                      std::string role,
                                                                      std::string session) {
  if (role.empty())
    fail(Retry::Never, "AWS_ROLE_ARN is not set, which AWS_WEB_IDENTITY_TOKEN_FILE needs");
  const std::optional<std::string> token = read_text_file(token_file);
  if (!token) fail(Retry::Never, "the web identity token file " + token_file + " is not there");
  const std::optional<std::string> region = default_region(variables_);
  const std::string own = region ? "https://sts." + *region + ".amazonaws.com"
                                 : std::string("https://sts.amazonaws.com");
  HttpTransport::Request request =
      request_to(variables_("AWS_ENDPOINT_URL_STS").value_or(own) + "/", kTimeout);
  request.method = "POST";
  request.headers = {{"content-type", "application/x-www-form-urlencoded"}};
  const Pairs form{{"Action", "AssumeRoleWithWebIdentity"},
                   {"Version", "2011-06-15"},
                   {"RoleArn", role},
                   {"RoleSessionName", session.empty() ? "msghub" : session},
                   {"WebIdentityToken", *token}};
  request.body = encode_query(form);

  const std::string place = "STS (AssumeRoleWithWebIdentity)";
  const HttpTransport::Reply reply = co_await fetch(std::move(request), place);
  const ServiceError error = read_error(reply.status, reply.headers, reply.body, false);
  // The message may quote the token.
  if (!error.code.empty()) fail(Retry::Later, place + " answered " + error.code + " for " + role);
  Credentials credentials;
  credentials.access_key_id = xml_text(reply.body, "AccessKeyId").value_or("");
  credentials.secret_access_key = xml_text(reply.body, "SecretAccessKey").value_or("");
  credentials.session_token = xml_text(reply.body, "SessionToken").value_or("");
  const std::string expiration = xml_text(reply.body, "Expiration").value_or("");
  co_return complete(std::move(credentials), expiration, place);
}

Task<std::optional<Credentials>> CredentialSources::from_profile() {
  const Profile profile = load_profile(variables_);
  const std::string whose = "the AWS profile \"" + profile.name + "\" in " + profile.where;
  if (!profile.settings) {
    if (profile.asked_for) fail(Retry::Never, whose + " is not there");
    co_return std::nullopt;
  }
  const Settings& settings = *profile.settings;
  const auto text = [&settings](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? std::string() : found->second;
  };
  const std::string token_file = text("web_identity_token_file");
  if (!token_file.empty()) {
    co_return co_await from_web_identity(token_file, text("role_arn"), text("role_session_name"));
  }
  const std::string id = text("aws_access_key_id"), secret = text("aws_secret_access_key");
  for (const char* name :
       {"role_arn", "credential_process", "sso_session", "sso_start_url", "credential_source"}) {
    const bool yields = std::string_view(name) != "role_arn" && !id.empty();
    if (settings.contains(name) && !yields)
      fail(Retry::Never, whose + " uses " + name +
                             ", which the hub does not follow. Give it keys, or run the hub with a "
                             "role of its machine or container.");
  }
  if (id.empty() && secret.empty()) co_return std::nullopt;
  if (id.empty() || secret.empty())
    fail(Retry::Never,
         whose + " has no " + (id.empty() ? "aws_access_key_id" : "aws_secret_access_key"));
  co_return Credentials{id, secret, text("aws_session_token"), std::nullopt};
}

HttpTransport::Request CredentialSources::container_request() const {
  const auto relative = variables_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const std::string url = relative ? "http://169.254.170.2" + *relative
                                   : *variables_("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!may_serve_keys(url))
    fail(Retry::Never,
         "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor a loopback or container host");
  HttpTransport::Request request = request_to(url, kTimeout);
  std::optional<std::string> token = variables_("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  if (const auto file = variables_("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
    token = read_text_file(*file);
    if (!token) fail(Retry::Never, "the container's token file " + *file + " is not there");
  }
  if (token) request.headers = {{"authorization", *token}};
  return request;
}

Task<std::optional<Credentials>> CredentialSources::from_container() {
  if (!variables_("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") &&
      !variables_("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
    co_return std::nullopt;
  const std::string place = "the container's credentials service";
  HttpTransport::Request request = container_request();
  const HttpTransport::Reply reply = co_await fetch(std::move(request), place);
  check_status(reply, place);
  co_return read_json_credentials(reply.body, place);
}

Task<CredentialSources::Found> CredentialSources::from_instance() {
  if (variables_("AWS_EC2_METADATA_DISABLED") == "true")
    co_return Found{{}, "the instance's metadata is turned off by AWS_EC2_METADATA_DISABLED"};
  const bool is_v6 = variables_("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE") == "IPv6";
  std::string base = variables_("AWS_EC2_METADATA_SERVICE_ENDPOINT")
                         .value_or(is_v6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
  while (base.ends_with('/')) base.pop_back();
  const std::string place = "the instance's metadata service";

  HttpTransport::Request for_token = request_to(base + "/latest/api/token", kMetadataTimeout);
  for_token.method = "PUT";
  for_token.headers = {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}};
  HttpTransport::Reply token;
  try {
    token = co_await transport_.send(std::move(for_token));
  } catch (const TransportError& error) {
    co_return Found{{}, "the instance's metadata gives " + std::string(error.what())};
  }
  if (token.status != 200)
    co_return Found{{}, place + " answered " + std::to_string(token.status) + " for a token"};

  const std::string roles = base + "/latest/meta-data/iam/security-credentials/";
  HttpTransport::Request for_role = request_to(roles, kMetadataTimeout);
  for_role.headers = {{"x-aws-ec2-metadata-token", token.body}};
  HttpTransport::Request for_keys = for_role;
  const HttpTransport::Reply role = co_await fetch(std::move(for_role), place);
  if (role.status == 404) co_return Found{{}, "the instance has no role"};
  check_status(role, place);
  for_keys.url = roles + uri_encode(role.body.substr(0, role.body.find_first_of("\r\n")));
  const HttpTransport::Reply keys = co_await fetch(std::move(for_keys), place);
  check_status(keys, place);
  co_return Found{read_json_credentials(keys.body, place), ""};
}

Task<HttpTransport::Reply> CredentialSources::fetch(HttpTransport::Request request,
                                                    std::string place) {
  std::string reason;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    if (attempt > 1) co_await sleep_for(kPause);
    HttpTransport::Request copy = request;
    try {
      HttpTransport::Reply reply = co_await transport_.send(std::move(copy));
      if (reply.status < 500) co_return reply;
      reason = "it answered " + std::to_string(reply.status);
    } catch (const TransportError& error) {
      reason = error.what();
    }
  }
  throw Failure(Retry::Later, place + ": " + reason);
}

}  // namespace msghub::aws
