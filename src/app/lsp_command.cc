#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/lsp_frames.h"
#include "app/lsp_names.h"
#include "app/lsp_server.h"
#include "app/rule_message.h"
#include "match/matcher.h"

namespace msghub {

namespace {

namespace fs = std::filesystem;

struct LspFlags {
  std::string directory;
  std::string message;
  bool stdio = false;
};

// The channels and connections of a file: {"channels": [{"id", "name", "type"}],
// "connections": [{"id", "name", "service"}]}, as the hub's lists have them.
Directory read_directory(const std::string& file) {
  const auto refuse = [&](const std::string& why) -> ApiError {
    return {kUsage, file + ": " + why, {}};
  };
  const Result<json::value> parsed = parse_json(read_file(file));
  if (!parsed) throw refuse(parsed.error().detail);
  if (!parsed->is_object()) throw refuse("an object with \"channels\" and \"connections\" is due");
  const auto list = [&](std::string_view name) {
    const json::value* found = parsed->get_object().if_contains(name);
    if (found == nullptr) return json::array();
    if (!found->is_array()) throw refuse("\"" + std::string(name) + "\" is no list");
    return found->get_array();
  };
  try {
    return directory_from(list("channels"), list("connections"), false);
  } catch (const ApiError& error) {
    throw refuse(error.detail);
  }
}

// What hovers show of a message.
std::function<std::string(const TriggerCondition&)> seen_in(const std::string& file) {
  const FileMessage message = read_message(file, ChannelType::Email);
  return [message](const TriggerCondition& condition) -> std::string {
    const TriggerConfig trigger{ChannelId{}, {condition}};
    const MatchInput input{ChannelId{}, &message.message};
    const Explanation explanation = explain({trigger}, input);
    const ConditionVerdict& verdict = explanation.triggers.front().conditions.front();
    std::string out = verdict.holds ? "Holds for the message" : "Does not hold for the message";
    if (!verdict.seen) return out + ", which has no such value.";
    // Indented code takes any text.
    out += ":\n\n    ";
    for (const char c : *verdict.seen) out += c == '\n' ? std::string("\n    ") : std::string(1, c);
    return out;
  };
}

// The diagnostics' pages beside or above the program, as a URI; "" when they are not installed.
std::string pages_uri() {
  std::error_code error;
  fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  constexpr int kMostLevels = 4;
  for (int level = 0; level < kMostLevels && !folder.empty(); ++level) {
    const fs::path pages = folder / "docs" / "diagnostics";
    if (fs::is_directory(pages, error)) {
      std::string out = "file://";
      for (const char c : pages.string()) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || std::string_view("/-._~").contains(c);
        std::array<char, 4> escaped{};
        std::snprintf(escaped.data(), escaped.size(), "%%%02X", static_cast<unsigned char>(c));
        out += plain ? std::string(1, c) : std::string(escaped.data());
      }
      return out;
    }
    folder = folder.parent_path();
  }
  return {};
}

// What other threads wake the server with.
class Bell {
 public:
  Bell() : event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (event_ < 0)
      throw Failure(Failure::Retry::Never, std::string("no eventfd: ") + std::strerror(errno));
  }
  ~Bell() { ::close(event_); }
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  int descriptor() const { return event_; }
  void ring() const { (void)::eventfd_write(event_, 1); }
  bool rung() const {
    eventfd_t count = 0;
    return ::eventfd_read(event_, &count) == 0;
  }

 private:
  int event_;
};

// Whether more input stands ready; when `wait`, waits for it or for the bell.
bool input_ready(const Bell& bell, bool wait) {
  std::array<pollfd, 2> inputs{{{STDIN_FILENO, POLLIN, 0}, {bell.descriptor(), POLLIN, 0}}};
  int ready = ::poll(inputs.data(), inputs.size(), wait ? -1 : 0);
  while (ready < 0 && errno == EINTR) ready = ::poll(inputs.data(), inputs.size(), wait ? -1 : 0);
  return ready > 0 && inputs[0].revents != 0;
}

bool write_out(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool send_all(LanguageServer& server) {
  for (const std::string& message : server.take())
    if (!write_out(lsp_frame(message))) return false;
  return true;
}

// Reads all that is there before it works, so that a cancellation overtakes what it cancels and
// only the last of many changes is compiled.
int serve_editor(LanguageServer& server, const Bell& bell, HubNames& names) {
  constexpr std::size_t kPiece = std::size_t{64} * 1024;
  constexpr int kParseError = -32700;
  constexpr int kInvalidRequest = -32600;
  LspFrames frames;
  std::string piece(kPiece, '\0');
  bool idle = false;
  while (!server.exit_code()) {
    if (bell.rung()) {
      const HubNames::News news = names.take();
      if (news.names) server.set_names(news.names);
      if (!news.complaint.empty()) server.log(news.complaint);
      idle = false;
    }
    if (input_ready(bell, idle)) {
      const ssize_t count = ::read(STDIN_FILENO, piece.data(), piece.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return kFailed;  // the editor is gone without "exit"
      frames.feed(std::string_view(piece).substr(0, static_cast<std::size_t>(count)));
      while (const std::optional<LspFrames::Frame> frame = frames.next()) {
        if (frame->too_large)
          server.refuse(kInvalidRequest, "a message is longer than 4 MiB");
        else
          server.receive(frame->body);
      }
      if (!frames.broken().empty()) {
        server.refuse(kParseError, frames.broken());
        send_all(server);
        std::fprintf(stderr, "msghub lsp: %s\n", frames.broken().c_str());
        return kFailed;
      }
      idle = false;
    } else {
      idle = !server.work();
    }
    if (!send_all(server)) return kFailed;
  }
  return *server.exit_code();
}

}  // namespace

void add_lsp_command(CLI::App& root, Globals& globals, int& exit_code) {
  auto flags = std::make_shared<LspFlags>();
  CLI::App* command = root.add_subcommand(
      "lsp", "The language server for rules: editors start it and talk to it on its input");
  command->add_option("--directory", flags->directory,
                      "JSON file with the channels and connections that rules may name");
  command->add_option("-m,--message", flags->message,
                      "mail.eml, or a webhook's body (.json, .txt): hovers show its values");
  // Editors' libraries give it to every server.
  command->add_flag("--stdio", flags->stdio, "talk on standard input and output: it always does");
  command->footer(
      "Examples:\n  msghub lsp\n  msghub lsp --directory names.json --message mail.eml\n\n"
      "It asks a running hub for the names of channels and connections. docs/guide/editors.md "
      "shows how to set editors up.");
  command->callback([flags, &globals, &exit_code] {
    Directory directory;
    LspOptions options;
    if (!flags->directory.empty()) {
      directory = read_directory(flags->directory);
      options.directory = &directory;
    }
    if (!flags->message.empty()) options.seen = seen_in(flags->message);
    options.pages = pages_uri();
    const Bell bell;
    HubNames names(globals, [&bell] { bell.ring(); });
    // A file that was named counts more than a hub that merely runs.
    const bool has_file = options.directory != nullptr;
    options.ask_hub = [&names, has_file](const HubSetting& hub) {
      names.ask({hub.ask && (hub.url || !has_file), hub.url});
    };
    LanguageServer server(std::move(options));
    exit_code = serve_editor(server, bell, names);
  });
}

}  // namespace msghub
