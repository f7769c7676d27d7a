#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <ctime>
#include <map>
#include <set>

#include "base/crypto.h"
#include "base/log.h"
#include "net/http.h"
#include "net/request_parser.h"
#include "net/response_head.h"

// One coroutine per connection and one timer for all: each connection keeps the time at which its
// present wait is over, and the timer's sweep cancels those that are late. So a request costs no
// timer of its own. Everything here runs on the one thread that runs the executor.

namespace msghub {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;
using Deadline = SteadyClock::time_point;

constexpr auto kNoDeadline = Deadline::max();
constexpr auto kQuiet = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kHeadBuffer = std::size_t{4} * 1024;
constexpr std::size_t kBodyBuffer = std::size_t{64} * 1024;
constexpr milliseconds kLinger{1000};      // for a client to read the last answer
constexpr milliseconds kUnwind{5000};      // for handlers that were cut to end
constexpr milliseconds kAcceptPause{100};  // when the process is out of descriptors

class Connection;

// What the connections of one server share.
struct ServerState : std::enable_shared_from_this<ServerState> {
  ServerState(asio::any_io_executor the_executor, HttpHandler the_handler,
              const HttpLimits& the_limits)
      : executor(std::move(the_executor)),
        handler(std::move(the_handler)),
        limits(the_limits),
        acceptor(executor),
        sweep_timer(executor),
        drained(executor),
        id_prefix(to_hex(random_bytes(4)) + "-") {}

  // Counts the connection until leave(); false when there are too many.
  bool enter(Connection* connection, const asio::ip::address& address);
  void leave(Connection* connection, const asio::ip::address& address);
  void arm_sweep();
  void begin_stop();
  void cut();
  std::string next_request_id();
  const std::string& date();

  const asio::any_io_executor executor;
  const HttpHandler handler;
  const HttpLimits limits;
  tcp::acceptor acceptor;
  asio::steady_timer sweep_timer;
  asio::steady_timer drained;
  std::set<Connection*> connections;
  std::map<asio::ip::address, std::size_t> per_address;
  bool stopping = false;

