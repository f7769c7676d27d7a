#include "mime/date.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "mime/text.h"

namespace msghub {

namespace {

constexpr std::size_t kDateLimit = 200;  // bytes that can be a date

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int number(std::string_view digits) {
  int out = 0;
  for (const char c : digits) out = out * 10 + (c - '0');
  return out;
}

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t,"), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(" \t,"));
  text.remove_prefix(word.size());
  return word;
}

std::optional<std::chrono::year_month_day> parse_day(std::string_view day, std::string_view month,
                                                     std::string_view year) {
  static constexpr std::array<std::string_view, 12> kMonths{
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
  const auto found = std::ranges::find(kMonths, to_lower(month.substr(0, 3)));
  if (!is_digits(day) || day.size() > 2 || found == kMonths.end() || !is_digits(year) ||
      (year.size() != 2 && year.size() != 4))
    return std::nullopt;
  int full_year = number(year);
  if (year.size() == 2) full_year += full_year < 70 ? 2000 : 1900;
  const std::chrono::year_month_day out{
      std::chrono::year(full_year),
      std::chrono::month(static_cast<unsigned>(found - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(number(day)))};
  return out.ok() ? std::optional(out) : std::nullopt;
}

// "10:00:00", or without the seconds.
std::optional<std::chrono::seconds> parse_clock(std::string_view text) {
  const std::string_view hours = text.substr(0, text.find(':'));
  if (!is_digits(hours) || hours.size() > 2) return std::nullopt;
  text.remove_prefix(hours.size());
  const bool has_seconds = text.size() == 6 && text[3] == ':' && is_digits(text.substr(4));
  if ((text.size() != 3 && !has_seconds) || !is_digits(text.substr(1, 2))) return std::nullopt;
  const int minutes = number(text.substr(1, 2));
  const int seconds = has_seconds ? number(text.substr(4)) : 0;
  if (number(hours) > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  return std::chrono::seconds((number(hours) * 60 + minutes) * 60 + seconds);
}

// The distance from UTC; a zone that RFC 5322 does not name is UTC.
std::chrono::minutes parse_zone(std::string_view text) {
  struct Named {
    std::string_view name;
    int hours;
  };
  static constexpr Named kNamed[] = {{"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5},
                                     {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};
  if (text.size() == 5 && (text[0] == '+' || text[0] == '-') && is_digits(text.substr(1))) {
    const int minutes = number(text.substr(1, 2)) * 60 + number(text.substr(3));
    return std::chrono::minutes(text[0] == '-' ? -minutes : minutes);
  }
  const auto found = std::ranges::find(kNamed, to_lower(text), &Named::name);
  return std::chrono::hours(found == std::end(kNamed) ? 0 : found->hours);
}

}  // namespace

std::optional<Timestamp> parse_mail_date(std::string_view text) {
  if (text.size() > kDateLimit) return std::nullopt;
  text = text.substr(0, text.find('('));
  std::string_view day = take_word(text);
  if (!day.empty() && to_lower(day.substr(0, 1)) >= "a" && to_lower(day.substr(0, 1)) <= "z")
    day = take_word(text);  // behind the day of the week
  const std::string_view month = take_word(text);
  const std::string_view year = take_word(text);
  const auto date = parse_day(day, month, year);
  const auto clock = parse_clock(take_word(text));
  if (!date || !clock) return std::nullopt;
  const auto at = std::chrono::sys_days(*date) + *clock - parse_zone(take_word(text));
  constexpr std::int64_t kYear10000 = 253'402'300'800;
  const std::int64_t seconds = at.time_since_epoch().count();
  if (seconds < 0 || seconds >= kYear10000) return std::nullopt;
  return Timestamp(std::chrono::seconds(seconds));
}

}  // namespace msghub
