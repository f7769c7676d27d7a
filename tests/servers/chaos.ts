/**
 * A proxy between the hub and AWS that makes trouble as a test says. The signature stays good: what
 * it passes on has the bytes and the Host that the client has sent.
 *
 *   chaos.set([{ target: 'PutItem', count: 2, fault: { kind: 'throttle' } }]);
 *
 * Programs that are not Node send the same as JSON: POST /chaos {"rules": [...], "seed": 7}. GET
 * /chaos tells what has happened. Both answer with Status.
 */
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import { Random } from '../differential/random.ts';
import { errorReply, serviceOf, type Service } from './aws-errors.ts';
import { forward, headersFor, listen, send, type Listening } from './relay.ts';
import type { Received, Reply } from './relay.ts';
import type { Account } from './sigv4.ts';
import { hubAccount, roleAccount } from './sigv4-gate.ts';
import { forwardPartly } from './unprocessed.ts';

export type Fault =
  /** Is answered here, in the wording of the service: 500 when nothing else is said. */
  | { kind: 'error'; status?: number; code?: string; message?: string }
  /** "Too fast", in the wording of the service. */
  | { kind: 'throttle' }
  /** Is not passed on; the connection closes without an answer. */
  | { kind: 'cut-before' }
  /** Is passed on and done; the connection closes without an answer. */
  | { kind: 'cut-after' }
  /** Waits before passing the request on, or the reply. */
  | { kind: 'delay'; ms: number; what?: 'request' | 'reply' }
  /**
   * The reply stops after so many bytes of its body (by default half), and the connection closes;
   * with `quiet` its length is right for what is left. One without a body stops in its headers.
   */
  | { kind: 'truncate'; bytes?: number; quiet?: boolean }
  /** One bit in the middle of the reply's body flips; an empty body stays as it is. */
  | { kind: 'corrupt' }
  /** Of a BatchWriteItem or BatchGetItem so many entries (by default half) come back undone. */
  | { kind: 'unprocessed'; left?: number };

const KINDS: Record<Fault['kind'], true> = {
  ...{ error: true, throttle: true, 'cut-before': true, 'cut-after': true },
  ...{ delay: true, truncate: true, corrupt: true, unprocessed: true },
};

/** The first rule that fits a request and strikes decides; no rule: the request passes. */
export interface ChaosRule {
  target?: string; // regular expression for X-Amz-Target
  method?: string; // regular expression, as are all of these
  path?: string; // regular expression for path and query
  skip?: number; // so many that fit are spared first
  count?: number; // strikes so often, then never again; default: always
  probability?: number; // of the others; default 1
  fault: Fault;
}

export interface ChaosStatus {
  seed: number;
  requests: number; // since the start
  rules: (ChaosRule & { fitted: number; struck: number })[];
}

export interface Chaos extends Listening {
  /** These rules from now on, instead of the ones before. Prints the seed when chance decides. */
  set: (rules: readonly ChaosRule[], seed?: number) => void;
  status: () => ChaosStatus;
}

interface ArmedRule {
  rule: ChaosRule;
  fits: (request: Received) => boolean;
  fitted: number;
  struck: number;
}

function arm(rule: ChaosRule): ArmedRule {
  if (!Object.hasOwn(KINDS, rule.fault.kind)) throw new TypeError(`no fault ${rule.fault.kind}`);
  const expression = (text: string | undefined): RegExp => new RegExp(text ?? '');
  const [target, method, path] = [rule.target, rule.method, rule.path].map(expression);
  return {
    rule,
    fits: (request) =>
      target?.test(request.headers.get('x-amz-target') ?? '') === true &&
      method?.test(request.method) === true &&
      path?.test(request.target) === true,
    fitted: 0,
    struck: 0,
  };
}

class Script {
  #armed: ArmedRule[] = [];
  #random = new Random();
  #requests = 0;

  set(rules: readonly ChaosRule[], seed?: number): void {
    this.#armed = rules.map(arm);
    this.#random = new Random(seed);
    if (rules.some(({ probability }) => probability !== undefined)) {
      console.error(`chaos: seed ${String(this.#random.seed)}`);
    }
  }

  faultFor(request: Received): Fault | undefined {
    this.#requests += 1;
    return this.#armed.find((armed) => this.#strikes(armed, request))?.rule.fault;
  }

  #strikes(armed: ArmedRule, request: Received): boolean {
    const { skip = 0, count = Infinity, probability = 1 } = armed.rule;
    if (!armed.fits(request)) return false;
    armed.fitted += 1;
    if (armed.fitted <= skip || armed.struck >= count) return false;
    if (!this.#random.chance(probability)) return false;
    armed.struck += 1;
    return true;
  }

