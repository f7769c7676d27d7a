// A hub moves to DynamoDB, S3 and KMS with one command, works there, and moves back.

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { send } from '../aws/client.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startAwsHome } from './aws.ts';
import { addRule, addWebhook, deliver, finalExecution, post, standardHeaders } from './fixtures.ts';
import type { Channel, Message } from './fixtures.ts';
import { Hub, Scope, execute, program, waitFor } from './harness.ts';
import type { Output } from './harness.ts';

interface Report {
  result: string;
  tables: { table: string; items: number; sum: string }[];
  blobs: { blobs: number; sum: string };
  differences: string[];
}

const rule = (url: string): string =>
  [
    '# Pass on\n\n## When\n\n- a webhook arrives at **Orders**\n',
    `## Do\n\n1. Send webhook POST to <${url}/hook>:\n`,
    '   ```json\n   {"done": true}\n   ```\n',
  ].join('\n');

const names: Record<string, string> = {
  MSGHUB_STORE_LAYOUT: 'store.layout',
  MSGHUB_BLOBS_ENGINE: 'blobs.engine',
  MSGHUB_KEYRING_ENGINE: 'keyring.engine',
  MSGHUB_AWS_ENDPOINT: 'aws.endpoint',
  MSGHUB_AWS_REGION: 'aws.region',
  MSGHUB_DYNAMODB_TABLE_PREFIX: 'dynamodb.table_prefix',
  MSGHUB_S3_BUCKET: 's3.bucket',
  MSGHUB_KMS_KEY_ID: 'kms.key_id',
};

/** MSGHUB_* variables as options of one side of a move. */
function asOptions(option: string, settings: Record<string, string>): string[] {
  return Object.entries(names).flatMap(([variable, name]) =>
    settings[variable] === undefined ? [] : [option, `${name}=${settings[variable]}`],
  );
}

function reportOf({ code, stdout, stderr }: Output): Report {
  assert.equal(code, 0, stderr + stdout);
  const last = stdout.trimEnd().split('\n').at(-1) ?? '';
  return JSON.parse(last) as Report;
}

/** A message that only a hub with the channel's secret takes. */
async function deliverSigned(hub: Hub, channel: Channel, id: string): Promise<string> {
  const body = JSON.stringify({ id });
  const url = `${hub.url}${new URL(channel.url).pathname}`;
  const reply = await post(url, body, standardHeaders(channel.secret ?? '', id, body));
  assert.equal(reply.status, 202, reply.text);
  return (reply.json() as { id: string }).id;
}

async function resumed(hub: Hub): Promise<void> {
  assert.deepEqual(await hub.cli('resume'), { resumed: true });
  await waitFor('the hub to work', async () =>
    (await hub.api('GET', '/readyz')).status === 200 ? true : undefined,
  );
}

void test('a hub moves to AWS and back with its secrets', async (context) => {
  const scope = Scope.of(context);
  const { settings } = await startAwsHome(scope);
  const sink = await scope.use(startHttpSink());
  const egressAllow = [`127.0.0.1:${String(sink.port)}`];
  const first = await Hub.start(scope, { egressAllow });
  const orders = await addWebhook(first, 'Orders');
  const signed = await addWebhook(first, 'Signed', { signature: 'standard' });
  await addRule(first, rule(sink.url));
  const message = await deliver(orders, { number: 1, filling: 'x'.repeat(6000) });
  const execution = await finalExecution(first, message);

  const aws = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', ...settings };
  const env = {
    AWS_ACCESS_KEY_ID: aws.AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY: aws.AWS_SECRET_ACCESS_KEY,
  };
  const move = async (...args: string[]): Promise<Output> =>
    await execute(program, ['migrate', '--json', ...args], { env });
  const toAws = ['--from', 'embedded', '--to', 'dynamodb', '--data', first.data];
  const running = await move(...toAws, ...asOptions('--to-set', settings));
  assert.equal(running.code, 1);
  assert.match(running.stderr, /in use/);
  assert.equal(await first.stop(), 0);
  const there = reportOf(await move(...toAws, ...asOptions('--to-set', settings)));
  assert.equal(there.result, 'complete');
  assert.equal(there.tables.find(({ table }) => table === 'Messages')?.items, 1);
  assert.ok(there.blobs.blobs >= 1);

  const fleet = await Hub.start(scope, {
    data: join(first.data, '..', 'fleet'),
    settings,
    egressAllow,
    isPaused: true,
  });
  assert.equal((await fleet.get<Message>(`/v1/messages/${message}`)).status, 'processed');
  await resumed(fleet);
  assert.equal(sink.requests.length, 1, 'what was done is not done again');
  const second = await deliverSigned(fleet, signed, 'after-the-move');
  await finalExecution(fleet, message);
  const busy = ['--from', 'dynamodb', '--to', 'embedded', '--data', first.data];
  const away = [
    ...busy,
    ...asOptions('--from-set', settings),
    ...['--to-data', join(first.data, '..', 'third')],
    ...['--to-set', 'blobs.engine=disk', '--to-set', 'keyring.engine=file'],
  ];
  const alive = await move(...away);
  assert.equal(alive.code, 5, alive.stdout);
  assert.match(alive.stderr, /a hub lives on/);
  assert.equal(await fleet.stop(), 0);
  const back = reportOf(await move(...away));
  assert.equal(back.result, 'complete');
  assert.equal(back.tables.find(({ table }) => table === 'Messages')?.items, 2);

  const third = await Hub.start(scope, {
    data: join(first.data, '..', 'third'),
    egressAllow,
    isPaused: true,
  });
  await resumed(third);
  await deliverSigned(third, signed, 'after-the-second');
  assert.equal((await third.get<Message>(`/v1/messages/${second}`)).externalId, 'after-the-move');
  assert.deepEqual(await finalExecution(third, message), execution);
  const raw = await third.api('GET', `/v1/messages/${message}/raw`);
  assert.deepEqual(raw.json(), { number: 1, filling: 'x'.repeat(6000) });
});

