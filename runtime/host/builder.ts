/**
 * The hub's builder: checks the types of rules' projects, one after the other, as the hub asks on
 * file descriptor 3. It lives on between builds, as most of the work is to read the types of
 * Node.js and of packages. See protocol/frames.md.
 */
import { Console } from 'node:console';

import type { BuilderToHub, Frame, HubToBuilder } from '../protocol.ts';
import { openHubSocket } from './hub-socket.ts';
import { checkTypes } from './type-check.ts';

// Standard output is nobody's.
globalThis.console = new Console(process.stderr);

const send = openHubSocket<BuilderToHub>(onFrame);

function onFrame({ header }: Frame): void {
  const frame = header as HubToBuilder;
  // A newer hub may ask for more.
  if ((frame.type as string) !== 'check') return;
  const { id, project } = frame;
  try {
    send({ type: 'checked', id, problems: checkTypes(project) });
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    send({ type: 'checked', id, error: { code: 'internal_error', message } });
  }
}
