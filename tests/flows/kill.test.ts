// kill -9 of the hub and of its workers while webhooks come in. What was acknowledged is there,
// every matched rule has one final execution, and every effect is accounted for.

import assert from 'node:assert/strict';
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHttpSink } from '../servers/http-sink.ts';
import type { HttpSink } from '../servers/http-sink.ts';
import { addRule, addWebhook, executionsOf, post, sha256 } from './fixtures.ts';
import type { Channel, Execution, Message } from './fixtures.ts';
import { Hub, Scope, isFull, sleep, waitFor } from './harness.ts';

const hubKills = isFull ? 100 : 10;
const workerKills = isFull ? 20 : 4;
const messagesARound = 40;
const senders = 4;
const seed = Number(process.env.MSGHUB_SEED ?? Date.now() % 1_000_000);

/** Numbers in [0, 1) that a failing run can be repeated with: MSGHUB_SEED. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the sender knows for sure: synced to disk before it believes in an acknowledgement. */
class AckLog {
  readonly #path: string;
  readonly #file: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a');
  }

  add(webhookId: string, messageId: string, hash: string): void {
    writeSync(this.#file, `${webhookId} ${messageId} ${hash}\n`);
    fdatasyncSync(this.#file);
  }

  close(): { webhookId: string; messageId: string; hash: string }[] {
    closeSync(this.#file);
    return readFileSync(this.#path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [webhookId = '', messageId = '', hash = ''] = line.split(' ');
        return { webhookId, messageId, hash };
      });
  }
}

/** A sender that goes on until its messages are acknowledged, whatever happens to the hub. */
class Sender {
  readonly #channel: Channel;
  readonly #acks: AckLog;
  readonly #random: () => number;
  #next = 0;
  #unsure: { id: string; body: string }[] = []; // sent, and no answer came

  constructor(channel: Channel, acks: AckLog, random: () => number) {
    this.#channel = channel;
    this.#acks = acks;
    this.#random = random;
  }

  get sent(): number {
    return this.#next;
  }

  async #send(id: string, body: string): Promise<boolean> {
    try {
      const reply = await post(this.#channel.url, body, { 'webhook-id': id });
      if (reply.status !== 202) return false;
      this.#acks.add(id, (reply.json() as { id: string }).id, sha256(body));
      return true;
    } catch {
      return false;
    }
  }

  async #sendAll(items: { id: string; body: string }[]): Promise<void> {
    const rest = [...items];
    const lane = async (): Promise<void> => {
      for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
        if (!(await this.#send(item.id, item.body))) this.#unsure.push(item);
      }
    };
    await Promise.all(Array.from({ length: senders }, lane));
  }

  /** What was left unsure, then new messages of many sizes. */
  async round(count: number): Promise<void> {
    const again = this.#unsure.splice(0);
    const fresh = Array.from({ length: count }, () => {
      const number = this.#next++;
      const filling = 'x'.repeat(Math.floor(this.#random() ** 4 * 60_000));
      return { id: `m-${String(number)}`, body: JSON.stringify({ number, filling }) };
    });
    await this.#sendAll([...again, ...fresh]);
  }

  async settle(): Promise<void> {
    while (this.#unsure.length > 0) await this.#sendAll(this.#unsure.splice(0));
  }
}

async function killAWorker(hub: Hub, random: () => number): Promise<void> {
  const pids = await hub.workerPids();
  const pid = pids[Math.floor(random() * pids.length)];
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

async function untilIdle(hub: Hub): Promise<void> {
  await waitFor(
    'all work to be done',
    async () => {
      const { queue } = await hub.get<{ queue: Record<string, number> }>('/v1/status');
      const left = Object.values(queue).reduce((sum, count) => sum + count, 0);
      return left === 0 ? true : undefined;
    },
    5 * 60_000,
  );
}

/** Each key's effect once; what was seen more often, an attempt of unknown end must explain. */
function checkEffects(execution: Execution, seen: Map<string, number>): void {
  const keys = new Set(execution.attempts.map(({ idempotencyKey }) => idempotencyKey));
  assert.equal(keys.size, 1, `${execution.id} has one action, so one key`);
  for (const key of keys) {
    const effects = seen.get(key) ?? 0;
    const attempts = execution.attempts.filter(({ idempotencyKey }) => idempotencyKey === key);
    const unknown = attempts.filter(({ status }) => status === 'unknown').length;
    const sure = attempts.filter(({ status }) => status === 'success').length;
    const told = JSON.stringify(attempts);
    assert.equal(attempts.filter(({ status }) => status === 'started').length, 0, told);
    assert.ok(effects >= sure, `${String(effects)} effects, but ${told}`);
    assert.ok(effects <= sure + unknown, `${String(effects)} effects, but ${told}`);
    seen.delete(key);
  }
}

function countedByKey(sink: HttpSink): Map<string, number> {
  const seen = new Map<string, number>();
  for (const { headers } of sink.requests) {
    const key = String(headers['idempotency-key']);
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return seen;
}

void test(`${String(hubKills)} kills of the hub and ${String(workerKills)} of its workers under load (MSGHUB_SEED=${String(seed)})`, async (context) => {
  const random = randomFrom(seed);
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const hub = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(sink.port)}`],
    settings: { MSGHUB_RETRY_BASE_MS: '100', MSGHUB_WORKERS_COUNT: '2' },
  });
  const channel = await addWebhook(hub, 'Load');
  const rule = await addRule(
    hub,
    [
      '# Pass on\n\n## When\n\n- a webhook arrives at **Load**\n',
      '## Extract\n\n- number: json `number`\n',
      `## Do\n\n1. Send webhook POST to <${sink.url}/effects>:\n`,
      '   ```json\n   {"number": {{number}}}\n   ```\n',
    ].join('\n'),
  );
  const log = new AckLog(join(scope.folder(), 'acks'));
  const sender = new Sender(channel, log, random);

  let workersKilled = 0;
  for (let round = 0; round < hubKills; round++) {
    const load = sender.round(messagesARound);
    if (workersKilled < Math.ceil(((round + 1) * workerKills) / hubKills)) {
      await sleep(random() * 100);
      await killAWorker(hub, random);
      workersKilled++;
    }
    await sleep(random() * 400);
    await hub.kill9();
    await load;
    await hub.boot();
  }
  assert.equal(workersKilled, workerKills);
  await sender.settle();
  await untilIdle(hub);

  const acks = log.close();
  const byMessage = new Map(acks.map((ack) => [ack.messageId, ack]));
  assert.equal(byMessage.size, sender.sent, 'each message sent is one message stored');
  const listed = await hub.all<{ id: string }>(`/v1/messages?channelId=${channel.id}`);
  assert.deepEqual(
    new Set(listed.map(({ id }) => id)),
    new Set(byMessage.keys()),
    'the store holds what was acknowledged, and nothing else',
  );
  assert.equal(listed.length, sender.sent, 'and nothing twice');

  const seen = countedByKey(sink);
  for (const { messageId, hash } of byMessage.values()) {
    const stored = await hub.get<Message>(`/v1/messages/${messageId}`);
    assert.equal(stored.metadata.rawSha256, hash);
    const raw = await hub.api('GET', `/v1/messages/${messageId}/raw`);
    assert.equal(sha256(raw.text), hash);
    assert.deepEqual(stored.matchedRuleIds, [rule]);
    const [execution, ...others] = await executionsOf(hub, messageId);
    assert.ok(execution, `message ${messageId} has no execution`);
    assert.deepEqual(others, [], 'one execution for each rule and message');
    // Whoever loses its worker three times may be what kills it, and is given up.
    if (execution.status !== 'success') {
      assert.equal(execution.status, 'failed');
      assert.equal(execution.error?.code, 'worker_lost');
    }
    assert.ok(execution.completedAt, 'the execution is final');
    if (execution.attempts.length > 0) checkEffects(execution, seen);
  }
  assert.deepEqual([...seen.keys()], [], 'no effect that no execution knows of');
  assert.equal(await hub.stop(), 0);
});
