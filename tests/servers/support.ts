/** What the starters of test servers share: ports, folders, and running as nobody. */
import { execFile, spawn } from 'node:child_process';
import { chownSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createConnection, createServer, type ListenOptions, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const NOBODY = 65534;

/** Whether this process may, and so should, run servers as the user nobody. */
const isRoot = process.getuid?.() === 0;

/**
 * Each process has a block of ports to itself: a free port that another test could take before its
 * server is there would fail that test by chance. They lie below those that the kernel gives away.
 */
const BLOCKS = { first: 12_000, count: 200, size: 100 };
let block: Promise<number> | undefined;
let given = 0;

/** Whether the server could be made to listen there. */
async function listens(server: Server, place: ListenOptions): Promise<boolean> {
  return await new Promise((resolve) => {
    server.once('error', () => {
      resolve(false);
    });
    server.listen(place, () => {
      resolve(true);
    });
  });
}

async function takeBlock(): Promise<number> {
  for (let tried = 0; tried < BLOCKS.count; tried += 1) {
    const number = (process.pid + tried) % BLOCKS.count;
    // A socket without a file: nobody else can have it, and it goes when this process does.
    const holder = createServer().unref();
    if (await listens(holder, { path: `\0msghub-test-ports-${String(number)}` })) return number;
  }
  throw new Error('all blocks of ports are taken');
}

/** A port of this machine that is free, and that no other process of these tests is given. */
export async function freePort(): Promise<number> {
  block ??= takeBlock();
  const first = BLOCKS.first + (await block) * BLOCKS.size;
  for (let tried = 0; tried < BLOCKS.size; tried += 1) {
    const port = first + (given++ % BLOCKS.size);
    const server = createServer();
    if (!(await listens(server, { port, host: '127.0.0.1' }))) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error(`no port from ${String(first)} on is free`);
}

/** A new folder that nobody owns; short, because it holds Unix sockets. */
export function serverFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  if (isRoot) chownSync(folder, NOBODY, NOBODY);
  return folder;
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

/** How programs are run: as nobody, since servers refuse to be root, and never for ever. */
const AS_NOBODY = {
  cwd: '/',
  timeout: 300_000,
  killSignal: 'SIGKILL',
  ...(isRoot && { uid: NOBODY, gid: NOBODY }),
} as const;

/** Runs a program to its end as nobody and gives what it printed; rejects when it fails. */
export async function runAsNobody(
  program: string,
  args: string[],
  environment: Record<string, string> = {},
): Promise<string> {
  const env = { ...process.env, ...environment };
  const { stdout } = await run(program, args, { ...AS_NOBODY, env });
  return stdout;
}

/** Runs a program that leaves a server behind; done when the program itself has ended. */
export async function startAsNobody(program: string, args: string[]): Promise<void> {
  // The server would inherit a pipe and hold it open.
  const child = spawn(program, args, { ...AS_NOBODY, stdio: 'ignore' });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`${program} ended with code ${String(code)}`);
}

/** Waits until something accepts connections on the port. */
export async function untilListening(port: number, limitMs = 120_000): Promise<void> {
  const end = Date.now() + limitMs;
  for (;;) {
    const reached = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => {
        resolve(false);
      });
    });
    if (reached) return;
    if (Date.now() > end) throw new Error(`nothing listens on port ${String(port)}`);
    await sleep(50);
  }
}

/** Waits until `condition` gives something other than undefined or false. */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  limitMs = 120_000,
): Promise<T> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited ${String(limitMs)} ms in vain for ${what}`);
    await sleep(20);
  }
}
