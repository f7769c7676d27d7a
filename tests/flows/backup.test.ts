// A backup that is taken while messages come in, and what is made of it: verified, damaged, restored
// into a hub that is paused, and resumed.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHttpSink } from '../servers/http-sink.ts';
import { addRule, addWebhook, executionsOf, post, sha256 } from './fixtures.ts';
import type { Message } from './fixtures.ts';
import { Hub, Scope, execute, msghub, program, sleep, waitFor } from './harness.ts';
import { AckLog, Sender, countedByKey, randomFrom, untilIdle } from './load.ts';

interface Manifest {
  tables: { table: string; items: number }[];
  blobs: number;
  files: number;
  layout: string;
}
interface Check {
  manifest: Manifest;
  problems: string[];
}

const rule = (url: string): string =>
  [
    '# Pass on\n\n## When\n\n- a webhook arrives at **Orders**\n',
    `## Do\n\n1. Send webhook POST to <${url}/hook>:\n`,
    '   ```json\n   {"done": true}\n   ```\n',
  ].join('\n');

async function check(folder: string): Promise<{ code: number; problems: string[] }> {
  const { code, stdout, stderr } = await msghub('verify', folder, '--json');
  assert.notEqual(stdout, '', stderr);
  return { code, problems: (JSON.parse(stdout) as Check).problems };
}

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

function flipByte(file: string): void {
  const handle = openSync(file, 'r+');
  const at = Math.floor(statSync(file).size / 2);
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, at);
  writeSync(handle, Buffer.from([byte.readUInt8(0) ^ 0x20]), 0, 1, at);
}

/** A copy that may be damaged: a backup's files may be linked with the store that it is of. */
function copyOf(backup: string, name: string): string {
  const copy = `${backup}-${name}`;
  cpSync(backup, copy, { recursive: true });
  return copy;
}

void test('a backup under load is whole, and its hub sends nothing again', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const egressAllow = [`127.0.0.1:${String(sink.port)}`];
  const hub = await Hub.start(scope, { egressAllow });
  const channel = await addWebhook(hub, 'Orders');
  await addRule(hub, rule(sink.url));

  // Messages come in before, during and after the backup.
  const log = new AckLog(join(hub.data, '..', 'acks'));
  const sender = new Sender([channel.url], log, randomFrom(7));
  await sender.round(120);
  const before = sender.sent;
  const load = { isOn: true };
  const sending = (async (): Promise<void> => {
    while (load.isOn) await sender.round(20);
  })();
  const backup = join(hub.data, '..', 'backup');
  const made = await hub.run('backup', backup, '--json');
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stderr, /master key is NOT in the backup[^]*msghub key recovery-kit/);
  const during = sender.sent;
  load.isOn = false;
  await sending;
  await sender.settle();
  assert.ok(during > before, 'messages came in while the backup was made');

  const manifest = JSON.parse(made.stdout) as Manifest;
  const kept = manifest.tables.find(({ table }) => table === 'Messages')?.items ?? 0;
  assert.ok(kept >= before, `${String(kept)} of ${String(before)} messages`);
  assert.ok(manifest.blobs > 0, 'some bodies are blobs');
  assert.deepEqual(await check(backup), { code: 0, problems: [] });
  execFileSync('sha256sum', ['--check', '--quiet', 'files.sha256'], { cwd: backup });
  assert.equal(
    filesBelow(backup, '.key').length + filesBelow(backup, 'token').length,
    0,
    'no key and no token',
  );

  // The old hub ends its work; from here on nothing new may be sent.
  await untilIdle(hub);
  assert.equal(await hub.stop(), 0);
  const sent = sink.requests.length;
  const keys = countedByKey(sink);

  const data = join(hub.data, '..', 'restored');
  const restored = await msghub('restore', backup, '--data', data, '--json');
  assert.equal(restored.code, 0, restored.stderr);
  const again = await Hub.start(scope, {
    data,
    egressAllow,
    settings: { MSGHUB_KEY_FILE: `${hub.data}.key` },
    isPaused: true,
  });
  const refused = await post(channel.url.replace(hub.url, again.url), '{}');
  assert.equal(refused.status, 503);
  assert.match(refused.text, /the hub is paused: it was restored from a backup/);
  const acks = log.close().slice(0, before);
  for (const { messageId, hash } of acks) {
    const { metadata } = await again.get<Message>(`/v1/messages/${messageId}`);
    assert.equal(metadata.rawSha256, hash);
    const raw = await again.api('GET', `/v1/messages/${messageId}/raw`);
    assert.equal(sha256(raw.text), hash);
  }
  await sleep(1500);
  assert.equal(sink.requests.length, sent, 'a paused hub sends nothing');

  // What the backup shows as unfinished is done again under the keys that the targets know.
  assert.deepEqual(await again.cli('resume'), { resumed: true });
  await waitFor('the hub to work', async () => {
    const reply = await post(channel.url.replace(hub.url, again.url), '{"last":true}');
    return reply.status === 202 ? true : undefined;
  });
  await untilIdle(again);
  const fresh = [...countedByKey(sink).keys()].filter((key) => !keys.has(key));
  assert.equal(fresh.length, 1, 'the new message only');
  for (const { messageId } of acks.slice(0, 10)) {
    const executions = await executionsOf(again, messageId);
    assert.deepEqual(
      executions.map(({ status }) => status),
      ['success'],
    );
  }
  assert.deepEqual(await again.cli('resume'), { resumed: false });
  assert.equal(await again.stop(), 0);
  assert.deepEqual(await check(backup), { code: 0, problems: [] }, 'the backup is as it was');
});

