#include "rule/imports.h"

#include <gtest/gtest.h>

#include <map>

namespace msghub {
namespace {

using Paths = std::vector<std::string>;

TEST(Imports, AreThoseOfTheProjectItself) {
  EXPECT_EQ(imported_files("src/actions/a.ts",
                           "import type { A } from '../lib/a.ts';\n"
                           "import {\n  b,\n} from './b.ts';\n"
                           "export { c } from '../lib/c.ts';\n"
                           "import { d } from 'package';\n"
                           "import fs from 'node:fs';\n"
                           "const e = await import('../lib/e.ts');\n"),
            (Paths{"src/actions/b.ts", "src/lib/a.ts", "src/lib/c.ts", "src/lib/e.ts"}));
}

TEST(Imports, ReachWhatIsNeededAndNoMore) {
  const std::map<std::string, Paths> all{
      {"main", {"a", "elsewhere"}}, {"a", {"b"}}, {"b", {"a"}}, {"alone", {"a"}}};
  const ImportsOf imports_of = [&](const std::string& path) {
    const auto found = all.find(path);
    return found == all.end() ? nullptr : &found->second;
  };
  EXPECT_EQ(reached_files(imports_of, {"main"}), (Paths{"a", "b", "main"}));
  EXPECT_EQ(reached_files(imports_of, {}), Paths{});
}

}  // namespace
}  // namespace msghub
