// The archive from outside: a message grows old, is archived, deleted, found and put back.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { addWebhook, deliver } from './fixtures.ts';
import { Hub, Scope, msghub, waitFor } from './harness.ts';

interface Report {
  archived: number;
  deleted: number;
  finished: boolean;
  deletionPaused?: string;
  troubles: string[];
}
interface Restored {
  present: number;
  unsound: { path: string; problem: string }[];
}
interface Listed {
  id: string;
  status: string;
}

// All that ends is due at once: it is archived as long ahead of its end as it lives. Only the tests
// sweep, not the hub by itself as well.
const settings = {
  MSGHUB_RETENTION_DAYS: '1',
  MSGHUB_RETENTION_ARCHIVE_HOURS: '96',
  MSGHUB_RETENTION_SWEEP_MINUTES: '1440',
};

/** Files of the archive, by the end of their names. */
function files(hub: Hub, end: string): string[] {
  const root = join(hub.data, 'blobs/objects/archives');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .map((name) => join(root, name));
}

void test('what is due is archived, can be searched, verified and restored', async (context) => {
  const hub = await Hub.start(Scope.of(context), {
    settings,
  });
  const channel = await addWebhook(hub, 'Orders');
  const large = { subject: 'A large order', text: 'x'.repeat(20_000) };
  await deliver(channel, large);
  await waitFor('the message to end', async () => {
    const messages = await hub.all<Listed>('/v1/messages');
    return messages[0]?.status === 'ignored' ? true : undefined;
  });
  const [message] = await hub.all<Listed>('/v1/messages');
  assert.ok(message);

  const reply = await hub.api('POST', '/v1/retention:sweep');
  const report = reply.json() as Report;
  assert.equal(reply.status, 200);
  assert.deepEqual(report.troubles, []);
  assert.equal(report.archived, 1);
  assert.equal(report.deleted, 0);

  const listed = await hub.run('archive', 'list');
  assert.equal(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /^messages +\d{4}-\d\d-\d\d +1 +1 +\d+$/m);
  const verified = await hub.run('archive', 'verify');
  assert.equal(verified.code, 0, verified.stderr);
  assert.match(verified.stdout, /1 parts with 1 items verified: 0 unsound/);
  const found = await hub.cli<Listed[]>('archive', 'query', '--channel', 'Orders');
  assert.deepEqual(
    found.map((entry) => entry.id),
    [message.id],
  );
  assert.deepEqual(await hub.cli('archive', 'query', '--status', 'failed'), []);
  assert.deepEqual(await hub.cli('archive', 'restore', '--id', message.id), {
    restored: 0,
    present: 1,
    unsound: [],
  });

  // Any reader of Zstandard and JSON can use a part; 40 bytes of the disk's own come first.
  const [part] = files(hub, '.ndjson.zst~');
  assert.ok(part !== undefined);
  const plain = zstdDecompressSync(readFileSync(part).subarray(40));
  const line = JSON.parse(plain.toString('utf8').trimEnd()) as {
    item: { id: string };
    blobs: Record<string, string>;
  };
  assert.equal(line.item.id, message.id);
  const [raw] = Object.values(line.blobs);
  assert.ok(raw !== undefined);
  assert.deepEqual(JSON.parse(Buffer.from(raw, 'base64').toString('utf8')), large);

  const status = await hub.get<{ trouble: string; archived: number }>('/v1/retention');
  assert.equal(status.trouble, '');
  assert.equal(status.archived, 1);
});

void test("a damaged part is named, and stands in no other part's way", async (context) => {
  const hub = await Hub.start(Scope.of(context), {
    settings,
  });
  const channel = await addWebhook(hub, 'Orders');
  const archiveOne = async (subject: string): Promise<string> => {
    const id = await deliver(channel, { subject });
    await waitFor('the message to end', async () => {
      const { status } = await hub.get<Listed>(`/v1/messages/${id}`);
      return status === 'ignored' ? true : undefined;
    });
    await hub.cli('archive', 'sweep');
    return id;
  };
  await archiveOne('one');
  const [part] = files(hub, '.ndjson.zst~');
  assert.ok(part !== undefined);
  const bytes = readFileSync(part);
  bytes[bytes.length - 5] = (bytes[bytes.length - 5] ?? 0) ^ 1;
  writeFileSync(part, bytes);
  const sound = await archiveOne('two');
  const damaged = await hub.run('archive', 'verify');
  assert.equal(damaged.code, 1);
  assert.match(damaged.stderr, /damaged/);
  const found = await hub.run('archive', 'query');
  assert.equal(found.code, 1);
  assert.match(found.stdout, new RegExp(`^${sound} `, 'm'));
  assert.match(found.stderr, /damaged[^]*1 parts could not be read/);
  const restored = await hub.run('archive', 'restore', '--from', '2020-01-01');
  assert.equal(restored.code, 1);
  assert.match(restored.stdout, /^0 restored for 7 days, 1 were in the store already$/m);
  const told = await hub.run('archive', 'restore', '--from', '2020-01-01', '--json');
  assert.equal(told.code, 1);
  const { present, unsound } = JSON.parse(told.stdout) as Restored;
  assert.deepEqual([present, unsound.length], [1, 1]);
  assert.match(unsound[0]?.problem ?? '', /damaged/);
  rmSync(part);
  const missing = await hub.run('archive', 'verify', '--json');
  assert.equal(missing.code, 1);
  assert.equal((JSON.parse(missing.stdout) as { unsound: unknown[] }).unsound.length, 1);
});

void test('archive commands refuse what cannot be meant', async () => {
  for (const usage of [
    ['restore'],
    ['restore', '--from', '2026-11-24', '--to', '2026-11-01'],
    ['restore', '--from', '23.11.2026'],
    ['restore', '--from', '2026-11-01', '--days', '0'],
    ['query', '--limit', '0'],
    ['query', '--from-day', '2026-11-24', '--to-day', '2026-11-01'],
    ['list', '--table', 'foo'],
  ]) {
    const { code, stderr } = await msghub('archive', ...usage, '--url', 'http://127.0.0.1:1');
    assert.equal(code, 2, `${usage.join(' ')}: ${stderr}`);
  }
});
