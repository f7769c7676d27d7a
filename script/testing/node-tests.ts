// Runs test files with node:test and counts single tests.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Budget } from './clock.ts';
import { nodeProgram, root, run } from './commands.ts';
import { logs } from './gtest.ts';
import type { Line } from './reporter.ts';
import { failed, sum, tailOf } from './tally.ts';
import type { Tally } from './tally.ts';

export function tallyOfLines(text: string): Tally {
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
  const failures = lines
    .filter(({ kind }) => kind === 'fail')
    .map(({ name, text: output }) => ({ name, output }));
  return { passed: lines.filter(({ kind }) => kind === 'pass').length, failures };
}

export async function runNodeTests(
  group: string,
  patterns: readonly string[],
  budget: Budget,
  env: Record<string, string> = {},
  limitMinutes = 40, // for slow machines: it ends what hangs
): Promise<Tally> {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();
  if (files.length === 0) return { passed: 0, failures: [] };
  const lines = join(logs, `${group}.ndjson`);
  const log = join(logs, `${group}.log`);
  const ended = await run({
    program: nodeProgram,
    args: [
      '--test',
      '--test-concurrency=2',
      `--test-timeout=${String(limitMinutes * 60_000)}`,
      `--test-reporter=${join(root, 'script/testing/reporter.ts')}`,
      `--test-reporter-destination=${lines}`,
      '--test-reporter=spec',
      '--test-reporter-destination=stdout',
      ...files,
    ],
    log,
    // Otherwise a test that calls this would be taken for the runner of these files.
    env: { ...env, NODE_TEST_CONTEXT: undefined },
    limitMs: budget.within((limitMinutes + 1) * 60_000),
  });
  if (ended.timedOut && budget.isOver) return { passed: 0, failures: [], cut: 'time was up' };
  const tally = existsSync(lines)
    ? tallyOfLines(readFileSync(lines, 'utf8'))
    : failed(`${group} wrote no report`, tailOf(log));
  if (ended.code !== 0 && tally.failures.length === 0) {
    return sum([tally, failed(`${group} ended with ${String(ended.code)}`, tailOf(log))]);
  }
  return tally;
}
