import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { startDynalite, type Dynalite } from '../servers/dynalite.ts';
import { radosgwKmsKey, startRadosgw, type Radosgw } from '../servers/radosgw.ts';
import { hubAccount } from '../servers/sigv4-gate.ts';
import { awsCli, createBucket, createTable, deliver, dynamo, send, sign } from './client.ts';
import type { Call } from './client.ts';

describe('dynalite', () => {
  let dynalite: Dynalite;

  before(async () => {
    dynalite = await startDynalite();
  });
  after(() => dynalite.stop());

  it('keeps what is put with a signature', async () => {
    const { url } = dynalite;
    await createTable(url, 'things');
    const Item = { id: { S: 'one' }, size: { N: '3' } };
    assert.equal((await dynamo(url, 'PutItem', { TableName: 'things', Item })).status, 200);
    const found = await dynamo(url, 'GetItem', { TableName: 'things', Key: { id: { S: 'one' } } });
    assert.deepEqual(found.json().Item, Item);
    const listed = await awsCli(url, ['dynamodb', 'list-tables']);
    assert.deepEqual(JSON.parse(listed), { TableNames: ['things'] });
  });

  it('is guarded by the gate', async () => {
    const account = { ...hubAccount, secretAccessKey: 'wrong' };
    const call: Call = { service: 'dynamodb', body: '{}', account };
    const headers = { 'x-amz-target': 'DynamoDB_20120810.ListTables' };
    assert.equal((await send(dynalite.url, { ...call, headers })).status, 403);
  });
});

describe('radosgw', () => {
  const object = { service: 's3', path: '/bucket/archives/year%3D2026/a%20b' } as const;
  let rgw: Radosgw;

  before(async () => {
    rgw = await startRadosgw();
    await createBucket(rgw.url, 'bucket');
  });
  after(() => rgw.stop());

  it('keeps what is put with a signature', async () => {
    const { url } = rgw;
    assert.equal((await send(url, { ...object, method: 'PUT', body: 'bytes' })).status, 200);
    assert.equal((await send(url, { ...object, method: 'GET' })).text, 'bytes');
    assert.equal((await send(url, { ...object, method: 'GET', expiresS: 60 })).text, 'bytes');
    const listed = await awsCli(url, ['s3', 'ls', '--recursive', 's3://bucket']);
    assert.match(listed, / 5 archives\/year=2026\/a b\n$/);
  });

  it('encrypts with a key of the key service', async () => {
    const headers = {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': radosgwKmsKey,
    };
    const call: Call = { service: 's3', method: 'PUT', path: '/bucket/secret' };
    const put = await send(rgw.url, { ...call, body: 'hidden', headers });
    assert.deepEqual(
      [put.status, put.headers.get('x-amz-server-side-encryption')],
      [200, 'aws:kms'],
    );
    assert.equal((await send(rgw.url, { ...call, method: 'GET' })).text, 'hidden');
  });

  it('refuses forged requests itself, as the gate does', async () => {
    const account = { ...hubAccount, secretAccessKey: 'hub/secret key' };
    const wrongSecret = await send(rgw.url, { ...object, method: 'GET', account });
    assert.equal(wrongSecret.status, 403);
    assert.match(wrongSecret.text, /SignatureDoesNotMatch/);

    const call = await sign(rgw.url, { ...object, method: 'PUT', body: 'true' });
    assert.notEqual((await deliver(rgw.url, { ...call, body: 'fake' })).status, 200);

    const notEncoded = { ...object, method: 'GET', path: '/bucket/archives/year=2026/a%20b' };
    assert.equal((await send(rgw.url, notEncoded)).status, 403);
  });
});
