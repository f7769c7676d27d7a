#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/describe.h"
#include "model/channel.h"
#include "model/integration.h"
#include "model/rule.h"
#include "model/rule_project.h"

namespace msghub {

enum class Severity { Error, Warning };
inline constexpr std::array<WireName<Severity>, 2> kSeverityNames{
    {{Severity::Error, "error"}, {Severity::Warning, "warning"}}};
constexpr auto& wire_names(Severity) { return kSeverityNames; }

// A place in the author's file. Lines and columns count from 1; columns in characters (Unicode code
// points) for people, `utf16_column` in UTF-16 units for editors, `offset` in bytes from 0.
struct Position {
  std::int64_t line = 1;
  std::int64_t column = 1;
  std::int64_t utf16_column = 1;
  std::int64_t offset = 0;
};
BOOST_DESCRIBE_STRUCT(Position, (), (line, column, utf16_column, offset))

struct Fix {
  std::string title;
  Position start;
  Position end;
  std::string replacement;
};
BOOST_DESCRIBE_STRUCT(Fix, (), (title, start, end, replacement))

struct Diagnostic {
  std::string code;  // "R0214": stable, with a page in docs/diagnostics
  Severity severity = Severity::Error;
  std::string message;  // what is wrong, one sentence without full stop
  Position start;
  Position end;       // exclusive
  std::string label;  // under the carets; may be ""
  std::optional<std::string> help;
  std::vector<Fix> fixes;
};
BOOST_DESCRIBE_STRUCT(Diagnostic, (), (code, severity, message, start, end, label, help, fixes))

// A bold name of the rule and what it stands for. The compiler lists what a rule needs; a caller
// that knows the owner's channels and connections passes them in as `Directory`.
struct NamedChannel {
  ChannelId id;
  std::string name;
  ChannelType type{};
};
struct NamedConnection {
  IntegrationId id;
  std::string name;
  IntegrationService service{};
  std::string spreadsheet = {};  // google: the id of the one that the name stands for; may be ""
};
struct Directory {
  std::vector<NamedChannel> channels;
  std::vector<NamedConnection> connections;
};

struct CompileOptions {
  const Directory* directory = nullptr;  // null: names stay unresolved (offline), ids are ""
};

struct UsedConnection {
  std::string name;
  IntegrationService service{};
};

struct CompiledRule {
  std::string name;         // the level-1 heading
  std::string description;  // the prose below it, up to the first code section, as plain text
  RuleMetadata metadata;
  std::vector<NamedChannel> channels;       // one a trigger; id "" when unresolved
  std::vector<UsedConnection> connections;  // each once
  std::string source_sha256;                // of the text with LF line ends
  std::vector<SourceFile> project;          // the stand-alone project, by path
  std::string generated_code;               // project's src/rule.ts
  std::int64_t example_count = 0;
};

struct CompileResult {
  std::vector<Diagnostic> diagnostics;  // by position
  std::optional<CompiledRule> rule;     // only without errors
};

// Markdown to metadata and project. Pure, deterministic and total: any bytes give a result, in time
// linear in their number; input over 1 MiB gives one diagnostic. Thread-safe.
CompileResult compile_rule(std::string_view markdown, const CompileOptions& options = {});

// The diagnostics as a terminal shows them: code, place, excerpt with carets, help; at most 20 and
// then a count. `colour` adds ANSI sequences.
std::string render_diagnostics(std::string_view markdown, const std::string& file_name,
                               const std::vector<Diagnostic>& diagnostics, bool colour = false);

}  // namespace msghub
