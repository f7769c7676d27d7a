#include "rule/imports.h"

#include <gtest/gtest.h>

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
  const std::map<std::string, std::string_view> all{
      {"src/main.ts", "import { a } from './lib/a.ts';\nimport { rule } from './rule.ts';\n"},
      {"src/lib/a.ts", "import { b } from './b.ts';\n"},
      {"src/lib/b.ts", "import { a } from './a.ts';\n"},
      {"src/lib/alone.ts", "import { a } from './a.ts';\n"},
  };
  EXPECT_EQ(reached_files(all, {"src/main.ts"}),
            (Paths{"src/lib/a.ts", "src/lib/b.ts", "src/main.ts"}));
  EXPECT_EQ(reached_files(all, {}), Paths{});
}

}  // namespace
}  // namespace msghub
