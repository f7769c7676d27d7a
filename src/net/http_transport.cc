#include "net/http_transport.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <new>
#include <thread>

#include "net/curl_text.h"
#include "net/wait_point.h"

// One thread runs libcurl's multi interface. Callers hand it transfers through a queue and wait at
// the transfer's own point; between the two, a transfer belongs to the thread alone.

namespace msghub {

namespace {

constexpr std::size_t kMostHeaderBytes = std::size_t{64} * 1024;
constexpr long kIdleSeconds = 50;  // AWS closes kept connections after about a minute
constexpr long kKeptConnections = 128;

struct CurlCloser {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, CurlCloser>;
using CurlList = std::unique_ptr<curl_slist, CurlCloser>;

CurlList curl_list(const std::vector<std::string>& lines) {
  CurlList list;
  for (const std::string& line : lines) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    [[maybe_unused]] curl_slist* same = list.release();
    list.reset(longer);
  }
  return list;
}

struct Transfer {
  explicit Transfer(HttpTransport::Request the_request)
      : request(std::move(the_request)),
        header_lines(curl_list(curl_header_lines(request.headers))) {}

  HttpTransport::Request request;
  CurlList header_lines;
  CurlHandle curl;
  char reason[CURL_ERROR_SIZE] = "";
  std::size_t header_bytes = 0;
  unsigned times_sent = 0;
  bool too_large = false;
  bool head_is_whole = false;  // the empty line behind the headers has come
  CURLcode outcome = CURLE_FAILED_INIT;
  HttpTransport::Reply reply;
  WaitPoint done;
};

std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  if (count > transfer.request.reply_limit - transfer.reply.body.size()) {
    transfer.too_large = true;
    return 0;
  }
  transfer.reply.body.append(bytes, count);
  return count;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* context) {
  auto& transfer = *static_cast<Transfer*>(context);
  transfer.header_bytes += count;
  if (transfer.header_bytes > kMostHeaderBytes) {
    transfer.too_large = true;
    return 0;
  }
  std::string_view line(bytes, count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  // A further status line follows an interim answer (1xx), whose headers do not count.
  if (line.starts_with("HTTP/")) {
    transfer.reply.headers = Headers();
    transfer.head_is_whole = false;
  }
  if (line.empty()) transfer.head_is_whole = true;
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.starts_with("HTTP/")) return count;
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  while (value.ends_with(' ') || value.ends_with('\t')) value.remove_suffix(1);
  transfer.reply.headers.add(std::string(line.substr(0, colon)), std::string(value));
  return count;
}

// libcurl sends a request again when a kept connection gives no answer. The first copy may have
// been carried out, so that is the caller's decision.
int on_send(void* context, char*, char*, int, int) {
  return ++static_cast<Transfer*>(context)->times_sent == 1 ? CURL_PREREQFUNC_OK
                                                            : CURL_PREREQFUNC_ABORT;
}

void set_method(CURL* c, const HttpTransport::Request& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    return;
  }
  const std::string& method = request.method;
  if (!request.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method.c_str());
}

void configure(Transfer& transfer, const HttpTransport::Options& options) {
  CURL* const c = transfer.curl.get();
  const HttpTransport::Request& request = transfer.request;
  curl_easy_setopt(c, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(c, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(c, CURLOPT_PROXY, "");
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options.connect_timeout.count()));
  // 0 would be "for ever".
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(request.timeout.count())));
  curl_easy_setopt(c, CURLOPT_MAXAGE_CONN, kIdleSeconds);
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, transfer.reason);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, transfer.header_lines.get());
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, on_send);
  curl_easy_setopt(c, CURLOPT_PREREQDATA, &transfer);
  if (!request.ca_file.empty()) curl_easy_setopt(c, CURLOPT_CAINFO, request.ca_file.c_str());
  set_method(c, request);
}

std::string reason_of(const Transfer& transfer) {
  if (transfer.too_large)
    return "the answer is larger than " + std::to_string(transfer.request.reply_limit) + " bytes";
  if (transfer.times_sent > 1) return "the connection was closed before an answer came";
  if (transfer.outcome == CURLE_OK) return "the connection was closed within the headers";
  return transfer.reason[0] != '\0' ? transfer.reason : curl_easy_strerror(transfer.outcome);
}

}  // namespace

