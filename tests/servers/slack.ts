/** A stand-in for Slack's Web API with state: the service `slack` of emulate, in its own process. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startChild, untilReady } from './child.ts';
import { freePort, removeFolder } from './support.ts';

export interface Slack {
  url: string; // of the Web API: http://127.0.0.1:port/api/
  token: string;
  channel: string; // the id of its only channel besides #general; it knows none by name
  /** The messages of a channel, or of one of its threads, the newest first as Slack gives them. */
  messages: (of: string, thread?: string) => Promise<SlackMessage[]>;
  stop: () => Promise<void>;
}

export interface SlackMessage {
  text: string;
  ts: string;
  thread_ts?: string;
}

interface Channel {
  id: string;
  name: string;
}

const TOKEN = 'xoxb-local-test';
const SEED = `
slack:
  team: {name: W, domain: w}
  users: [{name: developer, email: dev@example.com}]
  channels: [{name: finance}]
  bots: [{name: my-bot}]
  signing_secret: sss
  tokens: [{token: ${TOKEN}, user: developer, scopes: [chat:write, channels:history, channels:read]}]
`;

export async function startSlack(): Promise<Slack> {
  const folder = mkdtempSync(join(tmpdir(), 'msghub-slack-'));
  const seed = join(folder, 'seed.yaml');
  writeFileSync(seed, SEED);
  const port = await freePort();
  const program = fileURLToPath(
    new URL('../../node_modules/emulate/dist/index.js', import.meta.url),
  );
  const child = await startChild(process.execPath, [
    program,
    ...['start', '--seed', seed, '--port', String(port), '--service', 'slack'],
  ]);
  const root = `http://127.0.0.1:${String(port)}`;
  const url = `${root}/api/`;
  await untilReady('emulate', [child], async () => (await fetch(root)).status < 600, 120_000);

  const call = async (method: string, parameters: Record<string, string>): Promise<unknown> => {
    const response = await fetch(`${url}${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: new URLSearchParams(parameters),
    });
    return response.json();
  };
  const listed = (await call('conversations.list', {})) as { channels: Channel[] };
  const channel = listed.channels.find(({ name }) => name === 'finance')?.id;
  if (channel === undefined) throw new Error('emulate did not make the channel of its seed');
  return {
    url,
    token: TOKEN,
    channel,
    async messages(of, ts) {
      const method = ts === undefined ? 'conversations.history' : 'conversations.replies';
      const answer = await call(method, { channel: of, ...(ts !== undefined && { ts }) });
      return (answer as { messages: SlackMessage[] }).messages;
    },
    async stop() {
      await child.stop();
      await removeFolder(folder);
    },
  };
}
