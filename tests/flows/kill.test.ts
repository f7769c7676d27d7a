// kill -9 of the hub and of its workers while webhooks come in. What was acknowledged is there,
// every matched rule has one final execution, and every effect is accounted for.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHttpSink } from '../servers/http-sink.ts';
import { addRule, addWebhook, executionsOf, sha256 } from './fixtures.ts';
import type { Message } from './fixtures.ts';
import { Hub, Scope, isFull, sleep } from './harness.ts';
import { AckLog, Sender, checkEffects, countedByKey, randomFrom, untilIdle } from './load.ts';

const hubKills = isFull ? 100 : 10;
const workerKills = isFull ? 20 : 4;
const messagesARound = 40;
const seed = Number(process.env.MSGHUB_SEED ?? Date.now() % 1_000_000);

async function killAWorker(hub: Hub, random: () => number): Promise<void> {
  const pids = await hub.workerPids();
  const pid = pids[Math.floor(random() * pids.length)];
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
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
  const sender = new Sender([channel.url], log, random);

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
