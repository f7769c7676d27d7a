#include <algorithm>
#include <set>

#include "rule/emit.h"
#include "rule/lockfile.h"
#include "rule/lower.h"
#include "rule/project_files.h"

namespace msghub {

namespace {

constexpr std::string_view kProjectVersion = "1.0.0";

const json::object& workspace() {
  static const json::object kLock = [] {
    const Result<json::value> parsed = parse_json(workspace_lock());
    MSGHUB_CHECK(parsed.has_value() && parsed->is_object());
    return parsed->get_object();
  }();
  return kLock;
}

// "File Acme invoices" as rule-file-acme-invoices.
std::string package_name(std::string_view title) {
  constexpr std::size_t kLongest = 100;
  std::string out = "rule";
  bool gap = true;
  for (const char c : title) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool good = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9');
    if (good && gap) out += '-';
    if (good) out += low;
    gap = !good;
    if (out.size() >= kLongest) break;
  }
  return out;
}

// The environment variable of a connection, as variableOf() of src/lib/connections.ts has it: upper
// case, with an underscore for each UTF-16 unit that is no letter or digit.
std::string variable_of(std::string_view name) {
  std::string out;
  for (std::size_t at = 0; at < name.size();) {
    const auto [c, size] = code_point_at(name, at);
    at += size;
    const bool upper = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c >= 'a' && c <= 'z')
      out += static_cast<char>(c - 'a' + 'A');
    else if (upper)
      out += static_cast<char>(c);
    else if (c == 0xDF)
      out += "SS";  // the only letters whose upper case is plain ASCII
    else if (c == 0x131)
      out += 'I';
    else if (c == 0x17F)
      out += 'S';
    else
      out += c > 0xFFFF ? "__" : "_";
  }
  return out + "_URL";
}

std::set<std::string> action_files(const RuleTree& tree) {
  struct File {
    std::string operator()(const WebhookStep&) const { return "src/actions/webhook.ts"; }
    std::string operator()(const SqlStep&) const { return "src/actions/database.ts"; }
    std::string operator()(const EmailStep&) const { return "src/actions/email.ts"; }
    std::string operator()(const SheetsStep&) const { return "src/actions/sheets.ts"; }
    std::string operator()(const SlackStep&) const { return "src/actions/slack.ts"; }
    std::string operator()(const ChatgptStep&) const { return "src/actions/chatgpt.ts"; }
  };
  std::set<std::string> out;
  for (const Step& step : tree.steps) out.insert(std::visit(File{}, step.what));
  return out;
}

constexpr std::string_view kTsConfig = R"({
  "compilerOptions": {
    "target": "es2024",
    "lib": ["es2024", "esnext.iterator", "esnext.collection"],
    "module": "nodenext",
    "types": ["node"],
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "noEmit": true,
    "skipLibCheck": true
  },
  "include": ["src", "test"]
}
)";

constexpr std::string_view kDockerfile =
    R"(# docker build -t my-rule . && docker run -i --env-file .env my-rule - < message
FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev && npm cache clean --force
COPY src ./src
USER node
ENTRYPOINT ["node", "src/main.ts"]
CMD ["--help"]
)";

constexpr std::string_view kExamplesTest = R"(import assert from 'node:assert/strict';
import { test } from 'node:test';

import { runExample } from '../src/lib/examples.ts';
import { rule } from '../src/rule.ts';

for (const example of rule.examples) {
  test(`line ${String(example.line)}: ${example.title}`, async () => {
    const { failures } = await runExample(rule, example);
    assert.deepEqual(failures, []);
  });
}
)";

constexpr std::string_view kGitIgnore = "node_modules/\n.env\n";

std::string package_json(const RuleTree& tree, const std::string& name,
                         const std::vector<std::string>& packages) {
  json::object dependencies;
  for (const std::string& package : packages)
    dependencies[package] = locked_version(workspace(), package);
  const json::object out{
      {"name", name},
      {"version", kProjectVersion},
      {"description", tree.name},
      {"private", true},
      {"type", "module"},
      {"engines", {{"node", ">=24"}}},
      {"scripts", {{"start", "node src/main.ts"}, {"test", "node --test \"test/*.test.ts\""}}},
      {"dependencies", std::move(dependencies)}};
  return to_pretty_json(out) + "\n";
}

