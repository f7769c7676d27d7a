import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { startCutProxy } from '../../tests/servers/cut-proxy.ts';
import { startDovecot, type Dovecot } from '../../tests/servers/dovecot.ts';
import { until } from '../../tests/servers/support.ts';
import type { MailChannel } from '../protocol.ts';
import { startChild, type Child } from './child.ts';

let server: Dovecot;
let mailroom: Child;
const MINUTE = String(60_000);

before(async () => {
  server = await startDovecot();
});
after(() => server.stop());
beforeEach(async () => {
  for (const user of ['alice', 'bob'])
    await server.doveadm('expunge', '-u', user, 'mailbox', '*', 'all');
});
afterEach(() => mailroom.stop());

function start(environment: Record<string, string> = {}): void {
  mailroom = startChild('mailroom/mailroom.ts', { MSGHUB_RECONNECT_MS: '50', ...environment });
}

function channelWith(parts: Partial<MailChannel> = {}): MailChannel {
  return {
    id: 'c1',
    host: '127.0.0.1',
    port: server.imapPort,
    tls: 'none',
    user: 'alice',
    password: server.passwordOf('alice'),
    folders: ['INBOX'],
    since: 'all',
    cursors: {},
    ...parts,
  };
}

function watch(...channels: MailChannel[]): void {
  mailroom.send({ type: 'channels', channels });
}

/** Plays the hub: stores everything, and keeps what it stored as `subject uid`, in order. */
function storeAll(): string[] {
  const stored: string[] = [];
  mailroom.onFrame(({ header, body }) => {
    if (header.type !== 'mail' && header.type !== 'cursor') return;
    stored.push(header.type === 'cursor' ? `cursor ${String(header.uid)}` : subjectOf(body));
    mailroom.send({ type: 'stored', channelId: header.channelId, seq: header.seq });
  });
  return stored;
}

function subjectOf(body: Buffer): string {
  return /^Subject: (.*)\r$/m.exec(body.toString('latin1'))?.[1] ?? '';
}

function mail(subject: string, text = 'hello'): string {
  return `From: a@example.com\r\nTo: b@example.com\r\nSubject: ${subject}\r\n\r\n${text}\r\n`;
}

function mails(count: number, prefix = 'm'): string[] {
  return Array.from({ length: count }, (_unused, index) => mail(`${prefix}${String(index)}`));
}

function states(): string[] {
  return mailroom.frames
    .filter(({ header }) => header.type === 'state')
    .map(({ header }) => header.state);
}

const swept = (folder = 'INBOX'): Promise<unknown> =>
  until(`a sweep of ${folder}`, () =>
    mailroom.frames.some(({ header }) => header.type === 'swept' && header.folder === folder),
  );

