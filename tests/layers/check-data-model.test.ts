// The check of docs/data-model.md must fail when a line loses its tests, or a field its line.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const repository = join(import.meta.dirname, '../..');

function run(root: string): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    join(repository, 'script/check-data-model'),
    ['--root', root],
    { encoding: 'utf8' },
  );
  return { code: status, output: stdout + stderr };
}

void test('the page as it is has a test for every line, and a line for every field and key', () => {
  const { code, output } = run(repository);
  assert.equal(code, 0, output);
  assert.match(output, /^check-data-model: 0 findings in [34]\d\d files$/m);
});

const head = '| Line | In the hub | RocksDB | DynamoDB |\n|---|---|---|---|\n';
const rows = [
  '| `User.id` | key | `users_contract.h: Finds` | `users_contract.h: Finds`, `cli.test.ts: finds $it` |',
  '| `User.displayName` | | `rocks_users_test.cc: Keeps` | — |',
  "| `Users` PK: `USER#<id>` | | `rocks_users_test.cc: Keeps` | `cli.test.ts: it's there` |",
  '| `Users` SK: `METADATA` | | `rocks_users_test.cc: Keeps` | — |',
];
const page = (lines: readonly string[]): string => `# Model\n\n${head}${lines.join('\n')}\n`;

const small: Record<string, string> = {
  'docs/data-model.md': page(rows),
  'src/model/user.h':
    'struct User {};\nBOOST_DESCRIBE_STRUCT(User, (),\n                      (id, display_name))\n',
  'protocol/tables.json': JSON.stringify({
    layouts: {
      'multi-table': [
        {
          name: 'Users',
          partitionKey: { attribute: 'PK', template: 'USER#<id>' },
          sortKey: { attribute: 'SK', template: 'METADATA' },
          indexes: [],
        },
      ],
    },
  }),
  'tests/users_contract.h': 'TYPED_TEST_P(UsersContract, Finds) {}\n',
  'tests/rocks_users_test.cc':
    'INSTANTIATE_TYPED_TEST_SUITE_P(Rocks, UsersContract, RocksEngine);\nTEST_F(Users, Keeps) {}\n',
  'tests/dynamo_users_test.cc': 'INSTANTIATE_TYPED_TEST_SUITE_P(Moto, UsersContract, Moto);\n',
  'tests/cli.test.ts': "void test(`finds $it`, () => {});\nit('it\\'s there', () => {});\n",
};

/** A small tree with these files in the place of its own. */
function treeWith(files: Record<string, string>): { code: number | null; output: string } {
  const root = mkdtempSync(join(tmpdir(), 'msghub-model-'));
  try {
    for (const [path, text] of Object.entries({ ...small, ...files })) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return run(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

void test('a small page with all its tests is fine', () => {
  const { code, output } = treeWith({});
  assert.equal(code, 0, output);
  assert.match(output, /0 findings in 4 files/);
});

const changed = (from: string, to: string): Record<string, string> => {
  const text = page(rows);
  assert.ok(text.includes(from));
  return { 'docs/data-model.md': text.replace(from, to) };
};

const planted: { what: string; files: Record<string, string>; says: RegExp }[] = [
  {
    what: 'a line without a test',
    files: changed('| `rocks_users_test.cc: Keeps` | — |', '| — | — |'),
    says: /data-model\.md:6: "`User\.displayName`" has no test$/m,
  },
  {
    what: 'an engine that was left out',
    files: changed('| `rocks_users_test.cc: Keeps` | — |', '| `rocks_users_test.cc: Keeps` | |'),
    says: /"`User\.displayName`" has no test on DynamoDB/,
  },
  {
    what: 'a test of C++ that is not there',
    files: changed('rocks_users_test.cc: Keeps', 'rocks_users_test.cc: Kept'),
    says: /rocks_users_test\.cc has no test "Kept"/,
  },
  {
    what: 'a test of node:test that is not there',
    files: changed('finds $it', 'finds it'),
    says: /cli\.test\.ts has no test "finds it"/,
  },
  {
    what: 'a file that is not there',
    files: changed('rocks_users_test.cc', 'stone_users_test.cc'),
    says: /there is no file of tests stone_users_test\.cc/,
  },
  {
    what: 'a test that was renamed',
    files: { 'tests/users_contract.h': 'TYPED_TEST_P(UsersContract, Looks) {}\n' },
    says: /data-model\.md:5: "`User\.id`": users_contract\.h has no test "Finds"/,
  },
  {
    what: 'a suite that one of the engines does not run',
    files: { 'tests/dynamo_users_test.cc': '' },
    says: /UsersContract is not instantiated for DynamoDB/,
  },
  {
    what: 'a field without a line',
    files: { 'src/model/rule.h': 'BOOST_DESCRIBE_STRUCT(Rule, (), (code_version, operator_))\n' },
    says: /the field Rule\.codeVersion has no line\n.*the field Rule\.operator has no line/,
  },
  {
    what: 'a key without a line',
    files: changed('`USER#<id>`', '`USER#<name>`'),
    says: /the key `Users` PK: `USER#<id>` has no line/,
  },
  {
    what: 'a line that stands there twice',
    files: { 'docs/data-model.md': page([...rows, rows[0] ?? '']) },
    says: /"`User\.id`" stands here twice/,
  },
];

for (const { what, files, says } of planted) {
  void test(`refuses ${what}`, () => {
    const { code, output } = treeWith(files);
    assert.equal(code, 1, output);
    assert.match(output, says);
  });
}
