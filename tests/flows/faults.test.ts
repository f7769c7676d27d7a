// What goes wrong around the hub: databases, workers, disks and targets. Each gets a clear end, and
// nobody else has to wait for it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHttpSink } from '../servers/http-sink.ts';
import { startPostgres } from '../servers/postgres.ts';
import type { Postgres } from '../servers/postgres.ts';
import {
  addRule,
  addWebhook,
  deliver,
  executionsOf,
  finalExecution,
  message,
  post,
  query,
  sha256,
} from './fixtures.ts';
import type { Execution } from './fixtures.ts';
import { Hub, Scope, waitFor } from './harness.ts';

const webhookRule = (channel: string, url: string): string =>
  [
    `# Call ${channel}\n\n## When\n\n- a webhook arrives at **${channel}**\n`,
    `## Do\n\n1. Send webhook POST to <${url}>:\n`,
    '   ```json\n   {"id": "{{message.id}}"}\n   ```\n',
  ].join('\n');

const databaseRule = [
  '# Keep\n\n## When\n\n- a webhook arrives at **Rows**\n',
  '## Extract\n\n- number: json `number`\n',
  '## Do\n\n1. In database **Ledger** run:\n',
  '   ```sql\n   insert into rows (number) values (:number)\n   ```\n',
].join('\n');

async function addDatabase(hub: Hub, database: Postgres): Promise<void> {
  const { host, port, user, password, database: name } = database;
  const made = await hub.api('POST', '/v1/connections', {
    service: 'postgres',
    displayName: 'Ledger',
    settings: { host, port, user, database: name },
    credentials: { password },
  });
  assert.equal(made.status, 201, made.text);
}

async function onlyExecution(hub: Hub, messageId: string): Promise<Execution | undefined> {
  const [execution] = await executionsOf(hub, messageId);
  return execution;
}

void test('a database that is down: tried again until it is back', async (context) => {
  const scope = Scope.of(context);
  const database = await scope.use(startPostgres());
  await query(database, 'create table rows (number integer)');
  const hub = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(database.port)}`],
    settings: { MSGHUB_RETRY_BASE_MS: '200', MSGHUB_RETRY_TRIES: '20' },
  });
  await addDatabase(hub, database);
  const channel = await addWebhook(hub, 'Rows');
  await addRule(hub, databaseRule);
  await database.halt();
  const id = await deliver(channel, { number: 7 });
  const waiting = await waitFor('a failed try', async () => {
    const found = await onlyExecution(hub, id);
    return (found?.tries ?? 0) >= 2 ? found : undefined;
  });
  assert.equal(waiting.status, 'running');
  assert.equal(waiting.attempts[0]?.status, 'failed');
  await database.resume();
  const execution = await finalExecution(hub, id);
  assert.equal(execution.status, 'success', JSON.stringify(execution.error));
  assert.deepEqual(await query(database, 'select number from rows'), [{ number: 7 }]);
});

void test('a database that stays down: a failure that says so', async (context) => {
  const scope = Scope.of(context);
  const database = await scope.use(startPostgres());
  const hub = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(database.port)}`],
    settings: { MSGHUB_RETRY_BASE_MS: '20', MSGHUB_RETRY_TRIES: '3' },
  });
  await addDatabase(hub, database);
  const channel = await addWebhook(hub, 'Rows');
  await addRule(hub, databaseRule);
  await database.halt();
  const id = await deliver(channel, { number: 7 });
  const execution = await finalExecution(hub, id);
  assert.equal(execution.status, 'failed');
  assert.equal(execution.tries, 3);
  assert.equal(execution.attempts.length, 3);
  assert.match(execution.error?.message ?? '', /Ledger|127\.0\.0\.1|refused/);
  assert.equal((await message(hub, id)).status, 'failed');
});

