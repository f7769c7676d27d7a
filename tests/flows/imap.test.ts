// The e-mail channel before a real IMAP server that goes away, cuts, forgets and floods. Nothing is
// lost and nothing comes twice.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startCutProxy } from '../servers/cut-proxy.ts';
import type { CutProxy } from '../servers/cut-proxy.ts';
import { startDovecot } from '../servers/dovecot.ts';
import type { Dovecot } from '../servers/dovecot.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import type { HttpSink } from '../servers/http-sink.ts';
import { addRule } from './fixtures.ts';
import { Hub, Scope, sleep, waitFor } from './harness.ts';

const mail = (id: string, subject: string, size = 100): string =>
  [
    'From: Ada Lovelace <ada@example.com>',
    'To: alice@example.com',
    `Subject: ${subject}`,
    `Message-ID: <${id}@example.com>`,
    'Date: Sun, 22 Nov 2026 10:00:00 +0000',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Dear Alice,\r\n'.repeat(Math.ceil(size / 13)),
  ].join('\r\n');

void describe('an e-mail channel', () => {
  const scope = new Scope();
  after(() => scope.end());
  let hub: Hub;
  let dovecot: Dovecot;
  let proxy: CutProxy;
  let sink: HttpSink;
  let channel: string;

  interface Listed {
    id: string;
    subject?: string;
    status: string;
  }
  const stored = async (prefix: string): Promise<Listed[]> =>
    (await hub.all<Listed>(`/v1/messages?channelId=${channel}`)).filter(
      ({ subject }) => subject?.startsWith(prefix) ?? false,
    );
  const subjects = async (prefix: string): Promise<string[]> =>
    (await stored(prefix)).map(({ subject }) => subject ?? '').sort();
  const calls = (prefix: string): string[] =>
    sink.requests
      .map(({ body }) => (JSON.parse(body) as { subject: string }).subject)
      .filter((subject) => subject.startsWith(prefix))
      .sort();

  /** Waits until these mails, each once, are stored and their rule has run. */
  async function arrived(prefix: string, wanted: string[], limitMs = 120_000): Promise<void> {
    await waitFor(
      `${String(wanted.length)} mails with "${prefix}" to be done`,
      async () => {
        const found = await stored(prefix);
        const done = found.filter(({ status }) => status === 'processed');
        return done.length >= wanted.length ? true : undefined;
      },
      limitMs,
    );
    await sleep(300); // time enough for a second copy to show itself
    assert.deepEqual(await subjects(prefix), wanted.toSorted());
    assert.deepEqual(calls(prefix), wanted.toSorted());
  }

  const connected = async (): Promise<void> => {
    await waitFor('the mailbox to be connected', async () => {
      const { status } = await hub.get<{ status: string }>(`/v1/channels/${channel}`);
      return status === 'connected' ? true : undefined;
    });
  };

  before(async () => {
    dovecot = await scope.use(startDovecot());
    proxy = await scope.use(startCutProxy(dovecot.imapPort));
    sink = await scope.use(startHttpSink());
    hub = await Hub.start(scope, {
      egressAllow: [`127.0.0.1:${String(sink.port)}`],
      settings: { MSGHUB_RECONNECT_MS: '50', MSGHUB_SWEEP_MS: '2000' },
    });
    const made = await hub.api('POST', '/v1/channels', {
      type: 'email',
      name: 'Inbox',
      password: dovecot.passwordOf('alice'),
      config: {
        imapHost: '127.0.0.1',
        imapPort: proxy.port,
        imapUser: 'alice',
        imapTls: 'none',
        imapSince: 'all',
      },
    });
    assert.equal(made.status, 201, made.text);
    channel = (made.json() as { id: string }).id;
    await addRule(
      hub,
      [
        '# Pass on\n\n## When\n\n- an email arrives in **Inbox**\n- the sender is "ada@example.com"\n',
        `## Do\n\n1. Send webhook POST to <${sink.url}/mails>:\n`,
        '   ```json\n   {"subject": "{{subject}}"}\n   ```\n',
      ].join('\n'),
    );
    await connected();
  });

  void test('takes a mail while it waits for one', async () => {
    await dovecot.deliver('alice', mail('first', 'first'));
    await arrived('first', ['first']);
  });

  void test('takes a mail once that is delivered twice', async () => {
    await dovecot.deliver('alice', mail('twin', 'twin'));
    await dovecot.deliver('alice', mail('twin', 'twin'));
    await dovecot.deliver('alice', mail('after', 'twin, the next'));
    await arrived('twin', ['twin', 'twin, the next']);
  });

  void test('goes on where it was when the server stops and starts', async () => {
    await dovecot.halt();
    await waitFor('the hub to notice', async () => {
      const { status } = await hub.get<{ status: string }>(`/v1/channels/${channel}`);
      return status === 'connected' ? undefined : true;
    });
    await dovecot.resume();
    await dovecot.deliver('alice', mail('back', 'back again'));
    await arrived('back', ['back again']);
  });

  void test('loses nothing when the connection is cut while mails are fetched', async () => {
    const wanted = Array.from({ length: 30 }, (_, index) => `cut ${String(index)}`);
    const before_ = proxy.connections();
    // Each connection ends inside a mail: after its greetings, and after about one mail more.
    proxy.cutAfter(30_000);
    await dovecot.deliver(
      'alice',
      ...wanted.map((name) => mail(name.replace(' ', '-'), name, 20_000)),
    );
    await waitFor('a few cuts', () => (proxy.connections() >= before_ + 4 ? true : undefined));
    proxy.cutAfter(undefined);
    await arrived('cut', wanted);
  });

  void test('takes what is new, and only that, in a mailbox that was made anew', async () => {
    await dovecot.recreateMailbox('alice');
    await dovecot.deliver('alice', mail('twin', 'twin'), mail('anew', 'anew'));
    await arrived('anew', ['anew']);
    assert.deepEqual(await subjects('twin'), ['twin', 'twin, the next']);
  });

  void test('takes 500 mails at once', async () => {
    const wanted = Array.from({ length: 500 }, (_, index) => `flood ${String(index)}`);
    await dovecot.deliver(
      'alice',
      ...wanted.map((name) => mail(name.replace(' ', '-'), name, 3000)),
    );
    await arrived('flood', wanted, 240_000);
  });

  void test('resumes after kill -9 in the middle of a flood', async () => {
    const wanted = Array.from({ length: 100 }, (_, index) => `killed ${String(index)}`);
    const delivered = dovecot.deliver(
      'alice',
      ...wanted.map((name) => mail(name.replace(' ', '-'), name, 3000)),
    );
    await waitFor('some of them', async () =>
      (await stored('killed')).length > 5 ? true : undefined,
    );
    await hub.kill9();
    await delivered;
    await hub.boot();
    await waitFor('all of them', async () =>
      (await stored('killed')).length >= 100 ? true : undefined,
    );
    await sleep(500);
    assert.deepEqual(await subjects('killed'), wanted.toSorted());
  });

  void test('says that it waits for a person when the password is wrong', async () => {
    const made = await hub.api('POST', '/v1/channels', {
      type: 'email',
      name: 'Locked',
      password: 'wrong',
      config: {
        imapHost: '127.0.0.1',
        imapPort: dovecot.imapPort,
        imapUser: 'bob',
        imapTls: 'none',
      },
    });
    const { id } = made.json() as { id: string };
    const state = await waitFor('the channel to say so', async () => {
      const found = await hub.get<{ status: string; statusDetail?: string }>(`/v1/channels/${id}`);
      return found.status === 'error' ? found : undefined;
    });
    assert.ok(state.statusDetail, 'in words');
    assert.doesNotMatch(state.statusDetail, /wrong$/);
  });
});
