#include "rule/emit_scope.h"

#include <array>

#include "base/result.h"
#include "rule/filters.h"
#include "rule/forms.h"
#include "rule/template.h"
#include "rule/typescript.h"

namespace msghub {

namespace {

namespace ts = typescript;

// What rule.ts may import, by file in the order of the imports.
struct Import {
  std::string_view name;
  std::string_view file;
};
constexpr auto kImports = std::to_array<Import>({
    {"askChatgpt", "./actions/chatgpt.ts"},
    {"runSql", "./actions/database.ts"},
    {"sendEmail", "./actions/email.ts"},
    {"updateSheet", "./actions/sheets.ts"},
    {"postToSlack", "./actions/slack.ts"},
    {"sendWebhook", "./actions/webhook.ts"},
    {"decimal", "./lib/decimal.ts"},
    {"addressAfter", "./lib/extract.ts"},
    {"addressMatching", "./lib/extract.ts"},
    {"amountAfter", "./lib/extract.ts"},
    {"amountMatching", "./lib/extract.ts"},
    {"dateAfter", "./lib/extract.ts"},
    {"dateMatching", "./lib/extract.ts"},
    {"displayNameOf", "./lib/extract.ts"},
    {"domainOf", "./lib/extract.ts"},
    {"fileWhere", "./lib/extract.ts"},
    {"firstAddress", "./lib/extract.ts"},
    {"firstAmount", "./lib/extract.ts"},
    {"firstDate", "./lib/extract.ts"},
    {"firstFile", "./lib/extract.ts"},
    {"firstNumber", "./lib/extract.ts"},
    {"firstUrl", "./lib/extract.ts"},
    {"jsonAt", "./lib/extract.ts"},
    {"numberAfter", "./lib/extract.ts"},
    {"numberMatching", "./lib/extract.ts"},
    {"textAfter", "./lib/extract.ts"},
    {"textBetween", "./lib/extract.ts"},
    {"textMatching", "./lib/extract.ts"},
    {"urlAfter", "./lib/extract.ts"},
    {"urlMatching", "./lib/extract.ts"},
    {"asJson", "./lib/filters.ts"},
    {"defaultTo", "./lib/filters.ts"},
    {"formatDate", "./lib/filters.ts"},
    {"formatMoney", "./lib/filters.ts"},
    {"formatNumber", "./lib/filters.ts"},
    {"join", "./lib/filters.ts"},
    {"lower", "./lib/filters.ts"},
    {"trim", "./lib/filters.ts"},
    {"truncate", "./lib/filters.ts"},
    {"upper", "./lib/filters.ts"},
    {"contains", "./lib/guards.ts"},
    {"endsWith", "./lib/guards.ts"},
    {"is", "./lib/guards.ts"},
    {"isAtLeast", "./lib/guards.ts"},
    {"isAtMost", "./lib/guards.ts"},
    {"isEmpty", "./lib/guards.ts"},
    {"isOver", "./lib/guards.ts"},
    {"isUnder", "./lib/guards.ts"},
    {"matches", "./lib/guards.ts"},
    {"startsWith", "./lib/guards.ts"},
    {"valueAt", "./lib/json.ts"},
    {"fieldText", "./lib/message.ts"},
    {"defineRule", "./lib/rule.ts"},
    {"step", "./lib/rule.ts"},
    {"cell", "./lib/template.ts"},
    {"header", "./lib/template.ts"},
    {"html", "./lib/template.ts"},
    {"slack", "./lib/template.ts"},
    {"sql", "./lib/template.ts"},
    {"text", "./lib/template.ts"},
    {"url", "./lib/template.ts"},
});

}  // namespace

EmitScope::EmitScope(const RuleTree& tree) : tree_(tree) { name_locals(); }

// Each extracted value is a local variable of its own name, unless the code needs that name.
void EmitScope::name_locals() {
  std::set<std::string> taken{"message", "attachment", "encodeURIComponent", "idempotencyKey",
                              "rule"};
  for (const Import& import : kImports) taken.emplace(import.name);
  for (const Extraction& extraction : tree_.extractions) names_.insert(extraction.name);
  for (const Step& step : tree_.steps)
    if (step.output) names_.insert(*step.output);
  if (!tree_.failure.then.empty()) names_.insert("error");
  for (const std::string& name : names_) {
    std::string local = name;
    while (taken.contains(local) || ts::is_reserved_word(local) ||
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

ts::Code EmitScope::call(std::string_view function, ts::Codes arguments) {
  used_.emplace(function);
  return ts::call(function, std::move(arguments));
}

layout::Doc EmitScope::imports() const {
  std::vector<layout::Doc> out;
  for (std::size_t i = 0; i < kImports.size();) {
    const std::string_view file = kImports[i].file;
    std::vector<std::string> names;
    for (; i < kImports.size() && kImports[i].file == file; ++i)
      if (used_.contains(kImports[i].name)) names.emplace_back(kImports[i].name);
    if (names.empty()) continue;
    out.push_back(ts::import(names, file));
    out.push_back(layout::Doc::hard_line());
  }
  return layout::Doc::concat(std::move(out));
}

void EmitScope::begin_function() {
  values_.clear();
  message_ = false;
}

ts::Code EmitScope::function(ts::Code body) const {
  std::vector<std::string> values;
  for (const std::string& name : values_) {
    const auto local = locals_.find(name);
    const bool same = local == locals_.end() || local->second == name;
    values.push_back(same ? name : name + ": " + local->second);
  }
  return ts::function(values, message_ ? "message" : "", std::move(body));
}

std::string EmitScope::message() {
  message_ = true;
  return "message";
}

ts::Code EmitScope::value(const Reference& reference) {
  ts::Code out = bare_value(reference);
  for (const Filter& filter : reference.filters) out = filtered(filter, std::move(out));
  return out;
}

ts::Code EmitScope::filtered(const Filter& filter, ts::Code value) {
  const FilterInfo* known = find_filter(filter.name);
  MSGHUB_CHECK(known != nullptr);
  ts::Codes arguments{std::move(value)};
  for (std::size_t i = 0; i < filter.arguments.size(); ++i) {
    const bool count = known->parameters[i].kind == FilterParameter::Kind::Count;
    // Without its leading zeros, which TypeScript would not take.
    arguments.push_back(count ? ts::number(std::to_string(std::stoi(filter.arguments[i])))
                              : ts::text(filter.arguments[i]));
  }
  const bool own_zone = known->takes == FilterInfo::Takes::Date && filter.arguments.size() == 1;
  if (own_zone && tree_.settings.time_zone)
    arguments.push_back(ts::text(*tree_.settings.time_zone));
  return call(known->function, std::move(arguments));
}

std::string EmitScope::local(const std::string& name) {
  values_.insert(name);
  const auto found = locals_.find(name);
  return found == locals_.end() ? name : found->second;
}

// A reference as an expression; notes what the step's function must be given.
ts::Code EmitScope::bare_value(const Reference& reference) {
  using Kind = Reference::Kind;
  const auto at_path = [&](const std::string& name) {
    if (reference.path.empty()) return ts::name(name);
    return call("valueAt", {ts::name(name), ts::text(reference.path)});
  };
  switch (reference.kind) {
    case Kind::Extracted:
    case Kind::Output:
      return at_path(local(reference.name));
    case Kind::Attachment:
      values_.insert("attachment");
      return at_path("attachment");
    case Kind::IdempotencyKey:
      values_.insert(reference.name);
      return ts::name(reference.name);
    case Kind::Json:
      return call("jsonAt", {ts::name(message()), ts::text(reference.name)});
    case Kind::Message:
      message_ = true;
      for (const MessageName& known : message_names())
        if (known.name == reference.name)
          return known.field.empty()
                     ? ts::name(known.typescript)
                     : call("fieldText", {ts::name(message()), ts::text(known.field)});
      break;
    case Kind::Literal:
      return ts::text(reference.name);
    case Kind::Unknown:
      break;
  }
  MSGHUB_CHECK(!"check() resolves every reference of a rule without errors");
  return ts::null();
}

ts::Code EmitScope::tagged(std::string_view tag, const Template& text) {
  std::string out, literal;
  const auto flush = [&] {
    out += ts::template_part(literal);
    literal.clear();
  };
  for (const Template::Part& part : text.parts) {
    const bool fixed = part.reference && part.reference->kind == Reference::Kind::Literal;
    if (!part.reference || fixed) {
      literal += fixed ? part.reference->name : part.text;
      continue;
    }
    flush();
    out += "${" + ts::flat(value(*part.reference)) + "}";
  }
  flush();
  return ts::tagged(use(tag), out);
}

ts::Code EmitScope::text(const Template& text) { return encoded("text", text); }
ts::Code EmitScope::url(const Template& url) { return encoded("url", url); }
ts::Code EmitScope::header(const Template& value) { return encoded("header", value); }

ts::Code EmitScope::encoded(std::string_view tag, const Template& text) {
  const std::optional<std::string> fixed = fixed_text(text);
  return fixed ? ts::lines(*fixed) : tagged(tag, text);
}

ts::Code EmitScope::cell(const Template& value) {
  const bool single = value.parts.size() == 1 && value.parts.front().reference;
  const bool fixed = fixed_text(value).has_value();
  if (single && !fixed) return call("cell", {this->value(*value.parts.front().reference)});
  return text(value);
}

}  // namespace msghub