  status(): ChaosStatus {
    const rules = this.#armed.map(({ rule, fitted, struck }) => ({ ...rule, fitted, struck }));
    return { seed: this.#random.seed, requests: this.#requests, rules };
  }
}

const SERVER_ERRORS: Record<Service, string> = {
  dynamodb: 'InternalServerError',
  kms: 'KMSInternalException',
  monitoring: 'InternalServiceFault',
  s3: 'InternalError',
  sts: 'InternalFailure',
};

function answerTo(request: Received, fault: Fault & { kind: 'error' | 'throttle' }): Reply {
  const service = serviceOf(request);
  if (fault.kind === 'error') {
    const { status = 500, code = SERVER_ERRORS[service], message = 'made up by the test' } = fault;
    return errorReply(service, { status, code, message });
  }
  const message = 'Rate exceeded, said by the test';
  if (service === 's3') return errorReply('s3', { status: 503, code: 'SlowDown', message });
  const isTable = service === 'dynamodb';
  const code = isTable ? 'ProvisionedThroughputExceededException' : 'ThrottlingException';
  return errorReply(service, { status: 400, code, message });
}

function sendTruncated(
  response: ServerResponse,
  request: Received,
  reply: Reply,
  { bytes, quiet = false }: Fault & { kind: 'truncate' },
): void {
  const part = reply.body.subarray(0, bytes ?? Math.floor(reply.body.length / 2));
  if (quiet) {
    send(response, request.method, { ...reply, body: part });
    return;
  }
  const { socket } = response;
  const cut = (): void => {
    socket?.destroy();
  };
  if (reply.body.length === 0) {
    socket?.write(`HTTP/1.1 ${String(reply.status)} OK\r\nContent-Le`, cut);
    return;
  }
  response.writeHead(reply.status, headersFor(request.method, reply));
  response.flushHeaders();
  response.write(part, cut);
}

function withFlippedBit(reply: Reply): Reply {
  const body = Buffer.from(reply.body);
  const middle = Math.floor(body.length / 2);
  if (body.length > 0) body.writeUInt8(body.readUInt8(middle) ^ 1, middle);
  return { ...reply, body };
}

/** `accounts`: who sends batches that are to be split; a smaller batch has to be signed anew. */
export async function startChaos(
  upstreamUrl: string,
  { accounts = [hubAccount, roleAccount] as readonly Account[], port = 0 } = {},
): Promise<Chaos> {
  const upstream = new URL(upstreamUrl);
  const script = new Script();
  const stopped = new AbortController();

  async function strike(fault: Fault, request: Received, response: ServerResponse): Promise<void> {
    const { method } = request;
    switch (fault.kind) {
      case 'error':
      case 'throttle':
        send(response, method, answerTo(request, fault));
        return;
      case 'cut-before':
        response.socket?.destroy();
        return;
      case 'cut-after':
        await forward(upstream, request);
        response.socket?.destroy();
        return;
      case 'delay': {
        const wait = (): Promise<void> =>
          sleep(fault.ms, undefined, { signal: stopped.signal, ref: false });
        if (fault.what !== 'reply') await wait();
        const reply = await forward(upstream, request);
        if (fault.what === 'reply') await wait();
        send(response, method, reply);
        return;
      }
      case 'truncate':
        sendTruncated(response, request, await forward(upstream, request), fault);
        return;
      case 'corrupt':
        send(response, method, withFlippedBit(await forward(upstream, request)));
        return;
      case 'unprocessed':
        send(response, method, await forwardPartly(upstream, request, fault.left, accounts));
    }
  }

  function control(request: Received, response: ServerResponse): void {
    const answer = (status: number, value: unknown): void => {
      const rawHeaders = ['content-type', 'application/json'];
      send(response, 'GET', { status, rawHeaders, body: Buffer.from(JSON.stringify(value)) });
    };
    try {
      if (request.method === 'POST') {
        const told = JSON.parse(request.body.toString()) as { rules: ChaosRule[]; seed?: number };
        script.set(told.rules, told.seed);
      }
      answer(200, script.status());
    } catch (error) {
      answer(400, { error: String(error) });
    }
  }

  const listening = await listen(async (request, response) => {
    if (request.target === '/chaos') {
      control(request, response);
      return;
    }
    const fault = script.faultFor(request);
    if (fault !== undefined) await strike(fault, request, response);
    else send(response, request.method, await forward(upstream, request));
  }, port);
  return {
    ...listening,
    set(rules, seed) {
      script.set(rules, seed);
    },
    status: () => script.status(),
    async stop() {
      stopped.abort();
      await listening.stop();
    },
  };
}
