/** Servers that stay in the foreground: started with a log, ended by process id. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ServerChild {
  pid: number;
  /** Throws with the end of the log when the server has ended. */
  check: () => void;
  /** SIGTERM, and SIGKILL for a server that is still there after the given time. */
  stop: (graceMs?: number) => Promise<void>;
}

/** Starts a server whose output goes to the file `log`. It ends with this process at the latest. */
export async function startChild(
  program: string,
  args: string[],
  options: { log: string; cwd?: string; env?: Record<string, string> },
): Promise<ServerChild> {
  const log = openSync(options.log, 'a');
  // The kernel ends the server when this process is killed and cannot do it any more.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  ended.catch(() => undefined);
  await once(child, 'spawn'); // rejects when there is no such program
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} has no process id`);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;

  return {
    pid,
    check() {
      if (!hasEnded()) return;
      const why = child.signalCode ?? `code ${String(child.exitCode)}`;
      const tail = readFileSync(options.log, 'utf8').slice(-2000);
      throw new Error(`${program} ended with ${why}:\n${tail}`);
    },
    async stop(graceMs = 3000) {
      if (hasEnded()) return;
      child.kill('SIGTERM');
      await Promise.race([ended, sleep(graceMs, undefined, { ref: false })]);
      child.kill('SIGKILL');
      await ended;
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
