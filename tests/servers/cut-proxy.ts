/** A TCP proxy in front of a test server that cuts connections when the test wants it. */
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';

export interface CutProxy {
  port: number;
  /** Connections made so far. */
  connections: () => number;
  /** Cuts every connection now, by a reset. */
  cut: () => void;
  /** Cuts each connection when the server has sent this many bytes on it; undefined: never. */
  cutAfter: (bytes: number | undefined) => void;
  stop: () => Promise<void>;
}

export async function startCutProxy(targetPort: number): Promise<CutProxy> {
  const pairs = new Set<[Socket, Socket]>();
  let limit: number | undefined;
  let connections = 0;

  function drop(pair: [Socket, Socket]): void {
    if (!pairs.delete(pair)) return;
    const [client, target] = pair;
    // A socket that is being shut down cannot be reset any more, and would never be closed.
    if (client.readableEnded || client.writableEnded) client.destroy();
    else client.resetAndDestroy();
    target.destroy();
  }

  const server = createServer((client) => {
    connections += 1;
    const target = createConnection(targetPort, '127.0.0.1');
    const pair: [Socket, Socket] = [client, target];
    pairs.add(pair);
    const end = (): void => {
      drop(pair);
    };
    for (const socket of pair) {
      socket.on('error', end);
      socket.on('close', end);
    }
    let sent = 0;
    client.on('data', (bytes) => target.write(bytes));
    target.on('data', (bytes) => {
      sent += bytes.length;
      if (limit !== undefined && sent > limit) {
        client.write(bytes.subarray(0, Math.max(0, bytes.length - (sent - limit))), end);
        return;
      }
      client.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    pairs.forEach(drop);
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    cut,
    cutAfter(bytes) {
      limit = bytes;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        cut();
      }),
  };
}
