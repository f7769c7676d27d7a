/** A real dynalite behind the gate: a second opinion on DynamoDB, without streams and transactions. */
import { resolve } from 'node:path';

import { startChild, untilReady } from './child.ts';
import { startGate, type Gate } from './sigv4-gate.ts';
import { freePort } from './support.ts';

export interface Dynalite extends Gate {
  pid: number;
  unguardedUrl: string; // dynalite itself, which checks no signature
}

/** Tables stay CREATING, UPDATING and DELETING for `changeMs`, as they do for longer on AWS. */
export async function startDynalite({
  changeMs = 100,
  ...gateOptions
}: { changeMs?: number; region?: string; port?: number } = {}): Promise<Dynalite> {
  const port = await freePort();
  const unguardedUrl = `http://127.0.0.1:${String(port)}`;
  const program = resolve(import.meta.dirname, '../../node_modules/dynalite/cli.js');
  const child = await startChild(process.execPath, [
    ...[program, '--host', '127.0.0.1', '--port', String(port)],
    ...['create', 'update', 'delete'].flatMap((verb) => [`--${verb}TableMs`, String(changeMs)]),
  ]);
  try {
    const look = async (): Promise<boolean> => (await fetch(unguardedUrl)).ok;
    await untilReady('dynalite', [child], look, 120_000);
    const gate = await startGate(unguardedUrl, gateOptions);
    return {
      ...gate,
      pid: child.pid,
      unguardedUrl,
      async stop() {
        await gate.stop();
        await child.stop();
      },
    };
  } catch (error) {
    await child.stop();
    throw error;
  }
}
