/** Talks to the hub's probes, parts of it as programs: one JSON line each way. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = resolve(root, process.env.MSGHUB_BUILD ?? 'build/dev', 'bin');

/** The hub's answers, in the order of the requests: of its matcher or its reader of mails. */
export function askHub<Answer>(
  requests: readonly string[],
  probe: 'match_probe' | 'mime_probe' = 'match_probe',
): Answer[] {
  const program = resolve(folder, probe);
  if (!existsSync(program)) {
    throw new Error(`${program} is missing: build the target ${probe}, or set MSGHUB_BUILD`);
  }
  const run = spawnSync(program, {
    input: requests.map((request) => `${request}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    timeout: 1_200_000,
  });
  if (run.status !== 0) throw new Error(`${probe} failed: ${run.stderr}`);
  const answers = run.stdout.trimEnd().split('\n');
  if (answers.length !== requests.length) throw new Error(`${probe} left out an answer`);
  return answers.map((answer) => JSON.parse(answer) as Answer);
}
