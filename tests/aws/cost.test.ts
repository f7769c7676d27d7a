// The estimate as people and programs get it.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Scope, msghub } from '../flows/harness.ts';

interface Estimate {
  tables: { table: string; writes: number; dollars: number }[];
  services: { service: string; what: string; dollars: number; modelDollars?: number }[];
  dollars: number;
  load: { users: number };
  prices: { writeMillion: number; readMillion: number };
}

async function estimate(...args: string[]): Promise<Estimate> {
  const { code, stdout, stderr } = await msghub('cost', ...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Estimate;
}

const sum = (all: readonly { dollars: number }[]): number =>
  all.reduce((total, { dollars }) => total + dollars, 0);

void test('cost: by table and service, beside the data model', async () => {
  const found = await estimate('--users', '1000', '--messages-per-day', '10000');
  assert.deepEqual(
    found.tables.map(({ table }) => table),
    ['Users', 'Rules', 'Channels', 'Messages', 'Executions', 'RuleProjects', 'Integrations'],
  );
  const services = [...new Set(found.services.map(({ service }) => service))];
  assert.deepEqual(services, ['DynamoDB', 'S3', 'KMS', 'CloudWatch']);
  assert.ok(Math.abs(sum(found.services) - found.dollars) < 0.01);
  const dynamo = found.services.filter(({ service }) => service === 'DynamoDB');
  assert.ok(Math.abs(sum(dynamo) - sum(found.tables)) < 0.01);
  const writes = dynamo.find(({ what }) => what === 'writes');
  assert.equal(writes?.modelDollars, 15);
  const { stdout } = await msghub('cost');
  assert.match(stdout, /^SERVICE +WHAT .*DATA MODEL .*WHY THEY DIFFER$/m);
  assert.match(
    stdout,
    /^A million messages: \$\d+\.\d\d at this load, of which requests to DynamoDB \$/m,
  );
});

void test('cost: other prices from a file', async (context) => {
  const file = join(Scope.of(context).folder(), 'prices.json');
  writeFileSync(file, '{"writeMillion": 0.625, "readMillion": 0.125}');
  const before = await estimate();
  const after = await estimate('--prices', file);
  assert.equal(after.prices.writeMillion, 0.625);
  assert.equal(before.tables[3]?.writes, after.tables[3]?.writes);
  assert.ok(after.dollars < before.dollars);
  writeFileSync(file, '{"writes": 1}');
  const { code, stderr } = await msghub('cost', '--prices', file);
  assert.equal(code, 2);
  assert.match(stderr, /there is no price "writes"/);
  assert.equal((await msghub('cost', '--users', 'many')).code, 2);
});
