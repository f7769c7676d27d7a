#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rule/ast.h"
#include "rule/report.h"

namespace msghub {

// The closed catalogue of filters, {{total | money "EUR"}}. Parser, diagnostics, code generation,
// completion and the language reference are fed from it.

struct FilterParameter {
  enum class Kind { None, Text, Count, Currency, DateFormat, TimeZone };
  Kind kind{};
  bool optional = false;
  int least = 0;  // Count
  int most = 0;
};

struct FilterInfo {
  enum class Takes { Anything, Number, Date };
  std::string_view name;
  std::string_view function;  // of runtime/project/src/lib/filters.ts
  std::string_view usage;     // the name with its arguments, all of them
  std::array<FilterParameter, 2> parameters;
  Takes takes{};
  std::string_view meaning;
  std::string_view example;  // as it stands in the language reference
};
std::span<const FilterInfo> all_filters();
const FilterInfo* find_filter(std::string_view name);

// One argument as the author wrote it.
struct FilterWord {
  std::string value;
  bool quoted = false;
  Span span;
};

// The filter `name` with these arguments; when it is none, that is reported and nothing comes back.
std::optional<Filter> read_filter(const FilterWord& name, const std::vector<FilterWord>& arguments,
                                  Span whole, Report& report);

// Reports the first filter that can never work on a value of this type (nothing: any), or on what
// the filter before it makes of the value.
void check_filters(const Reference& reference, std::optional<Extraction::Type> type,
                   Report& report);

}  // namespace msghub
