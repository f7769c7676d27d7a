/**
 * One IMAP connection with one folder open at a time, read-only. Says what went wrong in words
 * that are safe to show: never with a credential in them.
 */
import { ImapFlow, type FetchMessageObject } from 'imapflow';

import { codeOf, redact } from '../project/src/lib/errors.ts';
import { cut } from '../project/src/lib/message.ts';
import type { MailChannel } from '../protocol.ts';

const CONNECT_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 60_000;
const FETCH_TIMEOUT_MS = 5 * 60_000;
/** Above the largest mail that is taken, so that a larger one can be told from a broken server. */
const MAX_LITERAL_BYTES = 64 * 1024 * 1024;

/** Why a session failed. `needsPerson`: trying again will not heal it. */
export class SessionError extends Error {
  readonly needsPerson: boolean;

  constructor(message: string, needsPerson: boolean) {
    super(message);
    this.needsPerson = needsPerson;
  }
}

export interface FetchedMail {
  uid: number;
  flags: string[];
  internalDate: string;
  size: number;
  source?: Buffer;
}

export interface Session {
  /** Opens (or opens anew) a folder for reading only. */
  open: (folder: string) => Promise<{ uidValidity: string; uidNext: number }>;
  /** The UIDs from `first` on, in rising order. */
  uidsFrom: (first: number) => Promise<number[]>;
  /** The largest UID in the folder, 0 when it is empty. */
  lastUid: () => Promise<number>;
  sizes: (uids: number[]) => Promise<FetchedMail[]>;
  sources: (uids: number[]) => Promise<FetchedMail[]>;
  /** Waits for news of the open folder, at most `idleMs` (`pollMs` if the server pushes none). */
  wait: (limits: { idleMs: number; pollMs: number }) => Promise<void>;
  close: () => void;
}

