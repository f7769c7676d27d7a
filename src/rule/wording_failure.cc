#include "rule/nearest.h"
#include "rule/wording_text.h"

namespace msghub::wording {

using std::to_string;

Wording said_twice(Text what, std::int64_t line, SectionKind section) {
  const bool failure = section == SectionKind::IfItFails;
  return {failure ? Code::FailureTwice : Code::SettingTwice,
          std::string(what) + " is said twice in " + ticked(section_name(section)),
          "the first is on line " + to_string(line), "keep one of the two"};
}

Wording retry_count(Text seen) {
  return {Code::RetryCount, ticked(shown(seen)) + " is no number of retries",
          "expected a whole number from 0 to 100",
          "write how often to try again, as in `retry 5 times`, or `do not retry`"};
}

Wording retry_time(Text seen) {
  return {Code::RetryTime, "retries cannot be spread over " + shown(seen),
          "expected 1 second to 30 days", "as in `retry 5 times over 2 hours`"};
}

Wording duration_missing() {
  return {Code::DurationMissing, "a length of time must stand here", "expected a number and a unit",
          "as in 30 seconds, 5 minutes, 2 hours or 7 days"};
}

Wording count_missing() {
  return {Code::RetryCount, "a number must stand here", "expected a number in digits",
          "as in `retry 5 times`, `do not retry` or `at most 2 at a time`"};
}

Wording time_zone_unknown(Text seen, Text suggestion) {
  if (trim(seen).empty())
    return {Code::TimeZoneUnknown, "the time zone is missing",
            "expected a name such as Europe/Paris", std::nullopt};
  return {Code::TimeZoneUnknown, "there is no time zone " + ticked(shown(seen)),
          "not a time zone of the IANA database",
          did_you_mean(suggestion,
                       "zones are called after a place, as in Europe/Paris or "
                       "America/New_York; UTC is one, too")};
}

Wording time_limit_range(Text seen) {
  return {Code::TimeLimitRange, "the time limit cannot be " + shown(seen),
          "expected 1 second to 15 minutes",
          "it is for one try; how long to go on trying is said in `If it fails`"};
}

Wording concurrency_range(Text seen) {
  return {Code::ConcurrencyRange, ticked(shown(seen)) + " messages at a time are not possible",
          "expected a whole number from 1 to 100",
          "to stop a rule for a while, pause it: `msghub rule pause`"};
}

Wording tags_empty() {
  return {Code::TagsInvalid, "a tag is missing", "no text stands here",
          "write tags with commas between them, as in `tags: finance, invoices`"};
}

Wording tags_too_many(std::size_t count) {
  return {Code::TagsInvalid, "the rule has " + to_string(count) + " tags", "at most 20 are kept",
          "leave some out"};
}

Wording tag_too_long(std::size_t characters) {
  return {Code::TagsInvalid, "the tag has " + to_string(characters) + " characters",
          "at most 40 are kept", "tags are words; commas stand between them"};
}

Wording tag_twice(Text tag) {
  return {Code::TagsInvalid, "the tag " + ticked(shown(tag)) + " stands twice", "the second one",
          "leave it out"};
}

Wording owner_missing() {
  return {Code::OwnerMissing, "the owner is missing", "expected a name or an address",
          "as in `owner: \"ann@example.com\"`"};
}

}  // namespace msghub::wording