struct Variable {
  std::string name;
  std::string example;
};
std::vector<Variable> variables_of(const RuleTree& tree) {
  std::vector<Variable> out;
  for (const UsedConnection& used : connections_of(tree)) {
    const bool mail = used.service == IntegrationService::Smtp;
    const std::string example = mail ? "smtp://user:password@localhost:587?from=robot@example.com"
                                     : "postgres://user:password@localhost:5432/database";
    const std::string name = variable_of(used.name);
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const Variable& v) { return v.name == name; });
    if (!known) out.push_back({name, example});
  }
  return out;
}

std::string env_example(const RuleTree& tree) {
  std::string out =
      "# Copy this file to .env and fill it in. Special characters in user and password are\n"
      "# percent-encoded (@ is %40).\n";
  for (const Variable& variable : variables_of(tree))
    out += variable.name + "=" + variable.example + "\n";
  if (variables_of(tree).empty()) out += "# This rule uses no connection.\n";
  return out;
}

// The rule comes first and byte for byte, so that the line numbers in the code are those of this
// file.
std::string readme(const EmitInput& input) {
  std::string out = input.source.normalized();
  if (!out.ends_with('\n')) out += '\n';
  out += R"(
---

# Running this rule

Everything above the line is the rule; `src/rule.ts` is the same in TypeScript, and its line numbers
are those of this file. This project runs by itself, with Node.js 24 or newer and no build step.

```sh
npm ci --ignore-scripts          # once
npm test                         # the rule's examples, without any effect outside
npm start -- message --dry-run   # what it would do with a mail (.eml) or webhook body (.json)
npm start -- message             # do it
npm start -- --serve 8080        # take webhooks by POST on 127.0.0.1:8080
```

`npm i -D typescript @types/node` and then `npx tsc` checks the types, once those of the packages in
`package.json` are installed too.

)";
  const std::vector<Variable> variables = variables_of(input.tree);
  if (variables.empty())
    return out + "The rule uses no connection, so it needs no environment variables.\n";
  out += "Connections come from environment variables; `.env.example` shows them:\n\n";
  for (const Variable& variable : variables) out += "- `" + variable.name + "`\n";
  return out + "\n`node --env-file=.env src/main.ts …` reads them from a file.\n";
}

std::string language_of(std::string_view path) {
  if (path.ends_with(".ts")) return "typescript";
  if (path.ends_with(".json")) return "json";
  return path == "Dockerfile" ? "dockerfile" : "text";
}

}  // namespace

EmittedProject emit_project(const EmitInput& input, const std::string& rule_code) {
  EmittedProject out;
  const auto add = [&](std::string_view path, std::string content) {
    out.files.push_back({std::string(path), std::move(content), language_of(path)});
  };
  const std::set<std::string> actions = action_files(input.tree);
  std::set<std::string> packages;
  for (const ProjectFile& file : project_files()) {
    const bool action = file.path.starts_with("src/actions/");
    if (action && !actions.contains(std::string(file.path))) continue;
    for (std::string& package : imported_packages(file.content))
      packages.insert(std::move(package));
    add(file.path, std::string(file.content));
  }
  const std::vector<std::string> direct(packages.begin(), packages.end());
  for (const std::string& package : direct)
    out.dependencies.push_back(package + "@" + locked_version(workspace(), package));

  const std::string name = package_name(input.tree.name);
  add("src/rule.ts", rule_code);
  add("test/examples.test.ts", std::string(kExamplesTest));
  add("package.json", package_json(input.tree, name, direct));
  add("package-lock.json",
      to_pretty_json(lock_for(workspace(), name, kProjectVersion, direct)) + "\n");
  add("tsconfig.json", std::string(kTsConfig));
  add("Dockerfile", std::string(kDockerfile));
  add("README.md", readme(input));
  add(".env.example", env_example(input.tree));
  add(".gitignore", std::string(kGitIgnore));
  std::sort(out.files.begin(), out.files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return out;
}

}  // namespace msghub
