// The groups of tests in the order in which they run. Cheap and telling first.

import { existsSync, globSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { styleChecks } from '../checks/list.ts';
import type { Budget } from './clock.ts';
import { inParallel, root, run } from './commands.ts';
import { build, logs, runPrograms } from './gtest.ts';
import { runNodeTests } from './node-tests.ts';
import { failed, sum, tailOf } from './tally.ts';
import type { Tally } from './tally.ts';

export interface Group {
  name: string;
  isBuild?: boolean; // has no tests of its own: it can only fail
  needsMinutes?: number; // under a budget it is not begun with less
  after?: string; // only when that group has not failed
  run: (budget: Budget) => Promise<Tally>;
}

const asanEnv = {
  ASAN_OPTIONS: 'detect_stack_use_after_return=1:strict_init_order=1:check_initialization_order=1',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
};
const tsanEnv = { TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1' };
// The rooms where threads meet.
const tsanRooms = ['base', 'store', 'net', 'aws', 'workers', 'pipeline'];

const flowEnv = { MSGHUB_BUILD: join(root, 'build/dev') };

async function runChecks(budget: Budget): Promise<Tally> {
  return sum(
    await inParallel(styleChecks(), 2, async ({ name, program, args }): Promise<Tally> => {
      const log = join(logs, `style-${name.replace(/\W+/g, '-')}.log`);
      const ended = await run({ program, args, log, limitMs: budget.within(1_200_000) });
      return ended.code === 0 ? { passed: 1, failures: [] } : failed(name, tailOf(log, 60));
    }),
  );
}

/** Each fuzzer of the asan build for FUZZ_SECONDS, from the seeds in tests/fuzz/NAME. */
async function runFuzzers(budget: Budget): Promise<Tally> {
  const seconds = Number(process.env.FUZZ_SECONDS ?? '60');
  const fuzzers = globSync(join(root, 'build/asan/bin/fuzz_*')).sort();
  return sum(
    await inParallel(fuzzers, 2, async (program): Promise<Tally> => {
      const name = basename(program).replace(/^fuzz_/, '');
      const grown = join(root, 'build/fuzz', name);
      const found = join(logs, `fuzz-${name}-`);
      mkdirSync(grown, { recursive: true });
      const seeds = join(root, 'tests/fuzz', name);
      const words = `${seeds}.dict`;
      const log = join(logs, `fuzz-${name}.log`);
      const ended = await run({
        program,
        args: [
          `-max_total_time=${String(seconds)}`,
          '-timeout=60',
          `-seed=${process.env.MSGHUB_SEED ?? '0'}`,
          '-rss_limit_mb=2048',
          '-print_final_stats=1',
          `-artifact_prefix=${found}`,
          ...(existsSync(words) ? [`-dict=${words}`] : []),
          grown,
          ...(existsSync(seeds) ? [seeds] : []),
        ],
        log,
        env: asanEnv,
        limitMs: budget.within((seconds + 600) * 1000),
      });
      if (ended.timedOut && budget.isOver) return { passed: 0, failures: [], cut: 'time was up' };
      return ended.code === 0
        ? { passed: 1, failures: [] }
        : failed(`fuzzer ${name}`, tailOf(log, 60));
    }),
  );
}

const everyDay: Group[] = [
  { name: 'build', isBuild: true, run: (budget) => build('dev', budget) },
  { name: 'style', run: runChecks },
  { name: 'checks', run: (budget) => runNodeTests('checks', ['tests/layers/*.test.ts'], budget) },
  { name: 'cpp', after: 'build', run: (budget) => runPrograms('dev', budget) },
  {
    name: 'runtime',
    run: (budget) => runNodeTests('runtime', ['runtime/test/**/*.test.ts'], budget),
  },
  {
    name: 'deploy',
    run: (budget) => runNodeTests('deploy', ['deploy/aws/test/*.test.ts'], budget),
  },
  {
    name: 'aws',
    after: 'build',
    run: (budget) => runNodeTests('aws', ['tests/aws/*.test.ts'], budget, flowEnv),
  },
  {
    name: 'differential',
    after: 'build',
    run: (budget) =>
      runNodeTests('differential', ['tests/differential/**/*.test.ts'], budget, flowEnv),
  },
  {
    name: 'conformance',
    after: 'build',
    run: (budget) => runNodeTests('conformance', ['tests/conformance/*.test.ts'], budget, flowEnv),
  },
  {
    name: 'injection',
    after: 'build',
    run: (budget) => runNodeTests('injection', ['tests/injection/*.test.ts'], budget, flowEnv),
  },
  {
    name: 'flows',
    after: 'build',
    run: (budget) => runNodeTests('flows', ['tests/flows/*.test.ts'], budget, flowEnv),
  },
  {
    name: 'flows-aws',
    after: 'build',
    run: (budget) =>
      runNodeTests('flows-aws', ['tests/flows/invoice.test.ts'], budget, {
        ...flowEnv,
        MSGHUB_TEST_STORE: 'aws',
      }),
  },
];

const thorough: Group[] = [
  { name: 'asan-build', isBuild: true, needsMinutes: 4, run: (budget) => build('asan', budget) },
  {
    name: 'asan',
    after: 'asan-build',
    run: (budget) => runPrograms('asan', budget, asanEnv),
  },
  { name: 'fuzz', after: 'asan-build', needsMinutes: 3, run: runFuzzers },
  {
    name: 'tsan-build',
    isBuild: true,
    needsMinutes: 4,
    run: (budget) =>
      build(
        'tsan',
        budget,
        tsanRooms.map((room) => `${room}_test`),
      ),
  },
  {
    name: 'tsan',
    after: 'tsan-build',
    run: (budget) => runPrograms('tsan', budget, tsanEnv, tsanRooms),
  },
  {
    name: 'images',
    after: 'build',
    needsMinutes: 3,
    run: (budget) => runNodeTests('images', ['tests/images/*.test.ts'], budget, flowEnv),
  },
  {
    name: 'long-differential',
    after: 'build',
    needsMinutes: 3,
    run: (budget) =>
      runNodeTests('long-differential', ['tests/differential/match.test.ts'], budget, {
        ...flowEnv,
        MSGHUB_FULL: '1',
      }),
  },
  {
    name: 'long-injection',
    after: 'build',
    needsMinutes: 6,
    run: (budget) =>
      runNodeTests('long-injection', ['tests/injection/*.test.ts'], budget, {
        ...flowEnv,
        MSGHUB_FULL: '1',
      }),
  },
  {
    name: 'long-flows',
    after: 'build',
    needsMinutes: 20,
    run: (budget) =>
      runNodeTests(
        'long-flows',
        ['tests/flows/*.test.ts'],
        budget,
        { ...flowEnv, MSGHUB_FULL: '1' },
        60,
      ),
  },
];

export function groupsOf(full: boolean): Group[] {
  return full ? [...everyDay, ...thorough] : everyDay;
}
