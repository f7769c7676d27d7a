/** What the proxies share: requests and replies as bytes, passed on as they are. */
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string;
  target: string; // path and query, as sent
  rawHeaders: string[]; // name, value, name, value
  headers: Map<string, string>; // by lower-case name; repeated ones joined by ","
  body: Buffer;
}

export interface Reply {
  status: number;
  rawHeaders: string[];
  body: Buffer;
}

/** These speak of one connection alone, or are written anew for the next one. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect']);

function without(rawHeaders: readonly string[], dropped: (name: string) => boolean): string[] {
  return rawHeaders.filter((_, index) => !dropped(rawHeaders[index & ~1]?.toLowerCase() ?? ''));
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await incoming.toArray());
}

export async function receive(incoming: IncomingMessage): Promise<Received> {
  const { method = 'GET', url = '/', rawHeaders } = incoming;
  const headers = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    const value = rawHeaders[i + 1] ?? '';
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before},${value}`);
  }
  return { method, target: url, rawHeaders, headers, body: await bytesOf(incoming) };
}

/** Sends the request on with every header that was signed, Host among them, and its own bytes. */
export async function forward(upstream: URL, request: Received): Promise<Reply> {
  const headers = without(
    request.rawHeaders,
    (name) => HOP_BY_HOP.has(name) || name === 'content-length',
  );
  if (request.body.length > 0 || !['GET', 'HEAD', 'DELETE'].includes(request.method)) {
    headers.push('content-length', String(request.body.length));
  }
  return await new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: upstream.hostname,
        port: upstream.port,
        method: request.method,
        path: request.target,
        headers,
        agent: false,
        timeout: 60_000,
      },
      (incoming) => {
        bytesOf(incoming).then((body) => {
          const { statusCode = 502, rawHeaders } = incoming;
          resolve({ status: statusCode, rawHeaders, body });
        }, reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('the upstream does not answer')));
    outgoing.on('error', reject);
    outgoing.end(request.body);
  });
}

/** The headers of a reply for the next connection; a HEAD's length is that of the missing body. */
export function headersFor(method: string, reply: Reply): string[] {
  const keepsLength = method === 'HEAD' || reply.status === 204 || reply.status === 304;
  const headers = without(
    reply.rawHeaders,
    (name) => HOP_BY_HOP.has(name) || (name === 'content-length' && !keepsLength),
  );
  if (!keepsLength) headers.push('content-length', String(reply.body.length));
  return headers;
}

export function send(response: ServerResponse, method: string, reply: Reply): void {
  response.writeHead(reply.status, headersFor(method, reply));
  response.end(method === 'HEAD' ? undefined : reply.body);
}

export interface Listening {
  port: number;
  url: string; // http://127.0.0.1:port
  stop: () => Promise<void>;
}

/** An HTTP server on a free port of the loopback address; what `serve` throws is answered 502. */
export async function listen(
  serve: (request: Received, response: ServerResponse) => Promise<void>,
  port = 0,
): Promise<Listening> {
  const server: Server = createServer((incoming, response) => {
    receive(incoming)
      .then((request) => serve(request, response))
      .catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(502, { 'content-type': 'text/plain' });
        response.end(String(error));
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    url: `http://127.0.0.1:${String(bound)}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
