/** Requests signed by AWS's own package, and the AWS command line: what the hub is measured by. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { Service } from '../servers/aws-errors.ts';
import { signerFor, type Account } from '../servers/sigv4.ts';
import { defaultRegion, hubAccount } from '../servers/sigv4-gate.ts';

const run = promisify(execFile);

export interface Call {
  service: Service;
  method?: string; // default POST
  path?: string; // percent-encoded; default /
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
  account?: Account;
  region?: string;
  signedAt?: Date;
  expiresS?: number; // presigned: the signature goes into the query
}

/** A request that is ready to be sent, or to be tampered with. */
export interface SignedCall {
  method: string;
  target: string; // path and query
  headers: Record<string, string>;
  body: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  json: () => Record<string, unknown>;
}

export async function sign(url: string, call: Call): Promise<SignedCall> {
  const { service, method = 'POST', path = '/', query = {}, body = '' } = call;
  const { host, hostname } = new URL(url);
  const signer = signerFor(service, call.region ?? defaultRegion, call.account ?? hubAccount);
  const headers = { ...call.headers, host };
  const request = { ...{ protocol: 'http:', hostname, method, path, query, headers, body } };
  const signingDate = call.signedAt ?? new Date();
  const { expiresS } = call;
  const signed =
    expiresS === undefined
      ? await signer.sign(request, { signingDate })
      : await signer.presign(
          { ...request, headers: { ...headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
          { signingDate, expiresIn: expiresS },
        );
  const pairs = Object.entries(signed.query ?? {})
    .flatMap(([name, value]) => [value ?? ''].flat().map((one) => [name, one] as const))
    .map((pair) => pair.map(encodeURIComponent).join('='));
  const target = pairs.length === 0 ? signed.path : `${signed.path}?${pairs.join('&')}`;
  return { method, target, headers: signed.headers, body };
}

export function withoutHeader(
  headers: Record<string, string>,
  name: string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([one]) => one !== name));
}

/** Sends it as it is; rejects when the connection breaks. */
export async function deliver(url: string, call: SignedCall): Promise<Answer> {
  const headers = withoutHeader(call.headers, 'host'); // fetch writes it itself
  const hasBody = !['GET', 'HEAD', 'DELETE'].includes(call.method);
  const response = await fetch(url + call.target, {
    method: call.method,
    headers,
    ...(hasBody && { body: Buffer.from(call.body) }),
    signal: AbortSignal.timeout(120_000),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
}

export async function send(url: string, call: Call): Promise<Answer> {
  return await deliver(url, await sign(url, call));
}

const DYNAMO = {
  service: 'dynamodb',
  target: 'DynamoDB_20120810',
  type: 'application/x-amz-json-1.0',
} as const;

export function dynamoCall(operation: string, input: unknown): Call {
  return {
    service: DYNAMO.service,
    headers: { 'content-type': DYNAMO.type, 'x-amz-target': `${DYNAMO.target}.${operation}` },
    body: JSON.stringify(input),
  };
}

export async function dynamo(url: string, operation: string, input: unknown): Promise<Answer> {
  return await send(url, dynamoCall(operation, input));
}

/** A table with the key `id`, ready to be used. */
export async function createTable(url: string, name: string): Promise<void> {
  await dynamo(url, 'CreateTable', {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  for (;;) {
    const { text } = await dynamo(url, 'DescribeTable', { TableName: name });
    if (text.includes('"ACTIVE"')) return;
    if (!text.includes('"CREATING"')) throw new Error(`no table ${name}: ${text}`);
  }
}

export async function createBucket(url: string, name: string): Promise<void> {
  const where = `<LocationConstraint>${defaultRegion}</LocationConstraint>`;
  const body = `<CreateBucketConfiguration>${where}</CreateBucketConfiguration>`;
  const { status, text } = await send(url, {
    ...{ service: 's3', method: 'PUT', path: `/${name}`, body },
  });
  if (status !== 200) throw new Error(`no bucket ${name}: ${text}`);
}

/** The AWS command line with an account at an endpoint; gives stdout, rejects when it fails. */
export async function awsCli(
  url: string,
  args: readonly string[],
  account: Account = hubAccount,
): Promise<string> {
  const { stdout } = await run('aws', ['--endpoint-url', url, ...args], {
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: account.accessKeyId,
      AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
      AWS_SESSION_TOKEN: account.sessionToken,
      AWS_DEFAULT_REGION: defaultRegion,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_MAX_ATTEMPTS: '1',
      AWS_PAGER: '',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
    timeout: 300_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}
