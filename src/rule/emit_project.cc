#include <algorithm>
#include <map>
#include <set>

#include "rule/code.h"
#include "rule/emit.h"
#include "rule/imports.h"
#include "rule/lockfile.h"
#include "rule/lower.h"
#include "rule/manifest.h"
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

// How the environment variables of a connection begin, as src/lib/connections.ts has it: upper
// case, with an underscore for each UTF-16 unit that is no letter or digit.
std::string variable_stem(std::string_view name) {
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
  return out;
}

// Text of the rule's author inside `…`: it ends neither the span nor its line.
std::string code_span_text(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '`' ? '\'' : static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
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
    R"(# docker build -t my-rule .
# docker run -i --env-file .env my-rule - < message
# docker run --env-file .env -p 127.0.0.1:8080:8080 my-rule --serve 8080
FROM node:24-slim
# In a container, nobody could reach a server on 127.0.0.1; -p decides who reaches this one.
ENV NODE_ENV=production HOST=0.0.0.0
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

// What the code is formatted with. HTML in a template literal is the text of a mail: formatting it
// would change what is sent.
json::object prettier_options() {
  return {{"printWidth", typescript::kCodeWidth},
          {"singleQuote", true},
          {"embeddedLanguageFormatting", "off"}};
}

constexpr std::string_view kPrettierIgnore =
    "# Its lines are those that the code names.\nREADME.md\n";

// Runs before `npm start` and `npm test`, in what any Node.js reads: an older one would stumble
// over the first type, or find no tests.
constexpr std::string_view kCheckNode =
    R"(const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(`This project needs Node.js 24 or newer; this is ${process.version}.`);
  process.exit(1);
}
)";

constexpr std::string_view kGitIgnore = "node_modules/\n.env\nservice-account.json\n";

std::string package_json(const EmitInput& input, const std::string& name,
                         const std::vector<std::string>& packages) {
  json::object dependencies;
  for (const std::string& package : packages)
    dependencies[package] = locked_version(workspace(), package);
  const json::object scripts{{"prestart", "node check-node.cjs"},
                             {"start", "node src/main.ts"},
                             {"pretest", "node check-node.cjs"},
                             {"test", "node --test \"test/*.test.ts\""}};
  const json::object out{{"name", name},
                         {"version", kProjectVersion},
                         {"description", input.tree.name},
                         {"private", true},
                         {"type", "module"},
                         {"engines", {{"node", ">=24"}}},
                         {"scripts", scripts},
                         {"dependencies", std::move(dependencies)},
                         {"prettier", prettier_options()},
                         {"msghub", to_json_value(input.policy)}};
  return to_pretty_json(out) + "\n";
}

struct Variable {
  std::string name;
  std::string example;
  std::string_view meaning;
};

// Whether a step leaves it to the connection of this name which spreadsheet it stands for.
bool needs_spreadsheet(const RuleTree& tree, const std::string& connection) {
  return std::any_of(tree.steps.begin(), tree.steps.end(), [&](const Step& step) {
    const auto* sheets = std::get_if<SheetsStep>(&step.what);
    return sheets != nullptr && sheets->spreadsheet.empty() &&
           sheets->connection.name == connection;
  });
}

std::vector<Variable> variables_of(const RuleTree& tree) {
  std::vector<Variable> out;
  const auto add = [&](std::string name, std::string_view example, std::string_view meaning) {
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const Variable& v) { return v.name == name; });
    if (!known) out.push_back({std::move(name), std::string(example), meaning});
  };
  for (const UsedConnection& used : connections_of(tree)) {
    const std::string stem = variable_stem(used.name);
    switch (used.service) {
      case IntegrationService::Smtp:
        add(stem + "_URL", "smtp://user:password@localhost:587?from=robot@example.com",
            "the mail server and its account");
        break;
      case IntegrationService::Google:
        add(stem + "_KEY", "./service-account.json",
            "the key file of a Google service account that may edit the spreadsheet, or an access "
            "token");
        if (needs_spreadsheet(tree, used.name))
          add(stem + "_SPREADSHEET", "id-of-the-spreadsheet",
              "the id of the spreadsheet, which stands in its URL");
        break;
      case IntegrationService::Slack:
        add(stem + "_KEY", "xoxb-token", "the token of a Slack app with the scope chat:write");
        break;
      case IntegrationService::Openai:
        add(stem + "_KEY", "sk-key", "a key of the OpenAI API");
        break;
      default:
        add(stem + "_URL", "postgres://user:password@localhost:5432/database",
            "the database and its account");
    }
  }
  return out;
}

std::string env_example(const RuleTree& tree) {
  const std::vector<Variable> variables = variables_of(tree);
  if (variables.empty()) return "# This rule uses no connection.\n";
  std::string out =
      "# Copy this file to .env and fill it in. In URLs, special characters in user and password\n"
      "# are percent-encoded (@ is %40).\n";
  for (const Variable& variable : variables) {
    out.append("# ").append(variable.meaning).append("\n");
    out += variable.name + "=" + variable.example + "\n";
  }
  return out;
}

