#include "aws/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>

#include "aws/test_support.h"
#include "net/scripted_server.h"

namespace msghub::aws {
namespace {

using namespace std::chrono_literals;
using msghub::testing::ScriptedServer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string json_keys(const std::string& id, const std::string& expiration) {
  return R"({"Code":"Success","AccessKeyId":")" + id +
         R"(","SecretAccessKey":"hush","Token":"session","Expiration":")" + expiration + "\"}";
}

constexpr char kLater[] = "2025-11-22T16:00:00Z";  // six hours after the clock of the tests

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    char path[] = "/tmp/msghub-aws-XXXXXX";
    folder_ = ::mkdtemp(path);
    variables_ = {{"HOME", folder_}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  }
  ~CredentialsTest() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(folder_ + '/' + name).parent_path());
    std::ofstream(folder_ + '/' + name) << text;
  }
  Variables variables() const {
    return [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables_.find(name);
      if (found == variables_.end()) return std::nullopt;
      return found->second;
    };
  }
  std::shared_ptr<CredentialsProvider> provider() {
    return default_credentials(transport_, clock_, variables());
  }
  Credentials found() { return run_task(provider()->get()); }
  std::string failure() {
    try {
      found();
    } catch (const Failure& error) {
      return error.what();
    }
    return "(credentials were found)";
  }
  void set_instance(const ScriptedServer& server) {
    variables_.erase("AWS_EC2_METADATA_DISABLED");
    variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server.url() + '/';
  }
  void set_container(const ScriptedServer& server) {
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server.url() + "/keys?x=1";
  }
  void move_clock(std::chrono::milliseconds by) { clock_.set(clock_.now() + by); }

  std::string folder_;
  std::map<std::string, std::string> variables_;
  ManualClock clock_;
  HttpTransport transport_;
};

TEST_F(CredentialsTest, ComeFromTheEnvironment) {
  variables_["AWS_ACCESS_KEY_ID"] = "AKENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "hush";
  variables_["AWS_SESSION_TOKEN"] = "session";
  write(".aws/credentials", "[default]\naws_access_key_id=AKFILE\naws_secret_access_key=x\n");
  const Credentials credentials = found();
  EXPECT_EQ(credentials.access_key_id, "AKENV");
  EXPECT_EQ(credentials.secret_access_key, "hush");
  EXPECT_EQ(credentials.session_token, "session");
  EXPECT_FALSE(credentials.expires_at);
  variables_.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_THAT(failure(), StartsWith("AWS_SECRET_ACCESS_KEY is not set"));
}

TEST_F(CredentialsTest, ComeFromAProfile) {
  write(".aws/credentials",
        "# comment\n[default]\naws_access_key_id = AKDEFAULT\naws_secret_access_key = a\n"
        "[work]\naws_access_key_id=AKWORK ; old\naws_secret_access_key=b=+/\n"
        "aws_session_token=t\n");
  write(".aws/config",
        "[default]\nregion = eu-west-1\n[profile work]\ns3 =\n  region = nested\n"
        "region = eu-central-1\naws_access_key_id = AKCONFIG\n");
  EXPECT_EQ(found().access_key_id, "AKDEFAULT");
  EXPECT_EQ(default_region(variables()), "eu-west-1");
  variables_["AWS_PROFILE"] = "work";
  const Credentials work = found();
  EXPECT_EQ(work.access_key_id, "AKWORK");
  EXPECT_EQ(work.secret_access_key, "b=+/");
  EXPECT_EQ(work.session_token, "t");
  EXPECT_EQ(default_region(variables()), "eu-central-1");
  variables_["AWS_DEFAULT_REGION"] = "us-east-2";
  EXPECT_EQ(default_region(variables()), "us-east-2");
  variables_["AWS_REGION"] = "us-east-1";
  EXPECT_EQ(default_region(variables()), "us-east-1");
}

