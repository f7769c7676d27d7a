// The bytes of attachments: from a mailbox through the hub's blobs and a worker into another mail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDovecot } from '../servers/dovecot.ts';
import { startSmtpSink } from '../servers/smtp-sink.ts';
import { addInbox, addMailServer, addRule, executionsOf } from './fixtures.ts';
import { Hub, Scope, waitFor } from './harness.ts';

const rule = [
  '# Pass invoices on\n\n## When\n\n- an email arrives in **Inbox**\n- it has an attachment\n',
  '## Do\n\n1. Email "all@example.com" with subject "Files" and all attachments:\n\n   > Here they are.\n',
  '2. Email "each@example.com" with subject "{{attachment.name}}", for each attachment:\n',
  '   > {{attachment.content}}\n',
].join('\n');

interface File {
  name: string;
  encoding: 'base64' | '7bit';
  text: string; // encoded
}

const inBase64 = (name: string, bytes: Buffer): File => ({
  name,
  encoding: 'base64',
  text: bytes.toString('base64'),
});

function mailWith(...files: File[]): string {
  const parts = files.map(({ name, encoding, text }) =>
    [
      '--b',
      'Content-Type: application/octet-stream',
      `Content-Disposition: attachment; filename="${name}"`,
      `Content-Transfer-Encoding: ${encoding}`,
      '',
      text,
    ].join('\r\n'),
  );
  return [
    'From: ann@acme.com',
    'To: alice@example.com',
    'Subject: files',
    `Message-ID: <${files.map(({ name }) => name).join('-')}@acme.com>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b\r\n\r\nhello',
    ...parts,
    '--b--',
    '',
  ].join('\r\n');
}

void test('attachments reach the steps that pass them on, and too many of them a clear end', async (context) => {
  const scope = Scope.of(context);
  const dovecot = await scope.use(startDovecot());
  const smtp = await scope.use(startSmtpSink());
  const hub = await Hub.start(scope, {
    egressAllow: [`127.0.0.1:${String(smtp.port)}`],
    settings: { MSGHUB_SWEEP_MS: '2000' },
  });
  const inbox = await addInbox(hub, scope, dovecot);
  await addMailServer(hub, smtp.port);
  await addRule(hub, rule);

  const settledAfter = async (count: number) =>
    await waitFor(`${String(count)} mails to be done`, async () => {
      const found = await hub.all<{ id: string; status: string }>(
        `/v1/messages?channelId=${inbox}`,
      );
      const done = found.length === count && found.every(({ status }) => status !== 'pending');
      return done ? found : undefined;
    });

  const bytes = Buffer.from([0, 255, 1, 254, 10, 13]);
  await dovecot.deliver(
    'alice',
    mailWith(inBase64('a.bin', bytes), inBase64('b.bin', Buffer.from('second'))),
  );
  const [first] = await settledAfter(1);
  assert.ok(first);
  const [execution] = await executionsOf(hub, first.id);
  assert.equal(execution?.status, 'success', JSON.stringify(execution?.error));
  const [all, ...each] = smtp.mails;
  assert.ok(all);
  assert.ok(all.raw.includes(bytes.toString('base64')) && all.raw.includes('a.bin'));
  assert.ok(all.raw.includes(Buffer.from('second').toString('base64')));
  assert.deepEqual(
    each.map(({ raw }) => /^Subject: (.*)$/m.exec(raw)?.[1]?.trim()),
    ['a.bin', 'b.bin'],
  );
  assert.ok(each[0]?.raw.includes(bytes.toString('base64')));

  // The largest mails that the hub takes can hold more than a worker can be given.
  const text = `${'x'.repeat(78)}\r\n`.repeat((21 * 1024 * 1024) / 80);
  await dovecot.deliver('alice', mailWith({ name: 'c.txt', encoding: '7bit', text }));
  const second = (await settledAfter(2)).find(({ id }) => id !== first.id);
  const [refused] = await executionsOf(hub, second?.id ?? '');
  assert.equal(refused?.status, 'failed');
  assert.equal(refused.error?.code, 'attachments_too_large');
  assert.match(refused.error.message, /\d+ bytes, and a rule can be given 20971520 at most/);
});
