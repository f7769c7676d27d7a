// Where the values of a rule are named: definition, references, highlights, renaming.
#include <algorithm>

#include "app/lsp_params.h"
#include "app/lsp_server.h"

namespace msghub {

json::value LanguageServer::definition(const json::object& params) {
  const Document* found = document(params);
  json::array out;
  if (found == nullptr) return out;
  const std::string uri = text_at(object_at(params, "textDocument"), "uri");
  for (const NameUse& use : name_uses(found->text.text(), asked_offset(*found, params)))
    if (use.definition) out.push_back({{"uri", uri}, {"range", range(*found, use.span)}});
  return out;
}

json::value LanguageServer::references(const json::object& params) {
  const Document* found = document(params);
  json::array out;
  if (found == nullptr) return out;
  const std::string uri = text_at(object_at(params, "textDocument"), "uri");
  const json::value* wanted = find_at(params, {"context", "includeDeclaration"});
  const bool with_definition = wanted == nullptr || !wanted->is_bool() || wanted->get_bool();
  for (const NameUse& use : name_uses(found->text.text(), asked_offset(*found, params)))
    if (with_definition || !use.definition)
      out.push_back({{"uri", uri}, {"range", range(*found, use.span)}});
  return out;
}

json::value LanguageServer::highlights(const json::object& params) {
  constexpr int kRead = 2, kWrite = 3;
  const Document* found = document(params);
  json::array out;
  if (found == nullptr) return out;
  for (const NameUse& use : name_uses(found->text.text(), asked_offset(*found, params)))
    out.push_back({{"range", range(*found, use.span)}, {"kind", use.definition ? kWrite : kRead}});
  return out;
}

json::value LanguageServer::prepare_rename(const json::object& params) {
  const Document* found = document(params);
  if (found == nullptr) return nullptr;
  const std::string& text = found->text.text();
  for (const NameUse& use : name_uses(text, asked_offset(*found, params)))
    if (use.asked)
      return json::object{
          {"range", range(*found, use.span)},
          {"placeholder", text.substr(use.span.begin, use.span.end - use.span.begin)}};
  return nullptr;
}

json::value LanguageServer::rename(const json::object& params) {
  const Document* found = document(params);
  if (found == nullptr) return nullptr;
  const std::string uri = text_at(object_at(params, "textDocument"), "uri");
  const auto renamed =
      rename_value(found->text.text(), asked_offset(*found, params), text_at(params, "newName"));
  if (!renamed) throw BadParams{renamed.error(), BadParams::kRequestFailed};
  json::array edits;
  for (const TextEdit& one : *renamed) edits.push_back(edit(*found, one));
  return json::object{{"changes", {{uri, std::move(edits)}}}};
}

}  // namespace msghub
