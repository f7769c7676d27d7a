#include "rule/emit_parts.h"
#include "rule/typescript.h"

namespace msghub {

using typescript::group;
using typescript::string_literal;

namespace {

std::string emit_find(const Extraction& extraction, EmitScope& scope) {
  using How = Extraction::How;
  const std::string field = string_literal(extraction.field);
  const std::string argument = string_literal(extraction.argument);
  switch (extraction.how) {
    case How::Matching: {
      const std::string exact = extraction.case_sensitive ? ", { caseSensitive: true }" : "";
      return scope.use("textMatching") + "(message, " + field + ", " + argument + exact + ")";
    }
    case How::After: {
      const std::string function = extraction.type == Extraction::Type::Number   ? "numberAfter"
                                   : extraction.type == Extraction::Type::Amount ? "amountAfter"
                                                                                 : "textAfter";
      return scope.use(function) + "(message, " + field + ", " + argument + ")";
    }
    case How::Domain:
      return scope.use("domainOf") + "(message, " + field + ")";
    case How::Json:
    case How::Between:
    case How::First:
    case How::DisplayName:
    case How::File:
      break;
  }
  const std::string path = extraction.field.substr(std::string_view("json:").size());
  return scope.use("jsonAt") + "(message, " + string_literal(path) + ")";
}

}  // namespace

std::string emit_extraction(const Extraction& extraction, EmitScope& scope) {
  std::vector<std::string> items{property("line", std::to_string(extraction.line)),
                                 "find: (message) => " + emit_find(extraction, scope)};
  if (extraction.otherwise)
    items.push_back(property("otherwise", string_literal(*extraction.otherwise)));
  if (extraction.optional) items.push_back("optional: true");
  return property(extraction.name, group("{", items, "}", 4, extraction.name.size() + 2));
}

}  // namespace msghub
