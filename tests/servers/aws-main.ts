/**
 * Starts AWS-like servers for test programs that are not Node:
 *
 *   node tests/servers/aws-main.ts gate [--region eu-central-1] [--port 0]
 *
 *   moto      DynamoDB, S3, KMS and STS that check no signature
 *   gate      moto behind the gate that checks them
 *   chaos     the chaos proxy before --upstream, by default before a gate of its own
 *   dynalite  another DynamoDB, behind a gate
 *   radosgw   another S3, which checks signatures itself
 *
 * Prints one line of JSON when ready: {"url", "region", "accessKeyId", "secretAccessKey", …}. Stops
 * everything when its stdin closes, or on SIGTERM or SIGINT.
 */
import { parseArgs } from 'node:util';

import { startChaos } from './chaos.ts';
import { startDynalite } from './dynalite.ts';
import { startAws, startMoto } from './moto.ts';
import { startRadosgw } from './radosgw.ts';
import { defaultRegion, hubAccount, roleAccount } from './sigv4-gate.ts';

interface Options {
  port: number;
  region: string;
  upstream: string | undefined; // of chaos
}

interface Running {
  url: string;
  stop: () => Promise<void>;
  more?: Record<string, unknown>; // further fields of the line
}

const servers: Record<string, (options: Options) => Promise<Running>> = {
  moto: startMoto,
  radosgw: startRadosgw,
  chaos: startChaosAlone,
  dynalite: async (options) => {
    const dynalite = await startDynalite(options);
    return { ...dynalite, more: { role: roleAccount, unguardedUrl: dynalite.unguardedUrl } };
  },
  gate: async (options) => {
    const aws = await startAws(options);
    return { ...aws, more: { role: roleAccount, unguardedUrl: aws.moto.url } };
  },
};

async function startChaosAlone({ region, port, upstream }: Options): Promise<Running> {
  const gate = upstream === undefined ? await startAws({ region }) : undefined;
  const behind = upstream ?? gate?.url ?? '';
  try {
    const chaos = await startChaos(behind, { port });
    const stop = async (): Promise<void> => {
      await chaos.stop();
      await gate?.stop();
    };
    return { url: chaos.url, stop, more: { role: roleAccount, upstream: behind } };
  } catch (error) {
    await gate?.stop();
    throw error;
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    upstream: { type: 'string' },
    region: { type: 'string', default: defaultRegion },
  },
});
const start = servers[positionals[0] ?? ''];
if (start === undefined || positionals.length !== 1) {
  console.error(
    `usage: aws-main.ts <${Object.keys(servers).join('|')}> [--region R] [--port P] [--upstream URL]`,
  );
  process.exit(2);
}

// Listened for before anything starts, so that a parent that goes away early is noticed.
const asked = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, resolve);
  process.stdin.once('end', resolve).once('close', resolve).once('error', resolve).resume();
});
const { url, stop, more } = await start({
  ...{ port: Number(values.port), region: values.region, upstream: values.upstream },
});
process.stdout.on('error', () => undefined); // the reader may be gone
console.log(JSON.stringify({ url, region: values.region, ...hubAccount, ...more }));
await asked;
await stop();
process.exit(0);
