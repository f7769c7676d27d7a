// Any bytes from an editor: the language server gives answers that are JSON, and never more of them
// than it was asked for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "app/lsp_frames.h"
#include "app/lsp_server.h"

namespace {

void check(bool good) {
  if (!good) std::abort();
}

void pump(msghub::LanguageServer& server) {
  while (server.work()) {
  }
  for (const std::string& message : server.take()) check(msghub::parse_json(message).has_value());
}

// The bytes as frames, in pieces.
void as_frames(std::string_view bytes) {
  msghub::LanguageServer server({});
  msghub::LspFrames frames;
  for (std::size_t at = 0; at < bytes.size(); at += 7) {
    frames.feed(bytes.substr(at, 7));
    while (const auto frame = frames.next()) server.receive(frame->body);
  }
  pump(server);
}

msghub::json::object place(std::uint8_t line, std::uint8_t character) {
  return {{"line", line}, {"character", character}};
}

// The bytes as an editing session: a document, then edits and questions at any place.
void as_session(const std::uint8_t* data, std::size_t size) {
  msghub::LanguageServer server({});
  const auto say = [&](std::string_view method, msghub::json::object params, bool request) {
    msghub::json::object message{{"method", method}, {"params", std::move(params)}};
    if (request) message["id"] = 1;
    server.receive(msghub::to_json(message));
  };
  say("initialize", {}, true);
  const std::size_t split = size / 2;
  const std::string text(reinterpret_cast<const char*>(data), split);
  const msghub::json::object document{{"uri", "file:///r.md"}, {"text", text}, {"languageId", "r"}};
  say("textDocument/didOpen", {{"textDocument", document}}, false);
  // Each edit asks for everything; a few of them keep a run short.
  constexpr int kMostEdits = 3;
  int edits = 0;
  for (std::size_t at = split; at + 5 < size && edits < kMostEdits;
       at += 5 + data[at + 4] % 16, ++edits) {
    const msghub::json::object begin = place(data[at] % 64, data[at + 1]);
    const msghub::json::object end = place(data[at + 2] % 64, data[at + 3]);
    const std::size_t length = std::min<std::size_t>(data[at + 4] % 16, size - at - 5);
    const std::string piece(reinterpret_cast<const char*>(data) + at + 5, length);
    const msghub::json::object range{{"start", begin}, {"end", end}};
    say("textDocument/didChange",
        {{"textDocument", document},
         {"contentChanges",
          msghub::json::array{msghub::json::object{{"range", range}, {"text", piece}}}}},
        false);
    for (const char* method :
         {"textDocument/completion", "textDocument/hover", "textDocument/codeAction",
          "textDocument/definition", "textDocument/references", "textDocument/documentHighlight",
          "textDocument/prepareRename", "textDocument/rename"})
      say(method,
          {{"textDocument", document}, {"position", begin}, {"range", range}, {"newName", piece}},
          true);
    say("textDocument/formatting", {{"textDocument", document}}, true);
    say("textDocument/documentSymbol", {{"textDocument", document}}, true);
    pump(server);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  as_frames(std::string_view(reinterpret_cast<const char*>(data), size));
  as_session(data, size);
  return 0;
}
