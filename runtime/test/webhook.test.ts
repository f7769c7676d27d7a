import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';

import { startHttpSink, type HttpSink } from '../../tests/servers/http-sink.ts';
import { freePort, until } from '../../tests/servers/support.ts';
import { sendWebhook, type WebhookRequest } from '../project/src/actions/webhook.ts';
import { decimal } from '../project/src/lib/decimal.ts';
import type { ActionError } from '../project/src/lib/errors.ts';
import type { ActionIo } from '../project/src/lib/rule.ts';
import { mailWith, NASTY_TEXTS } from './support.ts';

let sink: HttpSink;
before(async () => {
  sink = await startHttpSink();
});
after(() => sink.stop());
beforeEach(() => {
  sink.requests.length = 0;
  sink.answer((response) => response.end('{"ok":true}'));
});

function ioWith(parts: Partial<ActionIo> = {}): ActionIo {
  return {
    connection: () => {
      throw new Error('a webhook uses no connection');
    },
    message: mailWith({}),
    key: 'key-1',
    signal: new AbortController().signal,
    ...parts,
  };
}

function requestWith(parts: Partial<WebhookRequest> = {}): WebhookRequest {
  return { method: 'POST', url: `${sink.url}/hook?a=1`, headers: {}, body: { a: 1 }, ...parts };
}

async function failureOf(request: WebhookRequest, io = ioWith()): Promise<ActionError> {
  try {
    await sendWebhook.perform(request, io);
  } catch (error) {
    return error as ActionError;
  }
  throw new Error('the webhook succeeded');
}

