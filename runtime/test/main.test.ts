import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Client } from 'pg';

import { startHttpSink, type HttpSink } from '../../tests/servers/http-sink.ts';
import { startPostgres, type Postgres } from '../../tests/servers/postgres.ts';
import { startSmtpSink, type SmtpSink } from '../../tests/servers/smtp-sink.ts';
import { until } from '../../tests/servers/support.ts';
import type { TraceEntry } from '../project/src/lib/conditions.ts';
import type { Outcome } from '../project/src/lib/run.ts';

const MAIL = `From: Acme Billing <billing@acme.com>
To: ap@example.com, "Chief" <cfo@example.com>
Subject: =?utf-8?Q?Invoice_INV-1042_=E2=82=AC?=
Message-ID: <inv-1042@acme.com>
Date: Sun, 22 Nov 2026 10:00:00 +0100
Content-Type: text/html; charset=utf-8

<html><head><style>p { color: red }</style></head><body><p>Dear &lt;you&gt;,</p>
<p>Total:&nbsp;$1,204.50<br>Thanks</p></body></html>
`;

let folder: string;
let http: HttpSink;
let smtp: SmtpSink;
let postgres: Postgres;
let environment: Record<string, string>;

before(async () => {
  [http, smtp, postgres] = await Promise.all([startHttpSink(), startSmtpSink(), startPostgres()]);
  await query('create table invoices (number text, total numeric)');
  folder = mkdtempSync(join(tmpdir(), 'alone-'));
  cpSync(new URL('../project/src', import.meta.url), join(folder, 'src'), { recursive: true });
  const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
  symlinkSync(modules, join(folder, 'node_modules'));
  writeFileSync(join(folder, 'src', 'rule.ts'), ruleFor(http.url));
  writeFileSync(join(folder, 'mail.eml'), MAIL);
  environment = {
    ERP_URL: postgres.url,
    OFFICE_MAIL_URL: `smtp://127.0.0.1:${String(smtp.port)}?from=hub@example.com&tls=none`,
  };
});
after(async () => {
  await Promise.all([http.stop(), smtp.stop(), postgres.stop()]);
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  http.requests.length = 0;
  smtp.mails.length = 0;
  await query('truncate invoices');
});

async function query(text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(postgres.url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

/** The sample rule of the language, sent to the test's servers, and for webhooks too. */
function ruleFor(url: string): string {
  return `
    import { runSql } from './actions/database.ts';
    import { sendEmail } from './actions/email.ts';
    import { sendWebhook } from './actions/webhook.ts';
    import { amountAfter, domainOf, textMatching } from './lib/extract.ts';
    import { defineRule, step } from './lib/rule.ts';
    import { sql, text } from './lib/template.ts';
    export const rule = defineRule({
      name: 'File Acme invoices',
      source: { sha256: 'abc', compiler: '0.1.0' },
      triggers: [
        { channel: { type: 'email', name: 'Billing', line: 1 }, conditions: [
          { line: 2, field: 'from', operator: 'endsWith', value: '@acme.com' },
          { line: 3, field: 'subject', operator: 'contains', value: 'invoice' } ] },
        { channel: { type: 'webhook', name: 'Hook', line: 4 }, conditions: [
          { line: 5, field: 'json:kind', operator: 'equals', value: 'invoice' } ] },
        { channel: { type: 'sms', name: 'Phone', line: 4 }, conditions: [
          { line: 5, field: 'from', operator: 'startsWith', value: '+33', alternatives: ['+49'] } ] },
      ],
      extract: {
        number: { line: 6, find: (m) => textMatching(m, 'subject', 'INV-(\\\\d+)'), otherwise: 'none' },
        total: { line: 7, find: (m) => amountAfter(m, 'body', 'Total:'), optional: true },
        vendor: { line: 8, find: (m) => domainOf(m, 'from'), optional: true },
      },
      steps: [
        step({ line: 9, action: sendWebhook, request: ({ number, total }) => ({
          method: 'POST', url: '${url}/invoices', headers: {}, body: { number, total } }) }),
        step({ line: 10, continueOnError: true, action: sendEmail, request: ({ number, vendor }, message) => ({
          connection: 'Office mail', to: ['ap@example.com'],
          subject: text\`Invoice \${number} filed\`, text: text\`\${vendor}: \${message.body}\` }) }),
        step({ line: 11, action: runSql, request: ({ number, total }) => ({
          connection: 'ERP', statement: sql\`insert into invoices values (\${number}, nullif(\${total}, '')::numeric)\` }) }),
      ],
      onFailure: {
        line: 12,
        retry: { times: 2, overMs: 400 },
        steps: [
          step({ line: 13, onlyIf: ({ number }) => number === 'none', action: sendWebhook, request: ({ error }) => ({
            method: 'POST', url: '${url}/none', headers: {}, body: { error } }) }),
          step({ line: 14, action: sendWebhook, request: ({ number, error }) => ({
            method: 'POST', url: '${url}/failed', headers: {}, body: { number, error } }) }),
        ],
      },
      settings: { timeLimitMs: 120_000, concurrency: 2 },
      examples: [
        { title: 'good', line: 20, message: { kind: 'json', raw: '{"kind":"invoice"}' },
          expect: [{ line: 21, matches: true }, { line: 22, step: 0, sends: '{"number":"none","total":""}' }] },
        { title: 'bad', line: 30, message: { kind: 'json', raw: '{"kind":"x"}' },
          expect: [{ line: 31, matches: true }] },
      ],
    });`;
}

function startMain(args: string[], more: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, ['src/main.ts', ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment, ...more },
  });
}

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function main(args: string[], more: Record<string, string> = {}, input = ''): Promise<Ended> {
  const child = startMain(args, more);
  const ended = { code: null as number | null, stdout: '', stderr: '' };
  child.stdout?.on('data', (bytes: Buffer) => (ended.stdout += bytes.toString()));
  child.stderr?.on('data', (bytes: Buffer) => (ended.stderr += bytes.toString()));
  child.stdin?.end(input);
  [ended.code] = (await once(child, 'close')) as [number | null];
  return ended;
}

