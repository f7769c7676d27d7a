// The layer check must fail when something is planted: a check that cannot fail checks nothing.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import assert from 'node:assert/strict';

const repository = join(import.meta.dirname, '../..');

function run(root: string): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    join(repository, 'script/check-layers'),
    ['--root', root],
    { encoding: 'utf8' },
  );
  return { code: status, output: stdout + stderr };
}

/** A copy of src with these files laid over it, gone when the test ends. */
function withPlanted(files: Record<string, string>, use: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'msghub-layers-'));
  try {
    cpSync(join(repository, 'src'), join(root, 'src'), { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    use(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

void test('the tree as it is keeps its layers', () => {
  const { code, output } = run(repository);
  assert.equal(code, 0, output);
  assert.match(output, /^check-layers: 0 findings in [1-9]\d* files$/m);
});

const planted: { what: string; file: string; text: string; says: RegExp }[] = [
  {
    what: 'an upward include',
    file: 'src/base/planted.cc',
    text: '#include "model/message.h"\n',
    says: /^src\/base\/planted\.cc:1: "model\/message\.h" is an upward include: model stands above base$/m,
  },
  {
    what: 'an upward include in a header of a middle room',
    file: 'src/store/planted.h',
    text: '#pragma once\n\n#include "channels/inbox.h"\n',
    says: /^src\/store\/planted\.h:3: "channels\/inbox\.h" is an upward include/m,
  },
  {
    what: 'a sideways include',
    file: 'src/mime/planted.cc',
    text: '#include "net/http.h"\n',
    says: /planted\.cc:1: "net\/http\.h" is a sideways include: net stands beside mime/,
  },
  {
    what: 'an include that is not written from the root of src',
    file: 'src/store/planted.cc',
    text: '#include "tables.h"\n',
    says: /"tables\.h" does not start with a room/,
  },
  {
    what: 'an include of a file that is not there',
    file: 'src/store/planted.cc',
    text: '#include "base/nowhere.h"\n',
    says: /"base\/nowhere\.h" does not exist/,
  },
  {
    what: 'a library in a header of its own room',
    file: 'src/store/planted.h',
    text: '#pragma once\n#include <rocksdb/db.h>\n',
    says: /planted\.h:2: RocksDB may stand in \.cc files only/,
  },
  {
    what: 'a library in another room',
    file: 'src/pipeline/planted.cc',
    text: '  #  include <boost/beast/http.hpp>\n',
    says: /planted\.cc:1: Beast belongs to room net alone/,
  },
  {
    what: 'a room that LAYERS does not know',
    file: 'src/attic/planted.cc',
    text: 'int planted;\n',
    says: /^src\/attic:1: no room of src\/LAYERS$/m,
  },
];

for (const { what, file, text, says } of planted) {
  void test(`refuses ${what}`, () => {
    withPlanted({ [file]: text }, (root) => {
      const { code, output } = run(root);
      assert.equal(code, 1, output);
      assert.match(output, says);
    });
  });
}

void test('lets a room include itself and rooms below', () => {
  withPlanted(
    {
      'src/store/planted.cc': '#include "base/json.h"\n#include "store/tables.h"\n#include <map>\n',
    },
    (root) => {
      const { output } = run(root);
      assert.doesNotMatch(output, /planted/);
    },
  );
});
