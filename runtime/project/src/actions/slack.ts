/** Posts to a Slack channel. The key goes along as metadata, so a post can be found by it. */
import type { WebClient } from '@slack/web-api';

import { requireConnection, type SlackConnection } from '../lib/connections.ts';
import { ActionError } from '../lib/errors.ts';
import { checkedBaseUrl, guardedFetch, isPassing, noAnswer, retryAfter } from '../lib/http.ts';
import type { Json } from '../lib/json.ts';
import type { Action, ActionIo } from '../lib/rule.ts';

export interface SlackRequest {
  connection: string;
  channel: string; // #name or id
  thread?: string; // the ts of the message to answer; empty: a message of its own
  text: string;
}

const TOTAL_TIMEOUT_MS = 30_000;
const MAX_TEXT_CHARACTERS = 40_000; // Slack cuts what is longer

/** Output: `{ channel, ts }`; `ts` is what an answer in its thread names. */
export const postToSlack: Action<SlackRequest> = {
  type: 'slack',
  summary: ({ connection, channel }) => `${connection}: post to ${channel}`,
  content: ({ text }) => text,
  perform: async (request, io) => {
    const account = requireConnection(io.connection, request.connection, 'slack');
    if (request.text.trim() === '') {
      throw new ActionError('text_empty', 'A post to Slack needs a text; this one is empty.');
    }
    if (request.text.length > MAX_TEXT_CHARACTERS) {
      throw new ActionError(
        'text_too_long',
        `A post to Slack has at most 40,000 characters; this one has ${String(request.text.length)}.`,
      );
    }
    return post(account, request, io);
  },
};

async function post(account: SlackConnection, request: SlackRequest, io: ActionIo): Promise<Json> {
  const { fetch, progress } = await guardedFetch(io, TOTAL_TIMEOUT_MS);
  const client = await clientFor(account, request.connection, fetch);
  const { channel, thread = '', text } = request;
  try {
    const answer = await client.chat.postMessage({
      channel,
      text,
      ...(thread !== '' && { thread_ts: thread }),
      // The text comes from outside; Slack shall not fetch what it links to.
      unfurl_links: false,
      unfurl_media: false,
      metadata: { event_type: 'msghub_step', event_payload: { key: io.key } },
    });
    return { channel: answer.channel ?? channel, ts: answer.ts ?? '' };
  } catch (error) {
    throw asActionError(error, request, progress.sent);
  }
}

async function clientFor(
  { token, baseUrl }: SlackConnection,
  name: string,
  fetch: typeof globalThis.fetch,
): Promise<WebClient> {
  const { WebClient, LogLevel } = await import('@slack/web-api');
  const address = baseUrl === undefined ? undefined : checkedBaseUrl(baseUrl, name);
  return new WebClient(token, {
    ...(address !== undefined && { slackApiUrl: address.replace(/\/*$/, '/') }),
    fetch,
    // Whoever runs the rule tries again, and knows what was already done.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    logLevel: LogLevel.ERROR,
  });
}

const AUTH = [
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'org_login_required',
];
const PASSING = [
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
];

function asActionError(error: unknown, request: SlackRequest, sent: boolean): ActionError {
  const target = postToSlack.summary(request);
  const { data, statusCode, headers, retryAfter: seconds } = error as SlackFailure;
  if (typeof data?.error === 'string') return platformError(data.error, data.needed, request);
  if (typeof seconds === 'number') {
    return new ActionError('slack_ratelimited', `${target}: Slack asks to wait.`, {
      recoverable: true,
      retryAfterMs: retryAfter(String(seconds)),
    });
  }
  if (typeof statusCode === 'number') {
    const recoverable = isPassing(statusCode);
    return new ActionError(
      `http_${String(statusCode)}`,
      `${target} answered ${String(statusCode)}.`,
      {
        recoverable,
        retryAfterMs: recoverable ? retryAfter(headers?.['retry-after']) : undefined,
      },
    );
  }
  return noAnswer(error, target, { sent });
}

/** What the client's errors carry, depending on their kind. */
interface SlackFailure {
  data?: { error?: unknown; needed?: unknown };
  statusCode?: unknown;
  headers?: Record<string, string>;
  retryAfter?: unknown;
}

function platformError(code: string, needed: unknown, request: SlackRequest): ActionError {
  const { connection, channel } = request;
  const advice = AUTH.includes(code)
    ? ` Slack does not accept the token of "${connection}": add the connection anew with a valid one.`
    : code === 'missing_scope'
      ? ` The app of "${connection}" needs the scope ${typeof needed === 'string' ? needed : 'chat:write'}: add it and install the app again.`
      : code === 'not_in_channel'
        ? ` Invite the app to ${channel} first: /invite.`
        : code === 'channel_not_found'
          ? ` There is no channel ${channel} that the app of "${connection}" can see; a private one needs an invitation.`
          : '';
  return new ActionError(
    `slack_${code}`,
    `${postToSlack.summary(request)}: Slack refused it (${code}).${advice}`,
    { recoverable: PASSING.includes(code) },
  );
}
