#include "app/diagnostic_formats.h"

#include <map>

#include "app/version.h"
#include "rule/codes.h"

namespace msghub {

namespace {

// "/tmp/a b.md" as the path of a URI reference.
std::string uri_of(const std::string& file) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : file) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").contains(c);
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return file.starts_with('/') ? "file://" + out : out;
}

json::object region_of(const Position& start, const Position& end) {
  return {{"startLine", start.line},
          {"startColumn", start.utf16_column},
          {"endLine", end.line},
          {"endColumn", end.utf16_column}};
}

json::object result_of(const Diagnostic& diagnostic, const std::string& uri, std::size_t rule) {
  std::string text = diagnostic.message;
  if (diagnostic.help) text += "\nHelp: " + *diagnostic.help;
  const json::object artifact{{"uri", uri}};
  json::object result{
      {"ruleId", diagnostic.code},
      {"ruleIndex", rule},
      {"level", diagnostic.severity == Severity::Error ? "error" : "warning"},
      {"message", {{"text", text}}},
      {"locations",
       json::array{json::object{{"physicalLocation",
                                 {{"artifactLocation", artifact},
                                  {"region", region_of(diagnostic.start, diagnostic.end)}}}}}}};
  json::array fixes;
  for (const Fix& fix : diagnostic.fixes)
    fixes.push_back(json::object{
        {"description", {{"text", fix.title}}},
        {"artifactChanges",
         json::array{json::object{
             {"artifactLocation", artifact},
             {"replacements",
              json::array{json::object{{"deletedRegion", region_of(fix.start, fix.end)},
                                       {"insertedContent", {{"text", fix.replacement}}}}}}}}}});
  if (!fixes.empty()) result["fixes"] = std::move(fixes);
  return result;
}

// What a workflow command takes as data, and as a property's value.
std::string escaped(const std::string& text, bool property) {
  std::string out;
  for (const char c : text) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (property && c == ':')
      out += "%3A";
    else if (property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

}  // namespace

json::object sarif_of(const std::vector<CheckedFile>& files) {
  std::map<std::string, std::size_t> indexes;
  json::array rules, results;
  for (const CheckedFile& file : files) {
    for (const Diagnostic& diagnostic : file.diagnostics) {
      const auto [index, is_new] = indexes.try_emplace(diagnostic.code, indexes.size());
      for (const CodeInfo& info : all_codes())
        if (is_new && code_id(info.code) == diagnostic.code)
          rules.push_back(
              json::object{{"id", diagnostic.code},
                           {"shortDescription", {{"text", info.title}}},
                           {"fullDescription", {{"text", info.explanation}}},
                           {"help", {{"text", "msghub rule explain " + diagnostic.code}}}});
      results.push_back(result_of(diagnostic, uri_of(file.file), index->second));
    }
  }
  const json::object driver{{"name", "msghub"}, {"version", kVersion}, {"rules", std::move(rules)}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", json::array{json::object{{"tool", {{"driver", driver}}},
                                            {"columnKind", "utf16CodeUnits"},
                                            {"results", std::move(results)}}}}};
}

std::string github_lines(const std::vector<CheckedFile>& files) {
  std::string out;
  for (const CheckedFile& file : files) {
    for (const Diagnostic& diagnostic : file.diagnostics) {
      const bool error = diagnostic.severity == Severity::Error;
      std::string text = diagnostic.message;
      if (diagnostic.help) text += "\nhelp: " + *diagnostic.help;
      out += std::string(error ? "::error" : "::warning") + " file=" + escaped(file.file, true) +
             ",line=" + std::to_string(diagnostic.start.line) +
             ",col=" + std::to_string(diagnostic.start.column) +
             ",endLine=" + std::to_string(diagnostic.end.line) +
             ",endColumn=" + std::to_string(diagnostic.end.column) + ",title=" + diagnostic.code +
             "::" + escaped(text, false) + "\n";
    }
  }
  return out;
}

}  // namespace msghub
