/**
 * The mailroom: holds every IMAP connection of the hub, which says on file descriptor 3 what to
 * watch. The hub keeps mails and cursors; nothing here survives the process. See
 * protocol/frames.md.
 */
import { openHubSocket } from '../host/hub-socket.ts';
import type { Channels, Frame, HubToMailroom, MailChannel, MailroomToHub } from '../protocol.ts';
import { openChannel, type OpenChannel } from './channel.ts';
import { settingsFrom } from './settings.ts';

const settings = settingsFrom(process.env);
const channels = new Map<string, { configuration: string; open: OpenChannel }>();
let seq = 0;

const send = openHubSocket<MailroomToHub>(onFrame);

function onFrame({ header }: Frame): void {
  const frame = header as HubToMailroom;
  switch (frame.type) {
    case 'channels':
      setChannels(frame);
      break;
    case 'stored':
      channels.get(frame.channelId)?.open.onStored(frame.seq);
      break;
    case 'refused':
      channels.get(frame.channelId)?.open.onRefused(frame);
      break;
  }
}

/** Makes the open channels those of the frame; what has not changed keeps its connections. */
function setChannels({ channels: wanted }: Channels): void {
  const configurations = new Map(wanted.map((channel) => [channel.id, configurationOf(channel)]));
  for (const [id, { configuration, open }] of channels) {
    if (configurations.get(id) === configuration) continue;
    open.close();
    channels.delete(id);
  }
  for (const channel of wanted) {
    if (channels.has(channel.id)) continue;
    const configuration = configurationOf(channel);
    const open = openChannel(channel, settings, send, () => ++seq);
    channels.set(channel.id, { configuration, open });
  }
}

/** All but the cursors: an open channel knows better than the hub how far it is. */
function configurationOf(channel: MailChannel): string {
  return JSON.stringify({ ...channel, cursors: undefined });
}

// A library's stray error must not cost the other mailboxes their connections. Its text is not
// printed: it may quote what was sent to a server.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (thrown: unknown) => {
    const name = thrown instanceof Error ? thrown.name : typeof thrown;
    process.stderr.write(`mailroom: ${event}: ${name}\n`);
  });
}
