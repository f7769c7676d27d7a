/** Runs the rule of this project: on one message, on its examples, or as a small HTTP server. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';

import { matchRule, type Match, type TraceEntry } from './lib/conditions.ts';
import { connectionsFrom } from './lib/connections.ts';
import type { EgressPolicy } from './lib/egress.ts';
import { messageOf } from './lib/errors.ts';
import { runExamples } from './lib/examples.ts';
import { messageFromEmail, messageFromWebhook } from './lib/incoming.ts';
import { parseJson, textOf } from './lib/json.ts';
import type { Message } from './lib/message.ts';
import { exactValues, performStep, runRule, type ActionResult, type Outcome } from './lib/run.ts';
import { rule } from './rule.ts';

const USAGE = `Runs the rule "${rule.name}".

  node src/main.ts mail.eml             run it on a mail (or on a webhook's body, body.json)
  node src/main.ts - < mail.eml         the same from standard input
  node src/main.ts mail.eml --dry-run   show what it would do, and do nothing
  node src/main.ts --examples           run the rule's examples
  node src/main.ts --serve 8080         take webhooks by POST on 127.0.0.1:8080

  --message FILE  the same as FILE     --parsed  FILE is a parsed message, as the hub gives it
  --json          print one JSON object

Connections come from environment variables; README.md lists them. With MSGHUB_EGRESS=guard,
webhooks to private addresses are refused except for those in MSGHUB_EGRESS_ALLOW (host:port, …).
Exit code: 0 done or no match, 1 failed, 2 wrong usage, 7 an example failed.
`;

const MAX_BODY_BYTES = 1024 * 1024;

/** A whole run, as --json prints it. */
interface Report extends Match, Omit<Outcome, 'outcome'> {
  outcome: Outcome['outcome'] | 'no match';
}

async function main(): Promise<number> {
  const { values: options, positionals } = readArguments();
  const file = options.message ?? positionals[0];
  if (options.help) return print(USAGE, 0);
  if (options.examples) return reportExamples(options.json);
  if (options.serve !== undefined) return serve(Number(options.serve));
  if (file === undefined || positionals.length > 1) return print(USAGE, 2);
  const message = await readMessage(file, options.parsed);
  const report = await runOn(message, options['dry-run']);
  print(
    options.json
      ? `${JSON.stringify(forMachines(report), null, 2)}\n`
      : describe(report, options['dry-run']),
    0,
  );
  return report.outcome === 'failed' ? 1 : 0;
}

function forMachines(report: Report): object {
  return { ...report, extracted: exactValues(report.extracted) };
}

function readArguments() {
  return parseArgs({
    allowPositionals: true,
    options: {
      message: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
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
async function readMessage(file: string, parsed: boolean): Promise<Message> {
  const bytes = readFileSync(file === '-' ? 0 : file);
  if (parsed) return parseJson(bytes.toString()) as unknown as Message;
  const listensToMail = rule.triggers.some(({ channel }) => channel.type === 'email');
  const isMail = file.endsWith('.eml') || (listensToMail && !/\.(json|txt)$/.test(file));
  return isMail ? messageFromEmail(bytes) : messageFromWebhook(bytes);
}

async function runOn(message: Message, dryRun: boolean): Promise<Report> {
  const match = matchRule(rule, message);
  if (!match.matched) return { ...match, extracted: {}, actions: [], outcome: 'no match' };
  const outcome = await runRule(rule, message, {
    connection: connectionsFrom(process.env),
    egress: egressPolicy(),
    signal: new AbortController().signal,
    key: (order) => idempotencyKey(message, order),
    perform: dryRun ? () => Promise.resolve(null) : performStep,
  });
  return { ...match, ...outcome };
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

/** The run as a person reads it, in the rule's order. */
function describe(report: Report, dryRun: boolean): string {
  const { matched, trace, extracted, actions, outcome, error } = report;
  const lines = [`Rule: ${rule.name}`, '', 'Conditions'];
  lines.push(...trace.map(describeCondition));
  if (!matched) return [...lines, '', 'The rule does not match; nothing was done.', ''].join('\n');
  lines.push('', 'Extracted');
  for (const [name, value] of Object.entries(extracted)) lines.push(`  ${name}: ${textOf(value)}`);
  if (actions.length > 0) {
    lines.push('', 'Steps', ...actions.flatMap((action) => describeAction(action, dryRun)));
  }
  const why = error ? `: ${error.message}` : '';
  const ended = dryRun && !error ? 'dry run, nothing was done' : `${outcome}${why}`;
  return [...lines, '', `Outcome: ${ended}`, ''].join('\n');
}

function describeCondition(entry: TraceEntry): string {
  const { line, field, operator, value, negated, caseSensitive, seen, verdict } = entry;
  const condition = `${field} ${negated ? 'not ' : ''}${operator} ${JSON.stringify(value)}`;
  const exact = caseSensitive && field !== 'channel' ? ' (exact case)' : '';
  const saw = seen === null ? 'nothing there' : `saw ${JSON.stringify(seen)}`;
  return `  ${verdict ? 'yes' : 'NO '}  line ${String(line)}: ${condition}${exact}: ${saw}`;
}

function describeAction(action: ActionResult, dryRun: boolean): string[] {
  const { order, target, status, request, output, error } = action;
  const result = error ? `${error.code}: ${error.message}` : textOf(output);
  return [
    `  ${String(order + 1)}. ${target}: ${dryRun && !error ? 'would be done' : status}`,
    `     request: ${textOf(request)}`,
    ...(result === '' ? [] : [`     result:  ${result}`]),
  ];
}

/** A webhook endpoint on this machine: POST a body, get the report. Ends with the process. */
function serve(port: number): Promise<number> {
  const server = createServer((request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      if (!response.headersSent) reply(response, 500, { error: messageOf(thrown) });
    });
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const bound = typeof address === 'object' && address ? address.port : port;
      print(`Taking webhooks for "${rule.name}" on http://127.0.0.1:${String(bound)}/\n`, 0);
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

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
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
    Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(', ')]),
  );
  const report = await runOn(messageFromWebhook(Buffer.concat(chunks), headers), false);
  reply(response, report.outcome === 'failed' ? 500 : 200, forMachines(report));
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.exitCode = print(`${messageOf(thrown)}\n`, 2);
}
