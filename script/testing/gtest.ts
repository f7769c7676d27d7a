// Builds a preset and runs its GoogleTest programs, counting single test cases.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Budget } from './clock.ts';
import { inParallel, root, run } from './commands.ts';
import { failed, sum, tailOf } from './tally.ts';
import type { Failure, Tally } from './tally.ts';

export const logs = join(root, 'build/test-logs');
const minute = 60_000;

/** Configures and builds `preset`; an empty tally when all went well. */
export async function build(
  preset: string,
  budget: Budget,
  targets: readonly string[] = [],
): Promise<Tally> {
  const steps = [
    { program: 'cmake', args: ['--preset', preset] },
    { program: 'ninja', args: ['-C', join(root, 'build', preset), '-j2', ...targets] },
  ];
  for (const { program, args } of steps) {
    const log = join(logs, `${preset}-${program}.log`);
    const ended = await run({ program, args, log, limitMs: budget.within(40 * minute) });
    if (ended.timedOut && budget.isOver) return { passed: 0, failures: [], cut: 'time was up' };
    if (ended.code !== 0) return failed(`${program} ${args.join(' ')}`, tailOf(log, 60));
  }
  return { passed: 0, failures: [] };
}

interface TestProgram {
  name: string;
  path: string;
  args: string[];
}

/** The programs that CMake has registered as tests in `preset`'s build folder, those in `only`. */
function testPrograms(preset: string, only?: readonly string[]): TestProgram[] {
  const text = execFileSync(
    'ctest',
    ['--test-dir', join(root, 'build', preset), '--show-only=json-v1'],
    { encoding: 'utf8' },
  );
  const { tests } = JSON.parse(text) as { tests: { name: string; command?: string[] }[] };
  return tests
    .filter(({ name }) => only?.includes(name) ?? true)
    .map(({ name, command }) => {
      const [path, ...args] = command ?? [];
      if (path === undefined) throw new Error(`test ${name} has no program; was ${preset} built?`);
      return { name, path, args };
    });
}

interface GtestReport {
  testsuites: {
    testsuite: {
      name: string;
      result: string;
      classname: string;
      failures?: { failure: string }[];
    }[];
  }[];
}

/** Reads GoogleTest's JSON report. A test that skips itself has shown nothing, so it has failed. */
export function tallyOfReport(program: string, report: string): Tally {
  const cases = (JSON.parse(report) as GtestReport).testsuites.flatMap((suite) => suite.testsuite);
  const failures: Failure[] = [];
  let passed = 0;
  for (const { classname, name, result, failures: found } of cases) {
    if (result === 'COMPLETED' && found === undefined) {
      passed++;
    } else {
      const why = found?.map(({ failure }) => failure).join('\n') ?? `the test was ${result}`;
      failures.push({ name: `${program}: ${classname}.${name}`, output: why });
    }
  }
  return { passed, failures };
}

async function runProgram(
  preset: string,
  program: TestProgram,
  budget: Budget,
  env: Record<string, string>,
): Promise<Tally> {
  const file = basename(program.path);
  const isGtest = file.endsWith('_test');
  const report = join(logs, `${preset}-${file}.json`);
  const log = join(logs, `${preset}-${file}.log`);
  const reporting = isGtest ? ['--gtest_brief=1', `--gtest_output=json:${report}`] : [];
  const ended = await run({
    program: program.path,
    args: [...program.args, ...reporting],
    log,
    env,
    limitMs: budget.within(30 * minute),
  });
  if (ended.timedOut && budget.isOver) return { passed: 0, failures: [], cut: 'time was up' };
  if (ended.timedOut) return failed(`${file} did not end in 30 minutes`, tailOf(log));
  if (!isGtest) {
    return ended.code === 0 ? { passed: 1, failures: [] } : failed(program.name, tailOf(log, 80));
  }
  if (!existsSync(report)) {
    return failed(`${file} ended with ${String(ended.code)} before its report`, tailOf(log, 80));
  }
  const tally = tallyOfReport(file, readFileSync(report, 'utf8'));
  if (ended.code !== 0 && tally.failures.length === 0) {
    return sum([tally, failed(`${file} ended with ${String(ended.code)}`, tailOf(log, 80))]);
  }
  return tally;
}

/** Runs the test programs of `preset` (those named in `only`, or all), two at a time. */
export async function runPrograms(
  preset: string,
  budget: Budget,
  env: Record<string, string> = {},
  only?: readonly string[],
): Promise<Tally> {
  const programs = testPrograms(preset, only);
  return sum(await inParallel(programs, 2, (program) => runProgram(preset, program, budget, env)));
}
