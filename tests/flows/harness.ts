// Boots a real hub on a real store for the flow tests, and takes it away again.
//
//   const hub = await Hub.start(Scope.of(context), { egressAllow: ['127.0.0.1:9000'] });
//   const channel = await addWebhook(hub, 'Orders');
//   await hub.kill9();
//   await hub.boot();
//
// MSGHUB_BUILD names the build folder (default build/dev). With MSGHUB_TEST_STORE=aws every hub has a
// DynamoDB, an S3 and a KMS key of its own instead of its folder. Everything that a test starts ends
// with it, by process id.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../servers/support.ts';
import { checkAnswer } from './contract.ts';

export const repository = resolve(import.meta.dirname, '../..');
export const program = resolve(repository, process.env.MSGHUB_BUILD ?? 'build/dev', 'msghub');
/** Long runs: what `script/test --full` asks for. */
export const isFull = process.env.MSGHUB_FULL === '1';

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

export async function sleep(ms: number): Promise<void> {
  await new Promise((done) => setTimeout(done, ms));
}

/** Calls `look` until it gives something; fails with `what` and the last error when time is up. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  limitMs = 120_000,
): Promise<T> {
  const end = performance.now() + limitMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) {
      throw new Error(`waited ${String(limitMs)} ms for ${what}`, { cause: last });
    }
    await sleep(50);
  }
}

/** What a test has started, undone in reverse order when the test ends. */
export class Scope {
  readonly #undo: (() => Promise<unknown> | undefined)[] = [];

  /** Ends with a test. For a whole suite: `const scope = new Scope(); after(() => scope.end());` */
  static of(context: TestContext): Scope {
    const scope = new Scope();
    context.after(() => scope.end());
    return scope;
  }

  after(undo: () => Promise<unknown> | undefined): void {
    this.#undo.push(undo);
  }

  /** Takes a server that is being started, and stops it in the end. */
  async use<T extends { stop: () => Promise<unknown> }>(starting: Promise<T>): Promise<T> {
    const server = await starting;
    this.after(() => server.stop());
    return server;
  }

  /** A new folder. */
  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'msghub-flow-'));
    this.after(() => {
      rmSync(folder, { recursive: true, force: true });
      return undefined;
    });
    return folder;
  }

  async end(): Promise<void> {
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }
}

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end; `input` goes to its stdin. */
export async function execute(
  file: string,
  args: readonly string[],
  options: {
    cwd?: string;
    env?: Record<string, string | undefined>;
    input?: string;
    limitMs?: number;
  } = {},
): Promise<Output> {
  const child = spawn(file, args, {
    cwd: options.cwd ?? repository,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.add(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), options.limitMs ?? 300_000);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.on('error', () => undefined); // it may end without reading
  child.stdin.end(options.input ?? '');
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? 128, stdout, stderr };
  } finally {
    clearTimeout(timer);
    children.delete(child);
  }
}

/** The command line without a server. */
export async function msghub(...args: string[]): Promise<Output> {
  return await execute(program, args);
}

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json: () => unknown;
}

