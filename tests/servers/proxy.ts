// A TCP proxy on loopback that can be told to misbehave: cut connections, refuse new ones, or stop
// after a number of bytes from the server.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export class TcpProxy {
  readonly port: number;
  readonly #server: ReturnType<typeof createServer>;
  readonly #open = new Set<Socket>();
  #refusing = false;
  #cutAfter: number | undefined;
  connections = 0; // taken so far
  cuts = 0; // made by cutAfter()

  private constructor(server: ReturnType<typeof createServer>, target: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => {
      if (this.#refusing) {
        client.resetAndDestroy();
        return;
      }
      this.connections++;
      this.#join(client, connect(target, '127.0.0.1'));
    });
  }

  /** A proxy before a port of this machine. */
  static async before(target: number): Promise<TcpProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target);
  }

  #join(client: Socket, upstream: Socket): void {
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#open.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#open.delete(from);
        to.destroy();
      });
      from.on('end', () => to.end());
    }
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes: Buffer) => {
      if (this.#cutAfter === undefined || bytes.length < this.#cutAfter) {
        if (this.#cutAfter !== undefined) this.#cutAfter -= bytes.length;
        client.write(bytes);
        return;
      }
      client.write(bytes.subarray(0, this.#cutAfter), () => client.resetAndDestroy());
      upstream.destroy();
      this.#cutAfter = undefined;
      this.cuts++;
    });
  }

  /** Lets this many more bytes from the server through, then resets the connection, once. */
  cutAfter(bytes: number): void {
    this.#cutAfter = bytes;
  }

  /** Resets all open connections; new ones are taken as before. */
  cut(): void {
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  /** Whether new connections are reset at once. */
  refuse(on: boolean): void {
    this.#refusing = on;
    if (on) this.cut();
  }

  async stop(): Promise<void> {
    this.refuse(true);
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}
