// script/run: a hub with one webhook channel, one rule and one message, and what became of it.
//
// The rule is examples/order-alert.md with the address of a small sink of this process in place of
// the author's; the message is the rule's own first example. Nothing leaves this machine.

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const defaultPort = 4680;

interface Rule {
  id: string;
  name: string;
}
interface Channel {
  id: string;
  name: string;
  config: { webhookUrl: string };
}
interface Message {
  id: string;
  status: string;
  receivedAt: string;
  matchedAt?: string;
  processedAt?: string;
  metadata: { rawSha256?: string; rawSize?: number };
}
interface Trace {
  ruleId: string;
  name: string;
  matchedThen: boolean;
  why: string;
  explanation: { triggers: { holds: boolean; conditions: Condition[] }[] };
  executionId?: string;
}
interface Condition {
  condition: { field: string; operator: string; value: string; negated?: boolean; line?: number };
  seen?: string;
  holds: boolean;
}
interface Execution {
  status: string;
  durationMs: number;
  extractedData: Record<string, unknown>;
  actionResults: ActionResult[];
  attempts: { order: number; target: string }[];
  error?: { message: string };
}
interface ActionResult {
  actionType: string;
  order: number;
  status: string;
  startedAt: string;
  completedAt: string;
  output?: unknown;
  error?: string;
}

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint =
  (code: number) =>
  (text: string): string =>
    colour ? `\x1b[${String(code)}m${text}\x1b[0m` : text;
const [bold, dim, green, red] = [paint(1), paint(2), paint(32), paint(31)];
const line = (label: string, text: string): void => {
  console.log(`  ${label.padEnd(10)} ${text}`);
};
const verdict = (status: string): string => (status === 'success' ? green(status) : red(status));

async function portOrFree(wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    const probe = createTcpServer();
    const bound = await new Promise<number | undefined>((done) => {
      probe.once('error', () => {
        done(undefined);
      });
      probe.listen(port, '127.0.0.1', () => {
        done((probe.address() as AddressInfo).port);
      });
    });
    if (bound === undefined) continue;
    probe.close();
    await once(probe, 'close');
    return bound;
  }
  throw new Error('no port of 127.0.0.1 is free');
}

/** What the rule calls: answers everything with 200 and remembers the last body. */
async function startSink(): Promise<{ url: string; last: () => string }> {
  let last = '';
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      last = Buffer.concat(parts).toString('utf8');
      response.setHeader('content-type', 'application/json').end('{"received":true}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    last: () => last,
  };
}

/** The sample rule for this machine, the channel it names, and its first example as a message. */
function sample(sink: string): { markdown: string; channel: string; body: string } {
  const text = readFileSync(join(root, 'examples/order-alert.md'), 'utf8');
  const channel = /arrives[^*]*\*\*(.+?)\*\*/.exec(text)?.[1];
  const body = /^## Example[\s\S]*?```json\n([\s\S]*?)```/m.exec(text)?.[1];
  if (channel === undefined || body === undefined) {
    throw new Error('examples/order-alert.md names no channel or has no JSON example');
  }
  const markdown = text.replace(/<https?:\/\/[^/>]+/g, `<${sink}`);
  return { markdown, channel, body };
}

class Hub {
  readonly url: string;
  readonly #data: string;
  readonly #log: string;
  readonly #child: ChildProcess;

