// The webhook channel as senders meet it: what it takes, what it refuses and with which words.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { startHttpSink } from '../servers/http-sink.ts';
import type { HttpSink } from '../servers/http-sink.ts';
import {
  addRule,
  addWebhook,
  deliver,
  finalExecution,
  githubHeaders,
  message,
  post,
  settled,
  sha256,
  standardHeaders,
  trace,
} from './fixtures.ts';
import type { Channel } from './fixtures.ts';
import { Hub, Scope } from './harness.ts';
import type { Reply } from './harness.ts';

const orderRule = (sink: string): string => `# Large orders

## When

- a webhook arrives at **Orders**
- the subject contains "order"
- \`order.total\` matches \`/^\\d{4,}/\`

## Or when

- a webhook arrives at **Form**
- \`kind\` is "order"

## Extract

- total: json \`order.total\`, or "unknown"

## Do

1. Send webhook POST to <${sink}/orders>:

   \`\`\`json
   {"total": "{{total}}", "from": "{{message.from}}"}
   \`\`\`
`;

interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
}

/** An RFC 9457 answer with this status and code. */
function refusedWith(reply: Reply, status: number, code: string): Problem {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.headers['content-type'], 'application/problem+json');
  const problem = reply.json() as Problem;
  assert.equal(problem.status, status);
  assert.equal(problem.code, code);
  assert.ok(problem.title.length > 0 && problem.detail.length > 0, reply.text);
  return problem;
}

