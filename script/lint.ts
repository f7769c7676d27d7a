// script/lint: formatting, types and the checks of our own; with --tidy clang-tidy as well.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { styleChecks } from './checks/list.ts';
import { inParallel, root, run } from './testing/commands.ts';

const { values } = parseArgs({
  options: { tidy: { type: 'boolean', default: false }, since: { type: 'string' } },
});
const logs = join(root, 'build/lint-logs');
let wrong = 0;

async function show(name: string, program: string, args: string[]): Promise<void> {
  const log = join(logs, `${name.replace(/\W+/g, '-')}.log`);
  const { code, seconds } = await run({ program, args, log });
  const verdict = code === 0 ? 'ok  ' : 'FAIL';
  console.log(`${verdict} ${name} (${seconds.toFixed(1)} s)`);
  if (code === 0) return;
  wrong++;
  console.log(readFileSync(log, 'utf8').trimEnd());
}

/** The sources that the dev build compiles; those that changed since a revision, when one is given. */
function tidyFiles(since: string | undefined): string[] {
  const database = join(root, 'build/dev/compile_commands.json');
  if (!existsSync(database)) throw new Error('no build/dev/compile_commands.json: build dev first');
  const compiled = (JSON.parse(readFileSync(database, 'utf8')) as { file: string }[]).map(
    ({ file }) => relative(root, file),
  );
  if (since === undefined) return compiled;
  const changed = execFileSync('git', ['diff', '--name-only', since], {
    cwd: root,
    encoding: 'utf8',
  }).split('\n');
  return compiled.filter((file) => changed.includes(file));
}

await inParallel(styleChecks(), 2, ({ name, program, args }) => show(name, program, args));
if (values.tidy) {
  await inParallel(tidyFiles(values.since), 2, (file) =>
    show(`clang-tidy ${file}`, 'clang-tidy-19', ['-p', 'build/dev', '--quiet', file]),
  );
}
process.exitCode = wrong === 0 ? 0 : 1;
