/**
 * What a channel has fetched and the hub has not yet stored. Frames leave in order, at most four
 * unanswered; one that the hub refuses is kept and sent again, together with those behind it. So a
 * mail leaves this process's memory only when the hub has it on disk.
 */
import type { Cursor, Mail, Refused } from '../protocol.ts';

const MAX_UNANSWERED = 4;

export interface Outbox {
  /** Queues a frame; resolves when it has been sent, so that a reader waits for the hub. */
  push: (header: Mail | Cursor, body?: Uint8Array) => Promise<void>;
  /** Resolves when the hub has stored all that was pushed for the folder up to now. */
  stored: (folder: string) => Promise<void>;
  onStored: (seq: number) => void;
  onRefused: (refused: Refused) => void;
  /** Forgets everything; the hub's cursors say where a successor begins. */
  close: () => void;
}

interface Entry {
  header: Mail | Cursor;
  body: Uint8Array | undefined;
  inFlight: boolean;
  whenSent: () => void;
  whenStored: (() => void)[];
}

export function openOutbox(send: (header: Mail | Cursor, body?: Uint8Array) => void): Outbox {
  const entries: Entry[] = [];
  let pause: NodeJS.Timeout | undefined;
  let closed = false;

  /** Sends what may be sent. While a refused entry waits, nothing overtakes it. */
  function sendNext(): void {
    if (pause) return;
    for (const entry of entries.slice(0, MAX_UNANSWERED)) {
      if (entry.inFlight) continue;
      entry.inFlight = true;
      send(entry.header, entry.body);
      entry.whenSent();
    }
  }

  return {
    push: (header, body) =>
      new Promise((resolve, reject) => {
        if (closed) {
          reject(new Error('the channel is closed'));
          return;
        }
        entries.push({ header, body, inFlight: false, whenSent: resolve, whenStored: [] });
        sendNext();
      }),

    stored: (folder) => {
      const last = entries.findLast(({ header }) => header.folder === folder);
      return last
        ? new Promise((resolve) => {
            last.whenStored.push(resolve);
          })
        : Promise.resolve();
    },

    onStored(seq) {
      const index = entries.findIndex(({ header }) => header.seq === seq);
      const [entry] = index < 0 ? [] : entries.splice(index, 1);
      // A later push of the same folder may still be waiting, but what was asked for is done.
      for (const resolve of entry?.whenStored ?? []) resolve();
      sendNext();
    },

    onRefused({ seq, retryAfterMs }) {
      const entry = entries.find(({ header }) => header.seq === seq);
      if (!entry) return;
      entry.inFlight = false;
      pause ??= setTimeout(() => {
        pause = undefined;
        sendNext();
      }, retryAfterMs);
    },

    close() {
      closed = true;
      clearTimeout(pause);
      // Readers that wait for room go on, and find the outbox closed.
      for (const { whenSent } of entries.splice(0)) whenSent();
    },
  };
}