void describe('a webhook channel', () => {
  const scope = new Scope();
  after(() => scope.end());
  let hub: Hub;
  let sink: HttpSink;
  let orders: Channel;
  let form: Channel;
  let signed: Channel;
  let github: Channel;
  const secret = `whsec_${randomBytes(32).toString('base64')}`;

  before(async () => {
    sink = await scope.use(startHttpSink());
    hub = await Hub.start(scope, {
      egressAllow: [`127.0.0.1:${String(sink.port)}`],
    });
    orders = await addWebhook(hub, 'Orders', {
      config: { webhookMapping: { from: 'order.customer', subject: 'title' } },
    });
    form = await addWebhook(hub, 'Form');
    signed = await addWebhook(hub, 'Signed', { signature: 'standard', secret });
    github = await addWebhook(hub, 'Code', { signature: 'github', secret: 'it is a secret' });
    await addRule(hub, orderRule(sink.url));
  });

  const order = { title: 'New order', order: { customer: 'ada@example.com', total: 1200 } };

  void test('takes JSON, maps its fields, and runs the rule', async () => {
    const id = await deliver(orders, order, { 'webhook-id': 'json-1' });
    const execution = await finalExecution(hub, id);
    assert.equal(execution.status, 'success', JSON.stringify(execution.error));
    assert.deepEqual(execution.extractedData, { total: 1200 });
    const stored = await message(hub, id);
    assert.equal(stored.parsedContent.from, 'ada@example.com');
    assert.equal(stored.parsedContent.subject, 'New order');
    assert.deepEqual(stored.parsedContent.payload, order);
    assert.equal(stored.metadata.rawSha256, sha256(JSON.stringify(order)));
    const call = sink.requests.find(({ body }) => body.includes('1200'));
    assert.deepEqual(JSON.parse(call?.body ?? ''), { total: '1200', from: 'ada@example.com' });
  });

  void test('keeps the digits of numbers on the whole way', async () => {
    const total = '123456789012345678901234567890.50';
    const body = `{"title":"Long order","order":{"customer":"ada@example.com","total":${total}}}`;
    const reply = await post(orders.url, body, { 'content-type': 'application/json' });
    assert.equal(reply.status, 202, reply.text);
    const { id } = reply.json() as { id: string };
    assert.equal((await finalExecution(hub, id)).status, 'success');
    assert.ok(sink.requests.some((request) => request.body.includes(`"${total}"`)));
  });

  void test('takes a form', async () => {
    const reply = await post(form.url, 'kind=order&note=two+words%21', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    assert.equal(reply.status, 202, reply.text);
    const { id } = reply.json() as { id: string };
    assert.equal((await finalExecution(hub, id)).status, 'success');
    const { payload } = (await message(hub, id)).parsedContent;
    assert.deepEqual(payload, { kind: 'order', note: 'two words!' });
  });

  void test('takes text as the body', async () => {
    const reply = await post(form.url, 'Grüße\r\nzwei', {
      'content-type': 'text/plain; charset=utf-8',
    });
    assert.equal(reply.status, 202, reply.text);
    const { id } = reply.json() as { id: string };
    assert.equal((await settled(hub, id)).parsedContent.body, 'Grüße\nzwei');
  });

  void test('keeps the bytes as they came', async () => {
    const body = '{ "spaced" :  1.0,\t"title":"é" }\r\n';
    const reply = await post(orders.url, body);
    const { id } = reply.json() as { id: string };
    const raw = await hub.api('GET', `/v1/messages/${id}/raw`);
    assert.equal(raw.text, body);
    assert.equal(raw.headers['content-type'], 'application/octet-stream');
  });

  void test('says where malformed JSON is malformed', async () => {
    const problem = refusedWith(await post(orders.url, '{\n  "order": {,}\n}'), 400, 'invalid');
    assert.match(problem.detail, /line 2\b.*column 13\b/);
  });

  void test('refuses an unknown token, and tells nothing of the known ones', async () => {
    const known = new URL(orders.url).pathname;
    const last = known.at(-1) === 'A' ? 'B' : 'A';
    for (const path of ['/in/nothing', known.slice(0, -1) + last]) {
      const problem = refusedWith(await post(hub.url + path, '{}'), 404, 'unknown_channel');
      assert.doesNotMatch(problem.detail, /Orders/);
    }
  });

  void test('refuses a body over 1 MiB and takes one of 1 MiB', async () => {
    const text = { 'content-type': 'text/plain' };
    assert.equal((await post(form.url, Buffer.alloc(1024 * 1024, 'a'), text)).status, 202);
    const reply = await post(form.url, Buffer.alloc(1024 * 1024 + 1, 'a'), text);
    assert.equal(reply.status, 413, reply.text);
    assert.equal(reply.headers['content-type'], 'application/problem+json');
  });

  void test('adds nothing when a message comes again under its webhook-id', async () => {
    const first = await post(orders.url, JSON.stringify(order), { 'webhook-id': 'twice' });
    const again = await post(orders.url, JSON.stringify({ ...order, more: 1 }), {
      'webhook-id': 'twice',
    });
    const other = await post(orders.url, JSON.stringify(order), { 'webhook-id': 'once' });
    const one = first.json() as { id: string; duplicate: boolean };
    assert.equal(one.duplicate, false);
    assert.deepEqual(again.json(), { id: one.id, duplicate: true });
    assert.notEqual((other.json() as { id: string }).id, one.id);
    await finalExecution(hub, one.id);
  });

  void test('adds nothing when the same body comes again without an id', async () => {
    const first = (await post(form.url, '{"door":"open"}')).json() as { id: string };
    const again = (await post(form.url, '{"door":"open"}')).json();
    const other = (await post(form.url, '{"door":"shut"}')).json() as { id: string };
    assert.deepEqual(again, { id: first.id, duplicate: true });
    assert.notEqual(other.id, first.id);
  });

  void test('takes what Standard Webhooks signed', async () => {
    const body = '{"a":1}';
    const reply = await post(signed.url, body, standardHeaders(secret, 'signed-1', body));
    assert.equal(reply.status, 202, reply.text);
  });

  const body = '{"b":2}';
  const now = Math.floor(Date.now() / 1000);
  const foreign = `whsec_${randomBytes(32).toString('base64')}`;
  const forged: [string, Record<string, string>][] = [
    ['no signature', {}],
    ['a signature by another secret', standardHeaders(foreign, 'x', body)],
    ['a signature of another body', standardHeaders(secret, 'x', '{"b":3}')],
    ['a signature of another id', { ...standardHeaders(secret, 'x', body), 'webhook-id': 'y' }],
    ['a signature of ten minutes ago', standardHeaders(secret, 'x', body, now - 600)],
    ['a signature of another scheme', githubHeaders(secret, body)],
  ];
  for (const [what, headers] of forged) {
    void test(`refuses ${what}`, async () => {
      refusedWith(await post(signed.url, body, headers), 401, 'unauthorized');
    });
  }

  void test('checks the signature of GitHub on the raw bytes', async () => {
    const spaced = '{ "ref" : "main" }';
    const good = githubHeaders('it is a secret', spaced);
    assert.equal((await post(github.url, spaced, good)).status, 202);
    refusedWith(await post(github.url, '{"ref":"main"}', good), 401, 'unauthorized');
    refusedWith(await post(github.url, spaced), 401, 'unauthorized');
    refusedWith(
      await post(github.url, spaced, githubHeaders('another', spaced)),
      401,
      'unauthorized',
    );
  });

  void test('checks the signature before it reads the body', async () => {
    refusedWith(await post(signed.url, '{malformed'), 401, 'unauthorized');
  });

  void test('explains which condition a message failed, and the value it saw', async () => {
    const small = { title: 'New order', order: { customer: 'bob@example.com', total: 99 } };
    const id = await deliver(orders, small, { 'webhook-id': 'small' });
    assert.equal((await settled(hub, id)).status, 'ignored');
    const [rule] = await trace(hub, id);
    assert.equal(rule?.name, 'Large orders');
    assert.equal(rule.matchedThen, false);
    assert.match(rule.why, /line 7: .*order\.total.*"99"/);
    const [subject, total] = rule.explanation.triggers[0]?.conditions ?? [];
    assert.equal(subject?.holds, true);
    assert.equal(subject.seen, 'New order');
    assert.equal(total?.holds, false);
    assert.equal(total.seen, '99');
    assert.equal(total.condition.line, 7);
    const told = await hub.run('message', 'trace', id);
    assert.equal(told.code, 0, told.stderr);
    assert.match(told.stdout, /order\.total/);
    assert.match(told.stdout, /99/);
  });
});
