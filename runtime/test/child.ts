/** Starts a worker or mailroom the way the hub does, and speaks frames with it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { until } from '../../tests/servers/support.ts';
import {
  encodeFrame,
  frameDecoder,
  type AttemptFrame,
  type Done,
  type ExamplesDone,
  type Extracted,
  type Frame,
  type ItemsFrame,
  type Log,
  type Mail,
  type Ready,
  type ResultFrame,
  type State,
  type Swept,
} from '../protocol.ts';

export interface Child {
  process: ChildProcess;
  /** Every frame that came, oldest first. */
  frames: Frame<FrameHeader>[];
  /** Called with each frame as it comes. */
  onFrame: (listen: (frame: Frame<FrameHeader>) => void) => void;
  send: (header: { type: string; [name: string]: unknown }) => void;
  sendRaw: (bytes: Uint8Array) => void;
  /** The next frame of that type that was not given before; waits for it. */
  next: (type: string) => Promise<Frame<FrameHeader>>;
  output: { stdout: string; stderr: string };
  /** Closes the hub's end of the socket. */
  hangUp: () => void;
  exitCode: () => Promise<number | null>;
  stop: () => Promise<void>;
}

/** A header as a test reads it: as if it had every field that there is. */
export type FrameHeader = { type: string } & Required<
  Fields<Ready> &
    Fields<Extracted> &
    Fields<AttemptFrame> &
    Fields<ItemsFrame> &
    Fields<ResultFrame> &
    Fields<Log> &
    Fields<Done> &
    Fields<ExamplesDone> &
    Fields<Mail> &
    Fields<State> &
    Fields<Swept>
>;

type Fields<Header> = Omit<Header, 'type'>;

export function startChild(script: string, environment: Record<string, string> = {}): Child {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  const child = spawn(process.execPath, [path], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, ...environment },
    cwd: '/',
  });
  const socket = child.stdio[3] as Duplex;
  socket.on('error', () => undefined);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (bytes: Buffer) => (output.stdout += bytes.toString()));
  child.stderr?.on('data', (bytes: Buffer) => (output.stderr += bytes.toString()));
  const exited = once(child, 'exit') as Promise<[number | null]>;

  const frames: Frame<FrameHeader>[] = [];
  const taken = new Set<Frame<FrameHeader>>();
  const listeners: ((frame: Frame<FrameHeader>) => void)[] = [];
  const decode = frameDecoder();
  socket.on('data', (bytes: Buffer) => {
    for (const frame of decode(bytes) as Frame<FrameHeader>[]) {
      frames.push(frame);
      for (const listen of listeners) listen(frame);
    }
  });

  return {
    process: child,
    frames,
    onFrame: (listen) => listeners.push(listen),
    send: (header) => socket.write(encodeFrame(header)),
    sendRaw: (bytes) => socket.write(bytes),
    async next(type) {
      const found = await until(`a frame "${type}"; stderr: ${output.stderr}`, () => {
        if (child.exitCode !== null) throw new Error(`the child ended: ${output.stderr}`);
        return frames.find((frame) => frame.header.type === type && !taken.has(frame));
      });
      taken.add(found);
      return found;
    },
    output,
    hangUp: () => socket.destroy(),
    exitCode: async () => (await exited)[0],
    async stop() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}
