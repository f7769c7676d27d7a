#include "retention/due.h"

#include <algorithm>
#include <array>

#include "retention/archive_format.h"

namespace msghub {

namespace {

using std::chrono::seconds;

constexpr std::array<std::string_view, 3> kFinalMessages{"processed", "failed", "ignored"};
constexpr std::array<std::string_view, 3> kFinalExecutions{"success", "partial", "failed"};
constexpr AgeIndex kMessages{"GSI2", "RECEIVED#", kFinalMessages, "pending"};
constexpr AgeIndex kExecutions{"GSI3", "STARTED#", kFinalExecutions, "running"};

std::int64_t seconds_of(Timestamp time) {
  return std::chrono::floor<seconds>(time.time_since_epoch()).count();
}

}  // namespace

std::optional<std::int64_t> ttl_of(const Item& item) {
  const json::value* ttl = item.if_contains("ttl");
  if (ttl == nullptr || !ttl->is_number()) return std::nullopt;
  boost::json::error_code error;
  const auto number = ttl->to_number<std::int64_t>(error);
  if (error) return std::nullopt;
  return number;
}

bool is_archived(const Item& item) { return !string_or(item, kArchivePart).empty(); }

Due due(const Item& item, Timestamp now, seconds ahead) {
  const std::optional<std::int64_t> ttl = ttl_of(item);
  if (!ttl) return Due::Nothing;
  if (is_archived(item)) return *ttl <= seconds_of(now) ? Due::Delete : Due::Nothing;
  return *ttl <= seconds_of(now + ahead) ? Due::Archive : Due::Nothing;
}

bool must_hold(const Item& item, Timestamp now, seconds ahead) {
  const std::optional<std::int64_t> ttl = ttl_of(item);
  return ttl && !is_archived(item) && *ttl <= seconds_of(now + ahead / 4);
}

std::int64_t held_until(const Item& item, Timestamp now) {
  return std::max(ttl_of(item).value_or(0), seconds_of(now)) +
         seconds(std::chrono::days(1)).count();
}

const AgeIndex& age_index(Table table) {
  return table == Table::Messages ? kMessages : kExecutions;
}

Timestamp archive_until(Timestamp now, seconds ahead, std::chrono::days shortest) {
  const seconds batch = std::min<seconds>(std::chrono::days(1), ahead / 2);
  const Timestamp latest = latest_birth(now + ahead, shortest);
  if (batch <= seconds(0)) return latest;
  const auto whole = std::chrono::floor<seconds>(latest.time_since_epoch());
  const seconds rest = (whole % batch + batch) % batch;
  return Timestamp(whole - rest) - std::chrono::milliseconds(1);
}

bool clock_jumped(std::optional<Timestamp> seen, Timestamp now, seconds interval) {
  return !seen || now < *seen || now - *seen > interval * 3;
}

}  // namespace msghub
