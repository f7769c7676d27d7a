// "If it fails" and "Settings" with a real hub: how often, what comes after the last try, how long
// one try may take, how many run at once. What is left when the hub is killed in between is done once.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { startHttpSink } from '../servers/http-sink.ts';
import { startSmtpSink } from '../servers/smtp-sink.ts';
import { freePort } from '../servers/support.ts';
import {
  addMailServer,
  addRule,
  addWebhook,
  deliver,
  executionsOf,
  finalExecution,
} from './fixtures.ts';
import type { Execution } from './fixtures.ts';
import { Hub, Scope, waitFor } from './harness.ts';

interface Failed extends Execution {
  failure?: {
    failedAt: string;
    status: string;
    firstOrder: number;
    tries: number;
    error?: { code: string; message: string };
  };
  logs: string[];
}

function rule(channel: string, url: string, sections: string[]): string {
  return [
    `# Call ${channel}\n\n## When\n\n- a webhook arrives at **${channel}**\n`,
    '## Extract\n\n- number: json `number`\n',
    `## Do\n\n1. Send webhook POST to <${url}>:\n`,
    '   ```json\n   {"number": {{number}}}\n   ```\n',
    ...sections,
  ].join('\n');
}

const local = (...ports: number[]): string[] => ports.map((port) => `127.0.0.1:${String(port)}`);

async function failed(hub: Hub, messageId: string): Promise<Failed> {
  return (await finalExecution(hub, messageId)) as Failed;
}

const answerWith = (status: number) => (response: ServerResponse) => {
  response.writeHead(status).end();
};

void test('a target that stays down: as many retries as the rule says, then one mail', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const smtp = await scope.use(startSmtpSink());
  const hub = await Hub.start(scope, { egressAllow: local(sink.port, smtp.port) });
  await addMailServer(hub, smtp.port, 'Office mail');
  const channel = await addWebhook(hub, 'Orders');
  await addRule(
    hub,
    rule('Orders', `${sink.url}/orders`, [
      '## If it fails\n',
      '- retry 3 times over 2 seconds',
      '- then email "ops@example.com" with subject "Order {{number}} failed"\n',
      '  > Step {{error.step}}: {{error.code}}: {{error.message}}\n',
      `- then send webhook POST to <${sink.url}/told>`,
    ]),
  );
  sink.answer((response, { path }) => response.writeHead(path === '/told' ? 200 : 503).end());
  const began = performance.now();
  const execution = await failed(hub, await deliver(channel, { number: 17 }));
  assert.ok(performance.now() - began >= 1_800, 'the retries are spread over the time');

  const calls = sink.requests.filter(({ path }) => path === '/orders');
  assert.equal(calls.length, 4);
  assert.equal(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size, 1);
  assert.equal(execution.status, 'failed');
  assert.equal(execution.tries, 4);
  assert.equal(execution.error?.code, 'http_503');
  assert.deepEqual(
    execution.actionResults.map(({ order, actionType, status }) => [order, actionType, status]),
    [
      [0, 'webhook', 'failed'],
      [1, 'email', 'success'],
      [2, 'webhook', 'success'],
    ],
  );
  assert.equal(execution.failure?.status, 'failed');
  assert.equal(execution.failure.firstOrder, 1);
  assert.equal(execution.failure.tries, 1);
  assert.equal(execution.failure.error, undefined);
  assert.equal(new Set(execution.attempts.map(({ idempotencyKey }) => idempotencyKey)).size, 3);

  const [mail, ...otherMails] = smtp.mails;
  assert.ok(mail);
  assert.deepEqual(otherMails, []);
  assert.deepEqual(mail.to, ['ops@example.com']);
  assert.match(mail.raw, /^Subject: Order 17 failed/m);
  assert.match(mail.raw, /Step 1: http_503: /);
  const told = JSON.parse(sink.requests.at(-1)?.body ?? '') as Record<string, unknown>;
  assert.equal(told.rule, 'Call Orders');
  assert.equal(told.message, execution.messageId);
  assert.partialDeepStrictEqual(told.error, { code: 'http_503', step: 1 });
});

void test('a value that is missing: told of without any retry, and with what is known', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const smtp = await scope.use(startSmtpSink());
  const hub = await Hub.start(scope, { egressAllow: local(sink.port, smtp.port) });
  await addMailServer(hub, smtp.port, 'Office mail');
  const channel = await addWebhook(hub, 'Orders');
  await addRule(
    hub,
    rule('Orders', `${sink.url}/orders`, [
      '## If it fails\n',
      '- retry 5 times over an hour',
      '- then email "ops@example.com"\n',
    ]),
  );
  const execution = await failed(hub, await deliver(channel, { other: 1 }));
  assert.equal(execution.status, 'failed');
  assert.equal(execution.tries, 1);
  assert.equal(execution.error?.code, 'extract_missing');
  assert.deepEqual(sink.requests, []);
  const [mail] = smtp.mails;
  assert.match(mail?.raw ?? '', /^Subject: Rule failed: Call Orders/m);
  assert.match(mail?.raw ?? '', /Code: extract_missing/);
});

