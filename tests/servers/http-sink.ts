/** An HTTP server that keeps every request and answers as the test says. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SunkRequest {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface HttpSink {
  port: number;
  url: string; // http://127.0.0.1:port
  requests: SunkRequest[];
  /** How to answer from now on; at first every request gets 200 and `{"ok":true}`. */
  answer: (respond: (response: ServerResponse, request: SunkRequest) => void) => void;
  stop: () => Promise<void>;
}

export async function startHttpSink({ port = 0 } = {}): Promise<HttpSink> {
  const requests: SunkRequest[] = [];
  let respond = (response: ServerResponse, _request: SunkRequest): void => {
    response.setHeader('content-type', 'application/json').end('{"ok":true}');
  };
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const body = Buffer.concat(chunks).toString();
      const request = { method, path: url, headers, body };
      requests.push(request);
      respond(response, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `http://127.0.0.1:${String(bound)}`,
    requests,
    answer(next) {
      respond = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
