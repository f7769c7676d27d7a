#include "rule/lockfile.h"

#include <gtest/gtest.h>

#include "rule/project_files.h"

namespace msghub {
namespace {

TEST(ImportedPackages, AreThoseThatRun) {
  EXPECT_EQ(imported_packages("import { a } from 'pg';\n"
                              "import type { B } from 'types-only';\n"
                              "import {\n  c,\n  d,\n} from '@scope/name/part';\n"
                              "import fs from 'node:fs';\n"
                              "import { e } from './near.ts';\n"
                              "const f = await import('undici');\n"),
            (std::vector<std::string>{"@scope/name", "pg", "undici"}));
}

// A lock in which `b` needs another `c` than `a` does.
const char* const kLock = R"({"packages": {
  "": {"name": "w"},
  "runtime": {"dependencies": {"a": "1.0.0"}},
  "runtime/node_modules/c": {"version": "3.0.0", "integrity": "sha512-c3"},
  "node_modules/a": {"version": "1.0.0", "integrity": "sha512-a", "resolved": "x", "dev": true,
    "dependencies": {"b": "^2.0.0", "c": "^1.0.0"}, "optionalDependencies": {"gone": "1"},
    "peerDependencies": {"p": "*", "q": "*"}, "peerDependenciesMeta": {"q": {"optional": true}}},
  "node_modules/b": {"version": "2.0.0", "dependencies": {"c": "^2.0.0"}},
  "node_modules/b/node_modules/c": {"version": "2.0.0"},
  "node_modules/c": {"version": "1.0.0"},
  "node_modules/p": {"version": "5.0.0"},
  "node_modules/unused": {"version": "9.0.0"}
}})";

TEST(Lock, HoldsTheClosureOfWhatIsNeeded) {
  const json::object lock = parse_json(kLock).value().as_object();
  EXPECT_EQ(locked_version(lock, "c"), "3.0.0");
  EXPECT_EQ(locked_version(lock, "missing"), "");
  const json::object made = lock_for(lock, "rule-x", "1.0.0", {"a", "c"});
  std::string paths;
  for (const auto& member : made.at("packages").as_object())
    paths +=
        std::string(member.key()) + "=" + string_or(member.value().as_object(), "version") + " ";
  EXPECT_EQ(paths,
            "=1.0.0 node_modules/a=1.0.0 node_modules/a/node_modules/c=1.0.0 node_modules/b=2.0.0 "
            "node_modules/b/node_modules/c=2.0.0 node_modules/c=3.0.0 node_modules/p=5.0.0 ");
  const std::string text = to_json(made);
  EXPECT_FALSE(text.contains("resolved"));
  EXPECT_FALSE(text.contains("\"dev\""));
  EXPECT_TRUE(text.contains("sha512-a"));
}

TEST(Lock, OfTheWorkspaceHasEveryPackageThatProjectsImport) {
  const json::object lock = parse_json(workspace_lock()).value().as_object();
  std::size_t packages = 0;
  for (const ProjectFile& file : project_files()) {
    EXPECT_FALSE(file.content.empty()) << file.path;
    for (const std::string& package : imported_packages(file.content)) {
      ++packages;
      EXPECT_NE(locked_version(lock, package), "") << package << " of " << file.path;
    }
  }
  EXPECT_GE(packages, 5U);
}

}  // namespace
}  // namespace msghub