describe('a mailbox', () => {
  it('gives its mails byte for byte, and leaves them as they are', async () => {
    const raw = mail('first', 'tést 🧾\u2028 end'.repeat(1000));
    await server.deliver('alice', raw);
    start();
    await mailroom.next('ready');
    watch(channelWith());
    const { header, body } = await mailroom.next('mail');
    assert.equal(header.channelId, 'c1');
    assert.equal(header.folder, 'INBOX');
    assert.ok(header.uid > 0);
    assert.match(header.uidValidity, /^\d+$/);
    assert.deepEqual(
      header.flags.filter((flag) => flag !== '\\Recent'),
      [],
    );
    assert.ok(!Number.isNaN(Date.parse(header.internalDate)));
    // Delivery adds headers of its own before the mail.
    assert.ok(body.toString().endsWith(raw));
    mailroom.send({ type: 'stored', channelId: 'c1', seq: header.seq });
    const sweep = (await mailroom.next('swept')).header;
    assert.equal(sweep.uidNext, header.uid + 1);
    assert.deepEqual(states(), ['connecting', 'connected']);
    const flags = await server.doveadm('fetch', '-u', 'alice', 'flags', 'mailbox', 'INBOX', 'all');
    assert.ok(!flags.includes('Seen'), flags);
    assert.equal(mailroom.output.stdout + mailroom.output.stderr, '');
  });

  it('that is new to the hub begins with the mails to come, if so wanted', async () => {
    await server.deliver('alice', ...mails(3, 'old'));
    start({ MSGHUB_SWEEP_MS: MINUTE });
    const stored = storeAll();
    watch(channelWith({ since: 'new' }));
    await swept();
    assert.match(stored[0] ?? '', /^cursor [1-9]/);
    await server.deliver('alice', mail('new'));
    // The sweep is a minute away: it is the server's push that brings it.
    await until('the new mail', () => stored.length === 2);
    assert.equal(stored[1], 'new');
  });

  it('goes on after its cursor', async () => {
    await server.deliver('alice', mail('one'));
    start();
    watch(channelWith());
    const { header } = await mailroom.next('mail');
    await mailroom.stop();
    await server.deliver('alice', mail('two'));
    start();
    const stored = storeAll();
    const { uidValidity, uid } = header;
    watch(channelWith({ cursors: { INBOX: { uidValidity, uid } } }));
    await swept();
    assert.deepEqual(stored, ['two']);
  });

  it('has at most four mails unanswered', async () => {
    await server.deliver('alice', ...mails(10));
    start();
    watch(channelWith());
    const count = (): number =>
      mailroom.frames.filter(({ header }) => header.type === 'mail').length;
    await until('four mails', () => count() >= 4);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(count(), 4);
    const first = await mailroom.next('mail');
    mailroom.send({ type: 'stored', channelId: 'c1', seq: first.header.seq });
    await until('a fifth mail', () => count() === 5);
    assert.ok(
      !mailroom.frames.some(({ header }) => header.type === 'swept'),
      'nothing is complete',
    );
  });

  it('sends what the hub refuses again, in order and unchanged', async () => {
    await server.deliver('alice', mail('a'));
    await server.deliver('alice', mail('b'));
    await server.deliver('alice', mail('c'));
    start();
    // Like the hub: after a refusal, the folder's later mails are refused until that one is in.
    const stored: string[] = [];
    let refusals = 0;
    let blocked: number | undefined;
    mailroom.onFrame(({ header, body }) => {
      if (header.type !== 'mail') return;
      const { channelId, seq, uid } = header;
      const refuse = (subjectOf(body) === 'a' && ++refusals < 3) || (blocked ?? uid) < uid;
      if (refuse) {
        blocked ??= uid;
        mailroom.send({ type: 'refused', channelId, seq, retryAfterMs: 50, reason: 'full' });
        return;
      }
      blocked = undefined;
      stored.push(subjectOf(body));
      mailroom.send({ type: 'stored', channelId, seq });
    });
    watch(channelWith());
    await swept();
    assert.deepEqual(stored, ['a', 'b', 'c']);
    assert.equal(refusals, 3);
  });

  it('loses nothing when the server stops and starts', async () => {
    start();
    const stored = storeAll();
    watch(channelWith());
    await swept();
    await server.halt();
    await until('the disconnection', () => states().includes('disconnected'));
    await server.resume();
    await server.deliver('alice', ...mails(5));
    await until('all mails', () => stored.length === 5);
    assert.equal(states().at(-1), 'connected');
  });

  it('loses nothing when the connection is cut while it is being read', async (test) => {
    const big = 'x'.repeat(70).concat('\r\n').repeat(300); // 21 kB
    await server.deliver(
      'alice',
      ...Array.from({ length: 30 }, (_u, i) => mail(`m${String(i)}`, big)),
    );
    const proxy = await startCutProxy(server.imapPort);
    test.after(proxy.stop);
    start();
    const stored = storeAll();
    // Each connection lives for two mails or so; the place of the cut moves through the protocol.
    let limit = 1_000;
    proxy.cutAfter(limit);
    const mover = setInterval(() => {
      limit = limit > 60_000 ? 2_000 : limit + 7_919;
      proxy.cutAfter(limit);
    }, 100);
    test.after(() => {
      clearInterval(mover);
    });
    watch(channelWith({ port: proxy.port }));
    await until('all mails', () => new Set(stored).size === 30, 60_000);
    clearInterval(mover);
    assert.equal(stored.length, 30, 'and none came twice');
    assert.ok(proxy.connections() > 5, 'there were cuts');
    proxy.cutAfter(undefined);
    await swept();
  });

  it('is read from its first mail when its UIDVALIDITY changes', async () => {
    await server.deliver('alice', ...mails(3));
    start();
    const stored = storeAll();
    watch(channelWith({ since: 'new' }));
    await swept();
    const before = mailroom.frames.find(({ header }) => header.type === 'cursor')?.header;
    await server.recreateMailbox('alice');
    await server.deliver('alice', mail('after'));
    await until('the new mail', () => stored.includes('after'));
    const found = mailroom.frames.find(({ header }) => header.type === 'mail')?.header;
    assert.notEqual(found?.uidValidity, before?.uidValidity);
    assert.equal(found?.uid, 1);
  });

  it('brings 500 mails at once, each once and in order', async () => {
    const subjects = mails(500);
    await server.deliver('alice', ...subjects);
    start();
    const stored = storeAll();
    watch(channelWith());
    await until('all mails', () => stored.length >= 500, 60_000);
    await swept();
    assert.equal(new Set(stored).size, 500);
    assert.equal(stored.length, 500);
    const uids = mailroom.frames.flatMap(({ header }) =>
      header.type === 'mail' ? [header.uid] : [],
    );
    assert.deepEqual(
      uids,
      [...uids].sort((a, b) => a - b),
    );
  });

  it('skips a mail that is too large, and says so', async () => {
    await server.deliver('alice', mail('huge', 'x'.repeat(76).concat('\r\n').repeat(350_000)));
    await server.deliver('alice', mail('small'));
    start();
    const stored = storeAll();
    watch(channelWith());
    await swept();
    assert.match(stored[0] ?? '', /^cursor/);
    assert.equal(stored[1], 'small');
    const details = JSON.stringify(mailroom.frames.map(({ header }) => header));
    assert.match(details, /The mail with UID \d+ in \\"INBOX\\" is skipped: it has 2\d\.\d MiB/);
  });
});