 private:
  const std::string id_prefix;
  std::uint32_t requests_ = 0;
  std::time_t date_second_ = -1;
  std::string date_;
};

milliseconds time_for(std::size_t bytes, std::size_t bytes_per_second) {
  return milliseconds(bytes * 1000 / std::max<std::size_t>(bytes_per_second, 1));
}

std::string plain_address(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

HttpResponse unavailable() {
  HttpResponse response =
      problem(503, "unavailable", "The hub cannot do this right now. Send it again later.");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

HttpResponse internal_error() {
  return problem(500, "internal_error",
                 "Something went wrong in the hub; its log says what, under the request id.");
}

HttpRefusal too_slow(const HttpLimits& limits) {
  return {408, "request_timeout",
          "The request came too slowly: its head must be there within " +
              std::to_string(limits.header_time.count()) + " ms, and its body must keep " +
              std::to_string(limits.body_rate) + " bytes a second."};
}

class Connection {
 public:
  Connection(std::shared_ptr<ServerState> server, tcp::socket socket,
             const asio::ip::address& address)
      : server_(std::move(server)),
        socket_(std::move(socket)),
        address_(address),
        entered_(server_->enter(this, address_)),
        parser_(server_->limits),
        buffer_(kHeadBuffer, '\0') {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (entered_) server_->leave(this, address_);
  }

  bool entered() const { return entered_; }

  // Answers requests until either side has enough. The caller keeps *this alive.
  Task<void> serve();

  void expire_if_late(Deadline now) {
    if (now < deadline_) return;
    deadline_ = kNoDeadline;
    expired_ = true;
    error_code ignored;
    socket_.cancel(ignored);
  }
  void close_if_idle() {
    if (idle_) close();
  }
  void cut() {
    cut_ = true;
    close();
    cancellation.emit(asio::cancellation_type::terminal);
  }
  bool is_cut() const { return cut_; }

  asio::cancellation_signal cancellation;

 private:
  enum class Read { Request, Refused, TooSlow, Closed };

  Task<Read> read_request();
  Task<bool> send_continue();
  Task<bool> read_some();
  Task<HttpResponse> answer(HttpRequest request, std::string request_id);
  Task<bool> send(HttpResponse response, std::string request_id, bool keep_alive);
  Task<bool> write(std::string head, std::string body);
  Task<void> linger();

  void close() {
    error_code ignored;
    socket_.close(ignored);
  }

  const std::shared_ptr<ServerState> server_;
  tcp::socket socket_;
  const asio::ip::address address_;
  const bool entered_;
  RequestParser parser_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what buffer_ holds that the parser has not used up
  Deadline deadline_ = kNoDeadline;  // of the present wait
  bool expired_ = false;             // the last wait was cut by its deadline
  bool idle_ = false;                // between two requests
  bool is_head_ = false;             // the present request's method is HEAD
  bool is_http_1_0_ = false;
  bool cut_ = false;
};

// False when the peer is gone or the deadline has passed; deadline_ must be set.
Task<bool> Connection::read_some() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (end_ == buffer_.size()) {
    buffer_.erase(0, begin_);
    end_ -= begin_;
    begin_ = 0;
    buffer_.resize(std::max(end_ * 2, kHeadBuffer));
  }
  expired_ = false;
  const auto space = asio::buffer(buffer_.data() + end_, buffer_.size() - end_);
  const auto [error, count] = co_await socket_.async_read_some(space, kQuiet);
  deadline_ = kNoDeadline;
  if (error || expired_) co_return false;
  end_ += count;
  co_return true;
}

Task<Connection::Read> Connection::read_request() {
  using Stage = RequestParser::Stage;
  const HttpLimits& limits = server_->limits;
  if (begin_ == end_) {
    if (server_->stopping) co_return Read::Closed;
    if (buffer_.size() > kHeadBuffer) buffer_ = std::string(kHeadBuffer, '\0');
    deadline_ = SteadyClock::now() + limits.idle_time;
    idle_ = true;
    const bool came = co_await read_some();
    idle_ = false;
    if (!came) co_return Read::Closed;
  }
  Deadline start = SteadyClock::now();
  bool in_body = false;
  for (;;) {
    begin_ += parser_.put({buffer_.data() + begin_, end_ - begin_});
    if (parser_.stage() == Stage::Done) co_return Read::Request;
    if (parser_.stage() == Stage::Refused) co_return Read::Refused;
    if (parser_.stage() == Stage::Body && !in_body) {
      in_body = true;
      const bool told = co_await send_continue();
      if (!told) co_return Read::Closed;
      buffer_.resize(std::max(buffer_.size(), kBodyBuffer));
      start = SteadyClock::now();
    }
    deadline_ = start + limits.header_time + time_for(parser_.body_received(), limits.body_rate);
    const bool came = co_await read_some();
    if (!came) co_return expired_ ? Read::TooSlow : Read::Closed;
  }
}

Task<bool> Connection::send_continue() {
  if (!parser_.expects_continue() || begin_ != end_) co_return true;
  co_return co_await write("HTTP/1.1 100 Continue\r\n\r\n", {});
}

Task<void> Connection::serve() {
  for (bool open = true; open;) {
    is_head_ = is_http_1_0_ = false;
    const Read read = co_await read_request();
    if (read == Read::Closed) break;
    const std::string request_id = server_->next_request_id();
    HttpResponse response;
    if (read == Read::Request) {
      open = parser_.keep_alive();
      is_http_1_0_ = parser_.is_http_1_0();
      HttpRequest request = parser_.take();
      is_head_ = request.method == "HEAD";
      request.remote = plain_address(address_);
      response = co_await answer(std::move(request), request_id);
    } else {
      open = false;
      const HttpRefusal why = read == Read::TooSlow ? too_slow(server_->limits) : parser_.refusal();
      log(LogLevel::Debug, "request refused",
          {{"requestId", request_id}, {"status", why.status}, {"why", why.detail}});
      response = problem(why.status, why.code, why.detail);
    }
    open = open && !server_->stopping;
    const bool sent = co_await send(std::move(response), request_id, open);
    if (!sent) break;
    if (!open) co_await linger();
  }
  close();
}

Task<HttpResponse> Connection::answer(HttpRequest request, std::string request_id) {
  const std::string method = request.method;
  std::string why;
  bool later = false;
  try {
    HttpResponse response = co_await server_->handler(std::move(request));
    for (const auto& [name, value] : response.headers)
      if (!is_sendable(name, value))
        throw Failure(Failure::Retry::Never, "the answer's header " + name + " cannot be sent");
    co_return response;
  } catch (const Failure& failure) {
    later = failure.retry == Failure::Retry::Later;
    why = failure.what();
  } catch (const std::exception& error) {
    why = error.what();
  } catch (...) {
    why = "an unknown exception";
  }
  if (!cut_)
    log(LogLevel::Error, "request failed",
        {{"requestId", request_id}, {"method", method}, {"why", why}});
  co_return later ? unavailable() : internal_error();
}

Task<bool> Connection::send(HttpResponse response, std::string request_id, bool keep_alive) {
  std::string head = response_head(response, {.request_id = request_id,
                                              .date = server_->date(),
                                              .keep_alive = keep_alive,
                                              .http_1_0 = is_http_1_0_});
  if (is_head_ || !status_has_body(response.status)) response.body.clear();
  co_return co_await write(std::move(head), std::move(response.body));
}

Task<bool> Connection::write(std::string head, std::string body) {
  std::array<asio::const_buffer, 2> parts{asio::buffer(head), asio::buffer(body)};
  const std::size_t total = head.size() + body.size();
  // Nearly every answer fits into the socket's buffer: then there is nothing to wait for.
  error_code error;
  const std::size_t written = socket_.write_some(parts, error);
  if (!error && written == total) co_return true;
  if (error && error != asio::error::would_block && error != asio::error::try_again)
    co_return false;
  parts[0] += std::min(written, head.size());
  parts[1] += written - std::min(written, head.size());
  expired_ = false;
  deadline_ =
      SteadyClock::now() + server_->limits.header_time + time_for(total, server_->limits.body_rate);
  const auto [failed, count] = co_await asio::async_write(socket_, parts, kQuiet);
  deadline_ = kNoDeadline;
  co_return !failed && !expired_;
}

// Closing with unread bytes makes the kernel send a reset, and the client may then lose our answer.
Task<void> Connection::linger() {
  error_code error;
  socket_.shutdown(tcp::socket::shutdown_send, error);
  const Deadline end = SteadyClock::now() + kLinger;
  for (bool open = !error; open && SteadyClock::now() < end;) {
    begin_ = end_ = 0;
    deadline_ = end;
    open = co_await read_some();
  }
}

bool ServerState::enter(Connection* connection, const asio::ip::address& address) {
  if (stopping || connections.size() >= limits.connections) return false;
  if (!address.is_loopback()) {
    std::size_t& count = per_address[address];
    if (count >= limits.connections_per_ip) return false;
    ++count;
  }
  connections.insert(connection);
  return true;
}

void ServerState::leave(Connection* connection, const asio::ip::address& address) {
  connections.erase(connection);
  const auto count = per_address.find(address);
  if (count != per_address.end() && --count->second == 0) per_address.erase(count);
  if (!stopping || !connections.empty()) return;
  drained.cancel();
  sweep_timer.cancel();
}

void ServerState::arm_sweep() {
  if (stopping && connections.empty()) return;
  const auto shortest = std::min(limits.header_time, limits.idle_time);
  sweep_timer.expires_after(std::clamp(shortest / 4, milliseconds(5), milliseconds(500)));
  sweep_timer.async_wait([self = shared_from_this()](const error_code& error) {
    if (error) return;
    const Deadline now = SteadyClock::now();
    for (Connection* connection : self->connections) connection->expire_if_late(now);
    self->arm_sweep();
  });
}

void ServerState::begin_stop() {
  stopping = true;
  error_code ignored;
  acceptor.close(ignored);
  for (Connection* connection : connections) connection->close_if_idle();
  if (connections.empty()) sweep_timer.cancel();
}

void ServerState::cut() {
  // A copy: a handler that ends at once takes its connection out of the set.
  const std::set<Connection*> open = connections;
  for (Connection* connection : open)
    if (connections.contains(connection)) connection->cut();
}

std::string ServerState::next_request_id() {
  char number[16];
  std::snprintf(number, sizeof number, "%08x", static_cast<unsigned>(++requests_));
  return id_prefix + number;
}

const std::string& ServerState::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    date_ = http_date(now);
  }
  return date_;
}