TEST_F(CredentialsTest, ComeFromFilesElsewhere) {
  write("keys", "[default]\naws_access_key_id=AKKEYS\naws_secret_access_key=a\n");
  variables_["AWS_SHARED_CREDENTIALS_FILE"] = "~/keys";
  EXPECT_EQ(found().access_key_id, "AKKEYS");
  write("settings", "[default]\nregion=ap-south-1\n");
  variables_["AWS_CONFIG_FILE"] = folder_ + "/settings";
  EXPECT_EQ(default_region(variables()), "ap-south-1");
}

TEST_F(CredentialsTest, AreNotTakenFromProfilesThatNeedMore) {
  const std::pair<std::string, std::string> cases[] = {
      {"credential_process = /bin/keys\n", "uses credential_process"},
      {"sso_session = mine\n", "uses sso_session"},
      {"role_arn = arn:aws:iam::1:role/x\nsource_profile = base\n", "uses role_arn"},
      {"aws_access_key_id = AKHALF\n", "has no aws_secret_access_key"},
  };
  for (const auto& [settings, text] : cases) {
    write(".aws/config", "[default]\n" + settings);
    EXPECT_THAT(failure(), HasSubstr("the AWS profile \"default\" in ")) << settings;
    EXPECT_THAT(failure(), HasSubstr(text));
  }
  write(".aws/config", "[default]\n");
  variables_["AWS_PROFILE"] = "gone";
  EXPECT_THAT(failure(), HasSubstr("is not there"));
}

