/** Calls a URL. Sends the same idempotency key on every attempt; follows no redirect. */
import { ActionError } from '../lib/errors.ts';
import { agentFor, isPassing, noAnswer, noting, retryAfter } from '../lib/http.ts';
import { parseJson, type Json } from '../lib/json.ts';
import { cut } from '../lib/message.ts';
import type { Action, ActionIo } from '../lib/rule.ts';

export interface WebhookRequest {
  method: 'POST' | 'PUT' | 'PATCH';
  url: string;
  headers: Record<string, string>;
  body?: unknown; // sent as JSON; nothing is sent when it is undefined
}

const TOTAL_TIMEOUT_MS = 30_000;
const MAX_RESPONSE_BYTES = 1024 * 1024;
const MAX_KEPT_BYTES = 16 * 1024;
const MAX_TEXT_BYTES = 4096;

/** Output: `{ status, body }`, the body parsed when it is JSON. */
export const sendWebhook: Action<WebhookRequest> = {
  type: 'webhook',
  summary: ({ method, url }) => `${method} ${URL.parse(url)?.origin ?? 'an invalid URL'}`,
  content: ({ body }) => (body === undefined ? '' : JSON.stringify(body)),
  perform: async (request, io) => {
    const url = checkedUrl(request.url);
    const { status, retryAfterMs, body } = await send(request, url, io);
    if (status >= 200 && status < 300) return { status, body };
    const recoverable = isPassing(status);
    const redirect = status >= 300 && status < 400 ? ' Redirects are not followed.' : '';
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const excerpt = text === '' ? '' : ` It says: ${cut(text, 200)}`;
    throw new ActionError(
      `http_${String(status)}`,
      `${sendWebhook.summary(request)} answered ${String(status)}.${redirect}${excerpt}`,
      { recoverable, retryAfterMs: recoverable ? retryAfterMs : undefined },
    );
  },
};

function checkedUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url) throw new ActionError('url_invalid', 'The URL of the webhook is not valid.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new ActionError(
      'url_invalid',
      'The URL of a webhook must begin with https:// or http://.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new ActionError('url_invalid', 'The URL of a webhook must not hold a user or password.');
  }
  return url;
}

interface Answer {
  status: number;
  retryAfterMs: number | undefined;
  body: Json;
}

async function send(request: WebhookRequest, url: URL, io: ActionIo): Promise<Answer> {
  const agent = await agentFor(io.egress);
  const progress = { sent: false };
  try {
    const response = await agent
      .compose((dispatch) => (options, handler) => dispatch(options, noting(progress, handler)))
      .request({
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: headersOf(request, io.key),
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: AbortSignal.any([io.signal, AbortSignal.timeout(TOTAL_TIMEOUT_MS)]),
      });
    const type = String(response.headers['content-type'] ?? '');
    return {
      status: response.statusCode,
      retryAfterMs: retryAfter(response.headers['retry-after']),
      body: bodyOf(await beginningOf(response.body), type),
    };
  } catch (error) {
    throw noAnswer(error, sendWebhook.summary(request), progress);
  }
}

/** Our key and content type come last in case, but a header that the rule sets itself wins. */
function headersOf({ headers, body }: WebhookRequest, key: string): Record<string, string> {
  const all: Record<string, string> = {
    'user-agent': 'msghub',
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
  return { ...all, 'idempotency-key': key, 'webhook-id': key };
}

/** What is kept of the answer, and whether that is all of it. */
interface Beginning {
  bytes: Buffer;
  complete: boolean;
}

/**
 * The beginning of the answer. The rest is read up to 1 MiB, so that the connection can serve
 * again, and beyond that dropped together with the connection. The status has been received by
 * then and decides, so a body that breaks off is no failure.
 */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<Beginning> {
  const kept: Buffer[] = [];
  let bytes = 0;
  let broken = false;
  try {
    for await (const chunk of body) {
      if (bytes < MAX_KEPT_BYTES) kept.push(chunk.subarray(0, MAX_KEPT_BYTES - bytes));
      bytes += chunk.length;
      if (bytes > MAX_RESPONSE_BYTES) break; // leaving the loop closes the connection
    }
  } catch {
    broken = true; // what came so far is all there is
  }
  return { bytes: Buffer.concat(kept), complete: !broken && bytes <= MAX_KEPT_BYTES };
}

/** A text that is not all of the answer is cut short, and never read as JSON. */
function bodyOf({ bytes, complete }: Beginning, contentType: string): Json {
  const text = new TextDecoder().decode(bytes);
  if (complete && (/^[^;]*[/+]json\b/i.test(contentType) || /^\s*[[{]/.test(text))) {
    try {
      return parseJson(text);
    } catch {
      // Not what it looks like: kept as text.
    }
  }
  // An excerpt may end within a character; the decoder then holds its bytes back.
  return new TextDecoder().decode(bytes.subarray(0, MAX_TEXT_BYTES), { stream: true });
}