type Report = Omit<Outcome, 'outcome'> & {
  matched: boolean;
  trace: TraceEntry[];
  outcome: string;
  tries: number;
};

function reportOf({ stdout }: Ended): Report {
  return JSON.parse(stdout) as Report;
}

describe('a project by itself', () => {
  it('has the effects of its rule on a mail, and says what it did', async () => {
    const ended = await main(['mail.eml', '--json']);
    assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    assert.equal(http.requests[0]?.body, '{"number":"1042","total":1204.50}');
    assert.match(smtp.mails[0]?.raw ?? '', /^Subject: Invoice 1042 filed\r$/m);
    assert.match(smtp.mails[0]?.raw ?? '', /acme\.com: Dear <you>,/);
    assert.deepEqual(await query('select number, total::text from invoices'), [
      { number: '1042', total: '1204.50' },
    ]);
    const { matched, trace, extracted, actions, outcome } = reportOf(ended);
    assert.equal(matched, true);
    assert.equal(outcome, 'success');
    assert.deepEqual(extracted, { number: '1042', total: '1204.50', vendor: 'acme.com' });
    assert.deepEqual(
      trace.map(({ line, seen, verdict }) => [line, seen, verdict]),
      [
        [2, 'billing@acme.com', true],
        [3, 'Invoice INV-1042 €', true],
        [4, 'email', false],
        [4, 'email', false],
      ],
    );
    assert.deepEqual(
      actions.map(({ order, actionType, status }) => [order, actionType, status]),
      [
        [0, 'webhook', 'success'],
        [1, 'email', 'success'],
        [2, 'database', 'success'],
      ],
    );
    assert.deepEqual(actions[0]?.output, { status: 200, body: { ok: true } });
  });

  it('uses the same idempotency keys for the same mail, and others for another', async () => {
    await main(['mail.eml']);
    await main(['-'], {}, MAIL);
    await main(['-'], {}, MAIL.replace('Thanks', 'Cheers'));
    const keys = http.requests.map(({ headers }) => headers['idempotency-key']);
    assert.equal(keys.length, 3);
    assert.match(String(keys[0]), /^[0-9a-f]{64}$/);
    assert.equal(keys[0], keys[1]);
    assert.notEqual(keys[0], keys[2]);
    assert.notEqual(/X-Msghub-Key: (\S+)/.exec(smtp.mails[0]?.raw ?? '')?.[1], keys[0]);
  });

  it('tells a person everything, in order', async () => {
    const { code, stdout } = await main(['--message', 'mail.eml', '--dry-run']);
    assert.equal(code, 0);
    const wanted = [
      /yes {2}line 2: from endsWith "@acme\.com": saw "billing@acme\.com"/,
      /NO {3}line 4: channel equals "webhook": saw "email"/,
      /number: 1042\n {2}total: 1204\.50/,
      /1\. POST http:\/\/127\.0\.0\.1:\d+: would be done\n(?: {5}.*\n)* {5}body: \{"number":"1042","total":1204\.50\}/,
      /2\. Office mail: mail to ap@example\.com: would be done\n {5}connection: Office mail/,
      / {5}text:\n {7}\| acme\.com: Dear <you>,\n {7}\| \n {7}\| Total: \$1,204\.50\n {7}\| Thanks/,
      /3\. ERP: insert: would be done/,
      /Outcome: dry run, nothing was done/,
    ];
    let rest = stdout;
    for (const pattern of wanted) {
      assert.match(rest, pattern, stdout);
      rest = rest.slice(rest.search(pattern));
    }
    assert.equal(http.requests.length + smtp.mails.length, 0, 'a dry run does nothing');
    assert.deepEqual(await query('select * from invoices'), []);
  });

  it('does nothing when the rule does not match, which is no failure', async () => {
    const { code, stdout } = await main(['-'], {}, MAIL.replace('billing@acme.com', 'a@b.c'));
    assert.equal(code, 0);
    assert.match(stdout, /NO {3}line 2: from endsWith "@acme\.com": saw "a@b\.c"/);
    assert.match(stdout, /The rule does not match; nothing was done\./);
    assert.equal(http.requests.length, 0);
  });

  it('stops at a failure with code 1, without a word of a password', async () => {
    const ERP_URL = 'postgres://hub:wr0ng-pa55@127.0.0.1:1/hub';
    const ended = await main(['mail.eml', '--json'], { ERP_URL });
    assert.equal(ended.code, 1);
    const { outcome, error } = reportOf(ended);
    assert.equal(outcome, 'failed');
    assert.equal(error?.code, 'connect_failed');
    assert.ok(!(ended.stdout + ended.stderr).includes('wr0ng'));
  });

  it('tries again as the rule says, without doing twice what was done', async () => {
    let refusals = 2;
    http.answer((response, { path }) => {
      const isRefused = path === '/invoices' && refusals-- > 0;
      response.writeHead(isRefused ? 503 : 200).end('no');
    });
    const ended = await main(['mail.eml', '--retry', '--json']);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /^Trying again in 1 s: POST .* answered 503/);
    const { outcome, tries, actions, error } = reportOf(ended);
    assert.deepEqual([outcome, tries, error], ['success', 3, undefined]);
    assert.deepEqual(
      actions.map(({ order, status }) => [order, status]),
      [
        [0, 'failed'],
        [0, 'failed'],
        [0, 'success'],
        [1, 'success'],
        [2, 'success'],
      ],
    );
    const keys = http.requests.map(({ headers }) => headers['idempotency-key']);
    assert.equal(new Set(keys).size, 1);
    assert.equal(http.requests.length, 3);

    refusals = 1;
    const ERP_URL = 'postgres://hub:x@127.0.0.1:1/hub';
    http.requests.length = 0;
    const never = await main(['mail.eml', '--retry', '--json'], { ERP_URL });
    assert.equal(never.code, 1);
    assert.equal(reportOf(never).tries, 3);
    assert.deepEqual(
      http.requests.map(({ path }) => path),
      ['/invoices', '/invoices', '/failed'],
    );
    assert.equal(smtp.mails.length, 2, 'one for each of the two runs');
    http.answer((response) => response.end('{"ok":true}'));
  });

  it('does what the rule has for its failure, after the last try', async () => {
    http.answer((response, { path }) => response.writeHead(path === '/failed' ? 200 : 400).end());
    const ended = await main(['mail.eml', '--retry']);
    http.answer((response) => response.end('{"ok":true}'));
    assert.equal(ended.code, 1);
    assert.match(
      ended.stdout,
      /If it fails\n {2}4\. webhook: not done.*\n {2}5\. POST .*: success/,
    );
    assert.deepEqual(
      http.requests.map(({ path }) => path),
      ['/invoices', '/failed'],
    );
    const { number, error } = JSON.parse(http.requests[1]?.body ?? '') as Record<string, object>;
    assert.equal(number, '1042');
    assert.deepEqual(Object.keys(error ?? {}), ['code', 'message', 'step']);
    assert.match(JSON.stringify(error), /"http_400".*answered 400.*"step":1/);
  });

  it('shows which conditions hold, and does no more', async () => {
    writeFileSync(join(folder, 'note.sms'), 'From: +4930123\nTo: +33\n\nTotal: 5\n');
    const { code, stdout } = await main(['note.sms', '--trace']);
    assert.equal(code, 0);
    assert.match(stdout, /yes {2}line 5: from startsWith "\+33" or "\+49": saw "\+4930123"/);
    assert.match(stdout, /\nThe rule matches\.\n$/);
    const json = await main(['mail.eml', '--trace', '--json']);
    assert.equal(reportOf(json).matched, true);
    assert.equal(http.requests.length + smtp.mails.length, 0);
    assert.equal(reportOf(await main(['note.sms', '--json', '--dry-run'])).extracted.total, '5');
  });

  it('names the variable of a connection that is not set', async () => {
    const ended = await main(['mail.eml', '--json'], { OFFICE_MAIL_URL: '' });
    assert.equal(ended.code, 0, 'the step may fail');
    const { actions } = reportOf(ended);
    assert.equal(actions[1]?.status, 'failed');
    assert.match(actions[1].error?.message ?? '', /environment variable OFFICE_MAIL_URL/);
  });

  it('takes a parsed message and a webhook body as well', async () => {
    const parsed = { id: 'm1', channelId: 'c', channelType: 'webhook', receivedAt: '', from: '' };
    const message = { ...parsed, body: 'Total: 7', timestamp: '', payload: { kind: 'Invoice' } };
    const first = await main(['-', '--parsed', '--json'], {}, JSON.stringify(message));
    assert.deepEqual(reportOf(first).extracted, { number: 'none', total: '7', vendor: '' });
    writeFileSync(join(folder, 'body.json'), '{"kind":"invoice","note":"Total: 8"}');
    const second = await main(['body.json', '--json', '--dry-run']);
    assert.equal(reportOf(second).extracted.total, '8');
  });

  it('guards the private network when it is told to', async () => {
    const guarded = await main(['mail.eml', '--json'], { MSGHUB_EGRESS: 'guard' });
    assert.equal(guarded.code, 1);
    assert.equal(reportOf(guarded).error?.code, 'egress_denied');
    const allow = `127.0.0.1:${String(http.port)}`;
    const allowed = { MSGHUB_EGRESS: 'guard', MSGHUB_EGRESS_ALLOW: allow };
    assert.equal((await main(['mail.eml'], allowed)).code, 0);
  });

  it('runs its examples, with code 7 when one fails', async () => {
    const { code, stdout } = await main(['--examples']);
    assert.equal(code, 7);
    assert.match(stdout, /^pass {2}good\nFAIL {2}bad\n {6}line 31: The rule does not match/);
    const json = JSON.parse((await main(['--examples', '--json'])).stdout) as {
      examples: { pass: boolean }[];
    };
    assert.deepEqual(
      json.examples.map(({ pass }) => pass),
      [true, false],
    );
    assert.equal(http.requests.length, 0);
  });

  it('says how it is used when it is used wrongly', async () => {
    for (const args of [[], ['--nonsense'], ['a', 'b'], ['not-there.eml'], ['--serve', 'x']]) {
      const { code, stderr, stdout } = await main(args);
      assert.equal(code, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.notEqual(stderr, '');
    }
    const help = await main(['--help']);
    assert.equal(help.code, 0);
    assert.match(help.stdout, /--dry-run/);
  });
});

