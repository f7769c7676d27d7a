#pragma once

#include <map>
#include <set>
#include <string>

#include "rule/ast.h"
#include "rule/code.h"

namespace msghub {

// What the parts of rule.ts share while they are written: the imports that they use, the local
// names of the rule's values, and what the function at hand must be given.
class EmitScope {
 public:
  explicit EmitScope(const RuleTree& tree);

  // A function of the project's library or an action; notes that it must be imported.
  std::string use(std::string_view name);
  typescript::Code call(std::string_view function, typescript::Codes arguments);
  // The import lines of all that was used.
  layout::Doc imports() const;

  // Begins a function of a step: nothing of the values and the message is used yet.
  void begin_function();
  // The function, with parameters for what its body uses: ({ total }, message) => body.
  typescript::Code function(typescript::Code body) const;

  // The message, as a whole.
  std::string message();
  // A reference, with its filters, as an expression.
  typescript::Code value(const Reference& reference);
  // The template as a tagged template literal: text`Invoice ${number}`.
  typescript::Code tagged(std::string_view tag, const Template& text);
  // The template as a string: a literal, or text`…`.
  typescript::Code text(const Template& text);
  // The template as a URL: values are percent-encoded, so that none can leave its place.
  typescript::Code url(const Template& url);
  // The template as the value of a header, which no value can end.
  typescript::Code header(const Template& value);
  // A string literal when no value is put in, else a tagged template.
  typescript::Code encoded(std::string_view tag, const Template& text);
  // The template as a cell of a sheet: a single value keeps its type.
  typescript::Code cell(const Template& value);

 private:
  void name_locals();
  typescript::Code bare_value(const Reference& reference);
  typescript::Code filtered(const Filter& filter, typescript::Code value);
  std::string local(const std::string& name);

  const RuleTree& tree_;
  std::set<std::string> names_;
  std::map<std::string, std::string> locals_;
  std::set<std::string, std::less<>> used_;
  std::set<std::string> values_;  // of the function at hand
  bool message_ = false;
};

}  // namespace msghub