/** Connects and signs in. Throws a SessionError. */
export async function openSession(channel: MailChannel, signal: AbortSignal): Promise<Session> {
  const client = new ImapFlow({
    host: channel.host,
    port: channel.port,
    secure: channel.tls === 'implicit',
    ...(channel.tls !== 'implicit' && { doSTARTTLS: channel.tls === 'starttls' }),
    tls: { rejectUnauthorized: channel.allowSelfSigned !== true },
    auth: { user: channel.user, pass: channel.password },
    clientInfo: { name: 'msghub' },
    logger: false,
    disableAutoIdle: true,
    disableCompression: true,
    connectionTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: 2 * FETCH_TIMEOUT_MS, // each command has its own, shorter limit
    maxLiteralSize: MAX_LITERAL_BYTES,
    maxResponseSize: 2 * MAX_LITERAL_BYTES,
    maxLineLength: 1024 * 1024,
  });

  let news = false;
  let wake: (() => void) | undefined;
  client.on('exists', () => {
    news = true;
    wake?.();
  });
  client.on('close', () => wake?.());
  // Errors are also thrown by the command under way; without a listener they end the process.
  client.on('error', () => wake?.());
  const close = (): void => {
    client.close();
  };
  signal.addEventListener('abort', close, { once: true });

  /** Runs a command within a time limit; a server that has gone silent counts as gone. */
  async function limited<T>(command: () => Promise<T>, limit: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new SessionError('The server does not answer.', false));
        close();
      }, limit);
    });
    try {
      return await Promise.race([command(), silence]);
    } catch (error) {
      throw sessionError(error, channel);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Gives what has come when the connection breaks in between; the next command will fail. */
  async function fetch(uids: number[], source: boolean): Promise<FetchedMail[]> {
    if (uids.length === 0) return [];
    const query = { uid: true, flags: true, internalDate: true, size: true, source };
    const found: FetchedMail[] = [];
    const command = async (): Promise<void> => {
      for await (const mail of client.fetch(uids.join(','), query, { uid: true })) {
        // A server may send unasked-for updates of other mails in between.
        if (uids.includes(mail.uid)) found.push(fetched(mail));
      }
    };
    try {
      await limited(command, source ? FETCH_TIMEOUT_MS : COMMAND_TIMEOUT_MS);
    } catch (error) {
      if (found.length === 0) throw error;
    }
    if (found.length === 0 && !client.usable) {
      throw new SessionError('The connection was lost.', false);
    }
    return found;
  }

  async function search(range: string): Promise<number[]> {
    const found = await limited(
      () => client.search({ uid: range }, { uid: true }),
      COMMAND_TIMEOUT_MS,
    );
    if (found === false) throw new SessionError('The server refuses to search the folder.', false);
    return found;
  }

  await limited(() => client.connect(), CONNECT_TIMEOUT_MS);
  return {
    async open(folder) {
      const mailbox = await limited(
        () => client.mailboxOpen(folder, { readOnly: true }),
        COMMAND_TIMEOUT_MS,
      ).catch((error: unknown) => {
        if (!client.usable) throw error;
        throw new SessionError(`The folder "${folder}" cannot be opened.`, true);
      });
      // Whatever was new until now, the search that follows finds.
      news = false;
      // The types promise both numbers; a server may yet leave them out.
      const { uidValidity, uidNext } = mailbox as Partial<typeof mailbox>;
      if (uidValidity === undefined) {
        throw new SessionError(`The server gives no UIDVALIDITY for "${folder}".`, true);
      }
      return { uidValidity: String(uidValidity), uidNext: uidNext ?? 0 };
    },
    async uidsFrom(first) {
      // `n:*` also gives the last mail when its UID is below n.
      const uids = await search(`${String(first)}:*`);
      return uids.filter((uid) => uid >= first).sort((a, b) => a - b);
    },
    lastUid: async () => Math.max(0, ...(await search('*'))),
    sizes: (uids) => fetch(uids, false),
    sources: (uids) => fetch(uids, true),
    async wait({ idleMs, pollMs }) {
      const pushes = client.capabilities.has('IDLE');
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      let timer = setTimeout(() => wake?.(), pushes ? idleMs : pollMs);
      // The next command ends the IDLE. When it ends by itself, polling has to do.
      const poll = (): void => {
        clearTimeout(timer);
        if (wake) timer = setTimeout(wake, client.usable ? Math.min(idleMs, pollMs) : 0);
      };
      try {
        if (news || !client.usable) return;
        if (pushes) void client.idle().then(poll, poll);
        await woken;
      } finally {
        wake = undefined;
        clearTimeout(timer);
      }
    },
    close() {
      signal.removeEventListener('abort', close);
      close();
    },
  };
}

function fetched({ uid, flags, internalDate, size, source }: FetchMessageObject): FetchedMail {
  const date = new Date(internalDate ?? Number.NaN);
  return {
    uid,
    flags: [...(flags ?? [])],
    internalDate: (Number.isNaN(date.getTime()) ? new Date() : date).toISOString(),
    size: size ?? source?.length ?? 0,
    ...(source && { source }),
  };
}

function sessionError(error: unknown, channel: MailChannel): SessionError {
  if (error instanceof SessionError) return error;
  const { user, password } = channel;
  const said = (error as { responseText?: unknown }).responseText;
  const text = typeof said === 'string' && said !== '' ? ` It says: ${cut(said, 200)}` : '';
  const refused = (error as { authenticationFailed?: unknown }).authenticationFailed === true;
  const passing = (error as { serverResponseCode?: unknown }).serverResponseCode === 'UNAVAILABLE';
  if (refused && !passing) {
    const message = `The server refuses the user name or password.${text}`;
    return new SessionError(redact(message, [password, `\0${user}\0${password}`]), true);
  }
  const code = codeOf(error);
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code)) {
    return new SessionError(`The server's certificate is not trusted (${code}).`, true);
  }
  return new SessionError(
    code === '' ? 'The connection was lost.' : `The connection failed (${code}).`,
    false,
  );
}
