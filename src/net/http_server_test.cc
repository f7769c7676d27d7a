#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>

#include "base/json.h"
#include "base/log.h"
#include "net/http.h"

namespace msghub {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

std::atomic<int> waiting = 0;        // requests of /slow and /forever that are being answered
std::atomic<bool> slow_ends = true;  // lets the answers of /slow come

Task<HttpResponse> test_handler(HttpRequest request) {
  if (request.path == "/later") throw Failure(Failure::Retry::Later, "disk secret");
  if (request.path == "/never") throw Failure(Failure::Retry::Never, "other secret");
  if (request.path == "/throw") throw std::runtime_error("third secret");
  if (request.path == "/bad-header") co_return HttpResponse{200, {{"X", "a\r\nSet-Cookie: b"}}, ""};
  if (request.path == "/slow" || request.path == "/forever") ++waiting;
  while (request.path == "/slow" && !slow_ends) co_await sleep_for(1ms);
  if (request.path == "/forever") co_await sleep_for(1h);
  if (request.path == "/big") co_return HttpResponse{200, {}, std::string(8 * 1024 * 1024, 'b')};
  if (request.path == "/empty") co_return HttpResponse{204, {}, "ignored"};
  HttpResponse response;
  response.headers.emplace_back("Content-Type", "text/plain");
  response.body = request.method + " " + request.path + " " + std::to_string(request.body.size()) +
                  " " + request.remote;
  co_return response;
}

// A server on a thread of its own, as the hub's I/O thread would run it.
class Serving {
 public:
  explicit Serving(const HttpLimits& limits = {})
      : guard_(context_.get_executor()), server_(context_.get_executor(), test_handler, limits) {
    port_ = server_.listen("127.0.0.1", 0).value();
    boost::asio::co_spawn(context_, server_.run(), boost::asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Serving() {
    stop(0ms);
    guard_.reset();
    thread_.join();
  }
  void stop(std::chrono::milliseconds grace) {
    boost::asio::co_spawn(context_, server_.stop(grace), boost::asio::use_future).get();
  }
  std::uint16_t port() const { return port_; }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
  HttpServer server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

template <class Condition>
bool comes_true(Condition condition) {
  const auto end = SteadyClock::now() + 1min;
  while (!condition() && SteadyClock::now() < end) std::this_thread::sleep_for(1ms);
  return condition();
}

// A client that sends bytes just as a test wants them.
class Client {
 public:
  explicit Client(const Serving& server) : Client(server.port()) {}
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  // One answer: head and as much body as Content-Length says. "" when the connection ended first.
  std::string answer(bool with_body = true) {
    const std::string head = take_until("\r\n\r\n");
    if (head.empty()) return "";
    const std::size_t at = head.find("Content-Length: ");
    const std::size_t size =
        at == std::string::npos || !with_body ? 0 : std::stoul(head.substr(at + 16));
    while (waiting_.size() < size && more()) continue;
    const std::string body = waiting_.substr(0, size);
    waiting_.erase(0, size);
    return head + body;
  }
  // Whether the server closed the connection, within a minute.
  bool closed() {
    while (more()) continue;
    return ended_;
  }

 private:
  std::string take_until(std::string_view mark) {
    while (waiting_.find(mark) == std::string::npos)
      if (!more()) return "";
    const std::size_t end = waiting_.find(mark) + mark.size();
    const std::string taken = waiting_.substr(0, end);
    waiting_.erase(0, end);
    return taken;
  }
  bool more() {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, 60'000) != 1) return false;
    char bytes[65536];
    const auto count = ::recv(fd_, bytes, sizeof bytes, 0);
    ended_ = count <= 0;
    if (!ended_) waiting_.append(bytes, static_cast<std::size_t>(count));
    return !ended_;
  }
  int fd_;
  std::string waiting_;
  bool ended_ = false;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

class Quiet : public testing::Test {
 protected:
  void SetUp() override { set_log_level(static_cast<LogLevel>(4)); }
  void TearDown() override { set_log_level(LogLevel::Info); }
};
using HttpServerTest = Quiet;

TEST_F(HttpServerTest, AnswersWithItsOwnHeaders) {
  const Serving server;
  Client client(server);
  client.send("POST /x%20y?q HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  const std::string answer = client.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  for (const char* field : {"X-Request-Id: ", "Cache-Control: no-store\r\n",
                            "X-Content-Type-Options: nosniff\r\n", "Date: "})
    EXPECT_TRUE(has(answer, field)) << answer;
  EXPECT_TRUE(answer.ends_with("POST /x y 3 127.0.0.1")) << answer;
}

TEST_F(HttpServerTest, KeepsConnectionsAndEndsThemWhenTold) {
  const Serving server;
  Client client(server);
  for (int i = 0; i < 3; ++i) {
    client.send(kGet);
    EXPECT_FALSE(has(client.answer(), "Connection:"));
  }
  client.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(has(client.answer(), "Connection: close\r\n"));
  client.half_close();
  EXPECT_TRUE(client.closed());

  Client old(server);
  old.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(has(old.answer(), "Connection: keep-alive\r\n"));
  old.send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(has(old.answer(), "Connection: close\r\n"));
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  const Serving server;
  Client client(server);
  std::string all;
  for (int i = 0; i < 500; ++i)
    all += "POST /" + std::to_string(i) +
           " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
  client.send(all + "BROKEN\r\n\r\n");
  for (int i = 0; i < 500; ++i)
    ASSERT_TRUE(has(client.answer(), "POST /" + std::to_string(i) + " 2 ")) << i;
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(client.answer(), "");
}

TEST_F(HttpServerTest, LeavesTheBodyOutWhereThereIsNone) {
  const Serving server;
  Client client(server);
  client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(has(client.answer(false), "Content-Length: 19\r\n"));
  client.send("GET /empty HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = client.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 204 "));
  EXPECT_FALSE(has(answer, "Content-Length"));
  client.send(kGet);
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, SendsContinueOnlyWhenTheBodyIsAwaitedAndWelcome) {
  const Serving server;
  Client client(server);
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ab");
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 200 "));
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab");
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 200 "));
  client.send(
      "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n");
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, TurnsExceptionsIntoProblemsWithoutInnerDetails) {
  const Serving server;
  const auto later = http_request("GET", server.url("/later"), {}, "", 1min);
  EXPECT_EQ(later.status, 503u);
  EXPECT_EQ(later.content_type, "application/problem+json");
  EXPECT_EQ(string_or(parse_json(later.body)->as_object(), "code"), "unavailable");
  for (const char* path : {"/never", "/throw", "/bad-header"}) {
    const auto reply = http_request("GET", server.url(path), {}, "", 1min);
    EXPECT_EQ(reply.status, 500u) << path;
    EXPECT_FALSE(has(reply.body, "secret")) << reply.body;
  }
  Client client(server);
  client.send("GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string answer = client.answer();
  EXPECT_TRUE(has(answer, "Retry-After: 5\r\n"));
  EXPECT_FALSE(has(answer, "secret"));
  client.send(kGet);
  EXPECT_TRUE(client.answer().starts_with("HTTP/1.1 200 ")) << "the connection goes on";
}

TEST_F(HttpServerTest, TellsARefusedClientWhyEvenWhileItSends) {
  const Serving server;
  Client client(server);
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n" +
              std::string(3'000'000, 'x'));
  const std::string answer = client.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ")) << answer;
  EXPECT_TRUE(has(answer, "The body is larger than 1048576 bytes.")) << answer;
  EXPECT_TRUE(has(answer, "Connection: close\r\n"));
}

TEST_F(HttpServerTest, AnswersGarbageAndForgetsCutRequests) {
  const Serving server;
  Client garbage(server);
  garbage.send("\x16\x03\x01\x02 garbage");
  EXPECT_TRUE(garbage.answer().starts_with("HTTP/1.1 400 "));
  for (const char* part :
       {"GET /a HT", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
        "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"}) {
    Client cut(server);
    cut.send(part);
    cut.half_close();
    EXPECT_EQ(cut.answer(), "") << part;
    EXPECT_TRUE(cut.closed()) << part;
  }
  Client healthy(server);
  healthy.send(kGet);
  EXPECT_TRUE(healthy.answer().starts_with("HTTP/1.1 200 "));
}

const HttpLimits kHasty{.header_time = 400ms, .idle_time = 600ms, .body_rate = 1000};

TEST_F(HttpServerTest, EndsSlowHeadsAndSlowBodies) {
  const Serving server(kHasty);
  Client head(server);
  const auto start = SteadyClock::now();
  for (const char c : kGet.substr(0, 20)) {
    if (!head.send({&c, 1})) break;
    std::this_thread::sleep_for(20ms);
  }
  const std::string answer = head.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
  EXPECT_TRUE(has(answer, "within 400 ms")) << answer;
  EXPECT_LT(SteadyClock::now() - start, 1min);

  Client body(server);
  body.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
  for (int i = 0; i < 50 && body.send("x"); ++i) std::this_thread::sleep_for(20ms);
  EXPECT_TRUE(body.answer().starts_with("HTTP/1.1 408 "));

  Client steady(server);
  std::string part = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 80000\r\n\r\n";
  for (int i = 0; i < 8; ++i) {
    part.append(10'000, 'x');
    steady.send(part);
    part.clear();
    std::this_thread::sleep_for(60ms);
  }
  EXPECT_TRUE(steady.answer().starts_with("HTTP/1.1 200 ")) << "fast enough, though it took long";
}

TEST_F(HttpServerTest, ClosesIdleConnectionsAndThoseThatDoNotRead) {
  const Serving server(kHasty);
  Client idle(server);
  EXPECT_EQ(idle.answer(), "") << "no answer without a request";
  EXPECT_TRUE(idle.closed());
  HttpLimits limits = kHasty;
  limits.body_rate = 100'000'000;
  const Serving other(limits);
  Client deaf(other);
  deaf.send("GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(4s);
  const std::string answer = deaf.answer();
  EXPECT_LT(answer.size(), 8u * 1024 * 1024) << "it was cut before all was sent";
}

TEST_F(HttpServerTest, ClosesConnectionsOverTheLimit) {
  HttpLimits limits;
  limits.connections = 3;
  const Serving server(limits);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Client>(server));
    clients.back()->send(kGet);
    EXPECT_TRUE(clients.back()->answer().starts_with("HTTP/1.1 200 "));
  }
  Client refused(server);
  refused.send(kGet);
  EXPECT_EQ(refused.answer(), "");
  clients.pop_back();
  bool accepted = false;
  for (int i = 0; i < 100 && !accepted; ++i) {
    Client next(server);
    next.send(kGet);
    accepted = next.answer().starts_with("HTTP/1.1 200 ");
    if (!accepted) std::this_thread::sleep_for(20ms);
  }
  EXPECT_TRUE(accepted) << "a closed connection makes room";
}

TEST_F(HttpServerTest, ServesAThousandInARowAndManyAtOnce) {
  const Serving server;
  Client client(server);
  for (int i = 0; i < 1000; ++i) {
    client.send(kGet);
    ASSERT_TRUE(client.answer().ends_with("GET /a 0 127.0.0.1")) << i;
  }
  std::vector<std::future<int>> clients;
  for (int i = 0; i < 64; ++i)
    clients.push_back(std::async(std::launch::async, [&server, i] {
      Client one(server);
      const std::string body(static_cast<std::size_t>(i) * 3000, 'p');
      int good = 0;
      for (int k = 0; k < 5; ++k) {
        one.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                 "\r\n\r\n" + body);
        good += one.answer().ends_with("POST /p " + std::to_string(body.size()) + " 127.0.0.1");
      }
      return good;
    }));
  for (auto& one : clients) EXPECT_EQ(one.get(), 5);
}

TEST_F(HttpServerTest, StopsIdleConnectionsAtOnceAndLetsRequestsEnd) {
  Serving server;
  Client idle(server), busy(server);
  idle.send(kGet);
  idle.answer();
  slow_ends = false;
  const int before = waiting;
  busy.send("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(comes_true([&] { return waiting > before; }));
  auto stopped = std::async(std::launch::async, [&] { server.stop(2min); });
  EXPECT_TRUE(idle.closed());
  slow_ends = true;
  const std::string answer = busy.answer();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  EXPECT_TRUE(has(answer, "Connection: close\r\n"));
  busy.half_close();
  EXPECT_EQ(stopped.wait_for(1min), std::future_status::ready);
}

TEST_F(HttpServerTest, CutsRequestsThatOutliveTheGrace) {
  Serving server;
  Client endless(server), half(server);
  const int before = waiting;
  endless.send("GET /forever HTTP/1.1\r\nHost: h\r\n\r\n");
  half.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab");
  ASSERT_TRUE(comes_true([&] { return waiting > before; }));
  const auto start = SteadyClock::now();
  server.stop(100ms);
  EXPECT_LT(SteadyClock::now() - start, 1min);
  EXPECT_TRUE(endless.closed());
  EXPECT_TRUE(half.closed());
}

TEST_F(HttpServerTest, MayBeDestroyedWithOpenConnections) {
  boost::asio::io_context context(1);
  HttpServer server(context.get_executor(), test_handler);
  const auto port = server.listen("127.0.0.1", 0);
  ASSERT_TRUE(port);
  boost::asio::co_spawn(context, server.run(), boost::asio::detached);
  Client idle(*port), endless(*port);
  endless.send("GET /forever HTTP/1.1\r\nHost: h\r\n\r\n");
  context.run_for(50ms);
}

TEST_F(HttpServerTest, RefusesAddressesThatItCannotHave) {
  boost::asio::io_context context(1);
  HttpServer first(context.get_executor(), test_handler),
      second(context.get_executor(), test_handler);
  const auto port = first.listen("127.0.0.1", 0);
  ASSERT_TRUE(port);
  const auto taken = second.listen("127.0.0.1", *port);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Refusal::Code::Conflict);
  for (const char* bad : {"", "localhost", "127.0.0.1.1", "192.0.2.1"}) {
    const auto refused = second.listen(bad, 0);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, Refusal::Code::Invalid);
  }
}

TEST_F(HttpServerTest, ClientReportsWhatItCannotReach) {
  std::uint16_t port = 0;
  {
    const Serving server;
    port = server.port();
    const auto reply = http_request("PUT", server.url("/a?token=t"), {{"X-A", ""}}, "body", 1min);
    EXPECT_EQ(reply.status, 200u);
    EXPECT_EQ(reply.body, "PUT /a 4 127.0.0.1");
    EXPECT_EQ(reply.content_type, "text/plain");
    EXPECT_EQ(http_request("HEAD", server.url("/a"), {}, "", 1min).body, "");
    EXPECT_THROW(http_request("GET", server.url("/forever"), {}, "", 50ms), Failure);
  }
  try {
    http_request("GET", "http://user:pass@127.0.0.1:" + std::to_string(port) + "/token", {}, "",
                 1s);
    ADD_FAILURE();
  } catch (const Failure& failure) {
    const std::string why = failure.what();
    EXPECT_EQ(failure.retry, Failure::Retry::Later);
    EXPECT_TRUE(why.starts_with("no answer from 127.0.0.1:" + std::to_string(port) + ": ")) << why;
    EXPECT_FALSE(has(why, "token") || has(why, "pass")) << why;
  }
  EXPECT_THROW(http_request("GET", "file:///etc/passwd", {}, "", 1s), Failure);
  EXPECT_THROW(http_request("GET", "http://127.0.0.1/", {{"A", "b\nC: d"}}, "", 1s), Failure);
}

}  // namespace
}  // namespace msghub
