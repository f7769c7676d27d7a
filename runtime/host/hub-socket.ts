/** The frame socket to the hub: file descriptor 3, which every child of the hub inherits. */
import { Socket } from 'node:net';

import { encodeFrame, frameDecoder, type Frame, type Ready } from '../protocol.ts';

export type Send<Header extends { type: string }> = (header: Header, body?: Uint8Array) => void;

/**
 * Opens the socket and says that the process is ready. When the hub closes it, or sends what is no
 * frame, the process ends at once: nothing here may outlive the hub.
 */
export function openHubSocket<Header extends { type: string }>(
  onFrame: (frame: Frame) => void,
  parse?: (text: string) => unknown,
): Send<Header> {
  const socket = new Socket({ fd: 3, readable: true, writable: true });
  const decode = frameDecoder(parse);
  socket.on('data', (bytes) => {
    let frames: Frame[];
    try {
      frames = decode(bytes);
    } catch (error) {
      process.stderr.write(`The hub sent what is no frame: ${String(error)}\n`);
      process.exit(1);
    }
    frames.forEach(onFrame);
  });
  const leave = (): never => process.exit(0);
  socket.on('end', leave);
  socket.on('close', leave);
  socket.on('error', leave);

  const ready: Ready = { type: 'ready', pid: process.pid, node: process.versions.node };
  socket.write(encodeFrame(ready));
  return (header, body) => {
    socket.write(encodeFrame(header, body));
  };
}
