#include "rule/emit_parts.h"
#include "rule/typescript.h"

namespace msghub {

using typescript::group;
using typescript::string_literal;

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

// The parts of the object that the function is given last; may be none.
std::vector<std::string> options_of(const Extraction& extraction) {
  using Order = Extraction::DateOrder;
  std::vector<std::string> options;
  if (extraction.case_sensitive) options.push_back("caseSensitive: true");
  if (extraction.date_order != Order::Unknown)
    options.push_back(property(
        "order", extraction.date_order == Order::DayFirst ? "'dayFirst'" : "'monthFirst'"));
  return options;
}

struct Call {
  std::string function;
  std::vector<std::string> arguments;
  std::vector<std::string> object;  // the last argument
};

Call call_of(const Extraction& extraction) {
  const std::string field = string_literal(extraction.field);
  const std::string argument = string_literal(extraction.argument);
  switch (extraction.how) {
    case How::Matching:
    case How::After:
      return {function_of(extraction), {"message", field, argument}, options_of(extraction)};
    case How::Between:
      return {"textBetween",
              {"message", field, argument, string_literal(extraction.end)},
              options_of(extraction)};
    case How::First:
      return {function_of(extraction), {"message", field}, options_of(extraction)};
    case How::Domain:
      return {"domainOf", {"message", field}, {}};
    case How::DisplayName:
      return {"displayNameOf", {"message"}, {}};
    case How::File:
      if (extraction.file)
        return {"fileWhere", {"message"}, condition_properties(*extraction.file)};
      return {"firstFile", {"message"}, {}};
    case How::Json:
      break;
  }
  const std::string path = extraction.field.substr(std::string_view("json:").size());
  return {"jsonAt", {"message", string_literal(path)}, {}};
}

// The call, on a line of its own when it is too long for the one that it begins on.
std::string emit_find(const Extraction& extraction, EmitScope& scope) {
  constexpr std::size_t kWidth = 100, kIndent = 8;
  const std::string start = "find: (message) =>";
  const Call call = call_of(extraction);
  std::string out = scope.use(call.function) + "(";
  for (const std::string& argument : call.arguments)
    out += (out.ends_with('(') ? "" : ", ") + argument;
  if (!call.object.empty()) {
    out += ", ";
    out += group("{", call.object, "}", kIndent, out.size() + 1);
  }
  out += ")";
  const bool fits = !out.contains('\n') && kIndent - 2 + start.size() + out.size() + 2 <= kWidth;
  return start + (fits ? " " : "\n" + std::string(kIndent, ' ')) + out;
}

std::string emit_default(const Extraction& extraction, EmitScope& scope) {
  const std::string text = string_literal(*extraction.otherwise);
  return extraction.otherwise_is_number ? scope.use("decimal") + "(" + text + ")" : text;
}

}  // namespace

std::string emit_extraction(const Extraction& extraction, EmitScope& scope) {
  std::vector<std::string> items{property("line", std::to_string(extraction.line)),
                                 emit_find(extraction, scope)};
  if (extraction.otherwise) items.push_back(property("otherwise", emit_default(extraction, scope)));
  if (extraction.optional) items.push_back("optional: true");
  return property(extraction.name, group("{", items, "}", 4, extraction.name.size() + 2));
}

}  // namespace msghub
