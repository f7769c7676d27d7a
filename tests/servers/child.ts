/** Servers that stay in the foreground: started with their output kept, ended by process id. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerChild {
  pid: number;
  /** Throws with the end of the log when the server has ended. */
  check: () => void;
  /** SIGTERM, and SIGKILL for a server that is still there after the given time. */
  stop: (graceMs?: number) => Promise<void>;
}

/** A file without a name: gone with the last process that has it open. */
function openLog(): number {
  const path = join(tmpdir(), `msghub-log-${randomUUID()}`);
  const log = openSync(path, 'ax+');
  unlinkSync(path);
  return log;
}

function endOf(log: number, limit = 2000): string {
  const { size } = fstatSync(log);
  const bytes = Buffer.alloc(Math.min(limit, size));
  readSync(log, bytes, 0, bytes.length, size - bytes.length);
  return bytes.toString();
}

/** Starts a server. It ends with this process at the latest. */
export async function startChild(
  program: string,
  args: string[],
  { cwd, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<ServerChild> {
  const log = openLog();
  // The kernel ends the server when this process is killed and cannot do it any more.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log],
  });
  const ended = once(child, 'exit');
  ended.catch(() => undefined);
  await once(child, 'spawn'); // a missing program shows as an early end
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} has no process id`);
  let isClosed = false;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;

  return {
    pid,
    check() {
      if (!hasEnded()) return;
      const why = child.signalCode ?? `code ${String(child.exitCode)}`;
      throw new Error(`${program} ended with ${why}:\n${endOf(log)}`);
    },
    async stop(graceMs = 3000) {
      if (!hasEnded()) {
        child.kill('SIGTERM');
        await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
        child.kill('SIGKILL');
        await ended;
      }
      if (!isClosed) closeSync(log);
      isClosed = true;
    },
  };
}

/** Calls `look` until it gives true; fails early when one of the servers has ended. */
export async function untilReady(
  what: string,
  servers: readonly ServerChild[],
  look: () => Promise<boolean>,
  limitMs: number,
): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await look().catch(() => false))) {
    for (const server of servers) server.check();
    if (Date.now() > end) throw new Error(`${what} was not ready after ${String(limitMs)} ms`);
    await sleep(100);
  }
}
