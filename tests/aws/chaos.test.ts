import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import { startChaos, type Chaos, type ChaosStatus, type Fault } from '../servers/chaos.ts';
import { startAws, type Aws } from '../servers/moto.ts';
import { createBucket, createTable, dynamo, send } from './client.ts';
import type { Answer } from './client.ts';

let aws: Aws;
let chaos: Chaos;

before(async () => {
  aws = await startAws();
  chaos = await startChaos(aws.url);
  await createTable(aws.url, 'things');
  await createBucket(aws.url, 'bucket');
});
after(async () => {
  await chaos.stop();
  await aws.stop();
});
beforeEach(() => {
  chaos.set([]);
});

const put = (id: string): Promise<Answer> =>
  dynamo(chaos.url, 'PutItem', { TableName: 'things', Item: { id: { S: id } } });

/** Asks behind the proxy's back. */
async function has(id: string): Promise<boolean> {
  const { json } = await dynamo(aws.url, 'GetItem', {
    TableName: 'things',
    Key: { id: { S: id } },
  });
  return 'Item' in json();
}

const putObject = (body: string): Promise<Answer> =>
  send(chaos.url, { service: 's3', method: 'PUT', path: '/bucket/key', body });
const getObject = (): Promise<Answer> =>
  send(chaos.url, { service: 's3', method: 'GET', path: '/bucket/key' });

/** One fault for the next request. */
function once(fault: Fault): void {
  chaos.set([{ count: 1, fault }]);
}

describe('without rules', () => {
  it('signed requests pass, and so do the answers', async () => {
    const refused = aws.refusals.length;
    assert.equal((await put('calm')).status, 200);
    assert.ok(await has('calm'));
    assert.equal((await putObject('bytes')).status, 200);
    assert.equal((await getObject()).text, 'bytes');
    const head = await send(chaos.url, { service: 's3', method: 'HEAD', path: '/bucket/key' });
    assert.equal(head.headers.get('content-length'), '5');
    assert.equal(aws.refusals.length, refused);
  });
});

