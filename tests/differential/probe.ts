/** Talks to match_probe, the hub's matcher as a program: one JSON line each way. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program =
  process.env.MSGHUB_MATCH_PROBE ??
  fileURLToPath(new URL('../../build/dev/bin/match_probe', import.meta.url));

/** The hub's answers, in the order of the requests. */
export function askHub<Answer>(requests: readonly string[]): Answer[] {
  if (!existsSync(program)) {
    throw new Error(
      `${program} is missing: build the target match_probe, or set MSGHUB_MATCH_PROBE`,
    );
  }
  const run = spawnSync(program, {
    input: requests.map((request) => `${request}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    timeout: 300_000,
  });
  if (run.status !== 0) throw new Error(`match_probe failed: ${run.stderr}`);
  const answers = run.stdout.trimEnd().split('\n');
  if (answers.length !== requests.length) throw new Error('match_probe left out an answer');
  return answers.map((answer) => JSON.parse(answer) as Answer);
}
