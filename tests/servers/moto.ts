/**
 * A real moto: DynamoDB with its streams, S3, KMS and STS on one port. It checks no signature. Some
 * of what its DynamoDB lacks is mended in moto/sitecustomize.py.
 */
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

import { startChild, untilReady } from './child.ts';
import { startGate, type Gate } from './sigv4-gate.ts';
import { freePort } from './support.ts';

export interface Moto {
  port: number;
  url: string;
  pid: number;
  /** Forgets all tables, buckets and keys. */
  reset: () => Promise<void>;
  stop: () => Promise<void>;
}

/** MSGHUB_MOTO, else moto_server on PATH, else the one that script/setup --test has installed. */
export function motoProgram(): string {
  const named = process.env.MSGHUB_MOTO ?? '';
  if (named !== '') return named;
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    resolve(import.meta.dirname, '../../build/venv/bin'),
  ];
  const found = folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'moto_server'))
    .find((file) => existsSync(file));
  if (found === undefined) throw new Error('there is no moto_server: run script/setup --test');
  return found;
}

export async function startMoto({ port = 0 } = {}): Promise<Moto> {
  const bound = port === 0 ? await freePort() : port;
  const url = `http://127.0.0.1:${String(bound)}`;
  const mends = resolve(import.meta.dirname, 'moto');
  const child = await startChild(motoProgram(), ['-H', '127.0.0.1', '-p', String(bound)], {
    env: { PYTHONPATH: mends, PYTHONDONTWRITEBYTECODE: '1' },
  });
  try {
    const look = async (): Promise<boolean> => (await fetch(`${url}/moto-api/data.json`)).ok;
    await untilReady('moto', [child], look, 180_000);
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    port: bound,
    url,
    pid: child.pid,
    async reset() {
      const { ok } = await fetch(`${url}/moto-api/reset`, { method: 'POST' });
      if (!ok) throw new Error('moto did not reset');
    },
    stop: () => child.stop(),
  };
}

export interface Aws extends Gate {
  moto: Moto;
}

/** moto behind the gate; `url` is the gate's. */
export async function startAws(options: { region?: string; port?: number } = {}): Promise<Aws> {
  const moto = await startMoto();
  try {
    const gate = await startGate(moto.url, options);
    return {
      ...gate,
      moto,
      async stop() {
        await gate.stop();
        await moto.stop();
      },
    };
  } catch (error) {
    await moto.stop();
    throw error;
  }
}