void test('a worker that dies in an action: done again, and the doubt is on record', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const hub = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(sink.port)}`],
    settings: { MSGHUB_RETRY_BASE_MS: '20' },
  });
  const channel = await addWebhook(hub, 'Once');
  await addRule(hub, webhookRule('Once', `${sink.url}/once`));
  sink.answer((response) => {
    sink.answer((next) => next.end());
    void hub.workerPids().then((pids) => {
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      response.destroy();
    });
  });
  const execution = await finalExecution(hub, await deliver(channel, {}));
  assert.equal(execution.status, 'success', JSON.stringify(execution.error));
  assert.deepEqual(
    execution.attempts.map(({ status }) => status),
    ['unknown', 'success'],
  );
  assert.equal(sink.requests.length, 2);
  const [first, second] = sink.requests.map(({ headers }) => headers['idempotency-key']);
  assert.equal(first, second);
  assert.equal(first, execution.attempts[0]?.idempotencyKey);
});

void test('a message that kills its worker each time: given up, and the next one runs', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const hub = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(sink.port)}`],
    settings: { MSGHUB_RETRY_BASE_MS: '20', MSGHUB_WORKERS_COUNT: '1' },
  });
  const poison = await addWebhook(hub, 'Poison');
  const plain = await addWebhook(hub, 'Plain');
  await addRule(hub, webhookRule('Poison', `${sink.url}/poison`));
  await addRule(hub, webhookRule('Plain', `${sink.url}/plain`));
  sink.answer((response, request) => {
    if (request.path !== '/poison') {
      response.end();
      return;
    }
    void hub.workerPids().then((pids) => {
      for (const pid of pids) process.kill(pid, 'SIGKILL');
    });
  });
  const bad = await deliver(poison, {});
  const execution = await finalExecution(hub, bad);
  assert.equal(execution.status, 'failed');
  assert.equal(execution.error?.code, 'worker_lost');
  assert.equal(execution.tries, 3);
  const good = await finalExecution(hub, await deliver(plain, {}));
  assert.equal(good.status, 'success', JSON.stringify(good.error));
});

void test('a target that never answers: stopped at the deadline, others do not wait', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const hub = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(sink.port)}`],
    settings: {
      MSGHUB_WORKERS_COUNT: '2',
      MSGHUB_WORKERS_DEADLINE_MS: '10000', // a slow machine has to run the other rule in this time
      MSGHUB_RETRY_TRIES: '1',
    },
  });
  const silent = await addWebhook(hub, 'Silent');
  const plain = await addWebhook(hub, 'Plain');
  await addRule(hub, webhookRule('Silent', `${sink.url}/silent`));
  await addRule(hub, webhookRule('Plain', `${sink.url}/plain`));
  sink.answer((response, request) => {
    if (request.path !== '/silent') response.end();
  });
  const stuck = await deliver(silent, {});
  await waitFor('the call', () => (sink.requests.length > 0 ? true : undefined));
  const good = await finalExecution(hub, await deliver(plain, {}));
  assert.equal(good.status, 'success');
  assert.equal((await onlyExecution(hub, stuck))?.status, 'running');
  const execution = await finalExecution(hub, stuck);
  assert.equal(execution.status, 'failed');
  assert.equal(execution.error?.code, 'deadline');
  assert.deepEqual(
    new Set(execution.attempts.map(({ status }) => status)),
    new Set(['unknown']),
    'it may have had its effect',
  );
});

/** A small disk of the hub's own. Mounting it needs root, as in CI and on a machine made for tests. */
function smallDisk(scope: Scope): {
  data: string;
  reserve: number;
  fill: () => void;
  drain: () => void;
} {
  const folder = scope.folder();
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128m', 'tmpfs', disk]);
  scope.after(() => {
    execFileSync('umount', ['--lazy', disk]);
    return undefined;
  });
  const ballast = join(disk, 'ballast');
  return {
    data: join(disk, 'data'),
    reserve: 32,
    fill: () => {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 16 * 1024 * 1024)));
    },
    drain: () => {
      rmSync(ballast);
    },
  };
}

void test('a disk that is nearly full: no new message is taken, none is lost, and it heals', async (context) => {
  const scope = Scope.of(context);
  const disk = smallDisk(scope);
  const hub = await Hub.start(scope, {
    data: disk.data,
    settings: { MSGHUB_STORE_RESERVE: String(disk.reserve) },
  });
  const channel = await addWebhook(hub, 'Full');
  const kept = JSON.stringify({ kept: 'yes' });
  const id = (await post(channel.url, kept)).json() as { id: string };
  disk.fill();
  const refused = await waitFor('the hub to say so', async () => {
    const reply = await post(channel.url, JSON.stringify({ at: performance.now() }));
    if (reply.status === 202) return undefined;
    assert.equal(reply.status, 503, reply.text);
    const { code } = reply.json() as { code: string };
    return code === 'storage_unavailable' ? reply : undefined;
  });
  assert.equal(refused.headers['content-type'], 'application/problem+json');
  assert.ok(Number(refused.headers['retry-after']) > 0);
  assert.match((refused.json() as { detail: string }).detail, /disk|space|storage/i);
  assert.equal((await hub.api('GET', '/readyz')).status, 503);
  assert.equal((await message(hub, id.id)).metadata.rawSha256, sha256(kept), 'reading goes on');
  disk.drain();
  await waitFor('the hub to take messages again', async () => {
    const reply = await post(channel.url, JSON.stringify({ at: performance.now() }));
    return reply.status === 202 ? true : undefined;
  });
});
