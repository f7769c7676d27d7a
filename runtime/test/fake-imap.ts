/** An IMAP server of few words whose every answer a test can bend. It knows one folder, INBOX. */
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface FakeImap {
  port: number;
  /** The mails by UID; a change shows at the next command. */
  mails: Map<number, string>;
  uidValidity: number;
  uidNext: number | undefined; // as reported; undefined: not at all
  /** What a search finds; at first every mail in the range, and the last one, as `n:*` says. */
  search: (first: number) => number[];
  /** Whether a fetch of these UIDs is to leave this one out. */
  leaveOut: (uid: number, asked: number[]) => boolean;
  /** What a login is refused with. */
  refuseLogin: ((line: string) => string) | undefined;
  commands: string[];
  stop: () => Promise<void>;
}

export async function startFakeImap(): Promise<FakeImap> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.write('* OK [CAPABILITY IMAP4rev1] hello\r\n');
    let rest = '';
    socket.on('data', (bytes) => {
      const lines = (rest + bytes.toString()).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) socket.write(answer(fake, line));
    });
  });
  const fake: FakeImap = {
    port: 0,
    mails: new Map(),
    uidValidity: 7,
    uidNext: 1,
    search: (first) => {
      const uids = [...fake.mails.keys()];
      return uids.filter((uid) => uid >= first || uid === uids.at(-1));
    },
    leaveOut: () => false,
    refuseLogin: undefined,
    commands: [],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake.port = (server.address() as AddressInfo).port;
  return fake;
}

function answer(fake: FakeImap, line: string): string {
  const [tag = '', ...words] = line.split(' ');
  const command = words.join(' ').toUpperCase();
  fake.commands.push(command);
  const done = `${tag} OK done\r\n`;
  if (command.startsWith('LOGIN') && fake.refuseLogin) {
    return `${tag} NO ${fake.refuseLogin(line)}\r\n`;
  }
  if (command.startsWith('LIST')) return `* LIST () "/" INBOX\r\n${done}`;
  if (command.startsWith('EXAMINE')) {
    const next = fake.uidNext === undefined ? '' : `* OK [UIDNEXT ${String(fake.uidNext)}] x\r\n`;
    return (
      `* ${String(fake.mails.size)} EXISTS\r\n* OK [UIDVALIDITY ${String(fake.uidValidity)}] x\r\n` +
      `${next}${tag} OK [READ-ONLY] done\r\n`
    );
  }
  if (command.startsWith('UID SEARCH')) {
    const first = Number(/UID (\d+):\*/.exec(command.slice('UID SEARCH'.length))?.[1] ?? Infinity);
    return `* SEARCH ${fake.search(first).join(' ')}\r\n${done}`;
  }
  if (command.startsWith('UID FETCH')) {
    const asked = (words[2] ?? '').split(',').map(Number);
    const found = asked.filter((uid) => fake.mails.has(uid) && !fake.leaveOut(uid, asked));
    return found.map((uid) => fetched(fake, uid, command.includes('BODY'))).join('') + done;
  }
  return done;
}

function fetched({ mails }: FakeImap, uid: number, withSource: boolean): string {
  const source = mails.get(uid) ?? '';
  const length = String(Buffer.byteLength(source));
  const sequence = String([...mails.keys()].indexOf(uid) + 1);
  const body = withSource ? ` BODY[] {${length}}\r\n${source}` : '';
  const fields = `UID ${String(uid)} FLAGS () RFC822.SIZE ${length}`;
  return `* ${sequence} FETCH (${fields} INTERNALDATE "22-Nov-2026 10:00:00 +0000"${body})\r\n`;
}