void test('a move into another folder has a key of its own there', async (context) => {
  const scope = Scope.of(context);
  const first = await Hub.start(scope);
  const signed = await addWebhook(first, 'Signed', { signature: 'standard' });
  const message = await deliverSigned(first, signed, 'before-the-move');
  assert.equal(await first.stop(), 0);
  const other = await Hub.start(scope);
  assert.equal(await other.stop(), 0);
  const moveTo = async (data: string, ...args: string[]): Promise<Output> =>
    await first.run(
      'migrate',
      '--from',
      'embedded',
      '--to',
      'embedded',
      '--to-data',
      data,
      ...args,
    );

  const inside = join(first.data, 'inside');
  const lost = await moveTo(inside);
  assert.equal(lost.code, 2, lost.stdout);
  assert.match(lost.stderr, /data folder .*inside lies in the source's data folder/);
  assert.equal(existsSync(inside), false);
  const target = join(first.data, '..', 'moved');
  const lostKey = await moveTo(target, '--to-set', `key_file=${inside}/a.key`);
  assert.equal(lostKey.code, 2, lostKey.stdout);
  for (const options of [[], ['--to-set', `key_file=${first.data}.key`]]) {
    const taken = await moveTo(other.data, ...options);
    assert.equal(taken.code, 5, taken.stdout);
    assert.match(taken.stderr, /the target, .*, is not empty: it holds/);
  }

  const moved = await moveTo(target);
  assert.equal(moved.code, 0, moved.stderr);
  assert.match(moved.stderr, /^measure the source: \d+$/m, 'no rate before anything was timed');
  assert.match(moved.stdout, /^Users and audit +\d+ /m);
  for (const gone of [first.data, `${first.data}.key`]) rmSync(gone, { recursive: true });
  const second = await Hub.start(scope, { data: target, isPaused: true });
  await resumed(second);
  await deliverSigned(second, signed, 'after-the-move');
  assert.equal(
    (await second.get<Message>(`/v1/messages/${message}`)).externalId,
    'before-the-move',
  );
});

void test('commands without a hub leave the store of a newer msghub alone', async (context) => {
  const scope = Scope.of(context);
  const { aws, settings } = await startAwsHome(scope);
  const data = join(scope.folder(), 'data');
  const dynamo = async (operation: string, request: object): Promise<Record<string, unknown>> => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    };
    const body = JSON.stringify({ TableName: 'test-Users', ...request });
    const reply = await send(aws.url, { service: 'dynamodb', headers, body });
    assert.equal(reply.status, 200, reply.text);
    return reply.json();
  };
  const setVersion = async (version: string): Promise<void> => {
    const Item = { PK: { S: 'SCHEMA' }, SK: { S: 'METADATA' }, version: { N: version } };
    await dynamo('PutItem', { Item });
  };
  const audited = ['audit', 'verify'];
  const rotated = ['key', 'rotate', '--all'];
  const commands = [
    ...[rotated, ['key', 'check'], ['audit', 'list'], audited, ['tables', 'check']],
    ...[['tables', 'create'], ['doctor'], ['changes']],
    ['migrate', '--from', 'dynamodb', '--to', 'embedded', '--to-data', `${data}-new`],
  ];
  await setVersion('99');
  for (const command of commands) {
    const { code, stdout, stderr } = await execute(program, [...command, '--data', data], {
      env: settings,
    });
    assert.equal(code, 1, command.join(' '));
    assert.match(stdout + stderr, /has schema version 99, .* use the newer/, command.join(' '));
  }
  await setVersion('0');
  const unknown = await execute(program, [...rotated, '--data', data], { env: settings });
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /has schema version 0/);
  assert.equal((await dynamo('Scan', {})).Count, 1, 'only the version, and no audit entry');
});
