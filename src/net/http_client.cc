#include <curl/curl.h>

#include <memory>
#include <new>

#include "net/curl_text.h"
#include "net/http.h"

namespace msghub {

namespace {

constexpr std::size_t kMostReply = std::size_t{64} * 1024 * 1024;

struct CurlCloser {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, CurlCloser>;
using CurlList = std::unique_ptr<curl_slist, CurlCloser>;

std::size_t collect(char* bytes, std::size_t, std::size_t count, void* out) {
  auto& body = *static_cast<std::string*>(out);
  if (body.size() + count > kMostReply) return 0;
  body.append(bytes, count);
  return count;
}

[[noreturn]] void fail(const std::string& url, const std::string& why) {
  throw Failure(Failure::Retry::Later, "no answer from " + std::string(place_of(url)) + ": " + why);
}

CurlList header_list(const std::vector<std::pair<std::string, std::string>>& headers) {
  CurlList list;
  for (const std::string& line : curl_header_lines(headers)) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    [[maybe_unused]] curl_slist* same = list.release();
    list.reset(longer);
  }
  return list;
}

}  // namespace

HttpReply http_request(const std::string& method, const std::string& url,
                       const std::vector<std::pair<std::string, std::string>>& headers,
                       const std::string& body, std::chrono::milliseconds timeout) {
  [[maybe_unused]] static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const CurlHandle curl(curl_easy_init());
  if (!curl) fail(url, "out of memory");
  const CurlList list = header_list(headers);
  char reason[CURL_ERROR_SIZE] = "";
  HttpReply reply;
  CURL* const c = curl.get();
  curl_easy_setopt(c, CURLOPT_URL, url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_PROXY, "");
  curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(c, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, list.get());
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &reply.body);
  if (method == "HEAD") {
    curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
  } else {
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
      curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.c_str());
    }
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  const CURLcode code = curl_easy_perform(c);
  if (code == CURLE_WRITE_ERROR && !reply.body.empty())
    fail(url, "the answer is larger than 64 MiB");
  if (code != CURLE_OK) fail(url, reason[0] != '\0' ? reason : curl_easy_strerror(code));
  long status = 0;
  const char* type = nullptr;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(c, CURLINFO_CONTENT_TYPE, &type);
  reply.status = static_cast<unsigned>(status);
  if (type != nullptr) reply.content_type = type;
  return reply;
}

}  // namespace msghub
