/**
 * Verifies AWS Signature Version 4 as AWS does. What had to be signed is computed by AWS's own
 * package, so that it is an independent check of the hub's signer.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

import { createScope, getSigningKey, SignatureV4 } from '@smithy/signature-v4';

import { isService, serviceOf, type AwsError, type Service } from './aws-errors.ts';
import type { Received } from './relay.ts';

export interface Account {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const SKEW_MS = 15 * 60_000;
const LONGEST_PRESIGNED_S = 7 * 24 * 3600;

/** SHA-256, or HMAC with it when there is a key, as AWS's package wants to be given it. */
export class Sha256 {
  readonly #hash: ReturnType<typeof createHash | typeof createHmac>;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(this.#hash.digest()));
  }

  reset(): void {
    throw new Error('a hash is used once');
  }
}

function bytesOf(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** AWS's signer with its two inner steps made visible. */
class Canonical extends SignatureV4 {
  request(...args: Parameters<SignatureV4['createCanonicalRequest']>): string {
    return this.createCanonicalRequest(...args);
  }

  toSign(longDate: string, scope: string, request: string): Promise<string> {
    return this.createStringToSign(longDate, scope, request, ALGORITHM);
  }
}

/** A signer of requests; S3 alone takes the path as it is and always wants the body's hash. */
export function signerFor(service: Service, region: string, credentials: Account): SignatureV4 {
  const isS3 = service === 's3';
  const settings = { service, region, credentials, sha256: Sha256 };
  return new SignatureV4({ ...settings, uriEscapePath: !isS3, applyChecksum: isS3 });
}

class Refused extends Error {
  readonly error: AwsError;

  constructor(error: AwsError) {
    super(error.message);
    this.error = error;
  }
}

/** Says what AWS would say: one name for S3, another for the other services. */
function refuse(service: Service, s3Code: string, code: string, message: string): never {
  throw new Refused({ status: 403, code: service === 's3' ? s3Code : code, message });
}

interface Claim {
  isPresigned: boolean;
  accessKeyId: string;
  date: string; // of the scope: YYYYMMDD
  region: string;
  service: string;
  terminator: string;
  signedHeaders: string[];
  signature: string;
  longDate: string;
  expiresS: number;
  token: string | undefined;
}

type Query = Record<string, string | string[]>;

function queryOf(target: string): Query {
  const query: Query = {};
  const at = target.indexOf('?');
  for (const pair of at < 0 ? [] : target.slice(at + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const decode = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    const before = query[name];
    query[name] = before === undefined ? value : [before, value].flat();
  }
  return query;
}

/** What the request says about its signature, not yet believed. */
function claimOf(request: Received, query: Query, service: Service): Claim {
  const one = (name: string): string => [query[name] ?? ''].flat()[0] ?? '';
  const authorization = request.headers.get('authorization');
  const isPresigned = authorization === undefined && 'X-Amz-Signature' in query;
  if (authorization === undefined && !isPresigned) {
    refuse(service, 'AccessDenied', 'MissingAuthenticationTokenException', 'not signed');
  }
  const parts = /^(\S+) Credential=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;
  const found = isPresigned
    ? ['', 'Algorithm', 'Credential', 'SignedHeaders', 'Signature'].map((name) =>
        one(`X-Amz-${name}`),
      )
    : parts.exec(authorization ?? '');
  const [, algorithm = '', credential = '', signedHeaders = '', signature = ''] = found ?? [];
  const scope = credential.split('/');
  if (algorithm !== ALGORITHM || scope.length !== 5) {
    const text = `not ${ALGORITHM} with Credential, SignedHeaders and Signature`;
    refuse(service, 'AuthorizationHeaderMalformed', 'IncompleteSignatureException', text);
  }
  const [accessKeyId = '', date = '', region = '', named = '', terminator = ''] = scope;
  return {
    isPresigned,
    ...{ accessKeyId, date, region, service: named, terminator, signature },
    signedHeaders: signedHeaders.split(';'),
    longDate: isPresigned ? one('X-Amz-Date') : (request.headers.get('x-amz-date') ?? ''),
    expiresS: Number(one('X-Amz-Expires')),
    token: isPresigned
      ? one('X-Amz-Security-Token') || undefined
      : request.headers.get('x-amz-security-token'),
  };
}

function checkScope(claim: Claim, service: Service, region: string): void {
  const wrong = (text: string): never =>
    refuse(service, 'AuthorizationHeaderMalformed', 'InvalidSignatureException', text);
  if (!isService(claim.service)) wrong(`no service "${claim.service}" here`);
  if (claim.region !== region) wrong(`the region is "${region}", not "${claim.region}"`);
  if (claim.terminator !== 'aws4_request') wrong('the scope does not end with aws4_request');
  if (!claim.longDate.startsWith(claim.date)) wrong('the scope has another date than the request');
}

function checkTime(claim: Claim, service: Service, now: number): void {
  const iso = claim.longDate.replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    '$1-$2-$3T$4:$5:$6Z',
  );
  const signedAt = Date.parse(iso);
  const tooOld = claim.isPresigned
    ? now > signedAt + claim.expiresS * 1000
    : now > signedAt + SKEW_MS;
  const badLife =
    claim.isPresigned && !(claim.expiresS >= 1 && claim.expiresS <= LONGEST_PRESIGNED_S);
  if (Number.isNaN(signedAt) || badLife) {
    refuse(
      service,
      'AccessDenied',
      'IncompleteSignatureException',
      'a date or expiry is malformed',
    );
  }
  if (tooOld || signedAt > now + SKEW_MS) {
    const code = claim.isPresigned ? 'AccessDenied' : 'RequestTimeTooSkewed';
    const text = `signed for ${claim.longDate}, it is ${new Date(now).toISOString()}: expired or early`;
    refuse(service, code, 'InvalidSignatureException', text);
  }
}

function checkSignedHeaders(request: Received, claim: Claim, service: Service): void {
  const { signedHeaders } = claim;
  const wrong = (text: string): never =>
    refuse(service, 'SignatureDoesNotMatch', 'InvalidSignatureException', text);
  const required = claim.isPresigned ? ['host'] : ['host', 'x-amz-date'];
  for (const name of required) {
    if (!signedHeaders.includes(name)) wrong(`${name} has to be signed`);
  }
  const sorted = [...signedHeaders].sort();
  if (sorted.join(';') !== signedHeaders.join(';')) wrong('SignedHeaders are not sorted');
  for (const name of request.headers.keys()) {
    if (name.startsWith('x-amz-') && !signedHeaders.includes(name)) {
      const text = `There were headers present in the request which were not signed: ${name}`;
      refuse(service, 'AccessDenied', 'InvalidSignatureException', text);
    }
  }
}

function payloadHash(request: Received, claim: Claim, service: Service): string {
  const real = createHash('sha256').update(request.body).digest('hex');
  if (service !== 's3') return real;
  const unsigned = 'UNSIGNED-PAYLOAD';
  const said = request.headers.get('x-amz-content-sha256');
  if (claim.isPresigned && said === undefined) return unsigned;
  if (said === unsigned) return unsigned;
  if (said === undefined) {
    refuse(service, 'InvalidRequest', '', 'Missing required header: x-amz-content-sha256');
  }
  if (said.startsWith('STREAMING-')) {
    refuse(service, 'NotImplemented', '', 'the gate does not read bodies signed in chunks');
  }
  if (said !== real) {
    const text = `x-amz-content-sha256 is ${said}, the body's hash is ${real}`;
    refuse(service, 'XAmzContentSHA256Mismatch', '', text);
  }
  return said;
}

/** The path as AWS encodes it, however the client wrote it: all but unreserved characters. */
function canonicalPath(target: string): string {
  const path = target.split('?')[0] ?? '';
  const encode = (text: string): string =>
    encodeURIComponent(decodeURIComponent(text)).replace(
      /[!'()*]/g,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  return path.split('/').map(encode).join('/');
}

async function checkSignature(
  request: Received,
  query: Query,
  claim: Claim,
  account: Account,
  service: Service,
): Promise<void> {
  const signer = new Canonical({
    ...{ service, region: claim.region, credentials: account, sha256: Sha256 },
    uriEscapePath: service !== 's3',
  });
  const headers: Record<string, string> = {};
  for (const name of claim.signedHeaders) {
    headers[name] = (request.headers.get(name) ?? '').trim().replace(/\s+/g, ' ');
  }
  const canonical = signer.request(
    {
      ...{ protocol: 'http:', hostname: headers.host ?? '', method: request.method, headers },
      ...{ path: canonicalPath(request.target), query },
    },
    headers,
    payloadHash(request, claim, service),
  );
  const scope = createScope(claim.date, claim.region, service);
  const toSign = await signer.toSign(claim.longDate, scope, canonical);
  const key = await getSigningKey(Sha256, account, claim.date, claim.region, service);
  const expected = createHmac('sha256', key).update(toSign).digest();
  const given = Buffer.from(claim.signature, 'hex');
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  throw new Refused({
    status: 403,
    code: service === 's3' ? 'SignatureDoesNotMatch' : 'InvalidSignatureException',
    message:
      'The request signature we calculated does not match the signature you provided.\n\n' +
      `The Canonical String for this request should have been\n'${canonical}'\n\n` +
      `The String-to-Sign should have been\n'${toSign}'\n`,
    details: { CanonicalRequest: canonical, StringToSign: toSign },
  });
}

/**
 * Gives undefined for a request that one of the accounts has signed for this region, else the
 * error to answer. Every refusal is a 403, although AWS answers some of them with 400.
 */
export async function verify(
  request: Received,
  accounts: readonly Account[],
  region: string,
  now = Date.now(),
): Promise<AwsError | undefined> {
  const service = serviceOf(request);
  try {
    const query = queryOf(request.target);
    const claim = claimOf(request, query, service);
    const account = accounts.find(({ accessKeyId }) => accessKeyId === claim.accessKeyId);
    if (account === undefined) {
      refuse(service, 'InvalidAccessKeyId', 'UnrecognizedClientException', 'unknown access key');
    }
    if (account.sessionToken !== claim.token) {
      const text = 'The security token included in the request is invalid.';
      refuse(service, 'InvalidToken', 'UnrecognizedClientException', text);
    }
    checkScope(claim, service, region);
    checkTime(claim, service, now);
    checkSignedHeaders(request, claim, service);
    await checkSignature(request, query, claim, account, service);
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.error;
    if (error instanceof URIError) {
      return { status: 400, code: 'InvalidURI', message: 'a percent sign stands alone' };
    }
    throw error;
  }
}
