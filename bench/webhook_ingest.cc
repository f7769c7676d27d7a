// Question: what does durability cost a webhook? Durable intake of 1 KiB JSON bodies in requests/s,
//           beside the bare HTTP server of the hub (same load, no store) and RocksDB's own synced
//           writes (same number of keys, as many writers as connections), in the same run.
// Pass:     no error, p99 at most 50 ms, and at least 30 % of the slower of the two references.
// Use:      bench_webhook_ingest [--check] [--msghub PATH] [--seconds N]; with --check the exit
//           code is 1 when it does not pass.
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/crypto.h"
#include "base/json.h"
#include "child.h"
#include "net/http.h"

namespace {

using namespace msghub;
namespace asio = boost::asio;
namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kConnections = 64;
constexpr std::size_t kBodyBytes = 1024;

struct Result64 {
  double per_second = 0;
  double p50_ms = 0, p99_ms = 0;
  std::size_t errors = 0;
};

std::string unique_body() {
  static std::atomic<std::uint64_t> next{0};
  std::string body = R"({"order":{"id":)" + std::to_string(++next) + R"(,"note":")";
  body += std::string(kBodyBytes - body.size() - 3, 'x') + "\"}}";
  return body;
}

struct Load {
  std::uint16_t port;
  std::string target;
  Clock::time_point end;
  std::vector<double> latencies;  // ms
  std::size_t errors = 0;
};

asio::awaitable<void> client(Load& load) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::socket socket(executor);
  const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), load.port);
  co_await socket.async_connect(server, asio::use_awaitable);
  socket.set_option(asio::ip::tcp::no_delay(true));
  std::string answer;
  while (Clock::now() < load.end) {
    const std::string body = unique_body();
    const std::string request = "POST " + load.target +
                                " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                "Content-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body;
    const auto start = Clock::now();
    co_await asio::async_write(socket, asio::buffer(request), asio::use_awaitable);
    const std::size_t head = co_await asio::async_read_until(socket, asio::dynamic_buffer(answer),
                                                             "\r\n\r\n", asio::use_awaitable);
    const std::string lower = answer.substr(0, head);
    const std::size_t at = lower.find("ontent-Length: ");
    const std::size_t length = at == std::string::npos ? 0 : std::stoul(lower.substr(at + 15));
    if (answer.size() < head + length)
      co_await asio::async_read(socket, asio::dynamic_buffer(answer),
                                asio::transfer_exactly(head + length - answer.size()),
                                asio::use_awaitable);
    if (!answer.starts_with("HTTP/1.1 202")) ++load.errors;
    answer.erase(0, head + length);
    load.latencies.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - start).count());
  }
}

Result64 run_load(std::uint16_t port, const std::string& target, int seconds) {
  asio::io_context io;
  Load load{port, target, Clock::now() + std::chrono::seconds(seconds), {}, 0};
  for (int i = 0; i < kConnections; ++i)
    asio::co_spawn(io, client(load),
                   [&](std::exception_ptr error) { load.errors += error ? 1 : 0; });
  const auto start = Clock::now();
  io.run();
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  std::ranges::sort(load.latencies);
  const auto at = [&](double part) {
    if (load.latencies.empty()) return 0.0;
    return load.latencies[static_cast<std::size_t>(part * double(load.latencies.size() - 1))];
  };
  return {double(load.latencies.size()) / took, at(0.5), at(0.99), load.errors};
}

