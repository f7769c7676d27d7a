// What the language server finds in documents, as the protocol wants it.
#include <algorithm>

#include "app/lsp_server.h"
#include "rule/fixes.h"

namespace msghub {

namespace {

json::object as_json(LspPosition position) {
  return {{"line", position.line}, {"character", position.character}};
}

Span span_of(const Diagnostic& diagnostic) {
  return {static_cast<std::size_t>(diagnostic.start.offset),
          static_cast<std::size_t>(diagnostic.end.offset)};
}

bool wants(const json::object& context, std::string_view kind) {
  const json::value* only = context.if_contains("only");
  if (only == nullptr || !only->is_array()) return true;
  return std::ranges::any_of(only->get_array(), [&](const json::value& value) {
    if (!value.is_string()) return false;
    const std::string_view wanted(value.get_string());
    return kind == wanted || (kind.starts_with(wanted) && kind[wanted.size()] == '.');
  });
}

}  // namespace

json::object LanguageServer::range(const Document& document, Span span) const {
  return {{"start", as_json(document.text.position(span.begin, encoding_))},
          {"end", as_json(document.text.position(span.end, encoding_))}};
}

json::object LanguageServer::edit(const Document& document, const TextEdit& edit) const {
  return {{"range", range(document, edit.range)}, {"newText", edit.text}};
}

CompileOptions LanguageServer::compile_options() const {
  CompileOptions out;
  out.directory = directory();
  return out;
}

json::object LanguageServer::diagnostic(const std::string& uri, const Document& document,
                                        const Diagnostic& diagnostic) const {
  constexpr int kError = 1, kWarning = 2;
  json::object out{{"range", range(document, span_of(diagnostic))},
                   {"severity", diagnostic.severity == Severity::Error ? kError : kWarning},
                   {"code", diagnostic.code},
                   {"source", "msghub"},
                   {"message", diagnostic.message}};
  if (!options_.pages.empty())
    out["codeDescription"] = {{"href", options_.pages + "/" + diagnostic.code + ".md"}};
  json::array related;
  const auto add = [&](const std::string& text) {
    related.push_back(
        {{"location", {{"uri", uri}, {"range", out.at("range")}}}, {"message", text}});
  };
  if (!diagnostic.label.empty()) add(diagnostic.label);
  if (diagnostic.help) add("help: " + *diagnostic.help);
  if (!related.empty()) out["relatedInformation"] = std::move(related);
  return out;
}

void LanguageServer::diagnose(const std::string& uri, Document& document) {
  document.changed = false;
  document.diagnostics.clear();
  if (document.too_large) {
    warn("the document is over 4 MiB and not looked at: " + uri);
  } else {
    // Markdown without any section of a rule is no rule.
    const std::vector<Symbol> symbols =
        document.is_rule ? std::vector<Symbol>{} : outline(document.text.text());
    const bool is_rule = document.is_rule || std::ranges::any_of(symbols, [](const Symbol& symbol) {
                           return symbol.kind != Symbol::Kind::Rule;
                         });
    if (is_rule)
      document.diagnostics = compile_rule(document.text.text(), compile_options()).diagnostics;
  }
  json::array diagnostics;
  for (const Diagnostic& one : document.diagnostics)
    diagnostics.push_back(diagnostic(uri, document, one));
  json::object params{{"uri", uri}, {"diagnostics", std::move(diagnostics)}};
  if (document.version.is_int64()) params["version"] = document.version;
  notify("textDocument/publishDiagnostics", std::move(params));
}

json::value LanguageServer::actions(const json::object& params) {
  Document* found = document(params);
  json::array out;
  if (found == nullptr) return out;
  const std::string uri = string_or(params.at("textDocument").as_object(), "uri");
  if (found->changed) diagnose(uri, *found);
  const json::object none;
  const json::value* given = params.if_contains("context");
  const json::object& context = given != nullptr && given->is_object() ? given->get_object() : none;
  const auto changes = [&](const TextEdit& change) {
    return json::object{{"changes", {{uri, json::array{edit(*found, change)}}}}};
  };
  if (wants(context, "quickfix")) {
    for (const CodeAction& action : code_actions(asked_range(*found, params), found->diagnostics)) {
      const Diagnostic& mended = found->diagnostics[action.diagnostic];
      out.push_back({{"title", action.title},
                     {"kind", "quickfix"},
                     {"diagnostics", json::array{diagnostic(uri, *found, mended)}},
                     {"isPreferred", mended.fixes.size() == 1},
                     {"edit", changes(action.edit)}});
    }
  }
  const bool fixable = std::ranges::any_of(
      found->diagnostics, [](const Diagnostic& one) { return !one.fixes.empty(); });
  if (fixable && wants(context, "source.fixAll")) {
    const Fixed fixed = fix_rule(found->text.text(), compile_options());
    if (const std::optional<TextEdit> change = line_edit(found->text.text(), fixed.markdown))
      out.push_back({{"title", "Mend all mistakes that have a fix"},
                     {"kind", "source.fixAll"},
                     {"edit", changes(*change)}});
  }
  return out;
}

json::array LanguageServer::symbols(const Document& document,
                                    const std::vector<Symbol>& symbols) const {
  // The kinds of the protocol, in the order of Symbol::Kind.
  constexpr int kKinds[] = {2, 3, 24, 13, 6, 12};
  json::array out;
  for (const Symbol& symbol : symbols) {
    json::object entry{{"name", symbol.name},
                       {"kind", kKinds[static_cast<std::size_t>(symbol.kind)]},
                       {"range", range(document, symbol.range)},
                       {"selectionRange", range(document, symbol.selection)},
                       {"children", this->symbols(document, symbol.children)}};
    if (!symbol.detail.empty()) entry["detail"] = symbol.detail;
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace msghub