describe('a project as a server', () => {
  it('takes webhooks on this machine', async () => {
    const child = startMain(['--serve', '0']);
    let said = '';
    child.stdout?.on('data', (bytes: Buffer) => (said += bytes.toString()));
    const url = await until('the server', () => /http:\S+/.exec(said)?.[0]);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const post = async (body: string, headers = {}): Promise<[number, Report]> => {
      const response = await fetch(url, { method: 'POST', body, headers });
      return [response.status, (await response.json()) as Report];
    };

    const [status, report] = await post('{"kind":"invoice","text":"Total: 9"}');
    assert.equal(status, 200);
    assert.equal(report.extracted.total, '9');
    assert.equal((await post('{"kind":"other"}'))[1].outcome, 'no match');
    assert.equal((await post('no JSON'))[1].outcome, 'no match');

    await post('{"kind":"invoice","n":1}', { 'webhook-id': 'w1' });
    await post('{"kind":"invoice","n":2}', { 'webhook-id': 'w1' });
    const keys = http.requests.map(({ headers }) => headers['idempotency-key']);
    assert.equal(keys[1], keys[2], 'the id of the webhook is its identity');

    http.answer((response) => response.writeHead(404).end());
    assert.equal((await post('{"kind":"invoice"}'))[0], 500);
    http.answer((response) => response.end('{"ok":true}'));

    // Two calls wait for each other, so that they are open at once however slow the machine is.
    const open: ServerResponse[] = [];
    let most = 0;
    http.answer((response) => {
      most = Math.max(most, open.push(response));
      if (open.length !== 2) return;
      setTimeout(() => {
        for (const each of open.splice(0)) each.end('{"ok":true}');
      }, 60);
    });
    const bodies = Array.from({ length: 6 }, (_, n) => `{"kind":"invoice","at":${String(n)}}`);
    const answers = await Promise.all(bodies.map((body) => post(body)));
    assert.deepEqual(new Set(answers.map(([code]) => code)), new Set([200]));
    assert.equal(most, 2, 'not more at a time than the rule says');
    http.answer((response) => response.end('{"ok":true}'));

    assert.equal((await post('x'.repeat(1024 * 1024 + 1)))[0], 413);
    assert.equal((await fetch(url)).status, 405);

    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
});
