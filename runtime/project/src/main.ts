/** Runs the rule of this project: on one message, on its examples, or as a small HTTP server. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { matchRule } from './lib/conditions.ts';
import { connectionsFrom } from './lib/connections.ts';
import type { EgressPolicy } from './lib/egress.ts';
import { messageOf, type ErrorRecord } from './lib/errors.ts';
import { runExamples } from './lib/examples.ts';
import {
  messageFromChat,
  messageFromEmail,
  messageFromHttp,
  messageFromWebhook,
} from './lib/incoming.ts';
import { parseJson, type Json } from './lib/json.ts';
import type { Message } from './lib/message.ts';
import { describe, describeTrace, forMachines, type Report } from './lib/report.ts';
import { checkStep, performStep, runFailure, runRule, type Host, type Outcome } from './lib/run.ts';
import { rule } from './rule.ts';

const USAGE = `Runs the rule "${rule.name}".

  node src/main.ts mail.eml             run it on a mail
  node src/main.ts body.json            on the body of a webhook (.json, .txt)
  node src/main.ts call.http            on a call with its headers
  node src/main.ts note.sms             on a text message, or a Slack post (.slack)
  node src/main.ts - < mail.eml         on standard input: what the rule listens to first
  node src/main.ts mail.eml --dry-run   show what it would do, and do nothing
  node src/main.ts mail.eml --trace     show which of its conditions hold, and no more
  node src/main.ts --examples           run the rule's examples
  node src/main.ts --serve 8080         take webhooks by POST on 127.0.0.1:8080; the
                                        environment variable HOST names another address

  --retry         when it fails, wait and try again as the rule says (3 times when it does not)
  --message FILE  the same as FILE     --parsed  FILE is a parsed message, as the hub gives it
  --json          print one JSON object

Connections come from environment variables; README.md lists them. With MSGHUB_EGRESS=guard,
calls to private addresses are refused except for those in MSGHUB_EGRESS_ALLOW (host:port, …).
Exit code: 0 done or no match, 1 failed, 2 wrong usage, 7 an example failed.
`;

const MAX_BODY_BYTES = 1024 * 1024;

async function main(): Promise<number> {
  const { values: options, positionals } = readArguments();
  const file = options.message ?? positionals[0];
  if (options.help) return print(USAGE, 0);
  if (options.examples) return reportExamples(options.json);
  if (options.serve !== undefined) return serve(Number(options.serve), options.retry);
  if (file === undefined || positionals.length > 1) return print(USAGE, 2);
  const message = readMessage(file, options.parsed);
  if (options.trace) return reportTrace(message, options.json);
  const report = await runOn(message, { dryRun: options['dry-run'], retry: options.retry });
  print(
    options.json
      ? `${JSON.stringify(forMachines(report), null, 2)}\n`
      : describe(rule.name, report, options['dry-run']),
    0,
  );
  return report.outcome === 'failed' ? 1 : 0;
}

function readArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      message: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      retry: { type: 'boolean', default: false },
      examples: { type: 'boolean', default: false },
      serve: { type: 'string' },
      parsed: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
}

function print(text: string, code: number): number {
  (code === 0 ? process.stdout : process.stderr).write(text);
  return code;
}

/** The file's ending says what it holds; else the rule does, by the channel that it listens to. */
function readMessage(file: string, parsed: boolean): Message {
  const bytes = readFileSync(file === '-' ? 0 : file);
  if (parsed) return parseJson(bytes.toString()) as unknown as Message;
  const ending = /\.([a-z]+)$/.exec(file.toLowerCase())?.[1] ?? '';
  const kind = KINDS.get(ending) ?? rule.triggers[0]?.channel.type;
  if (kind === 'email') return messageFromEmail(bytes);
  if (kind === 'http') return messageFromHttp(bytes);
  return kind === 'sms' || kind === 'slack'
    ? messageFromChat(bytes, kind)
    : messageFromWebhook(bytes, { isJson: ending === 'json' });
}

const KINDS = new Map([
  ['eml', 'email'],
  ['http', 'http'],
  ['json', 'webhook'],
  ['txt', 'webhook'],
  ['sms', 'sms'],
  ['slack', 'slack'],
]);

function reportTrace(message: Message, json: boolean): number {
  const match = matchRule(rule, message);
  if (json) return print(`${JSON.stringify(match, null, 2)}\n`, 0);
  const verdict = match.matched ? 'The rule matches.' : 'The rule does not match.';
  return print(
    [`Rule: ${rule.name}`, '', ...describeTrace(match.trace), '', verdict, ''].join('\n'),
    0,
  );
}

interface RunOptions {
  dryRun: boolean;
  retry: boolean;
}