describe('an error', () => {
  it('is a 500 in the wording of the service', async () => {
    once({ kind: 'error' });
    const { status, json } = await put('failed');
    assert.deepEqual(
      [status, json().__type],
      [500, 'com.amazonaws.dynamodb.v20120810#InternalServerError'],
    );
    assert.equal(await has('failed'), false);
    once({ kind: 'error' });
    const object = await getObject();
    assert.equal(object.status, 500);
    assert.match(object.text, /<Error><Code>InternalError<\/Code>/);
  });

  it('is what the test says', async () => {
    once({ kind: 'error', status: 400, code: 'ExpiredTokenException', message: 'too old' });
    const { status, json } = await put('expired');
    assert.equal(status, 400);
    assert.deepEqual(json(), {
      __type: 'com.amazon.coral.service#ExpiredTokenException',
      message: 'too old',
    });
  });

  it('is throttling, as DynamoDB, S3 and KMS have it', async () => {
    chaos.set([{ fault: { kind: 'throttle' } }]);
    const table = await put('throttled');
    assert.equal(table.status, 400);
    assert.match(table.text, /#ProvisionedThroughputExceededException"/);
    const object = await putObject('throttled');
    assert.equal(object.status, 503);
    assert.match(object.text, /<Code>SlowDown<\/Code>/);
    const key = await send(chaos.url, {
      service: 'kms',
      headers: { 'x-amz-target': 'TrentService.ListKeys' },
      body: '{}',
    });
    assert.deepEqual([key.status, key.json().__type], [400, 'ThrottlingException']);
  });
});

describe('a cut', () => {
  it('before the request is passed on loses it', async () => {
    once({ kind: 'cut-before' });
    await assert.rejects(put('lost'), TypeError);
    assert.equal(await has('lost'), false);
  });

  it('after it was passed on loses the answer alone', async () => {
    once({ kind: 'cut-after' });
    await assert.rejects(put('committed'), TypeError);
    assert.equal(await has('committed'), true);
  });
});

describe('a delay', () => {
  it('holds the request back', async () => {
    once({ kind: 'delay', ms: 6000 }); // a slow machine has to ask meanwhile
    const begun = performance.now();
    const answer = put('late');
    assert.equal(await has('late'), false);
    assert.equal((await answer).status, 200);
    assert.ok(performance.now() - begun >= 5999);
    assert.equal(await has('late'), true);
  });

  it('holds the answer back, of what is done already', async () => {
    once({ kind: 'delay', ms: 10_000, what: 'reply' });
    const begun = performance.now();
    const answer = put('done');
    while (!(await has('done'))) assert.ok(performance.now() - begun < 10_000, 'not passed on');
    assert.equal((await answer).status, 200);
    assert.ok(performance.now() - begun >= 9999);
  });
});

describe('a damaged answer', () => {
  const text = 'a longer text that can be damaged';

  before(() => putObject(text));

  it('breaks off', async () => {
    once({ kind: 'truncate', bytes: 7 });
    await assert.rejects(getObject(), TypeError);
    once({ kind: 'truncate' });
    await assert.rejects(putObject(text), TypeError); // its answer is empty
    once({ kind: 'truncate' });
    await assert.rejects(put('broken'), TypeError);
    assert.equal(await has('broken'), true);
  });

  it('is short and looks whole', async () => {
    once({ kind: 'truncate', bytes: 7, quiet: true });
    const answer = await getObject();
    assert.deepEqual([answer.status, answer.text], [200, text.slice(0, 7)]);
    assert.equal(answer.headers.get('content-length'), '7');
  });

  it('has another bit', async () => {
    once({ kind: 'corrupt' });
    const answer = await getObject();
    assert.equal(answer.status, 200);
    const differing = Buffer.from(answer.text).filter(
      (byte, index) => byte !== text.charCodeAt(index),
    );
    assert.deepEqual([answer.text.length, differing.length], [text.length, 1]);
    assert.equal((await getObject()).text, text);
  });
});

describe('a batch that is done in part', () => {
  const requestsFor = (...ids: string[]): unknown[] =>
    ids.map((id) => ({ PutRequest: { Item: { id: { S: id } } } }));
  const writeBatch = (...ids: string[]): Promise<Answer> =>
    dynamo(chaos.url, 'BatchWriteItem', { RequestItems: { things: requestsFor(...ids) } });

  it('hands the last writes back', async () => {
    once({ kind: 'unprocessed', left: 2 });
    const { status, json } = await writeBatch('b1', 'b2', 'b3', 'b4', 'b5');
    assert.equal(status, 200);
    assert.deepEqual(json().UnprocessedItems, { things: requestsFor('b4', 'b5') });
    assert.deepEqual(await Promise.all(['b1', 'b3', 'b4', 'b5'].map(has)), [
      true,
      true,
      false,
      false,
    ]);
  });

  it('hands half of the writes back, or all of them', async () => {
    once({ kind: 'unprocessed' });
    const half = await writeBatch('h1', 'h2', 'h3');
    assert.deepEqual(half.json().UnprocessedItems, { things: requestsFor('h2', 'h3') });
    once({ kind: 'unprocessed', left: 25 });
    const all = await writeBatch('a1', 'a2');
    assert.deepEqual(all.json(), { UnprocessedItems: { things: requestsFor('a1', 'a2') } });
    assert.equal(await has('a1'), false);
  });

  it('hands keys of a read back, with their settings', async () => {
    await put('r1');
    await put('r2');
    once({ kind: 'unprocessed', left: 1 });
    const keys = ['r1', 'r2'].map((id) => ({ id: { S: id } }));
    const { json } = await dynamo(chaos.url, 'BatchGetItem', {
      RequestItems: { things: { Keys: keys, ConsistentRead: true } },
    });
    const { Responses, UnprocessedKeys } = json();
    assert.deepEqual(Responses, { things: [keys[0]] });
    assert.deepEqual(UnprocessedKeys, { things: { Keys: [keys[1]], ConsistentRead: true } });
  });
});

describe('rules', () => {
  const statuses = async (count: number): Promise<number[]> => {
    const seen = [];
    for (let i = 0; i < count; i++) seen.push((await getObject()).status);
    return seen;
  };

  before(() => putObject('bytes'));

  it('fit by target, method and path', async () => {
    chaos.set([
      { target: '\\.PutItem$', fault: { kind: 'error', status: 501 } },
      { method: '^GET$', path: '^/bucket/', fault: { kind: 'error', status: 502 } },
    ]);
    assert.equal((await put('x')).status, 501);
    assert.equal((await dynamo(chaos.url, 'ListTables', {})).status, 200);
    assert.equal((await getObject()).status, 502);
    assert.equal((await putObject('bytes')).status, 200);
  });

  it('skip, strike so often, and leave the rest to the next rule', async () => {
    chaos.set([
      { skip: 1, count: 2, fault: { kind: 'error', status: 501 } },
      { count: 2, fault: { kind: 'error', status: 502 } },
    ]);
    assert.deepEqual(await statuses(6), [502, 501, 501, 502, 200, 200]);
    const { rules } = chaos.status();
    assert.deepEqual(
      rules.map(({ fitted, struck }) => [fitted, struck]),
      [
        [6, 2],
        [4, 2],
      ],
    );
  });

  it('strike by chance, the same way for the same seed', async () => {
    const rules = [{ probability: 0.5, fault: { kind: 'error' } as const }];
    chaos.set(rules, 7);
    assert.equal(chaos.status().seed, 7);
    const seen = await statuses(30);
    assert.deepEqual(new Set(seen), new Set([200, 500]));
    chaos.set(rules, 7);
    assert.deepEqual(await statuses(30), seen);
    chaos.set(rules, 8);
    assert.notDeepEqual(await statuses(30), seen);
  });

  it('are told from outside over POST /chaos', async () => {
    const tell = (body: string): Promise<Response> =>
      fetch(`${chaos.url}/chaos`, { method: 'POST', body });
    const rule = { count: 1, fault: { kind: 'error', status: 501 } };
    assert.equal((await tell(JSON.stringify({ seed: 5, rules: [rule] }))).status, 200);
    assert.deepEqual(await statuses(2), [501, 200]);
    const status = (await (await fetch(`${chaos.url}/chaos`)).json()) as ChaosStatus;
    assert.deepEqual([status.seed, status.rules], [5, [{ ...rule, fitted: 2, struck: 1 }]]);

    for (const wrong of ['', '{}', '{"rules":[{"fault":{"kind":"gremlin"}}]}']) {
      assert.equal((await tell(wrong)).status, 400, wrong);
    }
    assert.deepEqual(chaos.status().rules.length, 1);
  });
});
