// Child processes of the verbs: output into a log file, a time limit, and nothing left behind.

import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
export const nodeProgram = join(root, 'node_modules/.bin/node');

export interface Command {
  program: string;
  args: string[];
  log: string; // absolute; stdout and stderr go there
  env?: Record<string, string | undefined>;
  cwd?: string;
  limitMs?: number;
}

export interface Ended {
  code: number; // 0 to 255; 128 + signal number when a signal ended it
  timedOut: boolean;
  seconds: number;
}

const running = new Set<number>();

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    for (const pid of running) killGroup(pid);
    process.exit(130);
  });
}

/** Runs a command in a process group of its own; the group is gone when the promise settles. */
export async function run(command: Command): Promise<Ended> {
  mkdirSync(dirname(command.log), { recursive: true });
  const log = openSync(command.log, 'w');
  const started = performance.now();
  let timedOut = false;
  const child = spawn(command.program, command.args, {
    cwd: command.cwd ?? root,
    env: { ...process.env, ...command.env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) running.add(pid);
  const timer =
    command.limitMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          if (pid !== undefined) killGroup(pid);
        }, command.limitMs);
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit, signal) => {
        resolve(exit ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
    return { code, timedOut, seconds: (performance.now() - started) / 1000 };
  } finally {
    clearTimeout(timer);
    closeSync(log);
    if (pid !== undefined) {
      running.delete(pid);
      killGroup(pid);
    }
  }
}

/** Calls `work` on every item, at most `width` at once; the results stand in the items' order. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}
