/** A proxy that lets only correctly signed requests through to a server that checks nothing. */
import { errorReply, serviceOf } from './aws-errors.ts';
import { forward, listen, send, type Listening } from './relay.ts';
import { verify, type Account } from './sigv4.ts';

/** Its signs break signers that encode or trim the secret. */
export const hubAccount: Account = {
  accessKeyId: 'AKIDHUB0000000000001',
  secretAccessKey: 'hub/secret+key',
};

/** As a role's credentials are: without the token they open nothing. */
export const roleAccount: Account = {
  accessKeyId: 'ASIAHUB0000000000002',
  secretAccessKey: 'role/secret+key==',
  sessionToken: 'FwoGZXIvYXdzEBYaDG+hub/session+token==',
};

export const defaultRegion = 'eu-central-1';

export interface Gate extends Listening {
  /** What was refused so far: "code: message". */
  refusals: string[];
  /** Requests let through so far. */
  passed: () => number;
}

export async function startGate(
  upstreamUrl: string,
  {
    accounts = [hubAccount, roleAccount] as readonly Account[],
    region = defaultRegion,
    port = 0,
  } = {},
): Promise<Gate> {
  const upstream = new URL(upstreamUrl);
  const refusals: string[] = [];
  let passed = 0;
  const listening = await listen(async (request, response) => {
    const error = await verify(request, accounts, region);
    if (error !== undefined) {
      refusals.push(`${error.code}: ${error.message}`);
      send(response, request.method, errorReply(serviceOf(request), error));
      return;
    }
    passed += 1;
    send(response, request.method, await forward(upstream, request));
  }, port);
  return { ...listening, refusals, passed: () => passed };
}