/** A server that speaks no HTTP; `onData` gets each connection with its first bytes. */
async function rawServer(
  onData: (socket: Socket) => void,
): Promise<{ url: string; stop: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      onData(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/`,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('a webhook', () => {
  it('carries body, key and its own headers', async () => {
    const headers = { 'X-Token': 't', 'Content-Type': 'application/vnd.x+json' };
    const body = { total: decimal('1204.50') };
    const output = await sendWebhook.perform(
      requestWith({ method: 'PUT', headers, body }),
      ioWith(),
    );
    assert.deepEqual(output, { status: 200, body: { ok: true } });
    const [request] = sink.requests;
    assert.equal(request?.method, 'PUT');
    assert.equal(request.path, '/hook?a=1');
    assert.equal(request.body, '{"total":1204.50}');
    assert.equal(request.headers['content-type'], 'application/vnd.x+json');
    assert.equal(request.headers['x-token'], 't');
    assert.equal(request.headers['idempotency-key'], 'key-1');
    assert.equal(request.headers['webhook-id'], 'key-1');
  });

  it('without a body sends none', async () => {
    await sendWebhook.perform(requestWith({ body: undefined }), ioWith());
    assert.equal(sink.requests[0]?.body, '');
    assert.equal(sink.requests[0].headers['content-type'], undefined);
  });

  it('brings every text over unchanged', async () => {
    await sendWebhook.perform(requestWith({ body: { texts: NASTY_TEXTS } }), ioWith());
    assert.deepEqual(JSON.parse(sink.requests[0]?.body ?? ''), { texts: NASTY_TEXTS });
  });

  it('keeps the beginning of the answer only', async () => {
    sink.answer((response) => response.end(`${'x'.repeat(4095)}é${'y'.repeat(5000)}`));
    const output = (await sendWebhook.perform(requestWith(), ioWith())) as { body: string };
    assert.equal(output.body, 'x'.repeat(4095));
  });

  it('does not read an endless answer', async () => {
    let closed = false;
    sink.answer((response) => {
      const chunk = Buffer.alloc(64 * 1024, 'z');
      const write = (): void => {
        while (!closed && response.write(chunk));
      };
      response.on('close', () => {
        closed = true;
      });
      response.on('drain', write);
      write();
    });
    const output = (await sendWebhook.perform(requestWith(), ioWith())) as { body: string };
    assert.equal(output.body.length, 4096);
    await until('the connection to be closed', () => closed);
  });

  const answers: [number, boolean][] = [
    [301, false],
    [307, false],
    [400, false],
    [404, false],
    [408, true],
    [410, false],
    [425, true],
    [429, true],
    [500, true],
    [503, true],
  ];
  for (const [status, recoverable] of answers) {
    it(`that is answered ${String(status)} is ${recoverable ? '' : 'not '}tried again`, async () => {
      sink.answer((response) => {
        response.writeHead(status, { location: `${sink.url}/elsewhere` }).end('because');
      });
      const error = await failureOf(requestWith());
      assert.equal(error.code, `http_${String(status)}`);
      assert.equal(error.recoverable, recoverable);
      assert.equal(error.effect, 'none');
      assert.match(error.message, /because/);
      assert.ok(!error.message.includes('a=1'), 'the query may hold a secret');
      assert.equal(sink.requests.length, 1, 'redirects are not followed');
    });
  }

  it('heeds Retry-After, up to a day', async () => {
    for (const [header, wanted] of [
      ['30', 30_000],
      ['9999999', 24 * 3600 * 1000],
      ['nonsense', undefined],
      [new Date(Date.now() - 5000).toUTCString(), 0],
    ] as const) {
      sink.answer((response) => response.writeHead(503, { 'retry-after': header }).end());
      assert.equal((await failureOf(requestWith())).retryAfterMs, wanted, header);
    }
  });

  it('that cannot connect had no effect', async () => {
    const port = await freePort();
    const error = await failureOf(requestWith({ url: `http://127.0.0.1:${String(port)}/` }));
    assert.equal(error.code, 'connect_failed');
    assert.equal(error.effect, 'none');
    assert.equal(error.recoverable, true);
  });

  it('that gets no answer may have had its effect', async () => {
    const server = await rawServer((socket) => socket.resetAndDestroy());
    const error = await failureOf(requestWith({ url: server.url }));
    server.stop();
    assert.equal(error.code, 'no_answer');
    assert.equal(error.effect, 'unknown');
    assert.equal(error.recoverable, true);
  });

  it('that is stopped may have had its effect', async () => {
    const controller = new AbortController();
    const server = await rawServer(() => {
      controller.abort('deadline');
    });
    const error = await failureOf(
      requestWith({ url: server.url }),
      ioWith({ signal: controller.signal }),
    );
    server.stop();
    assert.equal(error.effect, 'unknown');
  });

  it('refuses URLs and headers that are none', async () => {
    for (const url of [
      'x',
      'ftp://example.com/',
      'file:///etc/passwd',
      'http://user:pw@example.com/',
    ]) {
      const error = await failureOf(requestWith({ url }));
      assert.equal(error.code, 'url_invalid', url);
      assert.ok(!error.message.includes('pw'));
    }
    const error = await failureOf(requestWith({ headers: { 'x-a': 'b\r\nx-c: d' } }));
    assert.equal(error.code, 'request_invalid');
    assert.equal(error.recoverable, false);
    assert.equal(sink.requests.length, 0);
  });

  it('shows where it goes without what it carries', () => {
    assert.equal(
      sendWebhook.summary(requestWith({ url: 'https://a.example/b?c=d' })),
      'POST https://a.example',
    );
  });
});

describe('the egress guard', () => {
  it('refuses a private address and calls nobody', async () => {
    for (const host of ['127.0.0.1', 'localhost', '0x7f.1']) {
      const url = `http://${host}:${String(sink.port)}/`;
      const error = await failureOf(requestWith({ url }), ioWith({ egress: { allow: [] } }));
      assert.equal(error.code, 'egress_denied');
      assert.equal(error.effect, 'none');
      assert.equal(error.recoverable, false);
    }
    assert.equal(sink.requests.length, 0);
  });

  it('lets through what is allowed, by name or by address', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const url = `http://${host}:${String(sink.port)}/`;
      const allow = [`${host}:${String(sink.port)}`];
      await sendWebhook.perform(requestWith({ url }), ioWith({ egress: { allow } }));
    }
    assert.equal(sink.requests.length, 2);
    assert.equal(sink.requests[1]?.headers.host, `localhost:${String(sink.port)}`);
  });

  it('does not reuse a connection that a milder policy opened', async () => {
    await sendWebhook.perform(requestWith(), ioWith());
    const error = await failureOf(requestWith(), ioWith({ egress: { allow: [] } }));
    assert.equal(error.code, 'egress_denied');
  });
});