// A transaction of the hub in RocksDB's own terms: the message, its two index entries, and the
// channel's counter.
double raw_synced_writes(const fs::path& folder, int seconds) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::Open(options, folder.string(), &opened).ok()) return 0;
  const std::unique_ptr<rocksdb::DB> db(opened);
  std::atomic<std::uint64_t> written{0};
  const auto start = Clock::now();
  const auto end = start + std::chrono::seconds(seconds);
  std::vector<std::thread> threads;
  for (int i = 0; i < kConnections; ++i)
    threads.emplace_back([&] {
      rocksdb::WriteOptions synced;
      synced.sync = true;
      while (Clock::now() < end) {
        const std::string id = random_uuid();
        rocksdb::WriteBatch batch;
        batch.Put("MESSAGE#" + id, std::string(2 * kBodyBytes, 'x'));
        batch.Put("CHANNEL#c RECEIVED#" + id, "");
        batch.Put("STATUS#pending RECEIVED#" + id, "");
        batch.Put("CHANNEL#c", std::string(600, 'x'));
        if (db->Write(synced, &batch).ok()) ++written;
      }
    });
  for (std::thread& thread : threads) thread.join();
  return double(written) / std::chrono::duration<double>(Clock::now() - start).count();
}

Task<HttpResponse> accept_all(HttpRequest) {
  HttpResponse response;
  response.status = 202;
  response.body = R"({"id":"00000000-0000-4000-8000-000000000000","duplicate":false})";
  co_return response;
}

int serve_bare(const std::string& address_file) {
  asio::io_context io(1);
  HttpServer server(io.get_executor(),
                    [](HttpRequest request) { return accept_all(std::move(request)); });
  const auto port = server.listen("127.0.0.1", 0);
  if (!port) return 1;
  std::ofstream(address_file + ".new") << "http://127.0.0.1:" << *port << "\n";
  fs::rename(address_file + ".new", address_file);
  asio::co_spawn(io, server.run(), asio::detached);
  io.run();
  return 0;
}

std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

std::string new_channel(const std::string& url, const fs::path& data) {
  const HttpReply reply =
      http_request("POST", url + "/v1/channels",
                   {{"Authorization", "Bearer " + wait_for_line(data / "token")},
                    {"Content-Type", "application/json"}},
                   R"({"type":"webhook","name":"bench"})", std::chrono::seconds(10));
  const auto channel = parse_json(reply.body);
  const std::string address(channel->at("config").at("webhookUrl").as_string());
  return address.substr(address.find("/in/"));
}

void print(const char* what, const Result64& result) {
  std::printf("%-34s %8.0f/s   p50 %6.2f ms   p99 %6.2f ms   errors %zu\n", what, result.per_second,
              result.p50_ms, result.p99_ms, result.errors);
}

int run(const char* self, const std::string& msghub, int seconds) {
  const fs::path folder = fs::temp_directory_path() / ("bench-" + random_uuid());
  fs::create_directories(folder);
  const double raw = raw_synced_writes(folder / "raw", seconds);
  std::printf("%-34s %8.0f/s\n", "RocksDB, synced, 64 writers", raw);
  Result64 bare, hub;
  {
    const Child server({self, "--bare", (folder / "bare").string()});
    bare = run_load(port_of(wait_for_line(folder / "bare")), "/in/x", seconds);
    print("bare HTTP server, 64 connections", bare);
  }
  {
    const fs::path data = folder / "data";
    const Child server({msghub, "serve", "--data", data.string(), "--listen", "127.0.0.1:0",
                        "--set", "log.level=warn"});
    const std::string url = wait_for_line(data / "address");
    hub = run_load(port_of(url), new_channel(url, data), seconds);
    print("hub, durable, 64 connections", hub);
  }
  fs::remove_all(folder);
  const double reference = std::min(raw, bare.per_second);
  const double ratio = hub.per_second / reference;
  const bool pass = hub.errors == 0 && hub.p99_ms <= 50 && ratio >= 0.3;
  std::printf("hub / slower reference: %.2f (pass mark 0.30, p99 <= 50 ms): %s\n", ratio,
              pass ? "pass" : "FAIL");
  return pass ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--bare") return serve_bare(argv[2]);
  std::string msghub = (fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "msghub");
  int seconds = 10;
  bool check = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--check")
      check = true;
    else if (word == "--msghub" && i + 1 < argc)
      msghub = argv[++i];
    else if (word == "--seconds" && i + 1 < argc)
      seconds = std::stoi(argv[++i]);
  }
  const int failed = run("/proc/self/exe", msghub, seconds);
  return check ? failed : 0;
}
