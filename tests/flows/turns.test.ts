// A target that hangs: the rules that do not call it go on.

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHttpSink } from '../servers/http-sink.ts';
import { addRule, addWebhook, deliver, executionsOf, finalExecution } from './fixtures.ts';
import { Hub, Scope, waitFor } from './harness.ts';

const rule = (channel: string, url: string, settings = ''): string =>
  [
    `# Call ${channel}\n\n## When\n\n- a webhook arrives at **${channel}**\n`,
    `## Do\n\n1. Send webhook POST to <${url}/${channel}>:\n\n   \`\`\`json\n   {"a": 1}\n   \`\`\`\n`,
    settings,
  ].join('\n');

void test('a rule whose target hangs leaves a worker to the others', async (context) => {
  const scope = Scope.of(context);
  const hanging = await scope.use(startHttpSink());
  const sink = await scope.use(startHttpSink());
  const hub = await Hub.start(scope, {
    egressAllow: [hanging.port, sink.port].map((port) => `127.0.0.1:${String(port)}`),
    settings: { MSGHUB_WORKERS_COUNT: '3', MSGHUB_RETRY_BASE_MS: '100' },
  });
  const slow = await addWebhook(hub, 'slow');
  const quick = await addWebhook(hub, 'quick');
  await addRule(hub, rule('slow', hanging.url, '## Settings\n\n- time limit: 6 seconds\n'));
  await addRule(hub, rule('quick', sink.url));

  const open = new Set<ServerResponse>();
  hanging.answer((response) => {
    open.add(response);
    response.on('close', () => open.delete(response));
  });
  const ids: string[] = [];
  for (let index = 0; index < 9; index += 1) ids.push(await deliver(slow, { index }));
  // Who has overrun is known to be slow. The calls of the first three end with them.
  await waitFor('the first three to have overrun', async () => {
    const ended = await Promise.all(
      ids.slice(0, 3).map(async (id) => {
        const attempts = (await executionsOf(hub, id))[0]?.attempts ?? [];
        return attempts[0] !== undefined && attempts[0].status !== 'started';
      }),
    );
    return ended.every(Boolean) && open.size <= 2 ? true : undefined;
  });
  await sleep(1000);
  let most = 0;
  const watching = setInterval(() => {
    most = Math.max(most, open.size);
  }, 20);
  scope.after(() => {
    clearInterval(watching);
    return undefined;
  });
  for (let index = 0; index < 5; index += 1) {
    const execution = await finalExecution(hub, await deliver(quick, { index }));
    assert.equal(execution.status, 'success');
  }
  assert.equal(sink.requests.length, 5);
  assert.ok(most > 0 && most <= 2, `${String(most)} of three workers hung`);
});