/** All tries together, and after the last one what the rule does when it fails. */
async function runOn(message: Message, { dryRun, retry }: RunOptions): Promise<Report> {
  const match = matchRule(rule, message);
  const report: Report = { ...match, extracted: {}, actions: [], outcome: 'no match', tries: 0 };
  if (!match.matched) return report;
  const done = new Map<number, Json>(); // what succeeded is not done again
  const doneItems = new Map<number, Json[]>();
  const onItems = (order: number, outputs: Json[]): Promise<void> => {
    doneItems.set(order, [...(doneItems.get(order) ?? []), ...outputs]);
    return Promise.resolve();
  };
  const inTime = (run: (host: Host) => Promise<Outcome>): Promise<Outcome> =>
    withinLimit((signal) => run({ ...hostFor(message, dryRun), done, doneItems, onItems, signal }));
  for (;;) {
    const { outcome, error, extracted, actions } = await inTime((host) =>
      runRule(rule, message, host),
    );
    Object.assign(report, { outcome, error, extracted });
    report.tries += 1;
    report.actions.push(...actions);
    for (const { order, status, output } of actions) {
      if (status === 'success') done.set(order, output ?? null);
    }
    const pauseMs = retry && error ? pauseBefore(report.tries, error) : undefined;
    if (!error || pauseMs === undefined) break;
    print(`Trying again in ${String(Math.ceil(pauseMs / 1000))} s: ${error.message}\n`, 1);
    await sleep(pauseMs);
  }
  const { error } = report;
  if (error && rule.onFailure && rule.onFailure.steps.length > 0) {
    report.failure = await inTime((host) => runFailure(rule, message, error, host));
  }
  return report;
}

function hostFor(message: Message, dryRun: boolean): Omit<Host, 'signal'> {
  return {
    connection: connectionsFrom(process.env),
    egress: egressPolicy(),
    key: (order) => idempotencyKey(message, order),
    perform: dryRun ? checkStep : performStep,
  };
}

/** One try ends when the rule's time limit is over. */
async function withinLimit(run: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
  const controller = new AbortController();
  const limit = rule.settings?.timeLimitMs;
  const end = (): void => {
    controller.abort('deadline');
  };
  const timer = limit === undefined ? undefined : setTimeout(end, limit);
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** How long to wait after so many tries, in milliseconds; undefined when it is over. */
function pauseBefore(tries: number, error: ErrorRecord): number | undefined {
  const { times, overMs } = rule.onFailure?.retry ?? { times: 3 };
  if (!error.recoverable || tries > times) return undefined;
  // Pauses grow: with a time to spread them over like 1, 3, 5 …, else fourfold up to 30 minutes.
  const own =
    overMs === undefined
      ? Math.min(1000 * 4 ** (tries - 1), 30 * 60_000)
      : (overMs * (2 * tries - 1)) / times ** 2;
  return Math.max(own, error.retryAfterMs ?? 0);
}

/** The same message, rule and step give the same key, however often they are run. */
function idempotencyKey({ id }: Message, order: number): string {
  const parts = [id, rule.source.sha256, String(order)];
  return createHash('sha256').update(parts.join('|')).digest('hex');
}

function egressPolicy(): EgressPolicy | undefined {
  if (process.env.MSGHUB_EGRESS !== 'guard') return undefined;
  const allow = process.env.MSGHUB_EGRESS_ALLOW ?? '';
  return { allow: allow.split(/[\s,]+/).filter((entry) => entry !== '') };
}

async function reportExamples(json: boolean): Promise<number> {
  const results = await runExamples(rule);
  if (json) {
    print(`${JSON.stringify({ examples: results }, null, 2)}\n`, 0);
  } else {
    for (const { title, pass, failures } of results) {
      print(`${pass ? 'pass' : 'FAIL'}  ${title}\n`, 0);
      for (const { line, message } of failures)
        print(`      line ${String(line)}: ${message}\n`, 0);
    }
  }
  return results.every(({ pass }) => pass) ? 0 : 7;
}

/**
 * A webhook endpoint: POST a body, get the report. Ends with the process. No signature is checked,
 * so only this machine reaches it unless HOST says otherwise.
 */
function serve(port: number, retry: boolean): Promise<number> {
  const server = createServer((request, response) => {
    answer(request, response, retry).catch((thrown: unknown) => {
      if (!response.headersSent) reply(response, 500, { error: messageOf(thrown) });
    });
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    const host = process.env.HOST ?? '127.0.0.1';
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      const shown = host.includes(':') ? `[${host}]` : host;
      print(`Taking webhooks for "${rule.name}" on http://${shown}:${String(bound)}/\n`, 0);
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        server.close(() => {
          resolve(0);
        });
      });
    }
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  retry: boolean,
): Promise<void> {
  if (request.method !== 'POST') {
    reply(response, 405, { error: 'Send the webhook by POST.' });
    return;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      reply(response.setHeader('connection', 'close'), 413, { error: 'The body is over 1 MiB.' });
      return;
    }
    chunks.push(chunk);
  }
  const headers = Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values = []]) => [name, values.join('\n')]),
  );
  let message: Message;
  try {
    const isJson = /^application\/(?:json|[^;]*\+json) *(?:;|$)/i.test(
      headers['content-type'] ?? '',
    );
    message = messageFromWebhook(Buffer.concat(chunks), { isJson, headers });
  } catch (thrown) {
    reply(response, 400, { error: `The body is ${messageOf(thrown)}.` });
    return;
  }
  const report = await inTurn(() => runOn(message, { dryRun: false, retry }));
  reply(response, report.outcome === 'failed' ? 500 : 200, forMachines(report));
}

let running = 0;
const waiting: (() => void)[] = [];

/** Not more runs at a time than the rule allows; the others wait, first come first served. */
async function inTurn<T>(run: () => Promise<T>): Promise<T> {
  if (running < (rule.settings?.concurrency ?? Infinity)) running += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await run();
  } finally {
    const next = waiting.shift(); // which takes over the place of this run
    if (next) next();
    else running -= 1;
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

// Who reads the output may stop early (`| head`), which cuts no run off.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
try {
  process.exitCode = await main();
} catch (thrown) {
  process.exitCode = print(`${messageOf(thrown)}\n`, 2);
}