struct HttpTransport::Impl {
  explicit Impl(const Options& the_options) : options_(the_options), multi_(curl_multi_init()) {
    if (multi_ == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(options_.connections_per_host));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kKeptConnections);
    thread_ = std::thread([this] { run(); });
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { curl_multi_cleanup(multi_); }

  void start(const std::shared_ptr<Transfer>& transfer) { hand_over({transfer, false}); }
  void abandon(const std::shared_ptr<Transfer>& transfer) { hand_over({transfer, true}); }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
  }

 private:
  struct Order {
    std::shared_ptr<Transfer> transfer;
    bool abandon;
  };

  void hand_over(Order order) {
    {
      const std::lock_guard lock(mutex_);
      if (!stopping_) {
        orders_.push_back(std::move(order));
        curl_multi_wakeup(multi_);
        return;
      }
    }
    order.transfer->done.open();
  }

  void run() {
    // Signals are for the hub's own threads; and a peer's closing must not end the process.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (take_orders()) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      collect();
      curl_multi_poll(multi_, nullptr, 0, 60'000, nullptr);
    }
    while (!active_.empty()) finish(active_.begin()->first, CURLE_ABORTED_BY_CALLBACK);
  }

  // False when it is time to end.
  bool take_orders() {
    std::vector<Order> orders;
    bool go_on = true;
    {
      const std::lock_guard lock(mutex_);
      orders.swap(orders_);
      go_on = !stopping_;
    }
    for (const Order& order : orders) {
      if (!order.abandon)
        begin(order.transfer);
      else if (active_.contains(order.transfer->curl.get()))
        finish(order.transfer->curl.get(), CURLE_ABORTED_BY_CALLBACK);
    }
    return go_on;
  }

  void begin(const std::shared_ptr<Transfer>& transfer) {
    transfer->curl.reset(curl_easy_init());
    CURL* const curl = transfer->curl.get();
    if (curl == nullptr) {
      transfer->done.open();
      return;
    }
    configure(*transfer, options_);
    active_.emplace(curl, transfer);
    if (curl_multi_add_handle(multi_, curl) != CURLM_OK) finish(curl, CURLE_FAILED_INIT);
  }

  void collect() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left))
      if (message->msg == CURLMSG_DONE) finish(message->easy_handle, message->data.result);
  }

  void finish(CURL* curl, CURLcode outcome) {
    const auto found = active_.find(curl);
    const std::shared_ptr<Transfer> transfer = found->second;
    active_.erase(found);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi_, curl);
    transfer->reply.status = static_cast<unsigned>(status);
    transfer->outcome = outcome;
    transfer->curl.reset();
    transfer->done.open();
  }

  const Options options_;
  CURLM* const multi_;
  std::mutex mutex_;
  std::vector<Order> orders_;
  bool stopping_ = false;
  std::map<CURL*, std::shared_ptr<Transfer>> active_;  // the thread's own
  std::thread thread_;
};

HttpTransport::HttpTransport() : HttpTransport(Options()) {}

HttpTransport::HttpTransport(const Options& options) {
  [[maybe_unused]] static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  impl_ = std::make_shared<Impl>(options);
}

HttpTransport::~HttpTransport() { impl_->stop(); }

Task<HttpTransport::Reply> HttpTransport::send(Request request) {
  // A cancelled call unwinds after the transport's end, when all is being stopped.
  const std::shared_ptr<Impl> impl = impl_;
  const auto transfer = std::make_shared<Transfer>(std::move(request));
  impl->start(transfer);
  try {
    co_await transfer->done.wait();
  } catch (...) {
    impl->abandon(transfer);
    throw;
  }
  // libcurl takes headers that are cut for whole ones.
  if (transfer->outcome == CURLE_OK && transfer->head_is_whole)
    co_return std::move(transfer->reply);
  const std::string where(place_of(transfer->request.url));
  throw TransportError("no answer from " + where + ": " + reason_of(*transfer),
                       transfer->times_sent > 0, transfer->too_large);
}

}  // namespace msghub
