// script/test must count every test once and must never call a run good that tested nothing.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Budget } from '../../script/testing/clock.ts';
import { inParallel } from '../../script/testing/commands.ts';
import { tallyOfReport } from '../../script/testing/gtest.ts';
import { runNodeTests } from '../../script/testing/node-tests.ts';

void test('counts tests of node:test one by one, and empty files and skipped tests as failed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'msghub-counting-'));
  const head = "import { test, describe } from 'node:test';\n";
  writeFileSync(
    join(folder, 'a.test.mjs'),
    `${head}
     test('good', () => {});
     test('bad', () => { throw new Error('broken on purpose'); });
     describe('suite', () => { test('inner', () => {}); });
     test('later', { skip: 'not today' }, () => {});`,
  );
  writeFileSync(join(folder, 'b.test.mjs'), '');
  try {
    const tally = await runNodeTests(
      'counting',
      [join(folder, '*.test.mjs')],
      new Budget(undefined),
    );
    assert.equal(tally.passed, 2);
    assert.deepEqual(tally.failures.map(({ name }) => name.replaceAll(`${folder}/`, '')).sort(), [
      'a.test.mjs: bad',
      'a.test.mjs: later',
      'b.test.mjs: b.test.mjs',
    ]);
    const bad = tally.failures.find(({ name }) => name.endsWith(': bad'));
    assert.match(bad?.output ?? '', /broken on purpose/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

void test('reads the report of GoogleTest', () => {
  const report = {
    testsuites: [
      {
        testsuite: [
          { name: 'Works', classname: 'Json', result: 'COMPLETED' },
          {
            name: 'Breaks',
            classname: 'Json',
            result: 'COMPLETED',
            failures: [{ failure: 'json_test.cc:7\nexpected 1, got 2' }],
          },
          { name: 'Rests', classname: 'Json', result: 'SKIPPED' },
        ],
      },
    ],
  };
  assert.deepEqual(tallyOfReport('json_test', JSON.stringify(report)), {
    passed: 1,
    failures: [
      { name: 'json_test: Json.Breaks', output: 'json_test.cc:7\nexpected 1, got 2' },
      { name: 'json_test: Json.Rests', output: 'the test was SKIPPED' },
    ],
  });
});

void test('runs at most as many at once as it was told, and keeps the order', async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([30, 10, 20, 0, 5], 2, async (ms) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running--;
    return ms;
  });
  assert.deepEqual(results, [30, 10, 20, 0, 5]);
  assert.equal(most, 2);
});