describe('connections', () => {
  it('are encrypted as the channel says, and certificates are checked', async () => {
    await server.deliver('bob', mail('hi'));
    const bob = { user: 'bob', password: server.passwordOf('bob') };
    for (const tls of ['implicit', 'starttls'] as const) {
      const port = tls === 'implicit' ? server.imapsPort : server.imapPort;
      start();
      watch(channelWith({ ...bob, port, tls }));
      const state = await until('an error', () =>
        mailroom.frames.find(({ header }) => header.state === 'error'),
      );
      assert.match(state.header.detail, /certificate is not trusted/);
      watch(channelWith({ ...bob, port, tls, allowSelfSigned: true }));
      assert.equal(subjectOf((await mailroom.next('mail')).body), 'hi');
      await mailroom.stop();
    }
  });

  it('with a refused login ask for a person, without a word of the password', async () => {
    start();
    watch(channelWith({ password: 'wr0ng-pa55' }));
    await until('an error', () => states().includes('error'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const errors = mailroom.frames.filter(({ header }) => header.state === 'error');
    assert.equal(errors.length, 1);
    assert.match(errors[0]?.header.detail ?? '', /^The server refuses the user name or password\./);
    const said = JSON.stringify(mailroom.frames) + mailroom.output.stderr;
    const spellings = ['wr0ng-pa55', Buffer.from('\0alice\0wr0ng-pa55').toString('base64')];
    for (const spelling of spellings) assert.ok(!said.includes(spelling));
  });

  it('with a folder that is not there ask for a person, and find it when it is', async () => {
    start({ MSGHUB_RECONNECT_MS: '5' });
    const stored = storeAll();
    watch(channelWith({ folders: ['Invoices'] }));
    const state = await until('an error', () =>
      mailroom.frames.find(({ header }) => header.state === 'error'),
    );
    assert.equal(state.header.detail, 'The folder "Invoices" cannot be opened.');
    await server.deliver('alice+Invoices', mail('there'));
    await until('the mail', () => stored.includes('there'));
  });

  it('watch several folders each, and more than three in turn', async (test) => {
    const folders = ['INBOX', 'A', 'B ü', 'C', 'D'];
    for (const folder of folders.slice(1))
      await server.doveadm('mailbox', 'create', '-u', 'alice', folder);
    const proxy = await startCutProxy(server.imapPort);
    test.after(proxy.stop);
    start({ MSGHUB_SWEEP_MS: '200' });
    const stored = storeAll();
    watch(channelWith({ folders, port: proxy.port }));
    for (const folder of folders) await swept(folder);
    assert.equal(proxy.connections(), 3);
    for (const folder of ['A', 'C', 'D'])
      await server.deliver(`alice+${folder}`, mail(`in ${folder}`));
    await server.deliver('alice', mail('in INBOX'));
    await until('all mails', () => stored.length === 4);
    assert.deepEqual([...stored].sort(), ['in A', 'in C', 'in D', 'in INBOX']);
  });

  it('stay when other channels change, and close when theirs goes', async (test) => {
    const proxy = await startCutProxy(server.imapPort);
    test.after(proxy.stop);
    start({ MSGHUB_SWEEP_MS: MINUTE });
    const stored = storeAll();
    const alice = channelWith({ port: proxy.port });
    const bob = channelWith({ id: 'c2', user: 'bob', password: server.passwordOf('bob') });
    watch(alice);
    await swept();
    watch({ ...alice, cursors: { INBOX: { uidValidity: '1', uid: 1 } } }, bob);
    await until("bob's sweep", () =>
      mailroom.frames.some(({ header }) => header.type === 'swept' && header.channelId === 'c2'),
    );
    assert.equal(proxy.connections(), 1);
    watch(bob);
    await server.deliver('alice', mail('for nobody'));
    await server.deliver('bob', mail('for bob'));
    await until('the mail', () => stored.length > 0);
    assert.deepEqual(stored, ['for bob']);
  });

  it('end with the hub', async () => {
    start();
    watch(channelWith());
    await swept();
    mailroom.hangUp();
    assert.equal(await mailroom.exitCode(), 0);
  });
});

describe('a server without IDLE', () => {
  let plain: Dovecot;
  before(async () => {
    plain = await startDovecot({ capability: 'IMAP4rev1 LITERAL+ UIDPLUS' });
  });
  after(() => plain.stop());

  it('is asked again and again', async () => {
    start({ MSGHUB_SWEEP_MS: '100' });
    const stored = storeAll();
    watch(channelWith({ port: plain.imapPort }));
    await swept();
    await plain.deliver('alice', mail('polled'));
    await until('the mail', () => stored.includes('polled'));
  });
});
