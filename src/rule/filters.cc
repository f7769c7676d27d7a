#include "rule/filters.h"

#include <algorithm>
#include <charconv>

#include "rule/nearest.h"
#include "rule/time_zones.h"
#include "rule/wording.h"

namespace msghub {

namespace {

using Kind = FilterParameter::Kind;
using enum FilterInfo::Takes;

constexpr FilterParameter kNone{};

constexpr auto kFilters = std::to_array<FilterInfo>({
    {"number",
     "formatNumber",
     "number 2",
     {{{Kind::Count, true, 0, 20}, kNone}},
     Number,
     "A number as English writes it, with commas between the thousands; with so many decimal "
     "places, halves away from zero, or else with the places that it has.",
     "{{total | number 2}}"},
    {"money",
     "formatMoney",
     "money \"EUR\"",
     {{{Kind::Currency}, kNone}},
     Number,
     "An amount with the sign of its currency and as many decimal places as the currency has. The "
     "currency is the three letters of ISO 4217.",
     "{{total | money \"EUR\"}}"},
    {"date",
     "formatDate",
     "date \"d MMMM yyyy\" \"Europe/Paris\"",
     {{{Kind::DateFormat}, {Kind::TimeZone, true}}},
     Date,
     "A date or a point in time in this format and, for a point in time, in this time zone (else "
     "that of the rule's Settings, else UTC).",
     "{{due | date \"d MMMM yyyy\"}}"},
    {"upper", "upper", "upper", {}, Anything, "In capital letters.", "{{vendor | upper}}"},
    {"lower", "lower", "lower", {}, Anything, "In small letters.", "{{vendor | lower}}"},
    {"trim", "trim", "trim", {}, Anything, "Without white space at both ends.", "{{note | trim}}"},
    {"truncate",
     "truncate",
     "truncate 80",
     {{{Kind::Count, false, 1, 100'000}, kNone}},
     Anything,
     "At most so many characters; the last one is … when something was cut off.",
     "{{note | truncate 80}}"},
    {"default",
     "defaultTo",
     "default \"none\"",
     {{{Kind::Text}, kNone}},
     Anything,
     "This text where there is no value, or an empty one.",
     "{{note | default \"none\"}}"},
    {"json",
     "asJson",
     "json",
     {},
     Anything,
     "The value as JSON text, a text in quotation marks.",
     "{{note | json}}"},
    {"join",
     "join",
     "join \", \"",
     {{{Kind::Text}, kNone}},
     Anything,
     "The items of a list with this text between them.",
     "{{tags | join \", \"}}"},
});

// The letters of date formats; a run of one letter is one thing.
constexpr auto kDateFields =
    std::to_array<std::string_view>({"yyyy", "yy", "MMMM", "MMM", "MM", "M", "dd", "d", "EEEE",
                                     "EEE", "HH", "H", "hh", "h", "mm", "m", "ss", "s", "a"});

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// What other systems call a part of a date.
std::string_view better_date_field(std::string_view run) {
  constexpr auto kOthers =
      std::to_array<std::pair<std::string_view, std::string_view>>({{"YYYY", "yyyy"},
                                                                    {"YY", "yy"},
                                                                    {"Y", "yyyy"},
                                                                    {"y", "yyyy"},
                                                                    {"DD", "dd"},
                                                                    {"D", "d"},
                                                                    {"S", "s"},
                                                                    {"SS", "ss"},
                                                                    {"dddd", "EEEE"},
                                                                    {"ddd", "EEE"},
                                                                    {"DDDD", "EEEE"},
                                                                    {"DDD", "EEE"},
                                                                    {"E", "EEE"},
                                                                    {"EE", "EEE"},
                                                                    {"A", "a"},
                                                                    {"mmmm", "MMMM"},
                                                                    {"mmm", "MMM"},
                                                                    {"nn", "mm"},
                                                                    {"tt", "a"}});
  for (const auto& [other, ours] : kOthers)
    if (other == run) return ours;
  return {};
}

class ArgumentCheck {
 public:
  ArgumentCheck(const FilterInfo& filter, Report& report) : filter_(filter), report_(report) {}

  bool fits(const FilterParameter& parameter, const FilterWord& word) {
    if (parameter.kind == Kind::Count) return count(parameter, word);
    if (!word.quoted) {
      report_.add(word.span, wording::filter_unquoted(word.value))
          .fix("put it in quotation marks", word.span, "\"" + word.value + "\"");
      return false;
    }
    switch (parameter.kind) {
      case Kind::Currency:
        return currency(word);
      case Kind::DateFormat:
        return date_format(word);
      case Kind::TimeZone:
        return time_zone(word);
      case Kind::None:
      case Kind::Text:
      case Kind::Count:
        break;
    }
    return true;
  }

 private:
  bool count(const FilterParameter& parameter, const FilterWord& word) {
    int value = 0;
    const char* end = word.value.data() + word.value.size();
    const auto [read, error] = std::from_chars(word.value.data(), end, value);
    const bool good = !word.quoted && error == std::errc{} && read == end &&
                      value >= parameter.least && value <= parameter.most;
    if (!good)
      report_.add(word.span, wording::filter_count(filter_.name, parameter.least, parameter.most));
    return good;
  }

  bool currency(const FilterWord& word) {
    const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (word.value.size() == 3 && std::all_of(word.value.begin(), word.value.end(), capital))
      return true;
    Report::Entry& entry = report_.add(word.span, wording::currency_unknown(word.value));
    std::string upper = word.value;
    for (char& c : upper)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (upper.size() == 3 && std::all_of(upper.begin(), upper.end(), capital))
      entry.fix("write " + upper, word.span, "\"" + upper + "\"");
    return false;
  }

  bool time_zone(const FilterWord& word) {
    if (time_zone_of(word.value)) return true;
    const std::string near = nearest_time_zone(word.value);
    Report::Entry& entry = report_.add(word.span, wording::filter_time_zone(word.value, near));
    if (!near.empty()) entry.fix("write " + near, word.span, "\"" + near + "\"");
    return false;
  }

  bool date_format(const FilterWord& word) {
    const std::string_view format = word.value;
    bool hours = false, minutes = false, seconds = false, any = false;
    for (std::size_t at = 0; at < format.size();) {
      const char c = format[at];
      if (c == '\'') {
        const std::size_t close = format.find('\'', at + 1);
        if (close == std::string_view::npos) return wrong(word, wording::date_format_unclosed());
        at = close + 1;
        continue;
      }
      if (!is_letter(c)) {
        ++at;
        continue;
      }
      const std::size_t end = std::min(format.find_first_not_of(c, at), format.size());
      const std::string_view run = format.substr(at, end - at);
      if (std::find(kDateFields.begin(), kDateFields.end(), run) == kDateFields.end())
        return wrong(word, wording::date_format_letter(run, better_date_field(run)));
      any = true;
      hours = hours || c == 'H' || c == 'h';
      minutes = minutes || c == 'm';
      seconds = seconds || c == 's';
      at = end;
    }
    if (!any) return wrong(word, wording::date_format_empty());
    // dd/mm/yyyy would print minutes in the place of the month.
    if (minutes && !hours && !seconds) return wrong(word, wording::date_format_minutes());
    return true;
  }
  bool wrong(const FilterWord& word, Wording wording) {
    report_.add(word.span, std::move(wording));
    return false;
  }

  const FilterInfo& filter_;
  Report& report_;
};

}  // namespace

std::span<const FilterInfo> all_filters() { return kFilters; }

const FilterInfo* find_filter(std::string_view name) {
  for (const FilterInfo& filter : kFilters)
    if (filter.name == name) return &filter;
  return nullptr;
}

std::optional<Filter> read_filter(const FilterWord& name, const std::vector<FilterWord>& arguments,
                                  Span whole, Report& report) {
  const std::string lower = lower_ascii(name.value);
  const FilterInfo* filter = find_filter(lower);
  if (filter == nullptr) {
    std::vector<std::string> names;
    for (const FilterInfo& known : kFilters) names.emplace_back(known.name);
    const std::string suggestion = nearest(lower, names);
    Report::Entry& entry = report.add(name.span, wording::filter_unknown(name.value, suggestion));
    if (!suggestion.empty()) entry.fix_slip(lower, suggestion, name.span);
    return std::nullopt;
  }
  std::size_t most = 0, least = 0;
  for (const FilterParameter& parameter : filter->parameters) {
    if (parameter.kind == Kind::None) continue;
    ++most;
    least += parameter.optional ? 0 : 1;
  }
  if (arguments.size() < least || arguments.size() > most) {
    report.add(arguments.size() > most ? arguments[most].span : whole,
               wording::filter_arguments(filter->name, filter->usage, most == 0));
    return std::nullopt;
  }
  Filter out{std::string(filter->name), {}, whole};
  ArgumentCheck check(*filter, report);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (!check.fits(filter->parameters[i], arguments[i])) return std::nullopt;
    out.arguments.push_back(arguments[i].value);
  }
  return out;
}

void check_filters(const Reference& reference, std::optional<Extraction::Type> type,
                   Report& report) {
  using Type = Extraction::Type;
  enum class Value { Any, Number, Date, Other, Formatted };
  Value value = Value::Any;
  std::string_view what;
  if (type == Type::Number || type == Type::Amount) {
    value = Value::Number;
    what = "a number";
  } else if (type == Type::Date) {
    value = Value::Date;
    what = "a date";
  } else if (type == Type::Address || type == Type::Url || type == Type::File) {
    value = Value::Other;
    what = type == Type::File ? "a file" : type == Type::Url ? "a URL" : "an e-mail address";
  }
  for (const Filter& filter : reference.filters) {
    const FilterInfo* known = find_filter(filter.name);
    if (known == nullptr || known->takes == Anything) continue;
    const Value wanted = known->takes == Number ? Value::Number : Value::Date;
    if (value != Value::Any && value != wanted) {
      report.add(filter.span, wording::filter_never_fits(known->name, known->takes == Date, what));
      return;
    }
    value = Value::Formatted;
    what = "formatted text";
  }
}

}  // namespace msghub