  constructor(data: string, port: number, egress: string) {
    this.#data = data;
    this.#log = `${data}.log`;
    this.url = `http://127.0.0.1:${String(port)}`;
    const log = openSync(this.#log, 'w');
    this.#child = spawn(
      join(root, 'build/release/msghub'),
      [
        ...['serve', '--data', data, '--listen', `127.0.0.1:${String(port)}`],
        ...['--egress-allow', egress],
      ],
      { stdio: ['ignore', log, log], detached: true }, // Ctrl-C reaches it through stop() alone
    );
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when the program has ended by itself. */
  async ended(): Promise<void> {
    if (!this.hasEnded) await once(this.#child, 'close');
  }

  get logTail(): string {
    return readFileSync(this.#log, 'utf8').split('\n').slice(-20).join('\n');
  }

  async until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
    for (let left = 600; left > 0 && !this.hasEnded; left--) {
      const found = await look().catch(() => undefined);
      if (found !== undefined) return found;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error(`${what} did not happen; the end of ${this.#log}:\n${this.logTail}`);
  }

  async ready(): Promise<void> {
    await this.until('the start of the hub', async () => {
      const { ok } = await fetch(`${this.url}/readyz`);
      return ok ? true : undefined;
    });
  }

  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const token = readFileSync(join(this.#data, 'token'), 'utf8').trim();
    const reply = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${String(reply.status)} ${text}`);
    return JSON.parse(text) as T;
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await closed;
  }
}

/** The channel and the active rule; made at the first run, found again at the next. */
async function workspace(hub: Hub, channelName: string, markdown: string): Promise<Channel> {
  const channels = await hub.api<{ data: Channel[] }>('GET', '/v1/channels?limit=100');
  const channel =
    channels.data.find(({ name }) => name === channelName) ??
    (await hub.api<Channel>('POST', '/v1/channels', { type: 'webhook', name: channelName }));
  const title = /^# (.+)$/m.exec(markdown)?.[1];
  const rules = await hub.api<{ data: Rule[] }>('GET', '/v1/rules?limit=100');
  const known = rules.data.find(({ name }) => name === title);
  const rule = known
    ? await hub.api<Rule>('PUT', `/v1/rules/${known.id}`, { markdown })
    : await hub.api<Rule>('POST', '/v1/rules', { markdown, fileName: 'order-alert.md' });
  await hub.api('POST', `/v1/rules/${rule.id}:activate`);
  console.log(bold(`\nWorkspace`));
  line('channel', `${channel.name}  ${dim(channel.config.webhookUrl)}`);
  line('rule', `${rule.name}  ${dim('examples/order-alert.md, active; its examples pass')}`);
  return channel;
}

const milliseconds = (from: string, to: string): string =>
  `${String(Math.max(0, Date.parse(to) - Date.parse(from)))} ms`;

function showCondition({ condition, seen }: Condition): void {
  const { field, operator, value, negated, line: at } = condition;
  const place = at === undefined ? '' : dim(` (line ${String(at)})`);
  const saw = seen === undefined ? 'nothing' : JSON.stringify(seen);
  const test = `${field.replace(/^json:/, '')} ${negated === true ? 'not ' : ''}${operator} "${value}"`;
  line('', `${test}: it is ${saw}${place}`);
}

function showAction(result: ActionResult, execution: Execution): void {
  const target = execution.attempts.find(({ order }) => order === result.order)?.target ?? '';
  const time = milliseconds(result.startedAt, result.completedAt);
  line(`action ${String(result.order + 1)}`, `${target}: ${verdict(result.status)} in ${time}`);
  if (result.error !== undefined) line('', result.error);
}

async function showWay(
  hub: Hub,
  id: string,
  acknowledgedMs: number,
  sink: () => string,
): Promise<void> {
  const message = await hub.until('the end of the message', async () => {
    const found = await hub.api<Message>('GET', `/v1/messages/${id}`);
    return found.status === 'pending' ? undefined : found;
  });
  const { rules } = await hub.api<{ rules: Trace[] }>('GET', `/v1/messages/${id}/trace`);
  const { rawSize = 0, rawSha256 = '' } = message.metadata;
  console.log(bold(`\nMessage ${id}`));
  line(
    'stored',
    `${String(rawSize)} bytes on disk, acknowledged after ${acknowledgedMs.toFixed(0)} ms`,
  );
  line('', dim(`SHA-256 ${rawSha256}`));
  for (const { name, matchedThen, why, explanation, executionId } of rules) {
    line(matchedThen ? 'matched' : 'passed by', matchedThen ? name : `${name}: ${why}`);
    if (!matchedThen || executionId === undefined) continue;
    for (const { holds, conditions } of explanation.triggers) {
      if (holds) conditions.forEach(showCondition);
    }
    const execution = await hub.api<Execution>('GET', `/v1/executions/${executionId}`);
    line('extracted', JSON.stringify(execution.extractedData));
    for (const result of execution.actionResults) showAction(result, execution);
    line('execution', `${verdict(execution.status)} in ${String(execution.durationMs)} ms`);
    if (execution.status !== 'success') {
      throw new Error(`the rule did not succeed: ${execution.error?.message ?? 'no reason given'}`);
    }
  }
  line('received', `by the target: ${sink()}`);
}

async function demonstrate(hub: Hub, sink: { url: string; last: () => string }): Promise<void> {
  const { markdown, channel: name, body } = sample(sink.url);
  const channel = await workspace(hub, name, markdown);
  const started = performance.now();
  const reply = await fetch(channel.config.webhookUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'webhook-id': `demo-${String(Date.now())}` },
    body,
  });
  const elapsed = performance.now() - started;
  if (reply.status !== 202) throw new Error(`the message was refused: ${await reply.text()}`);
  const { id } = (await reply.json()) as { id: string };
  await showWay(hub, id, elapsed, sink.last);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { once: { type: 'boolean', default: false }, port: { type: 'string' } },
  });
  const parent = values.once ? mkdtempSync(join(tmpdir(), 'msghub-demo-')) : join(root, 'var');
  mkdirSync(parent, { recursive: true });
  const data = join(parent, 'demo');
  const port =
    values.port === undefined
      ? await portOrFree(values.once ? 0 : defaultPort)
      : Number(values.port);
  const sink = await startSink();
  const hub = new Hub(data, port, new URL(sink.url).host);
  const stopping = new AbortController();
  const interrupted = once(stopping.signal, 'abort');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      stopping.abort();
    });
  }
  try {
    await Promise.race([hub.ready().then(() => demonstrate(hub, sink)), interrupted]);
    if (stopping.signal.aborted) return;
    const token = relative(process.cwd(), join(data, 'token'));
    console.log(bold('\nAPI'));
    line('address', hub.url);
    line('token', values.once ? dim('gone with this demonstration') : token);
    if (values.once) return;
    line('try', `build/release/msghub --data ${relative(process.cwd(), data)} message list`);
    console.log('\nServing until Ctrl-C.');
    await Promise.race([interrupted, hub.ended()]);
    if (hub.hasEnded) throw new Error(`the hub has ended by itself:\n${hub.logTail}`);
    console.log('\nStopping.');
  } finally {
    await hub.stop();
    if (values.once) rmSync(parent, { recursive: true, force: true });
  }
}

if (!existsSync(join(root, 'build/release/msghub'))) {
  console.error('run: build/release/msghub is missing; script/run builds it');
  process.exitCode = 1;
} else {
  await main().catch((error: unknown) => {
    console.error(`run: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
