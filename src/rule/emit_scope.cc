#include "rule/emit_scope.h"

#include <array>

#include "base/result.h"
#include "rule/forms.h"
#include "rule/template.h"
#include "rule/typescript.h"

namespace msghub {

namespace {

using typescript::group;
using typescript::string_literal;
using typescript::template_part;

// What rule.ts may import, by file in the order of the imports.
struct Import {
  std::string_view name;
  std::string_view file;
};
constexpr auto kImports = std::to_array<Import>({
    {"runSql", "./actions/database.ts"},
    {"sendEmail", "./actions/email.ts"},
    {"sendWebhook", "./actions/webhook.ts"},
    {"decimal", "./lib/decimal.ts"},
    {"amountAfter", "./lib/extract.ts"},
    {"domainOf", "./lib/extract.ts"},
    {"jsonAt", "./lib/extract.ts"},
    {"numberAfter", "./lib/extract.ts"},
    {"textAfter", "./lib/extract.ts"},
    {"textMatching", "./lib/extract.ts"},
    {"valueAt", "./lib/json.ts"},
    {"defineRule", "./lib/rule.ts"},
    {"step", "./lib/rule.ts"},
    {"sql", "./lib/template.ts"},
    {"text", "./lib/template.ts"},
});

}  // namespace

bool is_bare_key(std::string_view key) { return is_identifier(key); }

std::string property(std::string_view key, const std::string& value) {
  // As a plain key, __proto__ would set the object's prototype.
  if (key == "__proto__") return "['__proto__']: " + value;
  return (is_bare_key(key) ? std::string(key) : string_literal(key)) + ": " + value;
}

EmitScope::EmitScope(const RuleTree& tree) : tree_(tree) { name_locals(); }

// Each extracted value is a local variable of its own name, unless the code needs that name.
void EmitScope::name_locals() {
  std::set<std::string> taken{"message", "attachment", "encodeURIComponent", "idempotencyKey",
                              "rule"};
  for (const Import& import : kImports) taken.emplace(import.name);
  for (const Extraction& extraction : tree_.extractions) names_.insert(extraction.name);
  for (const Step& step : tree_.steps)
    if (step.output) names_.insert(*step.output);
  for (const std::string& name : names_) {
    std::string local = name;
    while (taken.contains(local) || typescript::is_reserved_word(local) ||
           (local != name && names_.contains(local)))
      local += '_';
    taken.insert(local);
    locals_[name] = local;
  }
}

std::string EmitScope::use(std::string_view name) {
  used_.emplace(name);
  return std::string(name);
}

std::string EmitScope::imports() const {
  std::string out;
  for (std::size_t i = 0; i < kImports.size();) {
    const std::string_view file = kImports[i].file;
    std::vector<std::string> names;
    for (; i < kImports.size() && kImports[i].file == file; ++i)
      if (used_.contains(kImports[i].name)) names.emplace_back(kImports[i].name);
    if (!names.empty())
      out += "import " + group("{", names, "}", 0) + " from '" + std::string(file) + "';\n";
  }
  return out;
}

void EmitScope::begin_function() {
  values_.clear();
  message_ = false;
}

std::string EmitScope::parameters(std::size_t indent, std::size_t before) const {
  std::vector<std::string> values;
  for (const std::string& name : values_) {
    const auto local = locals_.find(name);
    const bool same = local == locals_.end() || local->second == name;
    values.push_back(same ? name : name + ": " + local->second);
  }
  std::string out = "(";
  if (!values.empty())
    out += group("{", values, "}", indent, before);
  else if (message_)
    out += "_values";
  return out + (message_ ? ", message)" : ")");
}

std::string EmitScope::value(const Reference& reference) { return bare_value(reference); }

std::string EmitScope::local(const std::string& name) {
  values_.insert(name);
  return locals_.at(name);
}

// A reference as an expression; notes what the step's function must be given.
std::string EmitScope::bare_value(const Reference& reference) {
  using Kind = Reference::Kind;
  switch (reference.kind) {
    case Kind::Extracted:
    case Kind::Output: {
      const std::string name = local(reference.name);
      if (reference.path.empty()) return name;
      return use("valueAt") + "(" + name + ", " + string_literal(reference.path) + ")";
    }
    case Kind::Attachment:
      values_.insert("attachment");
      return reference.path.empty() ? "attachment" : "attachment." + reference.path;
    case Kind::IdempotencyKey:
      values_.insert(reference.name);
      return reference.name;
    case Kind::Json:
      message_ = true;
      return use("jsonAt") + "(message, " + string_literal(reference.name) + ")";
    case Kind::Message:
      message_ = true;
      for (const MessageName& known : message_names())
        if (known.name == reference.name) return std::string(known.typescript);
      break;
    case Kind::Literal:
      return string_literal(reference.name);
    case Kind::Unknown:
      break;
  }
  MSGHUB_CHECK(!"check() resolves every reference of a rule without errors");
  return {};
}

std::string EmitScope::tagged(std::string_view tag, const Template& text) {
  std::string out = use(tag) + "`";
  for (const Template::Part& part : text.parts)
    out += part.reference ? "${" + value(*part.reference) + "}" : template_part(part.text);
  return out + "`";
}

std::string EmitScope::text(const Template& text) {
  return text.is_literal() ? string_literal(source_text(text)) : tagged("text", text);
}

std::string EmitScope::url(const Template& url) {
  if (url.is_literal()) return string_literal(source_text(url));
  std::string out = "`";
  for (const Template::Part& part : url.parts) {
    if (!part.reference)
      out += template_part(part.text);
    else
      out += "${encodeURIComponent(" + use("text") + "`${" + value(*part.reference) + "}`)}";
  }
  return out + "`";
}

}  // namespace msghub
