// What can be seen of a hub from outside: its changes, its audit log, its metrics.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { send } from '../aws/client.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startAws } from '../servers/moto.ts';
import { defaultRegion, hubAccount } from '../servers/sigv4-gate.ts';
import { startAwsHome } from './aws.ts';
import { addRule, addWebhook, deliver, finalExecution, settled, sha256 } from './fixtures.ts';
import type { Channel } from './fixtures.ts';
import { Hub, Scope, execute, http, program, sleep, waitFor } from './harness.ts';

interface Change {
  id: string;
  table: string;
  key: { PK: string; SK: string };
  kind: 'insert' | 'modify' | 'remove';
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}
interface ChangePage {
  data: Change[];
  nextCursor: string;
  caughtUp: boolean;
}
interface AuditEntry {
  seq: number;
  at: string;
  actor: string;
  action: string;
  entity: string;
  entityId: string;
  before?: string;
  after?: string;
  previous: string;
  hash: string;
}

const passOn = (url: string): string =>
  [
    '# Pass on\n\n## When\n\n- a webhook arrives at **Orders**\n',
    '## Extract\n\n- number: json `number`\n',
    `## Do\n\n1. Send webhook POST to <${url}/effects>:\n`,
    '   ```json\n   {"number": {{number}}}\n   ```\n',
  ].join('\n');

const parseLines = <T>(text: string): T[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as T);

/** Each change where it comes first. */
const firsts = (changes: Change[]): Change[] => [
  ...new Map(changes.toReversed().map((change) => [change.id, change])).values(),
];

void test('changes --follow loses nothing when it or the hub is killed, and tells no secret', async (context) => {
  const scope = Scope.of(context);
  const hub = await Hub.start(scope, { settings: { MSGHUB_WORKERS_COUNT: '1' } });
  const signed = await addWebhook(hub, 'Signed', { signature: 'standard' });
  assert.ok(signed.secret);
  const connected = await hub.api('POST', '/v1/connections', {
    service: 'postgres',
    displayName: 'Ledger',
    settings: { host: '127.0.0.1', port: 5432, user: 'ledger' },
    credentials: { password: 'a-password-of-a-ledger' },
  });
  assert.equal(connected.status, 201, connected.text);
  const orders = await addWebhook(hub, 'Orders');
  const output = join(scope.folder(), 'export.ndjson');

  const follow = async (): Promise<() => Promise<void>> => {
    const child = spawn(program, ['changes', '--follow', '--output', output, '--data', hub.data], {
      stdio: 'ignore',
    });
    await once(child, 'spawn');
    const closed = once(child, 'close');
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL');
      await closed;
    };
    scope.after(kill);
    return kill;
  };
  const ids: string[] = [];
  for (let round = 0; round < 5; round++) {
    const kill = await follow();
    for (let i = 0; i < 10; i++) ids.push(await deliver(orders, { number: round * 10 + i }));
    await sleep(round * 60);
    await kill();
    // A line that the kill cut short.
    if (round === 2) appendFileSync(output, '{"id":"cut');
    if (round === 3) {
      await hub.kill9();
      await hub.boot();
    }
  }
  await follow();
  // The hub goes while somebody follows, who waits for it.
  await hub.kill9();
  await hub.boot();
  ids.push(await deliver(orders, { number: 50 }));
  for (const id of ids) await settled(hub, id);
  await hub.api('DELETE', `/v1/channels/${signed.id}`);

  const exported = await waitFor('the export to be complete', () => {
    const changes = parseLines<Change>(readFileSync(output, 'utf8'));
    return changes.some((change) => change.kind === 'remove') ? changes : undefined;
  });
  const reference = parseLines<Change>((await hub.run('changes')).stdout);
  assert.deepEqual(
    firsts(exported),
    firsts(reference),
    'the export is what an undisturbed one gives',
  );
  const endOf = (id: string): unknown =>
    exported.findLast((change) => change.key.PK === `MESSAGE#${id}`)?.after?.status;
  for (const id of ids) assert.equal(endOf(id), 'ignored');
  assert.equal(ids.length, 51);

  const text = readFileSync(output, 'utf8');
  const token = new URL(orders.url).pathname.slice('/in/'.length);
  const raw = signed.secret.replace('whsec_', '');
  for (const secret of [raw, token, 'a-password-of-a-ledger', 'owner@localhost', 'msghub2:']) {
    assert.ok(!text.includes(secret), `the export tells ${secret}`);
  }
  const ledger = exported.find((change) => change.table === 'Integrations')?.after;
  assert.equal(ledger?.displayName, 'Ledger');
  assert.equal(ledger.credentials, '[hidden]');
  assert.ok(!/"(GSI1PK|AUDIT)/.test(text));
});

