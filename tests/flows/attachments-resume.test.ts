// A step for each attachment that does not get to its end: a target that says no to one of them, a
// hub that is killed. What is done is not done again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDovecot } from '../servers/dovecot.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startSmtpSink } from '../servers/smtp-sink.ts';
import { addInbox, addMailServer, addRule, executionsOf, finalExecution } from './fixtures.ts';
import type { Execution } from './fixtures.ts';
import { Hub, Scope, waitFor } from './harness.ts';

const rule = (url: string): string =>
  [
    '# File each\n\n## When\n\n- an email arrives in **Inbox**\n- it has an attachment\n',
    `## Do\n\n1. Send webhook POST to <${url}/files>, for each attachment:\n`,
    '   ```json\n   {"name": "{{attachment.name}}"}\n   ```\n',
    '2. Email "each@example.com" with subject "{{attachment.name}}", for each attachment:\n',
    '   > {{attachment.name}}\n',
  ].join('\n');

function mailWith(subject: string, names = ['a', 'b', 'c']): string {
  const parts = names.map((name) =>
    ['--b', `Content-Disposition: attachment; filename="${name}"`, '', name].join('\r\n'),
  );
  return [
    ...['From: ann@acme.com', 'To: alice@example.com', `Subject: ${subject}`],
    ...['MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '', '--b\r\n\r\nhello'],
    ...[...parts, '--b--', ''],
  ].join('\r\n');
}

/** A hub with the inbox of the rule, the target of its calls, and the server of its mails. */
async function start(scope: Scope, retryBaseMs: number) {
  const dovecot = await scope.use(startDovecot());
  const sink = await scope.use(startHttpSink());
  const smtp = await scope.use(startSmtpSink());
  const hub = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(sink.port)}`, `127.0.0.1:${String(smtp.port)}`],
    settings: { MSGHUB_SWEEP_MS: '2000', MSGHUB_RETRY_BASE_MS: String(retryBaseMs) },
  });
  const inbox = await addInbox(hub, scope, dovecot);
  await addMailServer(hub, smtp.port);
  return { dovecot, sink, smtp, hub, inbox };
}

void test('each attachment is done once: after a refusal, and over kills of the hub', async (context) => {
  const { dovecot, sink, smtp, hub, inbox } = await start(Scope.of(context), 10_000);
  await addRule(hub, rule(sink.url));

  const known = new Set<string>();
  const deliver = async (subject: string): Promise<string> => {
    await dovecot.deliver('alice', mailWith(subject));
    const id = await waitFor('the mail to come in', async () => {
      const found = await hub.all<{ id: string }>(`/v1/messages?channelId=${inbox}`);
      return found.find((message) => !known.has(message.id))?.id;
    });
    known.add(id);
    return id;
  };
  const called = () => sink.requests.map(({ body }) => (JSON.parse(body) as { name: string }).name);
  const mailed = () => smtp.mails.map(({ raw }) => /^Subject: (\w)/m.exec(raw)?.[1]);
  const items = ({ attempts }: Execution) =>
    attempts.map((attempt) => [attempt.status, (attempt as { items?: unknown[] }).items?.length]);

  // The second of three is refused once, and the hub is killed while the execution waits.
  let refusals = 1;
  sink.answer((response, { body }) => {
    response.writeHead(body.includes('"b"') && refusals-- > 0 ? 503 : 200).end('{"ok":true}');
  });
  const first = await deliver('refused');
  const waiting = await waitFor('the first attempt to fail', async () => {
    const [execution] = await executionsOf(hub, first);
    return execution?.attempts[0]?.status === 'failed' ? execution : undefined;
  });
  assert.deepEqual(items(waiting), [['failed', 1]]);
  await hub.kill9();
  await hub.boot();
  const refused = await finalExecution(hub, first);
  assert.equal(refused.status, 'success', JSON.stringify(refused.error));
  assert.deepEqual(called(), ['a', 'b', 'b', 'c']);
  assert.deepEqual(mailed(), ['a', 'b', 'c']);
  const answer = { status: 200, body: { ok: true } };
  assert.deepEqual(refused.actionResults[0]?.output, [answer, answer, answer]);
  assert.deepEqual(items(refused), [
    ['failed', undefined],
    ['success', undefined],
    ['success', undefined],
  ]);

  // The hub is killed while the second is under way: nobody knows of that one alone.
  sink.requests.length = 0;
  smtp.mails.length = 0;
  sink.answer((response, { body }) => {
    if (!body.includes('"b"')) response.end('{"ok":true}');
  });
  const second = await deliver('killed');
  await waitFor('the second attachment', () => sink.requests[1]);
  await hub.kill9();
  sink.answer((response) => response.end('{"ok":true}'));
  await hub.boot();
  const killed = await finalExecution(hub, second);
  assert.equal(killed.status, 'success', JSON.stringify(killed.error));
  assert.deepEqual(called(), ['a', 'b', 'b', 'c']);
  assert.deepEqual(mailed(), ['a', 'b', 'c']);
  const [, once, again] = sink.requests.map(({ headers }) => headers['idempotency-key']);
  assert.equal(once, again);
  assert.equal(killed.attempts[0]?.status, 'unknown');
});

void test('attachments that take longer than the time of a try: as many tries as they need', async (context) => {
  const { dovecot, sink, smtp, hub } = await start(Scope.of(context), 100);
  await addRule(hub, `${rule(sink.url)}\n## Settings\n\n- time limit: 4 seconds\n`);

  // Only one attachment a try: the next one is answered when the time is over.
  const names = ['a', 'b', 'c', 'd', 'e'];
  let answered = 0;
  sink.answer((response, { body }) => {
    const { name } = JSON.parse(body) as { name: string };
    if (name !== names[answered]) return;
    const done = sink.requests.filter((one) => one.body === body).length;
    if (name !== 'a' && done === 1) return;
    answered += 1;
    response.end('{"ok":true}');
  });
  await dovecot.deliver('alice', mailWith('slow', names));
  const [message] = await waitFor('the mail to come in', async () => {
    const found = await hub.all<{ id: string }>('/v1/messages');
    return found.length > 0 ? found : undefined;
  });
  const execution = await finalExecution(hub, message?.id ?? '');
  assert.equal(execution.status, 'success', JSON.stringify(execution.error));
  const ofSink = execution.attempts.filter(({ order }) => order === 0);
  assert.ok(ofSink.length >= names.length, 'a try for each, more than the three in vain');
  assert.equal(smtp.mails.length, names.length);
});
