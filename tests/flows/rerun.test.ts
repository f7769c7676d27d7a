// Running a failed execution again once its cause is mended: by hand, many at once, with a mended
// rule, and with hubs that are killed meanwhile. What was done is never done twice.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { startHttpSink } from '../servers/http-sink.ts';
import type { HttpSink } from '../servers/http-sink.ts';
import { startAwsHome } from './aws.ts';
import {
  addRule,
  addWebhook,
  deliver,
  executionsOf,
  finalExecution,
  message,
  settled,
  untilKnown,
} from './fixtures.ts';
import type { Attempt, Execution } from './fixtures.ts';
import { Hub, Scope, waitFor } from './harness.ts';

interface Retried extends Execution {
  ruleVersion: number;
  logs: string[];
  retries?: {
    at: string;
    by: string;
    status: string;
    ruleVersion: number;
    tries: number;
    error?: { code: string };
  }[];
}

const call = (order: number, url: string): string =>
  `${String(order)}. Send webhook POST to <${url}>:\n\n   \`\`\`json\n   {"number": {{number}}}\n   \`\`\`\n`;

function ruleOf(name: string, urls: string[], sections = '', field = 'number'): string {
  return [
    `# ${name}\n\n## When\n\n- a webhook arrives at **Orders**\n`,
    `## Extract\n\n- number: json \`${field}\`\n`,
    `## Do\n\n${urls.map((url, at) => call(at + 1, url)).join('\n')}`,
    sections,
  ].join('\n');
}

const tell = (sink: HttpSink): string =>
  `## If it fails\n\n- never retry\n- then send webhook POST to <${sink.url}/told>\n`;

const requestsAt = (sink: HttpSink, path: string): HttpSink['requests'] =>
  sink.requests.filter((request) => request.path === path);
const keysAt = (sink: HttpSink, path: string): Set<unknown> =>
  new Set(requestsAt(sink, path).map(({ headers }) => headers['idempotency-key']));
const of = (execution: Execution, order: number): Attempt[] =>
  execution.attempts.filter((attempt) => attempt.order === order);

const retry = async (hub: Hub, id: string, body?: unknown) =>
  await hub.api('POST', `/v1/executions/${id}:retry`, body);

async function retried(hub: Hub, execution: Execution, body?: unknown): Promise<Retried> {
  const reply = await retry(hub, execution.id, body);
  assert.equal(reply.status, 202, reply.text);
  assert.equal((reply.json() as Execution).status, 'running');
  return (await finalExecution(hub, execution.messageId)) as Retried;
}

async function conflict(hub: Hub, id: string, why: RegExp, body?: unknown): Promise<void> {
  const reply = await retry(hub, id, body);
  assert.equal(reply.status, 409, reply.text);
  const problem = reply.json() as { code: string; detail: string };
  assert.equal(problem.code, 'conflict');
  assert.match(problem.detail, why);
}

