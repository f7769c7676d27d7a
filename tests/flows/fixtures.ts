// What the flows have in common: channels, rules and messages, and how to wait for their end.

import { createHash, createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Dovecot } from '../servers/dovecot.ts';
import type { Postgres } from '../servers/postgres.ts';
import { checkAnswer } from './contract.ts';
import { http, waitFor } from './harness.ts';
import type { Hub, Reply, Scope } from './harness.ts';

export interface Channel {
  id: string;
  name: string;
  url: string; // where a sender posts to
  secret?: string;
}

export interface ActionResult {
  actionType: string;
  order: number;
  status: 'success' | 'failed';
  startedAt: string;
  completedAt: string;
  output?: unknown;
  error?: string;
}

export interface Attempt {
  order: number;
  attempt: number;
  actionType: string;
  idempotencyKey: string;
  target: string;
  status: 'started' | 'success' | 'failed' | 'unknown';
  startedAt: string;
  completedAt?: string;
  error?: string;
}

export interface Execution {
  id: string;
  ruleId: string;
  messageId: string;
  status: 'running' | 'success' | 'partial' | 'failed';
  startedAt: string;
  completedAt?: string;
  extractedData: Record<string, unknown>;
  actionResults: ActionResult[];
  attempts: Attempt[];
  tries: number;
  error?: { code: string; message: string; recoverable: boolean };
  durationMs: number;
}

export interface Message {
  id: string;
  channelId: string;
  externalId?: string;
  status: 'pending' | 'processed' | 'failed' | 'ignored';
  parsedContent: { from: string; subject?: string; body: string; payload?: unknown };
  matchedRuleIds: string[];
  metadata: { rawSha256?: string; notes?: string[] };
}

export interface RuleTrace {
  ruleId: string;
  name: string;
  matchedThen: boolean;
  why: string;
  explanation: {
    matches: boolean;
    triggers: {
      channelFits: boolean;
      holds: boolean;
      conditions: {
        condition: { field: string; operator: string; value: string; line?: number };
        seen?: string;
        holds: boolean;
      }[];
    }[];
  };
  executionId?: string;
}

export const sha256 = (bytes: string | Buffer): string =>
  createHash('sha256').update(bytes).digest('hex');

export async function addWebhook(
  hub: Hub,
  name: string,
  more: Record<string, unknown> = {},
): Promise<Channel> {
  const reply = await hub.api('POST', '/v1/channels', { type: 'webhook', name, ...more });
  if (reply.status !== 201) throw new Error(`channel ${name}: ${reply.text}`);
  const made = reply.json() as { id: string; secret?: string; config: { webhookUrl: string } };
  return {
    id: made.id,
    name,
    url: made.config.webhookUrl,
    ...(made.secret !== undefined && { secret: made.secret }),
  };
}

/** Watches the inbox of alice, from its first mail on; gives the channel's id. */
export async function addInbox(
  hub: Hub,
  scope: Scope,
  dovecot: Dovecot,
  name = 'Inbox',
): Promise<string> {
  const secret = join(scope.folder(), 'password');
  writeFileSync(secret, dovecot.passwordOf('alice'), { mode: 0o600 });
  const { id } = await hub.cli<{ id: string }>(
    ...['channel', 'add', 'imap', name, '--host', '127.0.0.1'],
    ...['--port', String(dovecot.imapPort), '--tls', 'none', '--user', 'alice'],
    ...['--since', 'all', '--password-file', secret],
  );
  return id;
}

/** The server on this port as the connection by which rules send mail. */
export async function addMailServer(hub: Hub, port: number, name = 'Mail'): Promise<void> {
  await hub.cli(
    ...['connection', 'add', 'smtp', name, '--host', '127.0.0.1', '--port', String(port)],
    ...['--from', 'hub@example.com', '--tls', 'none', '--no-password'],
  );
}

/** Adds a rule and makes it active; gives its id. */
export async function addRule(hub: Hub, markdown: string): Promise<string> {
  const added = await hub.api('POST', '/v1/rules', { markdown });
  if (added.status !== 201) throw new Error(`rule: ${added.text}`);
  const { id } = added.json() as { id: string };
  const active = await hub.api('POST', `/v1/rules/${id}:activate`);
  if (active.status !== 200) throw new Error(`rule ${id}: ${active.text}`);
  return id;
}

/** The headers of Standard Webhooks for a body. `secret` is "whsec_" and base64. */
export function standardHeaders(
  secret: string,
  id: string,
  body: string,
  at = Math.floor(Date.now() / 1000),
): Record<string, string> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const signed = createHmac('sha256', key)
    .update(`${id}.${String(at)}.${body}`)
    .digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': `v1,${signed}`,
  };
}

export function githubHeaders(secret: string, body: string): Record<string, string> {
  return {
    'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
  };
}

/** Posts to a webhook channel. Fails when openapi.yaml does not know the answer. */
export async function post(
  url: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const reply = await http(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  checkAnswer('POST', new URL(url).pathname, reply);
  return reply;
}

/** Posts a JSON value and gives the id of the stored message. */
export async function deliver(
  channel: Channel,
  value: unknown,
  headers: Record<string, string> = {},
): Promise<string> {
  const reply = await post(channel.url, JSON.stringify(value), headers);
  if (reply.status !== 202) throw new Error(`${String(reply.status)} ${reply.text}`);
  return (reply.json() as { id: string }).id;
}

export async function message(hub: Hub, id: string): Promise<Message> {
  return await hub.get<Message>(`/v1/messages/${id}`);
}

export async function executionsOf(hub: Hub, messageId: string): Promise<Execution[]> {
  const listed = await hub.all<{ id: string }>(`/v1/executions?messageId=${messageId}`);
  return await Promise.all(
    listed.map(async ({ id }) => await hub.get<Execution>(`/v1/executions/${id}`)),
  );
}

/** Waits until nothing is left to do for a message; gives it as it is then. */
export async function settled(hub: Hub, id: string, limitMs = 120_000): Promise<Message> {
  return await waitFor(
    `message ${id} to be settled`,
    async () => {
      const found = await message(hub, id);
      return found.status === 'pending' ? undefined : found;
    },
    limitMs,
  );
}

/** The only execution of a message, once it is final. */
export async function finalExecution(
  hub: Hub,
  messageId: string,
  limitMs = 120_000,
): Promise<Execution> {
  await settled(hub, messageId, limitMs);
  const [execution, ...others] = await executionsOf(hub, messageId);
  if (execution === undefined || others.length > 0) {
    throw new Error(`message ${messageId} has ${String(others.length)} executions more than one`);
  }
  return execution;
}

export async function trace(hub: Hub, messageId: string): Promise<RuleTrace[]> {
  return (await hub.get<{ rules: RuleTrace[] }>(`/v1/messages/${messageId}/trace`)).rules;
}

/**
 * Waits until another hub knows a new rule, which takes seconds. Messages show when it does: of
 * the numbers -1, -2 and so on. The last of them has been through the rule.
 */
export async function untilKnown(hub: Hub, channel: Channel, rule: string): Promise<void> {
  const url = hub.url + new URL(channel.url).pathname;
  let number = 0;
  await waitFor('the hub to know the rule', async () => {
    const id = await deliver({ ...channel, url }, { number: --number });
    const { matchedRuleIds } = await settled(hub, id);
    return matchedRuleIds.includes(rule) ? true : undefined;
  });
}

/** The rows that a statement gives. */
export async function query(database: Postgres, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(text);
    return rows;
  } finally {
    await client.end();
  }
}
