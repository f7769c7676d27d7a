#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/lsp_text.h"
#include "base/json.h"
#include "rule/assist.h"
#include "rule/compile.h"

namespace msghub {

// What the editor's settings say of the hub that knows the names of channels and connections.
struct HubSetting {
  bool ask = true;
  std::optional<std::string> url;  // nothing: the hub that other commands would ask
  bool operator==(const HubSetting&) const = default;
};

struct LspOptions {
  const Directory* directory = nullptr;  // the owner's channels and connections; null: offline
  std::function<std::string(const TriggerCondition&)> seen = {};  // as Evaluation::seen
  std::string pages = {};  // URI of the folder with the diagnostics' pages; "" for none
  // Told once the settings are known, and when they change; what comes of it is given to
  // set_names(). May be empty.
  std::function<void(const HubSetting&)> ask_hub = {};
};

// The language server for rules (Language Server Protocol 3.17), without its input and output.
// Requests are answered in the order in which they come. One thread.
class LanguageServer {
 public:
  static constexpr std::size_t kMostDocuments = 1000;
  static constexpr std::size_t kMostText = std::size_t{4} * 1024 * 1024;

  explicit LanguageServer(LspOptions options) : options_(std::move(options)) {}

  // Takes a message. It waits for work(), so that a cancellation that comes in time finds it.
  void receive(std::string_view message);
  // Does the next piece of work, if there is one: a message, else the diagnostics of a document
  // that has changed. False when there was nothing to do.
  bool work();
  // What is to be sent to the editor, message by message; each is given once.
  std::vector<std::string> take();
  // Names that are newer than those of the options; null: none are known.
  void set_names(std::shared_ptr<const Directory> names);
  // Says something to who looks into the server's log.
  void log(const std::string& text);
  // After "exit" nothing more is to be read. The code is that of the process.
  std::optional<int> exit_code() const { return exit_code_; }
  // Answers that a message could not be read.
  void refuse(int code, const std::string& why);

 private:
  struct Document {
    LspText text;
    json::value version;
    bool is_rule = false;  // opened as a rule, not merely as Markdown
    bool changed = true;   // its diagnostics are not those of its text
    bool too_large = false;
    std::vector<Diagnostic> diagnostics;
  };
  using Documents = std::map<std::string, Document>;

  void handle(const json::object& message);
  void request(const json::value& id, const std::string& method, const json::object& params);
  void notification(const std::string& method, const json::object& params);
  std::optional<json::value> answer(const std::string& method, const json::object& params);

  json::value initialize(const json::object& params);
  void did_open(const json::object& params);
  void did_change(const json::object& params);
  void did_close(const json::object& params);
  void change(Document& document, const json::value& change);
  static void keep_small(Document& document);
  void diagnose(const std::string& uri, Document& document);
  json::value completion(const json::object& params);
  json::value hover(const json::object& params);
  json::value symbols(const json::object& params);
  json::value formatting(const json::object& params);
  json::value actions(const json::object& params);
  json::value definition(const json::object& params);
  json::value references(const json::object& params);
  json::value highlights(const json::object& params);
  json::value prepare_rename(const json::object& params);
  json::value rename(const json::object& params);
  void ask_hub(const json::value* setting);

  // Of "textDocument"; null when it is not open.
  Document* document(const json::object& params);
  std::size_t asked_offset(const Document& document, const json::object& params) const;
  Span asked_range(const Document& document, const json::object& params) const;
  json::object range(const Document& document, Span span) const;
  json::object edit(const Document& document, const TextEdit& edit) const;
  json::object diagnostic(const std::string& uri, const Document& document,
                          const Diagnostic& diagnostic) const;
  json::array symbols(const Document& document, const std::vector<Symbol>& symbols) const;
  CompileOptions compile_options() const;
  void send(json::object message);
  void notify(std::string_view method, json::object params);
  void fail(const json::value& id, int code, const std::string& why);
  void warn(const std::string& text);

  const Directory* directory() const { return names_ ? names_.get() : options_.directory; }

  LspOptions options_;
  std::shared_ptr<const Directory> names_;
  HubSetting hub_;
  bool hub_asked_ = false;
  LspEncoding encoding_ = LspEncoding::Utf16;
  enum class State { New, Ready, ShutDown } state_ = State::New;
  std::optional<int> exit_code_;
  std::deque<json::object> queue_;
  Documents documents_;
  std::vector<std::string> out_;
};

}  // namespace msghub