// What the rule touches outside, for whoever must agree to it.
std::string permissions(const RuleManifest& manifest) {
  std::string out =
      "\n## What it needs\n\nThis is all that the rule touches; `manifest.json` has it for "
      "programs.\n\n";
  const auto list = [&](std::string_view title, const std::vector<std::string>& items) {
    if (items.empty()) return;
    out.append("- ").append(title).append(":\n");
    for (const std::string& item : items) out += "  - `" + code_span_text(item) + "`\n";
  };
  list("Hosts that it calls, besides those of its connections", manifest.hosts);
  list("Connections", manifest.connections);
  list("Rights (OAuth scopes)", manifest.scopes);
  list("What of a message leaves it", manifest.fields);
  const bool nothing = manifest.hosts.empty() && manifest.connections.empty() &&
                       manifest.scopes.empty() && manifest.fields.empty();
  return nothing ? out + "- nothing\n" : out;
}

// The rule comes first and byte for byte, so that the line numbers in the code are those of this
// file.
std::string readme(const EmitInput& input, const RuleManifest& manifest) {
  std::string out = input.source.normalized();
  if (!out.ends_with('\n')) out += '\n';
  out += R"(
---

# Running this rule

Everything above the line is the rule; `src/rule.ts` is the same in TypeScript, and its line numbers
are those of this file. This project runs by itself, with no build step. It needs Node.js 24 or
newer (`node --version` says which one this is).

```sh
npm ci --ignore-scripts          # once
npm test                         # the rule's examples, without any effect outside
npm start -- message --dry-run   # what it would do with a mail (.eml) or webhook body (.json)
npm start -- message             # do it
npm start -- --serve 8080        # take webhooks by POST on 127.0.0.1:8080
```

Whoever reaches `--serve` can run the rule: no signature is checked. The environment variable `HOST`
names another address to listen on; the `Dockerfile` sets it, and says how to run the container.

`npm i -D typescript @types/node` and then `npx tsc` checks the types, once those of the packages in
`package.json` are installed too.

)";
  const std::vector<Variable> variables = variables_of(input.tree);
  if (variables.empty())
    return out + "The rule uses no connection, so it needs no environment variables.\n" +
           permissions(manifest);
  out += "Connections come from environment variables; `.env.example` shows them:\n\n";
  for (const Variable& variable : variables)
    out.append("- `").append(variable.name).append("`: ").append(variable.meaning).append("\n");
  return out + "\n`node --env-file=.env src/main.ts …` reads them from a file.\n" +
         permissions(manifest);
}

std::string language_of(std::string_view path) {
  if (path.ends_with(".ts")) return "typescript";
  if (path.ends_with(".json")) return "json";
  return path == "Dockerfile" ? "dockerfile" : "text";
}

// A file of the project with what it imports.
struct CodeFile {
  std::string_view content;
  std::vector<std::string> files;
  std::vector<std::string> packages;
};

CodeFile read_code(std::string_view path, std::string_view content) {
  return {content, imported_files(path, content), imported_packages(content)};
}

// The files that are the same in all projects, read once.
const std::map<std::string, CodeFile>& library() {
  static const auto made = [] {
    std::map<std::string, CodeFile> out;
    for (const ProjectFile& file : project_files())
      out.emplace(file.path, read_code(file.path, file.content));
    return out;
  }();
  return made;
}

}  // namespace

EmittedProject emit_project(const EmitInput& input, const std::string& rule_code) {
  EmittedProject out;
  const auto add = [&](std::string_view path, std::string content) {
    out.files.push_back({std::string(path), std::move(content), language_of(path)});
  };
  // What neither the rule nor its entry point needs stays out, with the packages behind it.
  const CodeFile rule = read_code("src/rule.ts", rule_code);
  const auto code_of = [&](const std::string& path) {
    if (path == "src/rule.ts") return &rule;
    const auto found = library().find(path);
    return found == library().end() ? nullptr : &found->second;
  };
  const ImportsOf imports_of = [&](const std::string& path) {
    const CodeFile* code = code_of(path);
    return code == nullptr ? nullptr : &code->files;
  };
  std::set<std::string> packages;
  for (const std::string& path : reached_files(imports_of, {"src/main.ts"})) {
    const CodeFile& code = *code_of(path);
    packages.insert(code.packages.begin(), code.packages.end());
    add(path, std::string(code.content));
  }
  const std::vector<std::string> direct(packages.begin(), packages.end());
  for (const std::string& package : direct)
    out.dependencies.push_back(package + "@" + locked_version(workspace(), package));

  const std::string name = package_name(input.tree.name);
  add("test/examples.test.ts", std::string(kExamplesTest));
  add("package.json", package_json(input, name, direct));
  add("package-lock.json",
      to_pretty_json(lock_for(workspace(), name, kProjectVersion, direct)) + "\n");
  add("tsconfig.json", std::string(kTsConfig));
  add("Dockerfile", std::string(kDockerfile));
  const RuleManifest manifest = manifest_of(input.tree);
  add("README.md", readme(input, manifest));
  add("manifest.json", typescript::json_file(to_json_value(manifest)));
  add(".env.example", env_example(input.tree));
  add(".gitignore", std::string(kGitIgnore));
  add("check-node.cjs", std::string(kCheckNode));
  add(".prettierignore", std::string(kPrettierIgnore));
  std::sort(out.files.begin(), out.files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return out;
}

}  // namespace msghub