// Keeps the connection alive while it is served.
Task<void> serve(std::shared_ptr<Connection> connection) { co_await connection->serve(); }

void start(const std::shared_ptr<ServerState>& server, tcp::socket socket) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) return;
  socket.set_option(tcp::no_delay(true), error);
  socket.non_blocking(true, error);
  if (error) return;
  const auto connection = std::make_shared<Connection>(server, std::move(socket), peer.address());
  if (!connection->entered()) return;
  const auto ended = [connection](const std::exception_ptr& trouble) {
    if (!trouble || connection->is_cut()) return;
    try {
      std::rethrow_exception(trouble);
    } catch (const std::exception& error_seen) {
      log(LogLevel::Error, "connection failed", {{"why", error_seen.what()}});
    }
  };
  asio::co_spawn(server->executor, serve(connection),
                 asio::bind_cancellation_slot(connection->cancellation.slot(), ended));
}

Task<void> accept_all(std::shared_ptr<ServerState> server) {
  if (!server->acceptor.is_open()) co_return;
  server->arm_sweep();
  while (!server->stopping) {
    auto [error, socket] = co_await server->acceptor.async_accept(kQuiet);
    if (server->stopping) break;
    if (!error) {
      start(server, std::move(socket));
    } else if (error != asio::error::connection_aborted) {
      log(LogLevel::Warn, "accept failed", {{"why", error.message()}});
      co_await sleep_for(kAcceptPause);
    }
  }
}

