// Load with a memory: senders that know for sure what was acknowledged, and what its effects may be.

import assert from 'node:assert/strict';
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { HttpSink } from '../servers/http-sink.ts';
import { post, sha256 } from './fixtures.ts';
import type { Execution } from './fixtures.ts';
import { waitFor } from './harness.ts';
import type { Hub } from './harness.ts';

const senders = 4;

/** Numbers in [0, 1) that a failing run can be repeated with: MSGHUB_SEED. */
export function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the sender knows for sure: synced to disk before it believes in an acknowledgement. */
export class AckLog {
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
export class Sender {
  readonly #urls: string[];
  readonly #acks: AckLog;
  readonly #random: () => number;
  #next = 0;
  #unsure: { id: string; body: string }[] = []; // sent, and no answer came

  /** `urls`: of one channel, at each hub that takes its messages. */
  constructor(urls: string[], acks: AckLog, random: () => number) {
    this.#urls = urls;
    this.#acks = acks;
    this.#random = random;
  }

  get sent(): number {
    return this.#next;
  }

  async #send(id: string, body: string): Promise<boolean> {
    try {
      const url = this.#urls[Math.floor(this.#random() * this.#urls.length)] ?? '';
      const reply = await post(url, body, { 'webhook-id': id });
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

export async function untilIdle(hub: Hub): Promise<void> {
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
export function checkEffects(execution: Execution, seen: Map<string, number>): void {
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

export function countedByKey(sink: HttpSink): Map<string, number> {
  const seen = new Map<string, number>();
  for (const { headers } of sink.requests) {
    const key = String(headers['idempotency-key']);
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return seen;
}