/** A hub with the channel Orders and a sink that its rules may call. */
async function start(scope: Scope, settings: Record<string, string> = {}) {
  const sink = await scope.use(startHttpSink());
  const hub = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(sink.port)}`],
    settings,
  });
  return { sink, hub, orders: await addWebhook(hub, 'Orders') };
}

/** Paths that answer 400, for good. */
const broken =
  (...paths: string[]) =>
  (response: ServerResponse, { path }: { path: string }): void => {
    response.writeHead(paths.includes(path) ? 400 : 200).end();
  };

void test('what is done stays done, each failure is told of, and counters count once', async (context) => {
  const scope = Scope.of(context);
  const { sink, hub, orders } = await start(scope);
  const ruleId = await addRule(
    hub,
    ruleOf('Pass on', [`${sink.url}/first`, `${sink.url}/second`], tell(sink)),
  );
  const counters = async (): Promise<unknown> => {
    const rule = await hub.get<Record<string, unknown>>(`/v1/rules/${ruleId}`);
    return [rule.executionCount, rule.errorCount];
  };
  sink.answer(broken('/second'));
  const id = await deliver(orders, { number: 7 });
  const failed = await finalExecution(hub, id);
  assert.equal(failed.status, 'partial');
  assert.deepEqual(await counters(), [1, 1]);

  const again = await retried(hub, failed);
  assert.equal(again.status, 'partial');
  assert.equal(again.error?.code, 'http_400');
  assert.equal(requestsAt(sink, '/told').length, 2, 'a new failure is a new failure');
  assert.equal(keysAt(sink, '/told').size, 2, 'which a target must not take for a repeat');
  assert.deepEqual(await counters(), [1, 1]);
  const shown = await hub.run('execution', 'show', failed.id);
  assert.match(shown.stdout, /run again +once, \S+ by owner, after http_400/);

  sink.answer(broken());
  const { stdout } = await hub.run('execution', 'retry', failed.id);
  assert.match(stdout, /runs again with version 1 of its rule/);
  const mended = (await finalExecution(hub, id)) as Retried;
  assert.equal(mended.status, 'success');
  assert.equal(mended.error, undefined);
  assert.deepEqual(
    mended.actionResults.map(({ order, status }) => [order, status]),
    [
      [0, 'success'],
      [1, 'success'],
    ],
  );
  assert.equal(requestsAt(sink, '/first').length, 1);
  assert.deepEqual([requestsAt(sink, '/second').length, keysAt(sink, '/second').size], [3, 1]);
  assert.deepEqual(
    of(mended, 1).map(({ attempt, status }) => [attempt, status]),
    [
      [1, 'failed'],
      [2, 'failed'],
      [3, 'success'],
    ],
  );
  assert.deepEqual(
    mended.retries?.map(({ by, status, tries, error }) => [by, status, tries, error?.code]),
    [
      ['owner', 'partial', 1, 'http_400'],
      ['owner', 'partial', 2, 'http_400'],
    ],
  );
  assert.equal((await message(hub, id)).status, 'processed');
  assert.deepEqual(await counters(), [1, 1]);
  const traced = await hub.run('message', 'trace', id);
  assert.match(traced.stdout, /run again 2 times, the last \S+ by owner, after http_400/);

  await conflict(hub, failed.id, /it ended with success/);
  const refused = await hub.run('execution', 'retry', failed.id);
  assert.equal(refused.code, 5);
  assert.equal((await retry(hub, 'nothing')).status, 404);
  assert.equal((await retry(hub, failed.id, { version: 'newest' })).status, 400);
});

void test('a run of its own: as many tries as the first time', async (context) => {
  const scope = Scope.of(context);
  const { sink, hub, orders } = await start(scope, {
    MSGHUB_RETRY_BASE_MS: '20',
    MSGHUB_RETRY_TRIES: '3',
  });
  await addRule(hub, ruleOf('Pass on', [`${sink.url}/only`]));
  sink.answer((response) => response.writeHead(503).end());
  const failed = await finalExecution(hub, await deliver(orders, { number: 1 }));
  assert.deepEqual([failed.status, failed.tries], ['failed', 3]);
  // The sender of two requests at once gets one run.
  const answers = await Promise.all([retry(hub, failed.id), retry(hub, failed.id)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 409]);
  const again = (await finalExecution(hub, failed.messageId)) as Retried;
  assert.deepEqual([again.status, again.tries, again.retries?.length], ['failed', 6, 1]);
  assert.equal(requestsAt(sink, '/only').length, 6);
  assert.equal(keysAt(sink, '/only').size, 1);
});

void test('many at once: of a rule, of a time, and only what failed', async (context) => {
  const scope = Scope.of(context);
  const { sink, hub, orders } = await start(scope);
  await addRule(hub, ruleOf('Pass on', [`${sink.url}/a`]));
  await addRule(hub, ruleOf('Other', [`${sink.url}/b`]));
  sink.answer(broken('/a'));
  const ids: string[] = [];
  for (let number = 0; number < 5; number++) ids.push(await deliver(orders, { number }));
  for (const id of ids) assert.equal((await settled(hub, id)).status, 'failed');
  sink.answer(broken());

  const none = await hub.run('execution', 'retry');
  assert.equal(none.code, 2);
  assert.match(none.stderr, /say which/);
  assert.equal((await hub.run('execution', 'retry', 'ID', '--rule', 'Other')).code, 2);
  const wrong = await hub.run('execution', 'retry', '--since', 'yesterday');
  assert.equal(wrong.code, 2);
  const select = async (...args: string[]): Promise<number[]> => {
    const sum = await hub.cli<{ retried: string[]; skipped: unknown[] }>(
      ...['execution', 'retry', ...args],
    );
    return [sum.retried.length, sum.skipped.length];
  };
  assert.deepEqual(await select('--rule', 'Pass on', '--dry-run'), [5, 0]);
  assert.deepEqual(await select('--rule', 'Other'), [0, 0]);
  assert.deepEqual(await select('--status', 'partial'), [0, 0]);
  assert.deepEqual(await select('--status', 'failed', '--since', '2999-01-01'), [0, 0]);
  assert.equal(sink.requests.length, 10, 'nothing has run again so far');

  const [first] = ids;
  assert.ok(first);
  assert.deepEqual(await select('--message', first), [1, 0]);
  await settled(hub, first);
  const { stdout } = await hub.run('execution', 'retry', '--rule', 'Pass on');
  assert.equal(stdout.match(/^retried /gm)?.length, 4);
  assert.match(stdout, /^4 run again, 0 skipped$/m);
  for (const id of ids) assert.equal((await settled(hub, id)).status, 'processed');
  assert.deepEqual(await select('--rule', 'Pass on'), [0, 0]);
  assert.equal(requestsAt(sink, '/a').length, 10);
  assert.equal(requestsAt(sink, '/b').length, 5);
});

void test('a mended rule helps where nothing was done, and is refused where something was', async (context) => {
  const scope = Scope.of(context);
  const { sink, hub, orders } = await start(scope);
  const urls = [`${sink.url}/first`, `${sink.url}/second`];
  const ruleId = await addRule(hub, ruleOf('Pass on', urls, '', 'amount'));
  const unread = await finalExecution(hub, await deliver(orders, { number: 1 }));
  assert.equal(unread.error?.code, 'extract_missing');
  sink.answer(broken('/second'));
  const half = await finalExecution(hub, await deliver(orders, { number: 2, amount: 2 }));
  assert.equal(half.status, 'partial');

  const put = await hub.api('PUT', `/v1/rules/${ruleId}`, { markdown: ruleOf('Pass on', urls) });
  assert.equal(put.status, 200, put.text);
  sink.answer(broken());
  const pinned = await retried(hub, unread);
  assert.deepEqual([pinned.error?.code, pinned.ruleVersion], ['extract_missing', 1]);
  await conflict(hub, half.id, /only version 1 of the rule/, { version: 'active' });
  const sum = await hub.cli<{ retried: string[]; skipped: { id: string }[] }>(
    ...['execution', 'retry', '--rule', 'Pass on', '--latest'],
  );
  assert.deepEqual([sum.retried, sum.skipped.map(({ id }) => id)], [[unread.id], [half.id]]);
  const mended = (await finalExecution(hub, unread.messageId)) as Retried;
  assert.deepEqual([mended.status, mended.ruleVersion], ['success', 2]);
  assert.deepEqual(
    mended.retries?.map(({ ruleVersion }) => ruleVersion),
    [1, 1],
  );
  assert.equal((await retried(hub, half)).status, 'success');
  assert.equal(requestsAt(sink, '/first').length, 2);

  // Without its rule nothing can run.
  sink.answer(broken('/first'));
  const lost = await finalExecution(hub, await deliver(orders, { number: 3 }));
  assert.equal((await hub.api('DELETE', `/v1/rules/${ruleId}`)).status, 204);
  await conflict(hub, lost.id, /its rule has been deleted/);
});

void test('while another rule still waits with the same message', async (context) => {
  const scope = Scope.of(context);
  const { sink, hub, orders } = await start(scope, { MSGHUB_RETRY_BASE_MS: '3000' });
  await addRule(hub, ruleOf('Broken', [`${sink.url}/broken`]));
  await addRule(hub, ruleOf('Busy', [`${sink.url}/busy`]));
  let busy = 503;
  sink.answer((response, { path }) => response.writeHead(path === '/busy' ? busy : 400).end());
  const id = await deliver(orders, { number: 1 });
  const failed = await waitFor('one to fail and one to wait', async () => {
    const all = await executionsOf(hub, id);
    const waits = all.some((execution) => execution.status === 'running' && execution.tries > 0);
    return waits ? all.find((execution) => execution.status === 'failed') : undefined;
  });
  sink.answer((response, { path }) => response.writeHead(path === '/busy' ? busy : 200).end());
  assert.equal((await retry(hub, failed.id)).status, 202);
  const mended = await waitFor('it to end', async () => {
    const now = await hub.get<Execution>(`/v1/executions/${failed.id}`);
    return now.status === 'running' ? undefined : now;
  });
  assert.equal(mended.status, 'success');
  assert.equal((await message(hub, id)).status, 'pending', 'the other one still waits');
  busy = 200;
  assert.equal((await settled(hub, id)).status, 'processed');
  assert.equal(requestsAt(sink, '/broken').length, 2);
});

void test('the hub is killed in the middle of the run', async (context) => {
  const scope = Scope.of(context);
  const { sink, hub, orders } = await start(scope);
  await addRule(hub, ruleOf('Pass on', [`${sink.url}/first`, `${sink.url}/second`]));
  sink.answer(broken('/second'));
  const failed = await finalExecution(hub, await deliver(orders, { number: 1 }));
  sink.answer((response, { path }) => {
    if (path !== '/second') response.end();
  });
  assert.equal((await retry(hub, failed.id)).status, 202);
  await waitFor('the second action to be under way', () => requestsAt(sink, '/second')[1]);
  await hub.kill9();
  sink.answer(broken());
  await hub.boot();
  const ended = (await finalExecution(hub, failed.messageId)) as Retried;
  assert.equal(ended.status, 'success');
  assert.equal(ended.retries?.length, 1);
  assert.equal(requestsAt(sink, '/first').length, 1);
  assert.equal(of(ended, 0).length, 1);
  assert.deepEqual(
    of(ended, 1).map(({ status }) => status),
    ['failed', 'unknown', 'success'],
  );
  assert.equal(keysAt(sink, '/second').size, 1);
});

void test('in a fleet: run again by one hub, and ended by another when that is killed', async (context) => {
  const scope = Scope.of(context);
  const { settings } = await startAwsHome(scope);
  const { sink, hub: first, orders } = await start(scope, settings);
  const second = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(sink.port)}`],
    settings,
  });
  const rule = ruleOf('Pass on', [`${sink.url}/first`, `${sink.url}/second`]);
  await untilKnown(second, orders, await addRule(first, rule));
  sink.requests.length = 0;
  sink.answer(broken('/second'));
  const failed = await finalExecution(first, await deliver(orders, { number: 1 }));
  assert.equal(failed.status, 'partial');
  sink.answer(() => undefined);
  // Two hubs are asked at once: one of them does it.
  const answers = await Promise.all([retry(second, failed.id), retry(first, failed.id)]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [202, 409]);
  await waitFor('the action to be under way', () => requestsAt(sink, '/second')[1]);
  const [doomed, heir] = answers[0].status === 202 ? [second, first] : [first, second];
  await doomed.kill9();
  sink.answer(broken());
  const ended = (await finalExecution(heir, failed.messageId, 600_000)) as Retried;
  assert.equal(ended.status, 'success');
  assert.equal(ended.retries?.length, 1);
  assert.equal(requestsAt(sink, '/first').length, 1);
  assert.deepEqual(
    of(ended, 1).map(({ status }) => status),
    ['failed', 'unknown', 'success'],
  );
  assert.equal(keysAt(sink, '/second').size, 1);
});
