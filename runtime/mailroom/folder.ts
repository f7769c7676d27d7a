/** Watches folders of one channel over one connection, and connects again for as long as it takes. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Cursor, Mail, MailChannel, MailCursor, State, Swept } from '../protocol.ts';
import type { Outbox } from './outbox.ts';
import { openSession, SessionError, type FetchedMail, type Session } from './session.ts';
import type { Settings } from './settings.ts';

const MAX_MAIL_BYTES = 25 * 1024 * 1024;
/** How many mails' sizes, and then sources, are asked for in one command. */
const SIZES_AT_ONCE = 200;
const SOURCES_AT_ONCE = 4;
const BYTES_AT_ONCE = 32 * 1024 * 1024;

/** What the watchers of a channel share. */
export interface Watch {
  channel: MailChannel;
  settings: Settings;
  outbox: Outbox;
  nextSeq: () => number;
  swept: (frame: Swept) => void;
  tooLarge: (folder: string, uid: number, size: number) => void;
  signal: AbortSignal; // aborted: stop for good
}

/** A folder, and how far its mails have been pushed into the outbox. */
interface Folder {
  name: string;
  pushed: MailCursor | undefined; // undefined: never seen
}

/** Runs until the signal aborts. `report` is told how this connection is doing. */
export async function watchFolders(
  watch: Watch,
  names: string[],
  report: (state: State['state'], detail: string) => void,
): Promise<void> {
  const { channel, settings, signal } = watch;
  const folders = names.map((name) => ({ name, pushed: channel.cursors[name] }));
  const closed = (): boolean => signal.aborted;
  let failures = 0;
  report('connecting', '');
  while (!closed()) {
    try {
      const session = await openSession(channel, signal);
      try {
        await watchSession(watch, session, folders, {
          onOpen: () => {
            report('connected', '');
          },
          onProgress: () => {
            failures = 0;
          },
        });
      } finally {
        session.close();
      }
    } catch (error) {
      if (closed()) return;
      const needsPerson = error instanceof SessionError && error.needsPerson;
      const pause = needsPerson ? settings.slowRetryMs : pauseAfter(failures++, settings);
      const detail = error instanceof SessionError ? error.message : 'The connection was lost.';
      report(needsPerson ? 'error' : 'disconnected', detail);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** 1, 2, 4, … seconds up to the limit, each shortened by up to a half so that many do not meet. */
function pauseAfter(failures: number, { reconnectMs, maxReconnectMs }: Settings): number {
  const pause = Math.min(reconnectMs * 2 ** Math.min(failures, 20), maxReconnectMs);
  return pause * (0.5 + Math.random() / 2);
}

interface SessionEvents {
  onOpen: () => void; // a folder could be opened
  onProgress: () => void; // a mail was taken, or a check completed: the connection is good
}

async function watchSession(
  watch: Watch,
  session: Session,
  folders: Folder[],
  events: SessionEvents,
): Promise<void> {
  const { settings, signal } = watch;
  // News is pushed only for the folder that is open; with several, they are polled in turn.
  const idleMs = folders.length === 1 ? settings.sweepMs : settings.pollMs;
  while (!signal.aborted) {
    for (const folder of folders) await sweep(watch, session, folder, events);
    events.onProgress();
    await session.wait({ idleMs, pollMs: settings.pollMs });
  }
}

/**
 * Finds every mail that has not been pushed yet. The UIDs themselves decide, never a count or the
 * server's forecast of the next UID.
 */
async function sweep(
  watch: Watch,
  session: Session,
  folder: Folder,
  events: SessionEvents,
): Promise<void> {
  const { uidValidity, uidNext } = await session.open(folder.name);
  events.onOpen();
  const start = await startOf(watch, session, folder, uidValidity);
  const uids = await session.uidsFrom(start.uid + 1);
  for (let at = 0; at < uids.length; at += SIZES_AT_ONCE) {
    await pushMails(watch, session, folder, uids.slice(at, at + SIZES_AT_ONCE), events);
  }
  const reached = Math.max(uidNext, (folder.pushed?.uid ?? 0) + 1);
  // The check is complete when its mails are on disk; the connection need not wait for that.
  void watch.outbox.stored(folder.name).then(() => {
    if (watch.signal.aborted) return;
    const at = new Date().toISOString();
    const { id } = watch.channel;
    watch.swept({ type: 'swept', channelId: id, folder: folder.name, at, uidNext: reached });
  });
}

/** The cursor to go on from; a folder that was made anew begins again at its first mail. */
async function startOf(
  watch: Watch,
  session: Session,
  folder: Folder,
  uidValidity: string,
): Promise<MailCursor> {
  const known = folder.pushed;
  if (known?.uidValidity === uidValidity) return known;
  const start = { uidValidity, uid: 0 };
  folder.pushed = start;
  if (!known && watch.channel.since === 'new') {
    start.uid = await session.lastUid();
    await pushCursor(watch, folder.name, start);
  }
  return start;
}

/** Pushes the mails with these UIDs, in order; too large ones and vanished ones as a mere cursor. */
async function pushMails(
  watch: Watch,
  session: Session,
  folder: Folder,
  uids: number[],
  { onProgress }: SessionEvents,
): Promise<void> {
  const sizes = new Map((await session.sizes(uids)).map(({ uid, size }) => [uid, size]));
  for (const group of groupsOf(uids, sizes)) {
    const small = group.filter((uid) => (sizes.get(uid) ?? 0) <= MAX_MAIL_BYTES);
    const mails = new Map((await session.sources(small)).map((mail) => [mail.uid, mail]));
    for (const uid of group) {
      const missing = small.includes(uid) && !mails.get(uid)?.source;
      // An answer that leaves a mail out does not prove that it is gone: ask for it alone.
      const mail = missing ? (await session.sources([uid]))[0] : mails.get(uid);
      await pushMail(watch, folder, uid, mail, sizes.get(uid) ?? 0);
      onProgress();
    }
  }
}

/** Groups that are fetched in one command: few mails, and not too many bytes for the memory. */
function groupsOf(uids: number[], sizes: Map<number, number>): number[][] {
  const groups: number[][] = [];
  let group: number[] = [];
  let bytes = 0;
  for (const uid of uids) {
    const size = sizes.get(uid) ?? 0;
    if (group.length === SOURCES_AT_ONCE || bytes + size > BYTES_AT_ONCE) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(uid);
    bytes += size;
  }
  return [...groups, group].filter(({ length }) => length > 0);
}

async function pushMail(
  watch: Watch,
  folder: Folder,
  uid: number,
  mail: FetchedMail | undefined,
  size: number,
): Promise<void> {
  const { channel, outbox, nextSeq } = watch;
  const { uidValidity } = folder.pushed ?? { uidValidity: '' };
  const source = mail?.source;
  const tooLarge = Math.max(size, source?.length ?? 0) > MAX_MAIL_BYTES;
  folder.pushed = { uidValidity, uid };
  if (!mail || !source || tooLarge) {
    if (tooLarge) watch.tooLarge(folder.name, uid, size);
    await pushCursor(watch, folder.name, folder.pushed);
    return;
  }
  const { flags, internalDate } = mail;
  const header: Mail = {
    type: 'mail',
    channelId: channel.id,
    folder: folder.name,
    uidValidity,
    uid,
    seq: nextSeq(),
    flags,
    internalDate,
  };
  await outbox.push(header, source);
}

async function pushCursor(watch: Watch, folder: string, { uidValidity, uid }: MailCursor) {
  const { channel, outbox, nextSeq } = watch;
  const header: Cursor = {
    type: 'cursor',
    channelId: channel.id,
    folder,
    uidValidity,
    uid,
    seq: nextSeq(),
  };
  await outbox.push(header);
}
