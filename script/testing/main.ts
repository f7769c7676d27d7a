// script/test: runs the groups of groups.ts and sums them up. The last line is "N passed, M failed".

import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Budget } from './clock.ts';
import { groupsOf } from './groups.ts';
import type { Group } from './groups.ts';
import { logs } from './gtest.ts';
import { failed, sum } from './tally.ts';
import type { Tally } from './tally.ts';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    budget: { type: 'string' },
    only: { type: 'string', multiple: true },
  },
});

const plural = (count: number, word: string): string => `${String(count)} ${word}`;

async function runGroup(group: Group, budget: Budget): Promise<Tally> {
  if (budget.leftMs < (group.needsMinutes ?? 0) * 60_000) {
    return { passed: 0, failures: [], cut: 'no time left for it' };
  }
  const tally = await group.run(budget).catch((error: unknown) => {
    // Whatever breaks the runner itself is a failure, too: the last line has to tell.
    return failed(group.name, error instanceof Error ? (error.stack ?? '') : String(error));
  });
  const ranNothing = tally.passed === 0 && tally.failures.length === 0 && tally.cut === undefined;
  return ranNothing && !group.isBuild ? failed(group.name, 'no test was found') : tally;
}

function show(name: string, tally: Tally, seconds: number): void {
  for (const failure of tally.failures) {
    console.log(`\n--- FAILED ${failure.name}\n${failure.output.trimEnd()}\n`);
  }
  const counts = [
    ...(tally.passed > 0 ? [plural(tally.passed, 'passed')] : []),
    ...(tally.failures.length > 0 ? [plural(tally.failures.length, 'failed')] : []),
    ...(tally.cut === undefined ? [] : [`left out: ${tally.cut}`]),
  ];
  const verdict = tally.failures.length > 0 ? 'FAIL' : tally.cut === undefined ? 'ok  ' : '--  ';
  const time = `${seconds.toFixed(1)} s`.padStart(9);
  console.log(`${verdict} ${name.padEnd(14)} ${time}  ${counts.join(', ')}`);
}

const budget = new Budget(values.budget === undefined ? undefined : Number(values.budget));
const wanted = groupsOf(values.full).filter(({ name }) => values.only?.includes(name) ?? true);
rmSync(logs, { recursive: true, force: true });

// Tests that draw random values draw the same ones in every run: whether it is good must not be a
// matter of luck. MSGHUB_SEED draws others.
const seed = (process.env.MSGHUB_SEED ??= '1');
process.env.RC_PARAMS ??= `seed=${seed}`;

const done = new Map<string, Tally>();
for (const group of wanted) {
  const before = group.after === undefined ? undefined : done.get(group.after);
  if (before !== undefined && (before.failures.length > 0 || before.cut !== undefined)) {
    console.log(
      `--   ${group.name.padEnd(14)} ${''.padStart(9)}  left out: no ${group.after ?? ''}`,
    );
    continue;
  }
  const started = performance.now();
  const tally = await runGroup(group, budget);
  done.set(group.name, tally);
  show(group.name, tally, (performance.now() - started) / 1000);
}

const { passed, failures } = sum([...done.values()]);
console.log(`${String(passed)} passed, ${String(failures.length)} failed`);
process.exitCode = failures.length === 0 && passed > 0 ? 0 : 1;