void test('the hub is killed between the failure and the mail: one mail, and no further try of the rule', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const mailPort = await freePort();
  const hub = await Hub.start(scope, {
    egressAllow: local(sink.port, mailPort),
    settings: { MSGHUB_RETRY_BASE_MS: '500', MSGHUB_RETRY_TRIES: '20' },
  });
  await addMailServer(hub, mailPort, 'Office mail');
  const channel = await addWebhook(hub, 'Orders');
  await addRule(
    hub,
    rule('Orders', `${sink.url}/orders`, [
      '## If it fails\n',
      '- do not retry',
      '- then email "ops@example.com"\n',
    ]),
  );
  sink.answer(answerWith(503));
  const id = await deliver(channel, { number: 1 });
  const waiting = await waitFor('the mail to be refused', async () => {
    const [execution] = (await executionsOf(hub, id)) as Failed[];
    return execution?.failure?.error ? execution : undefined;
  });
  assert.equal(waiting.status, 'running');
  await hub.kill9();
  const smtp = await scope.use(startSmtpSink({ port: mailPort }));
  await hub.boot();
  const execution = await failed(hub, id);
  assert.equal(execution.status, 'failed');
  assert.equal(execution.tries, 1);
  assert.equal(execution.error?.code, 'http_503');
  assert.equal(execution.failure?.failedAt, waiting.failure?.failedAt);
  assert.ok((execution.failure?.tries ?? 0) > 1);
  assert.equal(sink.requests.length, 1);
  assert.equal(smtp.mails.length, 1);
  assert.deepEqual(
    new Set(execution.attempts.filter(({ order }) => order === 1).map((x) => x.idempotencyKey))
      .size,
    1,
  );
});

void test('a mail that is refused for good is on record, and what comes after it is done', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const smtp = await scope.use(startSmtpSink());
  const hub = await Hub.start(scope, { egressAllow: local(sink.port, smtp.port) });
  await addMailServer(hub, smtp.port, 'Office mail');
  const channel = await addWebhook(hub, 'Orders');
  await addRule(
    hub,
    rule('Orders', `${sink.url}/orders`, [
      '## If it fails\n',
      '- then email "status-550@example.com"',
      `- then send webhook POST to <${sink.url}/told>\n`,
    ]),
  );
  sink.answer((response, { path }) => response.writeHead(path === '/told' ? 200 : 400).end());
  const execution = await failed(hub, await deliver(channel, { number: 1 }));
  assert.equal(execution.status, 'failed');
  assert.equal(execution.error?.code, 'http_400');
  assert.match(execution.failure?.error?.message ?? '', /550/);
  assert.ok(execution.logs.some((line) => line.startsWith('If it fails: ')));
  assert.deepEqual(
    execution.actionResults.map(({ status }) => status),
    ['failed', 'failed', 'success'],
  );
  assert.equal(sink.requests.length, 2);
});

void test('a time limit of the rule ends a try before the hub would', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const hub = await Hub.start(scope, { egressAllow: local(sink.port) });
  const channel = await addWebhook(hub, 'Orders');
  await addRule(
    hub,
    rule('Orders', `${sink.url}/orders`, [
      '## If it fails\n\n- never retry\n',
      '## Settings\n\n- time limit: 1 second\n',
    ]),
  );
  sink.answer(() => undefined);
  const execution = await failed(hub, await deliver(channel, { number: 1 }));
  assert.equal(execution.error?.code, 'deadline');
  assert.match(execution.error.message, /1000 ms/);
  assert.equal(execution.tries, 1);
  assert.equal(execution.failure, undefined);
});

void test('one at a time: others of the rule wait, other rules do not', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const hub = await Hub.start(scope, {
    egressAllow: local(sink.port),
    settings: { MSGHUB_WORKERS_COUNT: '4' },
  });
  const narrow = await addWebhook(hub, 'Narrow');
  const wide = await addWebhook(hub, 'Wide');
  await addRule(hub, rule('Narrow', `${sink.url}/narrow`, ['## Settings\n\n- one at a time\n']));
  await addRule(hub, rule('Wide', `${sink.url}/wide`, []));
  let open = 0;
  let most = 0;
  const held: (() => void)[] = [];
  sink.answer((response, { path }) => {
    if (path === '/wide') {
      response.end();
      return;
    }
    most = Math.max(most, ++open);
    held.push(() => {
      open--;
      response.end();
    });
  });
  const ids: string[] = [];
  // More than the hub runs at once.
  for (let number = 0; number < 12; number++) ids.push(await deliver(narrow, { number }));
  await waitFor('the first call', () => held[0]);
  const other = await finalExecution(hub, await deliver(wide, { number: 0 }));
  assert.equal(other.status, 'success');
  assert.equal(held.length, 1, 'the others of the rule still wait');
  const letGo = setInterval(() => held.shift()?.(), 20);
  scope.after(() => {
    clearInterval(letGo);
    return undefined;
  });
  for (const id of ids) assert.equal((await finalExecution(hub, id)).status, 'success');
  assert.equal(most, 1);
  assert.equal(sink.requests.filter(({ path }) => path === '/narrow').length, 12);
});
