#include "net/http_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include "net/scripted_server.h"
#include "net/tls_server.h"

namespace msghub {
namespace {

using namespace std::chrono_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScriptedServer;
using ::testing::StartsWith;
using testing::TlsServer;
namespace asio = boost::asio;

HttpTransport::Request request_to(const std::string& url, const std::string& method = "GET",
                                  const std::string& body = "") {
  HttpTransport::Request request;
  request.method = method;
  request.url = url;
  request.body = body;
  request.timeout = 5s;
  return request;
}

// Sends on a loop of its own; throws what send() throws.
HttpTransport::Reply send(HttpTransport& transport, HttpTransport::Request request) {
  asio::io_context loop;
  auto reply = asio::co_spawn(loop, transport.send(std::move(request)), asio::use_future);
  loop.run();
  return reply.get();
}

TransportError failure_of(HttpTransport& transport, HttpTransport::Request request) {
  try {
    send(transport, std::move(request));
  } catch (const TransportError& error) {
    return error;
  }
  ADD_FAILURE() << "an answer came";
  return TransportError("", false, false);
}

std::string ok(const std::string&, int) {
  return ScriptedServer::reply(200, "hello", "X-Name:  value \r\nx-empty:\r\n");
}

TEST(HttpTransport, GivesStatusHeadersAndBody) {
  ScriptedServer server(ok);
  HttpTransport transport;
  const HttpTransport::Reply reply = send(transport, request_to(server.url() + "/a"));
  EXPECT_EQ(reply.status, 200u);
  EXPECT_EQ(reply.body, "hello");
  EXPECT_EQ(*reply.headers.only("X-NAME"), "value");
  EXPECT_EQ(*reply.headers.only("X-Empty"), "");
}

TEST(HttpTransport, SendsPathAndHeadersAsTheyAre) {
  ScriptedServer server(ok);
  HttpTransport transport;
  HttpTransport::Request request =
      request_to(server.url() + "/a/../b/./%2e%2E//c?x=%20&y", "PUT", "body");
  request.headers = {{"host", "other.example"}, {"x-empty", ""}};
  send(transport, request);
  EXPECT_EQ(server.requests().at(0),
            "PUT /a/../b/./%2e%2E//c?x=%20&y HTTP/1.1\r\nHost: other.example\r\nAccept: */*\r\n"
            "x-empty:\r\nContent-Length: 4\r\n\r\nbody");
}

TEST(HttpTransport, SendsEmptyBodiesWithTheirLength) {
  ScriptedServer server(ok);
  HttpTransport transport;
  send(transport, request_to(server.url(), "POST"));
  send(transport, request_to(server.url(), "DELETE"));
  EXPECT_THAT(server.requests().at(0), HasSubstr("Content-Length: 0\r\n"));
  EXPECT_THAT(server.requests().at(1), StartsWith("DELETE / HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests().at(1), Not(HasSubstr("Content-Length")));
}

TEST(HttpTransport, ReadsNoBodyAfterHead) {
  ScriptedServer server([](const std::string&, int) -> std::string {
    return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  });
  HttpTransport transport;
  EXPECT_EQ(send(transport, request_to(server.url(), "HEAD")).status, 200u);
}

TEST(HttpTransport, KeepsTheHeadersOfTheLastStatusLine) {
  ScriptedServer server([](const std::string&, int) {
    return "HTTP/1.1 103 Early Hints\r\nEarly: 1\r\n\r\n" + ScriptedServer::reply(200, "");
  });
  HttpTransport transport;
  EXPECT_EQ(send(transport, request_to(server.url())).headers.only("Early"), nullptr);
}

TEST(HttpTransport, FollowsNoRedirect) {
  ScriptedServer server([](const std::string&, int) {
    return ScriptedServer::reply(307, "", "Location: http://127.0.0.1:1/\r\n");
  });
  HttpTransport transport;
  EXPECT_EQ(send(transport, request_to(server.url())).status, 307u);
}

TEST(HttpTransport, KeepsConnections) {
  ScriptedServer server(ok);
  HttpTransport transport;
  for (int i = 0; i < 5; ++i) send(transport, request_to(server.url()));
  EXPECT_EQ(server.accepted(), 1);
}

TEST(HttpTransport, SaysThatNothingWasSentWhenThereIsNoConnection) {
  HttpTransport transport;
  const TransportError error =
      failure_of(transport, request_to("http://127.0.0.1:1/secret?token=abc"));
  EXPECT_FALSE(error.sent);
  EXPECT_EQ(error.retry, Failure::Retry::Later);
  EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(error.what(), Not(HasSubstr("secret")));
  EXPECT_THAT(error.what(), Not(HasSubstr("abc")));
}

TEST(HttpTransport, SaysThatACutRequestMayHaveArrived) {
  ScriptedServer server([](const std::string&, int) { return std::string(); });
  HttpTransport transport;
  EXPECT_TRUE(failure_of(transport, request_to(server.url())).sent);
}

TEST(HttpTransport, TakesNoAnswerWithHeadersThatAreCut) {
  for (const char* cut : {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Le",
                          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"}) {
    ScriptedServer server([cut](const std::string&, int) { return std::string(cut); });
    HttpTransport transport;
    for (const char* method : {"GET", "PUT", "HEAD"}) {
      HttpTransport::Request request = request_to(server.url(), method);
      request.timeout = 500ms;  // the server may keep the connection
      EXPECT_TRUE(failure_of(transport, request).sent) << method << " " << cut;
    }
  }
}

// libcurl alone would send the second request again, on a new connection.
TEST(HttpTransport, NeverSendsTwice) {
  ScriptedServer server([](const std::string&, int number) {
    return number == 0 ? ScriptedServer::reply(200, "") : std::string();
  });
  HttpTransport transport;
  send(transport, request_to(server.url(), "POST", "first"));
  const TransportError error = failure_of(transport, request_to(server.url(), "POST", "second"));
  EXPECT_TRUE(error.sent);
  EXPECT_THAT(error.what(), EndsWith("the connection was closed before an answer came"));
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST(HttpTransport, EndsASlowAnswer) {
  std::atomic<bool> ended = false;
  ScriptedServer server([&ended](const std::string&, int) {
    while (!ended) std::this_thread::sleep_for(1ms);
    return std::string();
  });
  HttpTransport transport;
  HttpTransport::Request request = request_to(server.url());
  request.timeout = 500ms;
  const TransportError error = failure_of(transport, request);
  ended = true;
  EXPECT_TRUE(error.sent);
}

TEST(HttpTransport, RefusesAnAnswerOverTheLimit) {
  ScriptedServer server(
      [](const std::string&, int) { return ScriptedServer::reply(200, std::string(1001, 'x')); });
  HttpTransport transport;
  HttpTransport::Request request = request_to(server.url());
  request.reply_limit = 1001;
  EXPECT_EQ(send(transport, request).body.size(), 1001u);
  request.reply_limit = 1000;
  const TransportError error = failure_of(transport, request);
  EXPECT_TRUE(error.too_large);
  EXPECT_EQ(error.retry, Failure::Retry::Never);
}

TEST(HttpTransport, TrustsOnlyWhomItIsToldToTrust) {
  const std::string pem = ::testing::TempDir() + "msghub-" + std::to_string(::getpid()) + ".pem";
  TlsServer server(pem);
  HttpTransport transport;
  HttpTransport::Request request = request_to(server.url());
  const TransportError unknown = failure_of(transport, request);
  EXPECT_FALSE(unknown.sent);
  EXPECT_THAT(unknown.what(), HasSubstr("certificate"));
  request.ca_file = pem;
  EXPECT_EQ(send(transport, request).body, "hello");
  // The same server under a name that its certificate does not have.
  request.url.replace(request.url.find("127.0.0.1"), 9, "localhost");
  EXPECT_FALSE(failure_of(transport, request).sent);
  ::unlink(pem.c_str());
}

TEST(HttpTransport, RefusesHeadersThatCannotBeSent) {
  HttpTransport transport;
  HttpTransport::Request request = request_to("http://127.0.0.1:1");
  request.headers = {{"x", "a\r\nInjected: b"}};
  EXPECT_THROW(send(transport, request), Failure);
}

TEST(HttpTransport, ServesManyLoopsAtOnce) {
  ScriptedServer server([](const std::string& request, int) {
    return ScriptedServer::reply(200, request.substr(request.find("\r\n\r\n") + 4));
  });
  HttpTransport transport;
  asio::thread_pool pool(3);
  std::vector<std::future<HttpTransport::Reply>> replies;
  for (int i = 0; i < 100; ++i)
    replies.push_back(
        asio::co_spawn(pool, transport.send(request_to(server.url(), "POST", std::to_string(i))),
                       asio::use_future));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(replies[static_cast<std::size_t>(i)].get().body, std::to_string(i));
  EXPECT_LE(server.accepted(), 64);
}

TEST(HttpTransport, StopsACancelledCall) {
  std::atomic<bool> ended = false;
  ScriptedServer server([&ended](const std::string&, int) {
    while (!ended) std::this_thread::sleep_for(1ms);
    return std::string();
  });
  HttpTransport transport;
  asio::io_context loop;
  asio::cancellation_signal cancel;
  std::exception_ptr thrown;
  asio::co_spawn(loop, transport.send(request_to(server.url())),
                 asio::bind_cancellation_slot(
                     cancel.slot(), [&](std::exception_ptr error, const HttpTransport::Reply&) {
                       thrown = error;
                     }));
  loop.run_for(50ms);
  ASSERT_FALSE(thrown);
  cancel.emit(asio::cancellation_type::terminal);
  loop.run_for(1min);
  ended = true;
  ASSERT_TRUE(thrown);
  EXPECT_THROW(std::rethrow_exception(thrown), boost::system::system_error);
}

TEST(HttpTransport, CutsItsCallsShortWhenItEnds) {
  std::atomic<bool> ended = false;
  ScriptedServer server([&ended](const std::string&, int) {
    while (!ended) std::this_thread::sleep_for(1ms);
    return std::string();
  });
  asio::io_context loop;
  auto transport = std::make_unique<HttpTransport>();
  auto reply = asio::co_spawn(loop, transport->send(request_to(server.url())), asio::use_future);
  loop.run_for(50ms);
  transport.reset();
  loop.run_for(1min);
  ended = true;
  ASSERT_EQ(reply.wait_for(0s), std::future_status::ready);
  EXPECT_THROW(reply.get(), TransportError);
}

}  // namespace
}  // namespace msghub
