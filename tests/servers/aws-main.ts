/**
 * Starts AWS-like servers for test programs that are not Node:
 *
 *   node tests/servers/aws-main.ts gate [--region eu-central-1] [--port 0]
 *
 * Prints one line of JSON when ready: {"url", "region", "accessKeyId", "secretAccessKey", …}. Stops
 * everything when its stdin closes, or on SIGTERM or SIGINT.
 */
import { parseArgs } from 'node:util';

import { startAws, startMoto } from './moto.ts';
import { defaultRegion, hubAccount, roleAccount } from './sigv4-gate.ts';

interface Options {
  port: number;
  region: string;
}

interface Running {
  url: string;
  stop: () => Promise<void>;
  more?: Record<string, unknown>; // further fields of the line
}

const servers: Record<string, (options: Options) => Promise<Running>> = {
  moto: startMoto,
  gate: async (options) => {
    const aws = await startAws(options);
    return { ...aws, more: { role: roleAccount, unguardedUrl: aws.moto.url } };
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    region: { type: 'string', default: defaultRegion },
  },
});
const start = servers[positionals[0] ?? ''];
if (start === undefined || positionals.length !== 1) {
  console.error(`usage: aws-main.ts <${Object.keys(servers).join('|')}> [--region R] [--port P]`);
  process.exit(2);
}

// Listened for before anything starts, so that a parent that goes away early is noticed.
const asked = new Promise<void>((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, resolve);
  process.stdin.once('close', resolve).once('error', resolve).resume();
});
const { url, stop, more } = await start({ port: Number(values.port), region: values.region });
process.stdout.on('error', () => undefined); // the reader may be gone
console.log(JSON.stringify({ url, region: values.region, ...hubAccount, ...more }));
await asked;
await stop();
process.exit(0);
