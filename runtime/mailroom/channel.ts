/** One mailbox: its connections, its outbox, and one state made of theirs. */
import type { MailChannel, MailroomToHub, Refused, State } from '../protocol.ts';
import { watchFolders, type Watch } from './folder.ts';
import { openOutbox } from './outbox.ts';
import type { Settings } from './settings.ts';

const MAX_CONNECTIONS = 3;

export interface OpenChannel {
  onStored: (seq: number) => void;
  onRefused: (refused: Refused) => void;
  close: () => void;
}

/** Begins to watch a mailbox. `nextSeq` counts for all channels, so no two frames share a number. */
export function openChannel(
  channel: MailChannel,
  settings: Settings,
  send: (frame: MailroomToHub, body?: Uint8Array) => void,
  nextSeq: () => number,
): OpenChannel {
  const closing = new AbortController();
  const outbox = openOutbox(send);
  const groups = connectionsFor(channel.folders);
  const states = groups.map((): Pick<State, 'state' | 'detail'> => ({
    state: 'connecting',
    detail: '',
  }));
  let reported = '';

  function reportState(): void {
    const worst = WORST_FIRST.flatMap((state) => states.filter((own) => own.state === state))[0];
    if (!worst || closing.signal.aborted) return;
    const text = JSON.stringify(worst);
    if (text === reported) return;
    reported = text;
    send({ type: 'state', channelId: channel.id, ...worst });
  }

  const watch: Watch = {
    channel,
    settings,
    outbox,
    nextSeq,
    swept: send,
    signal: closing.signal,
    tooLarge(folder, uid, size) {
      const megabytes = (size / 1024 / 1024).toFixed(1);
      const detail =
        `The mail with UID ${String(uid)} in "${folder}" is skipped: ` +
        `it has ${megabytes} MiB, more than 25 MiB.`;
      send({ type: 'state', channelId: channel.id, state: 'connected', detail });
    },
  };
  groups.forEach((folders, index) => {
    void watchFolders(watch, folders, (state, detail) => {
      states[index] = { state, detail };
      reportState();
    });
  });

  return {
    onStored: outbox.onStored,
    onRefused: outbox.onRefused,
    close() {
      closing.abort();
      outbox.close();
    },
  };
}

/** A channel is as well as its worst connection. */
const WORST_FIRST = ['error', 'disconnected', 'connecting', 'connected'] as const;

/** Up to three folders have a connection each; of more, the last connection polls the rest. */
function connectionsFor(folders: string[]): string[][] {
  if (folders.length <= MAX_CONNECTIONS) return folders.map((folder) => [folder]);
  const own = folders.slice(0, MAX_CONNECTIONS - 1).map((folder) => [folder]);
  return [...own, folders.slice(MAX_CONNECTIONS - 1)];
}