void test('a backup without a hub, its damages, and folders that will not do', async (context) => {
  const scope = Scope.of(context);
  const hub = await Hub.start(scope);
  const channel = await addWebhook(hub, 'Orders');
  for (let number = 0; number < 40; ++number) {
    const reply = await post(channel.url, JSON.stringify({ number, text: 'x'.repeat(6000) }));
    assert.equal(reply.status, 202);
  }
  await untilIdle(hub);
  const inside = await hub.run('backup', join(hub.data, 'backup'));
  assert.equal(inside.code, 1);
  assert.match(inside.stderr, /inside the data folder/);
  for (const [folder, why] of [
    ['backup', /has to be an absolute path/],
    ['/proc/backup', /could not make the folder \/proc\/backup/],
    [join(hub.data, 'token'), /inside the data folder/],
  ] as const) {
    const refused = await hub.api('POST', '/v1/backups', { folder });
    assert.equal(refused.status, 400, refused.text);
    assert.match(refused.text, why);
  }
  assert.equal(await hub.stop(), 0);
  const backup = join(hub.data, '..', 'backup');
  const made = await hub.run('backup', backup);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^Users and audit +\d+$/m);
  const twice = await hub.run('backup', backup);
  assert.equal(twice.code, 5, twice.stderr);

  const flipped = copyOf(backup, 'flipped');
  const [table] = filesBelow(join(flipped, 'store'), '.sst');
  assert.ok(table);
  flipByte(table);
  const found = await check(flipped);
  assert.equal(found.code, 1);
  assert.match(found.problems.join('\n'), /store\/\d+\.sst is not what it was/);

  const missing = copyOf(backup, 'missing');
  const [blob] = filesBelow(missing, 'raw.txt~');
  assert.ok(blob);
  rmSync(blob);
  const { problems } = await check(missing);
  assert.match(problems.join('\n'), /raw\.txt~ is missing/);
  assert.match(problems.join('\n'), /the blob users\/.*raw\.txt is missing, to which MESSAGE#/);

  const cut = copyOf(backup, 'cut');
  const [, other] = filesBelow(cut, 'raw.txt~');
  assert.ok(other);
  truncateSync(other, 100);
  assert.match((await check(cut)).problems.join('\n'), /raw\.txt~ is not what it was/);

  const changed = copyOf(backup, 'changed');
  const sums = readFileSync(join(changed, 'files.sha256'), 'utf8');
  writeFileSync(
    join(changed, 'files.sha256'),
    sums.replace(/^./, (c) => (c === '0' ? '1' : '0')),
  );
  const refused = await msghub('verify', changed);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /files\.sha256 is missing or damaged/);

  const data = join(hub.data, '..', 'restored');
  for (const damaged of [flipped, missing, cut]) {
    const output = await msghub('restore', damaged, '--data', data);
    assert.equal(output.code, 1);
    assert.match(output.stderr, /the backup is damaged/);
    assert.equal(existsSync(data), false, 'nothing is left of a failed restore');
  }
  const full = await msghub('restore', backup, '--data', hub.data);
  assert.equal(full.code, 5);
  assert.match(full.stderr, /is not empty/);
  const newer = copyOf(backup, 'newer');
  const text = readFileSync(join(newer, 'manifest.json'), 'utf8');
  writeFileSync(join(newer, 'manifest.json'), text.replace('"format": 1', '"format": 2'));
  assert.match((await msghub('verify', newer)).stderr, /made by a newer msghub/);
  assert.equal((await msghub('verify', hub.data)).code, 3, 'no backup at all');

  // Killed on its way, a restore leaves no data folder or a whole one.
  for (const seconds of ['0.02', '0.05', '0.1']) {
    const killer = ['-s', 'KILL', seconds, program, 'restore', backup, '--data', data];
    await execute('timeout', killer);
    if (!existsSync(data)) continue;
    const whole = await msghub('backup', `${backup}-${seconds}`, '--data', data);
    assert.equal(whole.code, 0, whole.stderr);
    rmSync(data, { recursive: true });
  }
  assert.equal((await msghub('restore', backup, '--data', data)).code, 0);
});
