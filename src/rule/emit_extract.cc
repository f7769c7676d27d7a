#include "rule/emit_parts.h"

namespace msghub {

namespace ts = typescript;
using ts::member;

namespace {

using How = Extraction::How;

// As in dateAfter.
std::string_view kind_of(Extraction::Type type) {
  switch (type) {
    case Extraction::Type::Number:
      return "number";
    case Extraction::Type::Amount:
      return "amount";
    case Extraction::Type::Date:
      return "date";
    case Extraction::Type::Address:
      return "address";
    case Extraction::Type::Url:
      return "url";
    default:
      return "text";
  }
}

std::string function_of(const Extraction& extraction) {
  std::string kind(kind_of(extraction.type));
  if (extraction.how == How::After) return kind + "After";
  if (extraction.how == How::Matching) return kind + "Matching";
  kind[0] = static_cast<char>(kind[0] - 'a' + 'A');
  return "first" + kind;
}

// The members of the object that the function is given last; may be none.
ts::Members options_of(const Extraction& extraction) {
  using Order = Extraction::DateOrder;
  ts::Members out;
  if (extraction.case_sensitive) out.push_back(member("caseSensitive", ts::boolean(true)));
  if (extraction.date_order != Order::Unknown)
    out.push_back(member(
        "order", ts::text(extraction.date_order == Order::DayFirst ? "dayFirst" : "monthFirst")));
  return out;
}

ts::Code emit_find(const Extraction& extraction, EmitScope& scope) {
  ts::Codes arguments{ts::name("message")};
  const auto call = [&](std::string_view function, std::initializer_list<std::string_view> texts,
                        ts::Members options) {
    for (const std::string_view text : texts) arguments.push_back(ts::text(text));
    if (!options.empty()) arguments.push_back(ts::object(std::move(options)));
    return scope.call(function, std::move(arguments));
  };
  switch (extraction.how) {
    case How::Matching:
    case How::After:
      return call(function_of(extraction), {extraction.field, extraction.argument},
                  options_of(extraction));
    case How::Between:
      return call("textBetween", {extraction.field, extraction.argument, extraction.end},
                  options_of(extraction));
    case How::First:
      return call(function_of(extraction), {extraction.field}, options_of(extraction));
    case How::Domain:
      return call("domainOf", {extraction.field}, {});
    case How::DisplayName:
      return call("displayNameOf", {}, {});
    case How::File:
      if (extraction.file) return call("fileWhere", {}, condition_members(*extraction.file));
      return call("firstFile", {}, {});
    case How::Json:
      break;
  }
  const std::string_view field = extraction.field;
  return call("jsonAt", {field.substr(std::string_view("json:").size())}, {});
}

}  // namespace

layout::Doc emit_extraction(const Extraction& extraction, EmitScope& scope) {
  ts::Members out{line_member(extraction.line),
                  member("find", ts::function("message", emit_find(extraction, scope)))};
  if (extraction.otherwise) {
    ts::Code text = ts::text(*extraction.otherwise);
    out.push_back(member("otherwise", extraction.otherwise_is_number
                                          ? scope.call("decimal", {std::move(text)})
                                          : std::move(text)));
  }
  if (extraction.optional) out.push_back(member("optional", ts::boolean(true)));
  return member(extraction.name, ts::object(std::move(out)));
}

}  // namespace msghub
