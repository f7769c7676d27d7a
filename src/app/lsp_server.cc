#include "app/lsp_server.h"

#include <algorithm>

#include "app/lsp_examples.h"
#include "app/lsp_params.h"
#include "rule/format.h"

namespace msghub {

namespace {

// Of JSON-RPC and the protocol.
constexpr int kParseError = -32700;
constexpr int kInvalidRequest = -32600;
constexpr int kMethodNotFound = -32601;
constexpr int kNotInitialized = -32002;
constexpr int kRequestCancelled = -32800;

constexpr int kSyncIncremental = 2;

bool lists(const json::object& params, std::initializer_list<std::string_view> path,
           std::string_view wanted) {
  const json::value* found = find_at(params, path);
  const json::array* values = found == nullptr ? nullptr : found->if_array();
  return values != nullptr && std::ranges::any_of(*values, [&](const json::value& value) {
           return value.is_string() && value.get_string() == wanted;
         });
}

}  // namespace

void LanguageServer::send(json::object message) {
  message["jsonrpc"] = "2.0";
  out_.push_back(to_json(message));
}
void LanguageServer::notify(std::string_view method, json::object params) {
  send({{"method", method}, {"params", std::move(params)}});
}
void LanguageServer::fail(const json::value& id, int code, const std::string& why) {
  send({{"id", id}, {"error", {{"code", code}, {"message", why}}}});
}
void LanguageServer::warn(const std::string& text) {
  constexpr int kWarning = 2;
  notify("window/showMessage", {{"type", kWarning}, {"message", text}});
}
void LanguageServer::log(const std::string& text) {
  constexpr int kInfo = 3;
  notify("window/logMessage", {{"type", kInfo}, {"message", text}});
}
void LanguageServer::refuse(int code, const std::string& why) { fail(nullptr, code, why); }

std::vector<std::string> LanguageServer::take() { return std::exchange(out_, {}); }

void LanguageServer::receive(std::string_view message) {
  if (exit_code_) return;
  Result<json::value> parsed = parse_json(message);
  if (!parsed) return fail(nullptr, kParseError, parsed.error().detail);
  if (!parsed->is_object()) return fail(nullptr, kInvalidRequest, "a message is a JSON object");
  json::object& object = parsed->get_object();
  if (string_or(object, "method") != "$/cancelRequest") return queue_.push_back(std::move(object));
  const json::value* params = object.if_contains("params");
  const json::value* id =
      params != nullptr && params->is_object() ? params->get_object().if_contains("id") : nullptr;
  if (id == nullptr) return;
  const auto waiting = std::ranges::find_if(queue_, [&](const json::object& request) {
    const json::value* own = request.if_contains("id");
    return own != nullptr && request.contains("method") && *own == *id;
  });
  if (waiting == queue_.end()) return;
  fail(*id, kRequestCancelled, "cancelled");
  queue_.erase(waiting);
}

void LanguageServer::set_names(std::shared_ptr<const Directory> names) {
  if (names == names_) return;
  names_ = std::move(names);
  for (auto& [uri, document] : documents_) document.changed = true;
}

bool LanguageServer::work() {
  if (!queue_.empty()) {
    const json::object message = std::move(queue_.front());
    queue_.pop_front();
    if (!exit_code_) handle(message);
    return true;
  }
  for (auto& [uri, document] : documents_) {
    if (!document.changed) continue;
    diagnose(uri, document);
    return true;
  }
  return false;
}

void LanguageServer::handle(const json::object& message) {
  const json::value* id = message.if_contains("id");
  const json::value* method = message.if_contains("method");
  // An answer to a request of the server; it sends none.
  if (method == nullptr && (message.contains("result") || message.contains("error"))) return;
  const bool well_formed = method != nullptr && method->is_string() &&
                           (id == nullptr || id->is_string() || id->is_int64());
  if (!well_formed) return fail(nullptr, kInvalidRequest, "no request and no notification");
  static const json::object kNone;
  const json::value* params = message.if_contains("params");
  const json::object& given =
      params != nullptr && params->is_object() ? params->get_object() : kNone;
  const std::string name(method->get_string());
  try {
    if (id != nullptr)
      request(*id, name, given);
    else
      notification(name, given);
  } catch (const BadParams& bad) {
    if (id != nullptr)
      fail(*id, bad.code, bad.why);
    else
      warn(name + ": " + bad.why);
  }
}

void LanguageServer::request(const json::value& id, const std::string& method,
                             const json::object& params) {
  if (state_ == State::New && method != "initialize")
    return fail(id, kNotInitialized, "the first request is \"initialize\"");
  if (state_ == State::ShutDown || (state_ == State::Ready && method == "initialize"))
    return fail(id, kInvalidRequest, "\"" + method + "\" is not expected now");
  std::optional<json::value> result = answer(method, params);
  if (!result) return fail(id, kMethodNotFound, "there is no \"" + method + "\"");
  send({{"id", id}, {"result", std::move(*result)}});
}

std::optional<json::value> LanguageServer::answer(const std::string& method,
                                                  const json::object& params) {
  if (method == "initialize") return initialize(params);
  if (method == "textDocument/completion") return completion(params);
  if (method == "textDocument/hover") return hover(params);
  if (method == "textDocument/documentSymbol") return symbols(params);
  if (method == "textDocument/formatting") return formatting(params);
  if (method == "textDocument/codeAction") return actions(params);
  if (method == "textDocument/definition") return definition(params);
  if (method == "textDocument/references") return references(params);
  if (method == "textDocument/documentHighlight") return highlights(params);
  if (method == "textDocument/prepareRename") return prepare_rename(params);
  if (method == "textDocument/rename") return rename(params);
  if (method != "shutdown") return std::nullopt;
  state_ = State::ShutDown;
  documents_.clear();
  return json::value(nullptr);
}

void LanguageServer::notification(const std::string& method, const json::object& params) {
  if (method == "exit") {
    exit_code_ = state_ == State::ShutDown ? 0 : 1;
  } else if (state_ == State::Ready) {
    if (method == "textDocument/didOpen") did_open(params);
    if (method == "textDocument/didChange") did_change(params);
    if (method == "textDocument/didClose") did_close(params);
    if (method == "workspace/didChangeConfiguration")
      ask_hub(find_at(params, {"settings", "msghub", "hub"}));
  }
}

json::value LanguageServer::initialize(const json::object& params) {
  const bool utf8 = lists(params, {"capabilities", "general", "positionEncodings"}, "utf-8");
  encoding_ = utf8 ? LspEncoding::Utf8 : LspEncoding::Utf16;
  state_ = State::Ready;
  // Editors that send their settings as options do so with and without the server's name.
  const json::value* hub = find_at(params, {"initializationOptions", "hub"});
  ask_hub(hub != nullptr ? hub : find_at(params, {"initializationOptions", "msghub", "hub"}));
  return json::object{
      {"capabilities",
       {{"positionEncoding", utf8 ? "utf-8" : "utf-16"},
        {"textDocumentSync", {{"openClose", true}, {"change", kSyncIncremental}}},
        {"completionProvider",
         {{"triggerCharacters",
           json::array{" ", "*", "{", "|", "#", ":", ",", ".", "`", "\"", "[", "/"}}}},
        {"hoverProvider", true},
        {"definitionProvider", true},
        {"referencesProvider", true},
        {"documentHighlightProvider", true},
        {"renameProvider", {{"prepareProvider", true}}},
        {"documentSymbolProvider", true},
        {"documentFormattingProvider", true},
        {"codeActionProvider", {{"codeActionKinds", json::array{"quickfix", "source.fixAll"}}}}}},
      {"serverInfo", {{"name", "msghub"}, {"version", MSGHUB_VERSION}}}};
}

void LanguageServer::ask_hub(const json::value* setting) {
  // Settings that come again as they were, or without a word of the hub, change nothing.
  HubSetting hub = hub_;
  if (setting != nullptr && setting->is_string() && !setting->get_string().empty())
    hub = {true, std::string(setting->get_string())};
  else if (setting != nullptr && setting->is_bool())
    hub = {setting->get_bool(), std::nullopt};
  if (hub_asked_ && hub == hub_) return;
  hub_ = std::move(hub);
  hub_asked_ = true;
  if (!hub_.ask) set_names(nullptr);
  if (options_.ask_hub) options_.ask_hub(hub_);
}

LanguageServer::Document* LanguageServer::document(const json::object& params) {
  const auto found = documents_.find(text_at(object_at(params, "textDocument"), "uri"));
  return found == documents_.end() ? nullptr : &found->second;
}

std::size_t LanguageServer::asked_offset(const Document& document,
                                         const json::object& params) const {
  return document.text.offset(position_at(params, "position"), encoding_);
}

Span LanguageServer::asked_range(const Document& document, const json::object& params) const {
  const json::object& place = object_at(params, "range");
  const std::size_t begin = document.text.offset(position_at(place, "start"), encoding_);
  return {begin, std::max(begin, document.text.offset(position_at(place, "end"), encoding_))};
}

void LanguageServer::did_open(const json::object& params) {
  const json::object& opened = object_at(params, "textDocument");
  const std::string uri = text_at(opened, "uri");
  std::string text = text_at(opened, "text");
  if (documents_.size() >= kMostDocuments && !documents_.contains(uri))
    return warn("more than " + std::to_string(kMostDocuments) +
                " documents are open; this one is not looked at: " + uri);
  Document document;
  document.text.assign(std::move(text));
  if (const json::value* version = opened.if_contains("version")) document.version = *version;
  document.is_rule = string_or(opened, "languageId", "markdown") != "markdown";
  keep_small(document);
  documents_[uri] = std::move(document);
}

void LanguageServer::did_change(const json::object& params) {
  Document* changed = document(params);
  if (changed == nullptr) return;
  const json::value* changes = params.if_contains("contentChanges");
  if (changes == nullptr || !changes->is_array()) throw BadParams{"no \"contentChanges\""};
  for (const json::value& one : changes->get_array()) change(*changed, one);
  const json::object& versioned = object_at(params, "textDocument");
  if (const json::value* version = versioned.if_contains("version")) changed->version = *version;
  changed->changed = true;
}

void LanguageServer::change(Document& document, const json::value& change) {
  if (!change.is_object()) throw BadParams{"a change is an object"};
  const json::object& what = change.get_object();
  std::string text = text_at(what, "text");
  if (!what.contains("range")) {
    document.text.assign(std::move(text));
    document.too_large = false;
  } else if (!document.too_large) {
    const json::object& place = object_at(what, "range");
    document.text.replace(position_at(place, "start"), position_at(place, "end"), text, encoding_);
  }
  keep_small(document);
}

void LanguageServer::keep_small(Document& document) {
  if (document.text.text().size() <= kMostText) return;
  // Its text is known again when the editor sends all of it.
  document.too_large = true;
  document.text.assign({});
}

void LanguageServer::did_close(const json::object& params) {
  const std::string uri = text_at(object_at(params, "textDocument"), "uri");
  if (documents_.erase(uri) > 0)
    notify("textDocument/publishDiagnostics", {{"uri", uri}, {"diagnostics", json::array()}});
}

json::value LanguageServer::formatting(const json::object& params) {
  const Document* found = document(params);
  json::array edits;
  if (found != nullptr && !found->too_large) {
    const std::string& text = found->text.text();
    if (const std::optional<TextEdit> change = line_edit(text, format_rule(text)))
      edits.push_back(edit(*found, *change));
  }
  return edits;
}

json::value LanguageServer::completion(const json::object& params) {
  const Document* found = document(params);
  json::array items;
  if (found == nullptr) return items;
  const std::size_t offset = asked_offset(*found, params);
  // The kinds of the protocol, in the order of Completion::Kind.
  constexpr int kKinds[] = {9, 15, 14, 5, 24, 6, 18, 3, 12};
  std::string order = "000";
  for (const Completion& completion : completions(found->text.text(), offset, directory())) {
    json::object item{{"label", completion.label},
                      {"kind", kKinds[static_cast<std::size_t>(completion.kind)]},
                      {"sortText", order},
                      {"textEdit", edit(*found, {completion.range, completion.insertion})}};
    if (completion.insertion != completion.label) item["filterText"] = completion.insertion;
    if (!completion.detail.empty()) item["detail"] = completion.detail;
    if (!completion.documentation.empty())
      item["documentation"] = {{"kind", "markdown"}, {"value", completion.documentation}};
    items.push_back(std::move(item));
    for (std::size_t digit = order.size(); digit-- > 0 && ++order[digit] > '9';) order[digit] = '0';
  }
  return items;
}

json::value LanguageServer::hover(const json::object& params) {
  const Document* found = document(params);
  if (found == nullptr) return nullptr;
  const std::size_t offset = asked_offset(*found, params);
  const std::optional<HoverText> text =
      hover_text(found->text.text(), offset, directory(), evaluate_examples(options_.seen));
  if (!text) return nullptr;
  return json::object{{"contents", {{"kind", "markdown"}, {"value", text->markdown}}},
                      {"range", range(*found, text->range)}};
}

json::value LanguageServer::symbols(const json::object& params) {
  const Document* found = document(params);
  if (found == nullptr) return json::array();
  return symbols(*found, outline(found->text.text()));
}

}  // namespace msghub
