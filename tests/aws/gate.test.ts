import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { startAws, type Aws } from '../servers/moto.ts';
import { hubAccount, roleAccount } from '../servers/sigv4-gate.ts';
import {
  awsCli,
  createBucket,
  createTable,
  deliver,
  dynamoCall,
  send,
  sign,
  withoutHeader,
} from './client.ts';
import type { Answer, Call } from './client.ts';

const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);
const listTables = dynamoCall('ListTables', {});
const putObject = (path: string, body: string): Call => ({
  ...{ service: 's3', method: 'PUT', path, body },
});

let aws: Aws;

before(async () => {
  aws = await startAws();
});
after(() => aws.stop());

function assertRefused(answer: Answer, code: string): void {
  assert.equal(answer.status, 403, answer.text);
  assert.ok(answer.text.includes(code), answer.text);
}

describe('the gate lets signed requests through', () => {
  it('to DynamoDB', async () => {
    const { status, json } = await send(aws.url, listTables);
    assert.equal(status, 200);
    assert.deepEqual(json(), { TableNames: [] });
  });

  it('to DynamoDB Streams, which are signed for dynamodb', async () => {
    const target = 'DynamoDBStreams_20120810.ListStreams';
    const call = { ...listTables, headers: { ...listTables.headers, 'x-amz-target': target } };
    const { status, json } = await send(aws.url, call);
    assert.equal(status, 200);
    assert.deepEqual(json().Streams, []);
  });

  it('to KMS', async () => {
    const { status, json } = await send(aws.url, {
      service: 'kms',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'TrentService.CreateKey',
      },
      body: '{}',
    });
    assert.equal(status, 200);
    assert.ok('KeyMetadata' in json());
  });

  it('to STS', async () => {
    const { status, text } = await send(aws.url, {
      service: 'sts',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    });
    assert.equal(status, 200);
    assert.match(text, /<Account>\d{12}<\/Account>/);
  });

  it('to S3, with keys that have to be encoded and queries that have to be sorted', async () => {
    const path = '/odd-keys/archives/year%3D2026/a%20b%2Bc%25%C3%A4.txt';
    await createBucket(aws.url, 'odd-keys');
    assert.equal((await send(aws.url, putObject(path, 'bytes'))).status, 200);
    assert.equal((await send(aws.url, { service: 's3', method: 'GET', path })).text, 'bytes');
    const query = { 'list-type': '2', prefix: 'archives/year=2026/a b+c', 'max-keys': '5' };
    const listed = await send(aws.url, { service: 's3', method: 'GET', path: '/odd-keys', query });
    assert.match(listed.text, /<KeyCount>1<\/KeyCount>/);
  });

  it("with a role's credentials and their token", async () => {
    assert.equal((await send(aws.url, { ...listTables, account: roleAccount })).status, 200);
  });

  it('from the AWS command line, as it signs', async () => {
    assert.deepEqual(JSON.parse(await awsCli(aws.url, ['dynamodb', 'list-tables'])), {
      TableNames: [],
    });
    const folder = mkdtempSync(join(tmpdir(), 'msghub-aws-'));
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    const key = 's3://cli/archives/year=2026/a b+c.txt';
    try {
      writeFileSync(from, 'through the gate');
      await awsCli(aws.url, ['s3', 'mb', 's3://cli']);
      await awsCli(aws.url, ['s3', 'cp', from, key]);
      await awsCli(aws.url, ['s3', 'cp', key, to], roleAccount);
      assert.equal(readFileSync(to, 'utf8'), 'through the gate');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the gate refuses', () => {
  it('another secret, and says what should have been signed', async () => {
    const account = { ...hubAccount, secretAccessKey: 'hub/secret key' };
    const answer = await send(aws.url, { ...listTables, account });
    assertRefused(answer, 'com.amazon.coral.service#InvalidSignatureException');
    const { message } = answer.json();
    assert.match(String(message), /should have been\n'POST\n\/\n\ncontent-type:application\/x-amz/);
    assert.match(String(message), /'AWS4-HMAC-SHA256\n\d{8}T\d{6}Z\n\d{8}\/eu-central-1\/dynamodb/);
    await assert.rejects(awsCli(aws.url, ['s3', 'ls'], account), /SignatureDoesNotMatch/);
  });

  it('an unknown access key', async () => {
    const account = { ...hubAccount, accessKeyId: 'AKIDNOBODY0000000000' };
    assertRefused(await send(aws.url, { ...listTables, account }), 'UnrecognizedClientException');
  });

  it('a body that was changed', async () => {
    const call = await sign(aws.url, dynamoCall('DeleteTable', { TableName: 'a' }));
    const answer = await deliver(aws.url, { ...call, body: '{"TableName":"b"}' });
    assertRefused(answer, 'InvalidSignatureException');
    const object = await sign(aws.url, putObject('/bucket/key', 'true'));
    assertRefused(await deliver(aws.url, { ...object, body: 'fake' }), 'XAmzContentSHA256Mismatch');
  });

  it('a header that was changed, and one that was not signed', async () => {
    const call = await sign(aws.url, listTables);
    const withHeader = (name: string, value: string): Promise<Answer> =>
      deliver(aws.url, { ...call, headers: { ...call.headers, [name]: value } });
    assertRefused(
      await withHeader('x-amz-target', 'DynamoDB_20120810.DescribeLimits'),
      'InvalidSignatureException',
    );
    assertRefused(await withHeader('x-amz-more', '1'), 'not signed: x-amz-more');
  });

  it('a path or query that was changed', async () => {
    const query = { prefix: 'mine/' };
    const call = await sign(aws.url, { service: 's3', method: 'GET', path: '/bucket', query });
    for (const target of ['/other?prefix=mine%2F', '/bucket?prefix=yours%2F', '/bucket']) {
      assertRefused(await deliver(aws.url, { ...call, target }), 'SignatureDoesNotMatch');
    }
  });

  it('a path that was signed without being encoded', async () => {
    const answer = await send(aws.url, putObject('/bucket/year=2026/x', ''));
    assertRefused(answer, '/bucket/year%3D2026/x');
  });

  it('a date more than 15 minutes off', async () => {
    for (const [signedAt, status] of [
      [minutes(-16), 403],
      [minutes(-14), 200],
      [minutes(14), 200],
      [minutes(16), 403],
    ] as const) {
      assert.equal((await send(aws.url, { ...listTables, signedAt })).status, status);
    }
  });

  it('a request without a signature, or with half of one', async () => {
    const call = await sign(aws.url, listTables);
    const withSignature = (authorization: string): Promise<Answer> =>
      deliver(aws.url, { ...call, headers: { ...call.headers, authorization } });
    const { authorization = '' } = call.headers;
    assertRefused(
      await deliver(aws.url, { ...call, headers: withoutHeader(call.headers, 'authorization') }),
      'MissingAuthenticationTokenException',
    );
    assertRefused(
      await withSignature(authorization.replace(/, Signature=.*/, '')),
      'IncompleteSignatureException',
    );
    assertRefused(await withSignature(authorization.replace('host;', '')), 'host has to be signed');
    const bucket = await fetch(`${aws.url}/bucket`);
    assert.equal(bucket.status, 403);
    assert.match(await bucket.text(), /<Code>AccessDenied<\/Code>/);
  });

  it('a scope of another region', async () => {
    const answer = await send(aws.url, { ...listTables, region: 'us-east-1' });
    assertRefused(answer, 'the region is');
  });

  it("a role's credentials without their token, and any other with one", async () => {
    const { accessKeyId, secretAccessKey, sessionToken = '' } = roleAccount;
    for (const account of [
      { accessKeyId, secretAccessKey },
      { ...hubAccount, sessionToken },
    ]) {
      assertRefused(await send(aws.url, { ...listTables, account }), 'UnrecognizedClientException');
    }
  });
});

describe('a presigned link', () => {
  const get = { service: 's3', method: 'GET', path: '/links/a%20b' } as const;

  before(async () => {
    await createBucket(aws.url, 'links');
    await send(aws.url, putObject(get.path, 'linked'));
  });

  it('passes while it lives', async () => {
    const { status, text } = await send(aws.url, { ...get, expiresS: 60 });
    assert.deepEqual([status, text], [200, 'linked']);
    assert.equal(
      (await send(aws.url, { ...get, expiresS: 7200, signedAt: minutes(-60) })).status,
      200,
    );
  });

  it('is refused when it has expired', async () => {
    const answer = await send(aws.url, { ...get, expiresS: 60, signedAt: minutes(-2) });
    assertRefused(answer, 'expired');
  });

  it('is refused for another object or a longer life', async () => {
    const call = await sign(aws.url, { ...get, expiresS: 60 });
    for (const target of [
      call.target.replace('/links/a%20b', '/links/c'),
      call.target.replace('X-Amz-Expires=60', 'X-Amz-Expires=6000'),
    ]) {
      assert.notEqual(target, call.target);
      assertRefused(await deliver(aws.url, { ...call, target }), 'SignatureDoesNotMatch');
    }
  });
});

it('moto forgets everything on demand', async () => {
  await createTable(aws.url, 'gone');
  assert.deepEqual((await send(aws.url, listTables)).json(), { TableNames: ['gone'] });
  await aws.moto.reset();
  assert.deepEqual((await send(aws.url, listTables)).json(), { TableNames: [] });
});