TEST_F(CredentialsTest, ComeFromAContainer) {
  ScriptedServer server([](const std::string&, int) {
    return ScriptedServer::reply(200, json_keys("AKCONTAINER", kLater));
  });
  set_container(server);
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "plain";
  const Credentials credentials = found();
  EXPECT_EQ(credentials.access_key_id, "AKCONTAINER");
  EXPECT_EQ(credentials.session_token, "session");
  EXPECT_EQ(to_iso8601(credentials.expires_at.value()), "2025-11-22T16:00:00.000Z");
  EXPECT_THAT(server.requests().at(0), StartsWith("GET /keys?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests().at(0), HasSubstr("\r\nauthorization: plain\r\n"));
  write("token", "from file\n");
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = folder_ + "/token";
  found();
  EXPECT_THAT(server.requests().at(1), HasSubstr("\r\nauthorization: from file\r\n"));
}

TEST_F(CredentialsTest, AreNotFetchedFromJustAnybody) {
  for (const char* wrong : {"http://example.com/keys", "http://127.0.0.1.example.com/",
                            "http://127.0.0.1:80@example.com/", "ftp://127.0.0.1/"}) {
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = wrong;
    EXPECT_THAT(failure(), HasSubstr("neither https nor a loopback")) << wrong;
  }
}

TEST_F(CredentialsTest, OfAContainerAreAskedForAgain) {
  ScriptedServer server([](const std::string&, int number) {
    if (number == 0) return std::string();
    if (number == 1) return ScriptedServer::reply(500, "");
    return ScriptedServer::reply(200, json_keys("AKCONTAINER", kLater));
  });
  set_container(server);
  EXPECT_EQ(found().access_key_id, "AKCONTAINER");
}

TEST_F(CredentialsTest, ThatAreNoneAreRefused) {
  ScriptedServer server([](const std::string&, int number) {
    if (number == 0) return ScriptedServer::reply(403, "secret reason");
    return ScriptedServer::reply(200, number == 1 ? "<html>" : R"({"AccessKeyId":"AK"})");
  });
  set_container(server);
  EXPECT_EQ(failure(), "the container's credentials service answered 403");
  EXPECT_THAT(failure(), HasSubstr("something else than JSON"));
  EXPECT_THAT(failure(), HasSubstr("something else than AWS credentials"));
}

std::string metadata(const std::string& request, int) {
  if (request.starts_with("PUT /latest/api/token HTTP"))
    return request.find("\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\n") == std::string::npos
               ? ScriptedServer::reply(400, "")
               : ScriptedServer::reply(200, "TOKEN");
  if (request.find("\r\nx-aws-ec2-metadata-token: TOKEN\r\n") == std::string::npos)
    return ScriptedServer::reply(401, "");
  const std::string roles = "GET /latest/meta-data/iam/security-credentials/";
  if (request.starts_with(roles + " HTTP")) return ScriptedServer::reply(200, "hub-role\n");
  if (request.starts_with(roles + "hub-role HTTP"))
    return ScriptedServer::reply(200, json_keys("AKINSTANCE", kLater));
  return ScriptedServer::reply(404, "");
}

TEST_F(CredentialsTest, ComeFromTheInstance) {
  ScriptedServer server(metadata);
  set_instance(server);
  EXPECT_EQ(found().access_key_id, "AKINSTANCE");
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(CredentialsTest, ThatAreNowhereGiveAText) {
  EXPECT_EQ(failure(),
            "no AWS credentials: AWS_ACCESS_KEY_ID is not set, there is no web identity, no "
            "profile with keys and no container role, and the instance's metadata is turned off by "
            "AWS_EC2_METADATA_DISABLED. Give the machine a role, or set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.");
  ScriptedServer old_metadata(
      [](const std::string&, int) { return ScriptedServer::reply(404, ""); });
  set_instance(old_metadata);
  EXPECT_THAT(failure(), HasSubstr("metadata service answered 404 for a token. Give"));
  ScriptedServer no_role([](const std::string&, int number) {
    return ScriptedServer::reply(number == 0 ? 200 : 404, "TOKEN");
  });
  set_instance(no_role);
  EXPECT_THAT(failure(), HasSubstr("the instance has no role"));
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1";
  EXPECT_THAT(failure(), HasSubstr("no answer from 127.0.0.1:1"));
}

TEST_F(CredentialsTest, ComeFromAWebIdentity) {
  ScriptedServer server([](const std::string&, int) {
    return ScriptedServer::reply(
        200,
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
        "<SessionToken>a&amp;b</SessionToken><SecretAccessKey>hush</SecretAccessKey>"
        "<Expiration>2025-11-22T11:00:00Z</Expiration><AccessKeyId>AKWEB</AccessKeyId>"
        "</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>");
  });
  write("jwt", "eyJ.a+b.c\n");
  variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = folder_ + "/jwt";
  variables_["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/hub";
  variables_["AWS_ENDPOINT_URL_STS"] = server.url();
  const Credentials credentials = found();
  EXPECT_EQ(credentials.access_key_id, "AKWEB");
  EXPECT_EQ(credentials.session_token, "a&b");
  EXPECT_TRUE(credentials.expires_at);
  EXPECT_THAT(server.requests().at(0),
              HasSubstr("\r\n\r\nAction=AssumeRoleWithWebIdentity&RoleArn=arn%3Aaws%3Aiam%3A%3A1"
                        "%3Arole%2Fhub&RoleSessionName=msghub&Version=2011-06-15&"
                        "WebIdentityToken=eyJ.a%2Bb.c"));
}

TEST_F(CredentialsTest, OfAWebIdentityThatIsRefusedShowNoToken) {
  ScriptedServer server([](const std::string& request, int) {
    return ScriptedServer::reply(
        400, "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>" +
                 request.substr(request.find("WebIdentityToken=")) +
                 "</Message></Error></ErrorResponse>");
  });
  write(".aws/config",
        "[default]\nrole_arn = arn:x\nweb_identity_token_file = " + folder_ + "/jwt\n");
  write("jwt", "eyJ-secret");
  variables_["AWS_ENDPOINT_URL_STS"] = server.url();
  EXPECT_THAT(failure(), HasSubstr("InvalidIdentityToken for arn:x"));
  EXPECT_THAT(failure(), Not(HasSubstr("eyJ-secret")));
}

// A container whose keys change with each fetch and that fails when told so.
struct RenewingContainer {
  std::atomic<bool> fails = false;
  std::atomic<int> fetches = 0;
  std::string expiration = "2025-11-22T11:00:00Z";  // one hour after the clock of the tests
  ScriptedServer server{[this](const std::string&, int) {
    if (fails) return ScriptedServer::reply(403, "");
    return ScriptedServer::reply(200, json_keys("AK" + std::to_string(++fetches), expiration));
  }};
};

TEST_F(CredentialsTest, AreKeptUntilFiveMinutesBeforeTheyExpire) {
  RenewingContainer container;
  set_container(container.server);
  const auto keys = provider();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run_task(keys->get()).access_key_id, "AK1");
  move_clock(54min);
  EXPECT_EQ(run_task(keys->get()).access_key_id, "AK1");
  container.expiration = "2025-11-22T12:00:00Z";
  move_clock(2min);
  EXPECT_EQ(run_task(keys->get()).access_key_id, "AK2");
}

TEST_F(CredentialsTest, ServeOnWhileTheyAreValidAndNoOthersCome) {
  RenewingContainer container;
  set_container(container.server);
  const auto keys = provider();
  run_task(keys->get());
  container.fails = true;
  move_clock(56min);
  const std::size_t before = container.server.requests().size();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(run_task(keys->get()).access_key_id, "AK1");
  EXPECT_EQ(container.server.requests().size(), before + 1) << "one try a minute";
  move_clock(4min);
  EXPECT_THROW(run_task(keys->get()), Failure);
  container.fails = false;
  container.expiration = "2025-11-22T12:00:00Z";
  EXPECT_EQ(run_task(keys->get()).access_key_id, "AK2");
}

TEST_F(CredentialsTest, AreFetchedByOneCallAtATime) {
  RenewingContainer container;
  set_container(container.server);
  const auto keys = provider();
  boost::asio::thread_pool pool(3);
  std::vector<std::future<Credentials>> calls;
  for (int i = 0; i < 50; ++i)
    calls.push_back(boost::asio::co_spawn(pool, keys->get(), boost::asio::use_future));
  for (auto& call : calls) EXPECT_EQ(call.get().access_key_id, "AK1");
  EXPECT_EQ(container.fetches, 1);
}

TEST_F(CredentialsTest, ThatAreForgottenAreFetchedAnew) {
  RenewingContainer container;
  set_container(container.server);
  const auto keys = provider();
  const Credentials first = run_task(keys->get());
  keys->forget(first);
  EXPECT_EQ(run_task(keys->get()).access_key_id, "AK2");
  keys->forget(first);
  EXPECT_EQ(run_task(keys->get()).access_key_id, "AK2") << "others have been fetched already";
}

TEST_F(CredentialsTest, ThatHaveExpiredAlreadyAreRefused) {
  RenewingContainer container;
  container.expiration = "2025-11-22T09:00:00Z";
  set_container(container.server);
  EXPECT_THAT(failure(), HasSubstr("have expired already"));
}

TEST(Profiles, AreReadAsTheSdksDo) {
  const std::string text =
      "[ a ]\nx=1\n[profile b]\r\nx = 2 # two\r\n\r\n;c\nnonsense\n[profileb]\n"
      "x=3\n[b]\nx=4\n[profile b]\ny=5";
  EXPECT_EQ(read_profile(text, "a", false), (Settings{{"x", "1"}}));
  EXPECT_EQ(read_profile(text, "b", true), (Settings{{"x", "2"}, {"y", "5"}}));
  EXPECT_EQ(read_profile(text, "b", false), (Settings{{"x", "4"}}));
  EXPECT_EQ(read_profile(text, "none", true), std::nullopt);
  EXPECT_EQ(read_profile("[a", "a", false), Settings{});
}

}  // namespace
}  // namespace msghub::aws
