// The servers as a program of another language starts them: a child process and a pipe.
import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { it } from 'node:test';

import { until } from '../servers/support.ts';
import { dynamo, dynamoCall, send } from './client.ts';
import type { Call } from './client.ts';

interface Line {
  url: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
  role: { accessKeyId: string; secretAccessKey: string; sessionToken: string };
  unguardedUrl: string;
}

interface Program {
  child: ChildProcessByStdio<Writable, Readable, null>;
  line: Line;
}

async function start(...args: string[]): Promise<Program> {
  const program = resolve(import.meta.dirname, '../servers/aws-main.ts');
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [text] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, line: JSON.parse(text) as Line };
}

async function untilGone(url: string): Promise<void> {
  const isGone = (): Promise<boolean> =>
    fetch(url).then(
      () => false,
      () => true,
    );
  await until(`${url} to be gone`, isGone);
}

it('a gate says where it is, and goes when its stdin closes', async () => {
  const { child, line } = await start('gate', '--region', 'eu-west-1');
  const { url, region, accessKeyId, secretAccessKey, role, unguardedUrl } = line;
  assert.equal(region, 'eu-west-1');
  for (const account of [{ accessKeyId, secretAccessKey }, role]) {
    const call: Call = { ...dynamoCall('ListTables', {}), region, account };
    assert.equal((await send(url, call)).status, 200);
  }
  child.stdin.end();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  await untilGone(url);
  await untilGone(unguardedUrl);
});

it('a chaos proxy brings its gate along', async () => {
  const { child, line } = await start('chaos');
  const rules = [{ target: 'ListTables', count: 1, fault: { kind: 'error', status: 503 } }];
  await fetch(`${line.url}/chaos`, { method: 'POST', body: JSON.stringify({ rules }) });
  assert.equal((await dynamo(line.url, 'ListTables', {})).status, 503);
  assert.equal((await dynamo(line.url, 'ListTables', {})).status, 200);
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  await untilGone(line.url);
});

it('servers end with their starter, even when it is killed', async () => {
  const { child, line } = await start('dynalite');
  assert.equal((await dynamo(line.url, 'ListTables', {})).status, 200);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await untilGone(line.unguardedUrl);
});

it('an unknown server is refused', async () => {
  const program = resolve(import.meta.dirname, '../servers/aws-main.ts');
  const child = spawn(process.execPath, [program, 'azure'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  assert.deepEqual(await once(child, 'exit'), [2, null]);
});
