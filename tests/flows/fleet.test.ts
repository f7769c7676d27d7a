// Two hubs share one DynamoDB, one S3 and one KMS key. Messages come in at both; one of them is
// killed and never comes back; the other ends its work.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHttpSink } from '../servers/http-sink.ts';
import { startAwsHome } from './aws.ts';
import { addRule, addWebhook, executionsOf, sha256, untilKnown } from './fixtures.ts';
import type { Message } from './fixtures.ts';
import { Hub, Scope, isFull, sleep, waitFor } from './harness.ts';
import { AckLog, Sender, checkEffects, countedByKey, randomFrom } from './load.ts';

const messages = isFull ? 200 : 30;
const seed = Number(process.env.MSGHUB_SEED ?? Date.now() % 1_000_000);

for (const layout of isFull ? ['multi-table', 'single-table'] : ['multi-table']) {
  void test(`a hub ends the work of one that was killed, ${layout} (MSGHUB_SEED=${String(seed)})`, async (context) => {
    const random = randomFrom(seed);
    const scope = Scope.of(context);
    const { settings } = await startAwsHome(scope, layout);
    const sink = await scope.use(startHttpSink());
    const options = {
      egressAllow: [`127.0.0.1:${String(sink.port)}`],
      settings: { ...settings, MSGHUB_RETRY_BASE_MS: '100', MSGHUB_WORKERS_COUNT: '1' },
    };
    const doomed = await Hub.start(scope, options);
    const heir = await Hub.start(scope, options);
    const channel = await addWebhook(doomed, 'Load');
    const rule = await addRule(
      doomed,
      [
        '# Pass on\n\n## When\n\n- a webhook arrives at **Load**\n',
        '## Extract\n\n- number: json `number`\n',
        `## Do\n\n1. Send webhook POST to <${sink.url}/effects>:\n`,
        '   ```json\n   {"number": {{number}}}\n   ```\n',
      ].join('\n'),
    );
    await untilKnown(heir, channel, rule);
    sink.requests.length = 0;
    const log = new AckLog(join(scope.folder(), 'acks'));
    const urls = [doomed, heir].map((hub) => hub.url + new URL(channel.url).pathname);
    const sender = new Sender(urls, log, random);
    const load = sender.round(messages);
    await sleep(1000 + random() * 1000);
    await doomed.kill9();
    await load;
    await sender.settle();

    const ended = await waitFor(
      'the heir to end all messages',
      async () => {
        const { data } = await heir.get<{ data: unknown[] }>('/v1/messages?status=pending');
        return data.length === 0 ? true : undefined;
      },
      600_000,
    );
    assert.ok(ended);
    const byMessage = new Map(log.close().map((ack) => [ack.messageId, ack]));
    assert.equal(byMessage.size, sender.sent, 'each message sent is one message stored');
    const seen = countedByKey(sink);
    for (const { messageId, hash } of byMessage.values()) {
      const stored = await heir.get<Message>(`/v1/messages/${messageId}`);
      assert.deepEqual(stored.matchedRuleIds, [rule]);
      const raw = await heir.api('GET', `/v1/messages/${messageId}/raw`);
      assert.equal(sha256(raw.text), hash);
      const [execution, ...others] = await executionsOf(heir, messageId);
      assert.ok(execution, `message ${messageId} has no execution`);
      assert.deepEqual(others, [], 'one execution for each rule and message');
      assert.equal(execution.status, 'success', JSON.stringify(execution));
      checkEffects(execution, seen);
    }
    assert.deepEqual([...seen], [], 'no effect without an execution');
  });
}