Task<void> stop_all(std::shared_ptr<ServerState> server, milliseconds grace) {
  server->begin_stop();
  for (const milliseconds patience : {grace, kUnwind}) {
    if (server->connections.empty()) co_return;
    server->drained.expires_after(patience);
    co_await server->drained.async_wait(kQuiet);
    server->cut();
  }
  if (!server->connections.empty())
    log(LogLevel::Error, "requests outlived the stop",
        {{"connections", server->connections.size()}});
}

}  // namespace

struct HttpServer::Impl {
  std::shared_ptr<ServerState> state;
};

HttpServer::HttpServer(boost::asio::any_io_executor executor, HttpHandler handler,
                       HttpLimits limits)
    : impl_(std::make_shared<Impl>(
          Impl{std::make_shared<ServerState>(std::move(executor), std::move(handler), limits)})) {}

HttpServer::~HttpServer() {
  impl_->state->begin_stop();
  impl_->state->cut();
}

Result<std::uint16_t> HttpServer::listen(const std::string& address, std::uint16_t port) {
  using Code = Refusal::Code;
  const std::string place = address + ":" + std::to_string(port);
  error_code error;
  const auto literal = asio::ip::make_address(address, error);
  if (error) return refuse(Code::Invalid, "\"" + address + "\" is not an IP address.");
  const tcp::endpoint endpoint(literal, port);
  tcp::acceptor& acceptor = impl_->state->acceptor;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return acceptor.local_endpoint().port();
  error_code ignored;
  acceptor.close(ignored);
  if (error == asio::error::address_in_use)
    return refuse(Code::Conflict, "Another program listens on " + place + " already.");
  if (error == asio::error::access_denied)
    return refuse(Code::Forbidden, "This user may not listen on " + place + ".");
  return refuse(Code::Invalid, "Cannot listen on " + place + ": " + error.message() + ".");
}

Task<void> HttpServer::run() { return accept_all(impl_->state); }

Task<void> HttpServer::stop(milliseconds grace) { return stop_all(impl_->state, grace); }

}  // namespace msghub
