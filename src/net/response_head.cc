#include "net/response_head.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace msghub {

namespace {

bool same_name(std::string_view a, std::string_view lower_case) {
  return std::equal(a.begin(), a.end(), lower_case.begin(), lower_case.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
  });
}

bool is_servers_own(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kOwn{
      "content-length", "connection",   "transfer-encoding",
      "date",           "x-request-id", "x-content-type-options"};
  return std::any_of(kOwn.begin(), kOwn.end(),
                     [name](std::string_view own) { return same_name(name, own); });
}

bool is_token(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
}

void add(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

}  // namespace

bool is_sendable(std::string_view name, std::string_view value) {
  return !name.empty() && std::all_of(name.begin(), name.end(), is_token) &&
         std::none_of(value.begin(), value.end(), [](char c) {
           return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
         });
}

bool status_has_body(unsigned status) { return status != 204 && status != 304; }

std::string response_head(const HttpResponse& response, const ReplyFrame& frame) {
  std::string out;
  out.reserve(512);
  out += "HTTP/1.1 ";
  out += std::to_string(response.status);
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  bool cache_control = false;
  for (const auto& [name, value] : response.headers) {
    if (is_servers_own(name)) continue;
    cache_control = cache_control || same_name(name, "cache-control");
    add(out, name, value);
  }
  if (!cache_control) add(out, "Cache-Control", "no-store");
  add(out, "X-Content-Type-Options", "nosniff");
  add(out, "X-Request-Id", frame.request_id);
  add(out, "Date", frame.date);
  if (status_has_body(response.status))
    add(out, "Content-Length", std::to_string(response.body.size()));
  if (!frame.keep_alive) add(out, "Connection", "close");
  if (frame.keep_alive && frame.http_1_0) add(out, "Connection", "keep-alive");
  out += "\r\n";
  return out;
}

std::string http_date(std::int64_t seconds_since_1970) {
  using namespace std::chrono;
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds time{seconds(seconds_since_1970)};
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace msghub
