/** DynamoDB that does only a part of a batch and hands the rest back, as it does under load. */
import { crc32 } from 'node:zlib';

import { forward, type Received, type Reply } from './relay.ts';
import { signerFor, type Account } from './sigv4.ts';

type Entries = unknown[];
/** BatchWriteItem lists its requests by table; BatchGetItem the keys within a table's settings. */
type RequestItems = Record<string, Entries | ({ Keys: Entries } & Record<string, unknown>)>;

function entriesOf(value: RequestItems[string]): Entries {
  return Array.isArray(value) ? value : value.Keys;
}

/** The entries for which `isIn` says yes, by their position in the whole batch. */
function pick(items: RequestItems, isIn: (position: number) => boolean): RequestItems {
  let position = 0;
  const picked: RequestItems = {};
  for (const [table, value] of Object.entries(items)) {
    const entries = entriesOf(value).filter(() => isIn(position++));
    if (entries.length === 0) continue;
    picked[table] = Array.isArray(value) ? entries : { ...value, Keys: entries };
  }
  return picked;
}

async function signedAnew(
  request: Received,
  body: string,
  accounts: readonly Account[],
): Promise<Received> {
  const credential = /Credential=([^,\s]+)/.exec(request.headers.get('authorization') ?? '')?.[1];
  const [accessKeyId, , region = ''] = credential?.split('/') ?? [];
  const account = accounts.find((one) => one.accessKeyId === accessKeyId);
  if (account === undefined) throw new Error('a batch of an unknown account cannot be split');
  const kept = ['host', 'content-type', 'x-amz-target'].flatMap((name) => {
    const value = request.headers.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const { headers } = await signerFor('dynamodb', region, account).sign({
    ...{ method: request.method, protocol: 'http:', hostname: '127.0.0.1', path: '/', body },
    headers: Object.fromEntries(kept),
  });
  return { ...request, rawHeaders: Object.entries(headers).flat(), body: Buffer.from(body) };
}

/** The same batch, of which the last `left` entries (by default half) come back unprocessed. */
export async function forwardPartly(
  upstream: URL,
  request: Received,
  left: number | undefined,
  accounts: readonly Account[],
): Promise<Reply> {
  const batch = JSON.parse(request.body.toString()) as { RequestItems: RequestItems };
  const isWrite = request.headers.get('x-amz-target')?.endsWith('.BatchWriteItem') === true;
  const total = Object.values(batch.RequestItems).flatMap(entriesOf).length;
  const done = Math.max(0, total - (left ?? Math.ceil(total / 2)));
  const rest = pick(batch.RequestItems, (position) => position >= done);
  const first = pick(batch.RequestItems, (position) => position < done);
  const returned = isWrite ? 'UnprocessedItems' : 'UnprocessedKeys';
  if (done === 0) {
    const nothing = isWrite ? {} : { Responses: {} };
    return {
      status: 200,
      rawHeaders: ['content-type', 'application/x-amz-json-1.0'],
      body: Buffer.from(JSON.stringify({ ...nothing, [returned]: rest })),
    };
  }
  const smaller = JSON.stringify({ ...batch, RequestItems: first });
  const reply = await forward(upstream, await signedAnew(request, smaller, accounts));
  if (reply.status !== 200) return reply;
  const answer = JSON.parse(reply.body.toString()) as Record<string, unknown>;
  const body = Buffer.from(JSON.stringify({ ...answer, [returned]: rest }));
  const rawHeaders = reply.rawHeaders.map((text, index, all) =>
    all[index - 1]?.toLowerCase() === 'x-amz-crc32' ? String(crc32(body)) : text,
  );
  return { ...reply, rawHeaders, body };
}