/** One HTTP request, byte for byte as given. Rejects when the connection breaks. */
export async function http(
  url: string,
  options: {
    method?: string;
    headers?: Record<string, string>;
    body?: string | Buffer;
    limitMs?: number;
  } = {},
): Promise<Reply> {
  return await new Promise((done, fail) => {
    const body = options.body === undefined ? undefined : Buffer.from(options.body);
    const outgoing = request(
      url,
      {
        method: options.method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...(body && { 'content-length': String(body.length) }), ...options.headers },
        agent: false,
        timeout: options.limitMs ?? 120_000,
      },
      (incoming) => {
        const parts: Buffer[] = [];
        incoming.on('data', (part: Buffer) => parts.push(part));
        incoming.on('error', fail);
        incoming.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          done({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json: (): unknown => JSON.parse(text),
          });
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${url}`)));
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

export interface HubOptions {
  data?: string; // default: a temporary folder
  egressAllow?: string[]; // "127.0.0.1:9000": where rules may go although it is not public
  settings?: Record<string, string>; // MSGHUB_* variables
  isPaused?: boolean; // its store is: it gets no readier than that
}

export class Hub {
  readonly data: string;
  readonly port: number;
  readonly #options: HubOptions;
  readonly #log: string;
  #child: ChildProcess | undefined;

  private constructor(data: string, port: number, options: HubOptions) {
    this.data = data;
    this.port = port;
    this.#options = options;
    this.#log = join(data, '..', `${String(port)}.log`);
  }

  /** A hub that answers, and that is gone when the test ends. */
  static async start(scope: Scope, options: HubOptions = {}): Promise<Hub> {
    const data = options.data ?? join(scope.folder(), 'data');
    const settings = { ...options.settings };
    if (process.env.MSGHUB_TEST_STORE === 'aws') {
      const { startAwsHome } = await import('./aws.ts');
      Object.assign(settings, (await startAwsHome(scope)).settings);
    }
    const hub = new Hub(data, await freePort(), { ...options, settings });
    scope.after(() => hub.kill9());
    await hub.boot();
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('the hub is not running');
    return pid;
  }

  get token(): string {
    return readFileSync(join(this.data, 'token'), 'utf8').trim();
  }

  /** All that the hub has logged over all its lives. */
  get log(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : '';
  }

  /** Starts the program (again) on the same data and port, and waits until it is ready. */
  async boot(): Promise<void> {
    await this.spawn();
    await this.ready();
  }

  /** Starts the program and does not wait. */
  async spawn(): Promise<void> {
    const { egressAllow = [], settings = {} } = this.#options;
    const log = createWriteStream(this.#log, { flags: 'a' });
    await once(log, 'open');
    const child = spawn(
      program,
      [
        ...['serve', '--data', this.data, '--listen', `127.0.0.1:${String(this.port)}`],
        ...egressAllow.flatMap((address) => ['--egress-allow', address]),
      ],
      { cwd: repository, env: { ...process.env, ...settings }, stdio: ['ignore', log, log] },
    );
    log.close();
    await once(child, 'spawn'); // rejects when the program is not there
    children.add(child);
    child.once('close', () => {
      children.delete(child);
      if (this.#child === child) this.#child = undefined;
    });
    this.#child = child;
  }

  async ready(limitMs = 120_000): Promise<void> {
    const isUp = await waitFor(
      'the hub to be ready',
      async () => {
        if (this.#child === undefined) return false;
        const { status, text } = await http(`${this.url}/readyz`);
        const isPaused = this.#options.isPaused === true && text.includes('the hub is paused');
        return status === 200 || isPaused ? true : undefined;
      },
      limitMs,
    ).catch((error: unknown) => {
      throw new Error(`the hub did not get ready; its log:\n${this.log.slice(-4000)}`, {
        cause: error,
      });
    });
    if (!isUp) throw new Error(`the hub has ended:\n${this.log.slice(-4000)}`);
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number> {
    const child = this.#child;
    if (child === undefined) return 0;
    const closed = once(child, 'close') as Promise<[number | null]>;
    child.kill(signal);
    const [code] = await closed;
    return code ?? 128;
  }

  /** As the kernel's out-of-memory killer would do it. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** A polite stop; gives the exit code. */
  async stop(): Promise<number> {
    return await this.#end('SIGTERM');
  }

  /** One call of the API with the hub's token. Fails when openapi.yaml does not know the answer. */
  async api(method: string, path: string, body?: unknown): Promise<Reply> {
    const reply = await http(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    checkAnswer(method, path, reply);
    return reply;
  }

  /** A call of the API that has to succeed. */
  async get<T>(path: string): Promise<T> {
    const reply = await this.api('GET', path);
    if (reply.status !== 200) throw new Error(`GET ${path}: ${String(reply.status)} ${reply.text}`);
    return reply.json() as T;
  }

  /** All items of a list, page by page. */
  async all<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const query = `${path.includes('?') ? '&' : '?'}limit=100${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const page = await this.get<{ data: T[]; nextCursor?: string }>(path + query);
      items.push(...page.data);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return items;
  }

  /** The command line as a client of this hub; the exit code is the caller's to judge. */
  async run(...args: string[]): Promise<Output> {
    return await execute(program, [...args, '--data', this.data]);
  }

  /** A command that has to succeed, with its `--json` answer. */
  async cli<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    if (code !== 0) throw new Error(`msghub ${args.join(' ')}: exit ${String(code)}\n${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** The processes that run rules just now. */
  async workerPids(): Promise<number[]> {
    return (await this.get<{ workerPids: number[] }>('/v1/status')).workerPids;
  }
}
