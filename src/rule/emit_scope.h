#pragma once

#include <map>
#include <set>
#include <string>

#include "rule/ast.h"

namespace msghub {

// What the parts of rule.ts share while they are written: the imports that they use, the local
// names of the rule's values, and what the function at hand must be given.
class EmitScope {
 public:
  explicit EmitScope(const RuleTree& tree);

  // A function of the project's library or an action; notes that it must be imported.
  std::string use(std::string_view name);
  // The import lines of all that was used.
  std::string imports() const;

  // Begins the function of one step: nothing of the values and the message is used yet.
  void begin_function();
  // Its parameters, for code that starts in column `before` of a line: "({ total }, message)".
  std::string parameters(std::size_t indent, std::size_t before) const;

  // The message, as a whole.
  std::string message();
  // A reference, with its filters, as an expression.
  std::string value(const Reference& reference);
  // The template as a tagged template literal: text`Invoice ${number}`.
  std::string tagged(std::string_view tag, const Template& text);
  // The template as a string: a literal, or text`…`.
  std::string text(const Template& text);
  // The template as a URL: values are percent-encoded, so that none can leave its place.
  std::string url(const Template& url);
  // The template as the value of a header, which no value can end.
  std::string header(const Template& value);
  // A string literal when no value is put in, else a tagged template.
  std::string encoded(std::string_view tag, const Template& text);
  // The template as a cell of a sheet: a single value keeps its type.
  std::string cell(const Template& value);

 private:
  void name_locals();
  std::string bare_value(const Reference& reference);
  std::string filtered(const Filter& filter, const std::string& value);
  std::string local(const std::string& name);

  const RuleTree& tree_;
  std::set<std::string> names_;
  std::map<std::string, std::string> locals_;
  std::set<std::string, std::less<>> used_;
  std::set<std::string> values_;  // of the function at hand
  bool message_ = false;
};

// key: value, with the key quoted when it must be.
std::string property(std::string_view key, const std::string& value);
bool is_bare_key(std::string_view key);

}  // namespace msghub
