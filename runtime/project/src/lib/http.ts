/**
 * How actions call the outside world by HTTP: through one agent that obeys the egress policy,
 * without following redirects, and always knowing whether a request had left this machine.
 */
import type { Agent, Dispatcher } from 'undici';

import { checkedAddresses, type Address, type EgressPolicy } from './egress.ts';
import { ActionError, causesOf, codeOf, messageOf } from './errors.ts';
import type { ActionIo } from './rule.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;
const MAX_RETRY_AFTER_MS = 24 * 3600 * 1000;

/** Whether a request has begun to leave this machine. */
export interface Progress {
  sent: boolean;
}

/** A `fetch` for the official clients; `progress` tells about its latest request. */
export interface GuardedFetch {
  fetch: typeof fetch;
  progress: Progress;
}

export async function guardedFetch(io: ActionIo, timeoutMs: number): Promise<GuardedFetch> {
  const { fetch: undiciFetch } = await import('undici');
  const agent = await agentFor(io.egress);
  const progress = { sent: false };
  const dispatcher = agent.compose(
    (dispatch) => (options, handler) =>
      dispatch(options, limited(noting(progress, handler), MAX_RESPONSE_BYTES)),
  );
  const limit = AbortSignal.any([io.signal, AbortSignal.timeout(timeoutMs)]);
  // The global types and those of the package describe the same things under two names.
  const call = undiciFetch as unknown as typeof fetch;
  return {
    progress,
    fetch: (input, init = {}) => {
      progress.sent = false;
      const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
      const headers = new Headers(init.headers);
      // What comes packed could unpack to far more than the limit.
      headers.set('accept-encoding', 'identity');
      const guarded = { ...init, headers: [...headers], signal, redirect: 'manual', dispatcher };
      return call(input, guarded as RequestInit);
    },
  };
}

/** Notes the moment when a connection stands and the request starts to go out. */
export function noting(
  progress: Progress,
  handler: Dispatcher.DispatchHandler,
): Dispatcher.DispatchHandler {
  return {
    ...passing(handler),
    onRequestStart(controller, context) {
      progress.sent = true;
      handler.onRequestStart?.(controller, context);
    },
  };
}

/** Ends the call when its answer is longer than any that a rule could want. */
function limited(
  handler: Dispatcher.DispatchHandler,
  maxBytes: number,
): Dispatcher.DispatchHandler {
  let bytes = 0;
  return {
    ...passing(handler),
    onResponseData(controller, chunk) {
      bytes += chunk.length;
      if (bytes > maxBytes) controller.abort(new Error('the answer is over 16 MiB'));
      else handler.onResponseData?.(controller, chunk);
    },
  };
}

function passing(handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler {
  return {
    onRequestStart: (...parts) => handler.onRequestStart?.(...parts),
    onRequestUpgrade: (...parts) => handler.onRequestUpgrade?.(...parts),
    onResponseStart: (...parts) => handler.onResponseStart?.(...parts),
    onResponseData: (...parts) => handler.onResponseData?.(...parts),
    onResponseEnd: (...parts) => handler.onResponseEnd?.(...parts),
    onResponseError: (...parts) => handler.onResponseError?.(...parts),
  };
}

/** `Retry-After` in milliseconds: it holds seconds or a date. */
export function retryAfter(header: string | string[] | null | undefined): number | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined || text === null) return undefined;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}

/** Whether the same request may be answered otherwise later. */
export function isPassing(status: number): boolean {
  return [408, 425, 429].includes(status) || status >= 500;
}

/**
 * The error of a call that got no answer. `target` is as in `Action.summary`; `changes` is false
 * for a call that only reads, which has no effect in any case.
 */
export function noAnswer(
  error: unknown,
  target: string,
  { sent, changes = true }: Progress & { changes?: boolean },
): ActionError {
  const chain = causesOf(error);
  const ours = chain.find((cause) => cause instanceof ActionError);
  if (ours) return ours;
  // Codes of the system and of undici; clients have their own, which only say that it failed.
  const code = chain.map(codeOf).findLast((found) => /^[A-Z][A-Z0-9_]+$/.test(found)) ?? '';
  if (code === 'UND_ERR_INVALID_ARG') {
    return new ActionError('request_invalid', `${target}: ${messageOf(error)}.`);
  }
  const timeout = chain.some((cause) => cause instanceof Error && cause.name === 'TimeoutError');
  const what = timeout
    ? 'it took too long'
    : code === ''
      ? messageOf(chain.at(-1)).replace(/\.$/, '')
      : code;
  return sent
    ? new ActionError('no_answer', `${target} was sent, but no answer came: ${what}.`, {
        recoverable: true,
        effect: changes ? 'unknown' : 'none',
      })
    : new ActionError('connect_failed', `${target} could not be reached: ${what}.`, {
        recoverable: true,
      });
}

/** The address of a service, as a connection gives it. */
export function checkedBaseUrl(text: string, connection: string): string {
  const url = URL.parse(text);
  const fits = url && ['https:', 'http:'].includes(url.protocol) && url.username === '';
  if (fits) return text;
  throw new ActionError(
    'connection_wrong',
    `The base URL of the connection "${connection}" must begin with https:// or http:// and hold no user.`,
  );
}

// One agent for as long as the policy stays the same, so connections are reused; a new policy
// must not find connections that the old one let through.
let current: { policy: string; agent: Agent } | undefined;

export async function agentFor(egress: EgressPolicy | undefined): Promise<Agent> {
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
