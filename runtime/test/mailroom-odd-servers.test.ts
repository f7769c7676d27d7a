import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { until } from '../../tests/servers/support.ts';
import type { MailChannel, MailCursor } from '../protocol.ts';
import { startChild, type Child } from './child.ts';
import { startFakeImap, type FakeImap } from './fake-imap.ts';

let server: FakeImap;
let mailroom: Child;
let seen: string[];

beforeEach(async () => {
  server = await startFakeImap();
  mailroom = startChild('mailroom/mailroom.ts', {
    MSGHUB_RECONNECT_MS: '20',
    MSGHUB_SWEEP_MS: '30',
  });
  seen = [];
  mailroom.onFrame(({ header }) => {
    if (header.type !== 'mail' && header.type !== 'cursor') return;
    seen.push(`${header.type} ${header.uidValidity}/${String(header.uid)}`);
    mailroom.send({ type: 'stored', channelId: header.channelId, seq: header.seq });
  });
});
afterEach(async () => {
  await mailroom.stop();
  await server.stop();
});

function watch(cursor?: MailCursor, since: MailChannel['since'] = 'all'): void {
  const channel: MailChannel = {
    id: 'c1',
    host: '127.0.0.1',
    port: server.port,
    tls: 'none',
    user: 'alice',
    password: 'al1ce-pa55',
    folders: ['INBOX'],
    since,
    cursors: cursor ? { INBOX: cursor } : {},
  };
  mailroom.send({ type: 'channels', channels: [channel] });
}

/** Waits until that many more checks have been completed. */
async function sweeps(count: number): Promise<void> {
  const swept = (): number =>
    mailroom.frames.filter(({ header }) => header.type === 'swept').length;
  const wanted = swept() + count;
  await until(`${String(count)} sweeps`, () => swept() >= wanted);
}

function put(...uids: number[]): void {
  for (const uid of uids) server.mails.set(uid, `Subject: ${String(uid)}\r\n\r\nhello\r\n`);
}

describe('the mailroom', () => {
  it('does not take the last mail again and again', async () => {
    put(5, 9);
    watch({ uidValidity: '7', uid: 9 });
    await sweeps(3);
    assert.deepEqual(seen, []);
    assert.ok(server.commands.includes('UID SEARCH UID 10:*'));
  });

  it('does not believe a forecast of the next UID', async () => {
    put(1, 2, 3);
    server.uidNext = 4_000_000_000;
    watch(undefined, 'new');
    await sweeps(1);
    put(4);
    await until('the mail', () => seen.length === 2);
    server.uidNext = undefined;
    put(5);
    await until('the mail', () => seen.length === 3);
    server.uidNext = 1;
    put(6);
    await until('the mail', () => seen.length === 4);
    assert.deepEqual(seen, ['cursor 7/3', 'mail 7/4', 'mail 7/5', 'mail 7/6']);
  });

  it('asks again for a mail that an answer left out', async () => {
    put(1, 2, 3);
    server.leaveOut = (uid, asked) => uid === 2 && asked.length > 1;
    watch();
    await sweeps(1);
    assert.deepEqual(seen, ['mail 7/1', 'mail 7/2', 'mail 7/3']);
  });

  it('moves the cursor over a mail that is gone', async () => {
    put(1);
    server.search = () => [1, 2];
    watch();
    await sweeps(1);
    server.search = (first) => [1, 2].filter((uid) => uid >= first);
    await sweeps(2);
    assert.deepEqual(seen, ['mail 7/1', 'cursor 7/2']);
  });

  it('notices a new UIDVALIDITY without a new connection', async () => {
    put(1);
    watch();
    await sweeps(1);
    server.uidValidity = 8;
    await sweeps(2);
    assert.deepEqual(seen, ['mail 7/1', 'mail 8/1']);
    assert.equal(server.commands.filter((command) => command.startsWith('LOGIN')).length, 1);
  });

  it('opens folders for reading only, and leaves mails unread', async () => {
    put(1);
    watch();
    await sweeps(1);
    const fetches = server.commands.filter((command) => command.includes('BODY'));
    assert.ok(fetches.length > 0);
    assert.ok(fetches.every((command) => command.includes('BODY.PEEK[]')));
    assert.ok(!server.commands.some((command) => /^(SELECT|STORE|UID STORE)/.test(command)));
  });

  it('does not repeat a password that a server says', async () => {
    server.refuseLogin = (line) => `you said: ${line}`;
    watch();
    const { header } = await until('an error', () =>
      mailroom.frames.find(({ header: { state } }) => state === 'error'),
    );
    assert.match(header.detail, /It says: you said: .*\[secret\]/);
    assert.ok(!JSON.stringify(mailroom.frames).includes('al1ce-pa55'));
    assert.equal(mailroom.output.stderr, '');
  });

  it('calls an outage that the server announces no matter for a person', async () => {
    server.refuseLogin = () => '[UNAVAILABLE] later';
    watch();
    await until('the disconnection', () =>
      mailroom.frames.some(({ header: { state } }) => state === 'disconnected'),
    );
    server.refuseLogin = undefined;
    await sweeps(1);
    assert.ok(!mailroom.frames.some(({ header: { state } }) => state === 'error'));
  });
});