void test('a console waits for changes, and a hub that stops lets it go', async (context) => {
  const scope = Scope.of(context);
  const hub = await Hub.start(scope);
  const orders = await addWebhook(hub, 'Orders');
  const now = await hub.get<ChangePage>('/v1/changes?cursor=now');
  assert.deepEqual(now.data, []);
  const path = `/v1/changes?cursor=${now.nextCursor}&wait=25&table=Messages`;
  const waiting = hub.get<ChangePage>(path);
  await sleep(300);
  const started = performance.now();
  const id = await deliver(orders, { number: 1 });
  const { data } = await waiting;
  assert.ok(performance.now() - started < 20_000, 'the answer comes with the change');
  assert.deepEqual(data.map(({ table, key, kind }) => [table, key.PK, kind])[0], [
    'Messages',
    `MESSAGE#${id}`,
    'insert',
  ]);
  for (const bad of ['wait=26', 'wait=x', 'limit=0', 'table=Nothing', 'cursor=nonsense']) {
    assert.equal((await hub.api('GET', `/v1/changes?${bad}`)).status, 400, bad);
  }
  await settled(hub, id);
  const quiet = await hub.get<ChangePage>(`/v1/changes?cursor=now`);
  const last = hub.api('GET', `/v1/changes?cursor=${quiet.nextCursor}&wait=25`);
  await sleep(3000); // until it waits: nothing tells when
  const stopping = performance.now();
  assert.equal(await hub.stop(), 0);
  assert.ok(performance.now() - stopping < 20_000, 'nobody waits for those who wait');
  assert.equal((await last).status, 200);
});

void test('a place that is no longer kept is said to be gone', async (context) => {
  const scope = Scope.of(context);
  const hub = await Hub.start(scope);
  await addWebhook(hub, 'Before');
  await hub.stop();
  const copy = join(scope.folder(), 'data');
  cpSync(hub.data, copy, { recursive: true });
  cpSync(`${hub.data}.key`, `${copy}.key`);
  await hub.boot();
  for (let i = 0; i < 5; i++) await addWebhook(hub, `After ${String(i)}`);
  const { nextCursor } = await hub.get<ChangePage>('/v1/changes?cursor=now');
  await hub.stop();

  // An older state was brought back: what the cursor stands after has not happened there.
  const restored = await Hub.start(scope, { data: copy });
  const reply = await restored.api('GET', `/v1/changes?cursor=${nextCursor}`);
  assert.equal(reply.status, 410);
  const problem = reply.json() as { code: string; detail: string };
  assert.equal(problem.code, 'gone');
  assert.match(problem.detail, /cursor=oldest/);
  const { code, stderr } = await restored.run('changes', '--since', nextCursor);
  assert.equal(code, 3);
  assert.match(stderr, /--since oldest/);
});

const rule = '# R\n\n## When\n\n- a webhook arrives at **Orders**\n\n## Do\n\n';
const step = '1. Send webhook POST to <https://example.com/>:\n\n   ```json\n   {"a": 1}\n   ```\n';

// For each route that changes something: how to do it, or why it leaves no entry.
const exempt: Record<string, string> = {
  'POST /in/{token}': 'a message came in; nobody changed anything',
  'POST /v1/rules:compile': 'it keeps nothing',
  'POST /v1/retention:sweep': 'what is due is decided by time, not by who asks',
  'POST /v1/backups': 'it copies, and changes nothing',
  'POST /v1/resume': 'it ends a pause of the hub, and changes nothing that somebody owns',
  'POST /v1/archives:verify': 'it only reads',
  'POST /v1/archives:query': 'it only reads',
};

