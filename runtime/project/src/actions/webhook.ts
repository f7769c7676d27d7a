/** Calls a URL. Sends the same idempotency key on every attempt; follows no redirect. */
import type { Agent, Dispatcher } from 'undici';

import { checkedAddresses, type Address, type EgressPolicy } from '../lib/egress.ts';
import { ActionError, codeOf, messageOf } from '../lib/errors.ts';
import { cut } from '../lib/message.ts';
import type { Action, ActionIo } from '../lib/rule.ts';

export interface WebhookRequest {
  method: 'POST' | 'PUT' | 'PATCH';
  url: string;
  headers: Record<string, string>;
  body?: unknown; // sent as JSON; nothing is sent when it is undefined
}

const CONNECT_TIMEOUT_MS = 10_000;
const TOTAL_TIMEOUT_MS = 30_000;
const MAX_RESPONSE_BYTES = 1024 * 1024;
const MAX_EXCERPT_BYTES = 4096;
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

export const sendWebhook: Action<WebhookRequest> = {
  type: 'webhook',
  summary: ({ method, url }) => `${method} ${URL.parse(url)?.origin ?? 'an invalid URL'}`,
  content: ({ body }) => (body === undefined ? '' : JSON.stringify(body)),
  perform: async (request, io) => {
    const url = checkedUrl(request.url);
    const answer = await send(request, url, io);
    const { status, retryAfterMs, body } = answer;
    if (status >= 200 && status < 300) return { status, body };
    const recoverable = [408, 425, 429].includes(status) || status >= 500;
    const redirect = status >= 300 && status < 400 ? ' Redirects are not followed.' : '';
    const excerpt = body === '' ? '' : ` It says: ${cut(body, 200)}`;
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
  body: string; // the first 4 KB
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
    return {
      status: response.statusCode,
      retryAfterMs: retryAfter(response.headers['retry-after']),
      body: await excerptOf(response.body),
    };
  } catch (error) {
    throw asActionError(error, sendWebhook.summary(request), progress.sent);
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

/** Notes the moment when a connection stands and the request starts to go out. */
function noting(
  progress: { sent: boolean },
  handler: Dispatcher.DispatchHandler,
): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller, context) {
      progress.sent = true;
      handler.onRequestStart?.(controller, context);
    },
    onRequestUpgrade: (...parts) => handler.onRequestUpgrade?.(...parts),
    onResponseStart: (...parts) => handler.onResponseStart?.(...parts),
    onResponseData: (...parts) => handler.onResponseData?.(...parts),
    onResponseEnd: (...parts) => handler.onResponseEnd?.(...parts),
    onResponseError: (...parts) => handler.onResponseError?.(...parts),
  };
}

/**
 * The beginning of the answer. The rest is read up to 1 MiB, so that the connection can serve
 * again, and beyond that dropped together with the connection. The status has been received by
 * then and decides, so a body that breaks off is no failure.
 */
async function excerptOf(body: AsyncIterable<Buffer>): Promise<string> {
  const kept: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      if (bytes < MAX_EXCERPT_BYTES) kept.push(chunk.subarray(0, MAX_EXCERPT_BYTES - bytes));
      bytes += chunk.length;
      if (bytes > MAX_RESPONSE_BYTES) break; // leaving the loop closes the connection
    }
  } catch {
    // What came so far is all there is.
  }
  // An excerpt may end within a character; the decoder then holds its bytes back.
  return new TextDecoder().decode(Buffer.concat(kept), { stream: true });
}

/** `Retry-After` in milliseconds: it holds seconds or a date. */
function retryAfter(header: string | string[] | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return undefined;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}

function asActionError(error: unknown, target: string, sent: boolean): ActionError {
  if (error instanceof ActionError) return error;
  const code = codeOf(error);
  if (code === 'UND_ERR_INVALID_ARG') {
    return new ActionError('request_invalid', `${target}: ${messageOf(error)}.`);
  }
  const timeout = error instanceof Error && error.name === 'TimeoutError';
  const what = timeout ? 'no answer in 30 seconds' : code === '' ? messageOf(error) : code;
  return sent
    ? new ActionError('no_answer', `${target} was sent, but no answer came: ${what}.`, {
        recoverable: true,
        effect: 'unknown',
      })
    : new ActionError('connect_failed', `${target} could not be reached: ${what}.`, {
        recoverable: true,
      });
}

// One agent for as long as the policy stays the same, so connections are reused; a new policy
// must not find connections that the old one let through.
let current: { policy: string; agent: Agent } | undefined;

async function agentFor(egress: EgressPolicy | undefined): Promise<Agent> {
  const policy = JSON.stringify(egress ?? null);
  if (current?.policy === policy) return current.agent;
  const { Agent, buildConnector } = await import('undici');
  const dial = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false });
  const guarded: typeof dial = (options, callback) => {
    void dialChecked(options, callback);
  };
  async function dialChecked(...[options, callback]: Parameters<typeof dial>): Promise<void> {
    try {
      const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80));
      const addresses = await checkedAddresses(options.hostname, port, egress ?? { allow: [] });
      dialInTurn(addresses, options, callback);
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null);
    }
  }
  /** The next address when one does not answer: often ::1 comes first and only IPv4 listens. */
  function dialInTurn(
    [first, ...others]: Address[],
    ...[options, callback]: Parameters<typeof dial>
  ): void {
    // The certificate is still checked against the name: `host` and `servername` stay.
    dial({ ...options, hostname: first?.address ?? '' }, (...result) => {
      if (result[0] && others.length > 0) dialInTurn(others, options, callback);
      else callback(...result);
    });
  }
  void current?.agent.close();
  const agent = new Agent({ connect: egress ? guarded : dial });
  current = { policy, agent };
  return agent;
}