void test('every route that changes something leaves one audit entry', async (context) => {
  const scope = Scope.of(context);
  // All that ends is archived at once.
  const programs = scope.folder();
  writeFileSync(join(programs, 'podman'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const settings = {
    MSGHUB_RETENTION_DAYS: '1',
    MSGHUB_RETENTION_ARCHIVE_HOURS: '96',
    MSGHUB_RETRY_TRIES: '1',
    PATH: programs,
  };
  const hub = await Hub.start(scope, { settings });
  const entries = async (): Promise<AuditEntry[]> => await hub.all('/v1/audit?order=oldest');
  const id = async (method: string, path: string, body?: unknown): Promise<string> => {
    const reply = await hub.api(method, path, body);
    assert.ok(reply.status < 300, `${method} ${path}: ${reply.text}`);
    return reply.status === 204 ? '' : (reply.json() as { id: string }).id;
  };
  let ruleId = '';
  let channelId = '';
  let connectionId = '';
  let manifest = '';
  let executionId = '';
  const orders = async (): Promise<Channel> => {
    const [channel] = await hub.all<Channel & { config: { webhookUrl: string } }>('/v1/channels');
    assert.ok(channel);
    return { ...channel, url: channel.config.webhookUrl };
  };
  const postgres = { host: '127.0.0.1', port: 1, user: 'u' };
  const connection = { service: 'postgres', displayName: 'L', settings: postgres };
  const deeds: Record<string, () => Promise<string>> = {
    'POST /v1/channels': async () =>
      (channelId = await id('POST', '/v1/channels', { type: 'webhook', name: 'Orders' })),
    'POST /v1/connections': async () =>
      (connectionId = await id('POST', '/v1/connections', { ...connection, credentials: {} })),
    'POST /v1/rules': async () =>
      (ruleId = await id('POST', '/v1/rules', { markdown: rule + step })),
    'POST /v1/rules/{id}:activate': () => id('POST', `/v1/rules/${ruleId}:activate`),
    'POST /v1/executions/{id}:retry': async () => {
      const failed = await finalExecution(hub, await deliver(await orders(), { number: 0 }));
      assert.equal(failed.status, 'failed');
      executionId = await id('POST', `/v1/executions/${failed.id}:retry`);
      await settled(hub, failed.messageId);
      return executionId;
    },
    'PUT /v1/rules/{id}': () =>
      id('PUT', `/v1/rules/${ruleId}`, { markdown: rule + step.replace('1}', '2}') }),
    'POST /v1/rules/{id}:rollback': () => id('POST', `/v1/rules/${ruleId}:rollback`),
    'POST /v1/rules/{id}/versions/{version}:image': () =>
      id('POST', `/v1/rules/${ruleId}/versions/1:image`),
    'POST /v1/rules/{id}:pause': () => id('POST', `/v1/rules/${ruleId}:pause`),
    'POST /v1/archives:restore': () => id('POST', '/v1/archives:restore', { manifest }),
    'DELETE /v1/rules/{id}': () => id('DELETE', `/v1/rules/${ruleId}`),
    'DELETE /v1/connections/{id}': () => id('DELETE', `/v1/connections/${connectionId}`),
    'DELETE /v1/channels/{id}': () => id('DELETE', `/v1/channels/${channelId}`),
  };
  const routes = await hub.cli<{ method: string; path: string }[]>('api', 'routes');
  const changing = routes
    .map(({ method, path }) => `${method} ${path}`)
    .filter((route) => !route.startsWith('GET '));
  for (const route of changing) {
    assert.ok(route in deeds || route in exempt, `${route}: does it leave an audit entry?`);
  }
  const archive = async (): Promise<string> => {
    await settled(hub, await deliver(await orders(), { number: 1 }));
    assert.equal((await hub.api('POST', '/v1/retention:sweep')).status, 200);
    const [part] = await hub.all<{ path: string }>('/v1/archives');
    assert.ok(part);
    return part.path;
  };
  for (const [route, deed] of Object.entries(deeds)) {
    if (route.includes('restore')) manifest = await archive();
    const before = (await entries()).length;
    await deed();
    assert.equal((await entries()).length, before + 1, route);
  }

  const log = await entries();
  assert.deepEqual(
    log.map(({ action, entityId }) => [action, entityId]),
    [
      ['channel.create', channelId],
      ['connection.create', connectionId],
      ['rule.create', ruleId],
      ['rule.activate', ruleId],
      ['execution.retry', executionId],
      ['rule.replace', ruleId],
      ['rule.rollback', ruleId],
      ['rule.image', ruleId],
      ['rule.pause', ruleId],
      ['archive.restore', manifest],
      ['rule.delete', ruleId],
      ['connection.delete', connectionId],
      ['channel.delete', channelId],
    ],
  );
  assert.ok(
    log.every(({ actor, entity, action }) => actor === 'owner' && action.startsWith(entity)),
  );
  // What each found is what the one before left.
  const onRule = log.filter(({ entity }) => entity === 'rule');
  onRule.forEach(({ before }, at) => {
    assert.equal(before, at === 0 ? undefined : onRule[at - 1]?.after);
  });
  // The recipe of docs/operations/audit.md.
  const { root } = await hub.get<{ root: string }>('/v1/audit/head');
  let previous = root;
  for (const entry of log) {
    const told = {
      seq: entry.seq,
      at: entry.at,
      actor: entry.actor,
      action: entry.action,
      entity: entry.entity,
      entityId: entry.entityId,
      before: entry.before,
      after: entry.after,
      previous: entry.previous,
    };
    assert.equal(entry.previous, previous);
    assert.equal(entry.hash, sha256(JSON.stringify(told)));
    previous = entry.hash;
  }

  // What was refused, and what changed nothing, is not told.
  assert.equal((await hub.api('DELETE', `/v1/rules/${ruleId}`)).status, 404);
  await id('POST', '/v1/channels', { type: 'webhook', name: 'Orders' });
  assert.equal(
    (await hub.api('POST', '/v1/channels', { type: 'webhook', name: 'Orders' })).status,
    409,
  );
  assert.equal((await entries()).length, log.length + 1);

  // The same from the command line, with the hub and without it.
  const head = await hub.cli<{ seq: number; hash: string }>('audit', 'head');
  assert.equal(head.seq, log.length + 1);
  await hub.stop();
  const verified = await hub.cli<{ intact: boolean; seq: number }>(
    ...['audit', 'verify', '--seq', String(head.seq), '--head', head.hash],
  );
  assert.deepEqual([verified.intact, verified.seq], [true, head.seq]);
  assert.equal((await hub.run('audit', 'verify', '--seq', '2', '--head', head.hash)).code, 1);
  assert.equal((await hub.run('audit', 'verify', '--seq', '0', '--head', 'aa')).code, 2);
  const exported = parseLines<AuditEntry>((await hub.run('audit', 'export')).stdout);
  assert.deepEqual(exported.slice(0, log.length), log);
});

void test('audit verify names the entry that somebody changed in the store', async (context) => {
  const scope = Scope.of(context);
  const { aws, settings } = await startAwsHome(scope);
  const hub = await Hub.start(scope, { settings });
  for (let i = 0; i < 4; i++) await addWebhook(hub, `Channel ${String(i)}`);
  const table = async (
    operation: string,
    body: Record<string, unknown>,
  ): Promise<Record<string, unknown>> => {
    const answer = await send(aws.url, {
      service: 'dynamodb',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
      },
      body: JSON.stringify({ TableName: 'test-Users', ...body }),
    });
    assert.equal(answer.status, 200, answer.text);
    return answer.json();
  };
  const verify = async (): Promise<{ intact: boolean; seq: number; broken?: string }> => {
    const { stdout } = await execute(program, ['audit', 'verify', '--json', '--data', hub.data], {
      env: settings,
    });
    return JSON.parse(stdout) as { intact: boolean; seq: number; broken?: string };
  };
  assert.deepEqual(
    [(await verify()).intact, (await verify()).seq],
    [true, 4],
    'the log is whole at first',
  );
  const found = (await table('Scan', {
    FilterExpression: 'SK = :sk',
    ExpressionAttributeValues: { ':sk': { S: 'AUDIT#00000000000000000003' } },
  })) as { Items: Record<string, { S: string }>[] };
  const [item] = found.Items;
  assert.ok(item);
  const Key = { PK: item.PK, SK: item.SK };
  await table('UpdateItem', {
    Key,
    UpdateExpression: 'SET actor = :actor',
    ExpressionAttributeValues: { ':actor': { S: 'somebody else' } },
  });
  assert.deepEqual(await verify(), {
    ...(await verify()),
    intact: false,
    seq: 2,
    broken: 'entry 3 was changed: its hash does not fit it',
  });
  await table('DeleteItem', { Key });
  assert.match((await verify()).broken ?? '', /^entry 3 is missing/);
  // The hub, asked over its API, says the same.
  const { code, stdout } = await hub.run('audit', 'verify', '--url', hub.url);
  assert.equal(code, 1);
  assert.match(stdout, /BROKEN: entry 3 is missing/);
});

void test('metrics are told in Prometheus text and published in CloudWatch', async (context) => {
  const scope = Scope.of(context);
  const aws = await scope.use(startAws());
  const sink = await scope.use(startHttpSink());
  const hub = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(sink.port)}`],
    settings: {
      MSGHUB_METRICS_CLOUDWATCH: 'true',
      MSGHUB_AWS_ENDPOINT: aws.url,
      MSGHUB_AWS_REGION: defaultRegion,
      AWS_ACCESS_KEY_ID: hubAccount.accessKeyId,
      AWS_SECRET_ACCESS_KEY: hubAccount.secretAccessKey,
      MSGHUB_RETRY_TRIES: '1',
    },
  });
  const orders = await addWebhook(hub, 'Orders');
  const other = await addWebhook(hub, 'Other');
  await addRule(hub, passOn(sink.url));
  for (const number of [1, 2]) await finalExecution(hub, await deliver(orders, { number }));
  sink.answer((response) => response.writeHead(500).end());
  await finalExecution(hub, await deliver(orders, { number: 3 }));
  await settled(hub, await deliver(other, { number: 4 }));

  assert.equal((await http(`${hub.url}/v1/metrics`)).status, 401);
  const reply = await hub.api('GET', '/v1/metrics');
  assert.equal(reply.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  for (const line of [
    'msghub_executions_total{status="success"} 2',
    'msghub_executions_total{status="failed"} 1',
    'msghub_messages_total{status="processed"} 2',
    'msghub_messages_total{status="failed"} 1',
    'msghub_messages_total{status="ignored"} 1',
    'msghub_message_latency_seconds_count 4',
    'msghub_messages_waiting 0',
  ]) {
    assert.ok(reply.text.split('\n').includes(line), `${line}\n${reply.text}`);
  }
  const used = Number(/^msghub_storage_used_ratio (\S+)$/m.exec(reply.text)?.[1]);
  assert.ok(used > 0 && used < 1, String(used));

  // What was counted since the last minute is sent when the hub stops.
  assert.equal(await hub.stop(), 0);
  const statistic = async (
    name: string,
    what: string,
  ): Promise<{ unit: string; value: number }> => {
    const { code, stdout, stderr } = await execute(
      'aws',
      [
        ...['cloudwatch', 'get-metric-statistics', '--namespace', 'MessageAutomationHub'],
        ...['--metric-name', name, '--statistics', what, '--period', '3600'],
        ...['--start-time', new Date(Date.now() - 3_600_000).toISOString()],
        ...['--end-time', new Date(Date.now() + 3_600_000).toISOString()],
        ...['--endpoint-url', aws.url, '--region', defaultRegion, '--output', 'json'],
      ],
      {
        env: {
          AWS_ACCESS_KEY_ID: hubAccount.accessKeyId,
          AWS_SECRET_ACCESS_KEY: hubAccount.secretAccessKey,
        },
      },
    );
    assert.equal(code, 0, stderr);
    const { Datapoints: points } = JSON.parse(stdout) as {
      Datapoints: ({ Unit: string } & Record<string, number>)[];
    };
    const [point] = points;
    assert.ok(point && points.length === 1, `${name}: ${stdout}`);
    return { unit: point.Unit, value: Number(point[what]) };
  };
  assert.deepEqual(await statistic('Executions', 'Sum'), { unit: 'Count', value: 3 });
  assert.deepEqual(await statistic('ExecutionsFailed', 'Sum'), { unit: 'Count', value: 1 });
  const latency = await statistic('MessageProcessingLatency', 'Maximum');
  assert.equal(latency.unit, 'Seconds');
  assert.ok(latency.value > 0 && latency.value < 600, String(latency.value));
  const storage = await statistic('StorageUsed', 'Maximum');
  assert.equal(storage.unit, 'None');
  assert.ok(Math.abs(storage.value - used) < 0.1);
  assert.deepEqual(aws.refusals, []);
});
