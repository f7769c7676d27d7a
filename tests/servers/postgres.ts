/** A real PostgreSQL in a folder of its own. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { freePort, removeFolder, runAsNobody, serverFolder, startAsNobody } from './support.ts';

export interface Postgres {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  url: string;
  /** Takes the server down; `resume` brings it back on the same port with its data. */
  halt: () => Promise<void>;
  resume: () => Promise<void>;
  stop: () => Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  const programs = newestPrograms();
  const folder = serverFolder('pg');
  const data = join(folder, 'data');
  const port = await freePort();
  const account = { host: '127.0.0.1', port, user: 'hub', password: 'hub-pa55', database: 'hub' };

  writeFileSync(join(folder, 'password'), account.password, { mode: 0o644 });
  await runAsNobody(join(programs, 'initdb'), [
    ...['-D', data, '-U', account.user, '-A', 'scram-sha-256'],
    ...[`--pwfile=${join(folder, 'password')}`, '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync'],
  ]);
  const settings = [
    ...[`-p ${String(port)}`, '-c listen_addresses=127.0.0.1'],
    ...[`-c unix_socket_directories=${folder}`, '-c fsync=off', '-c shared_buffers=32MB'],
  ].join(' ');
  const control = (...args: string[]): Promise<void> =>
    startAsNobody(join(programs, 'pg_ctl'), ['-D', data, '-w', '-t', '240', ...args]);
  const resume = (): Promise<void> => control('-l', join(folder, 'log'), '-o', settings, 'start');
  const halt = (): Promise<void> => control('-m', 'immediate', 'stop');

  await resume();
  await runAsNobody(
    join(programs, 'createdb'),
    ['-h', account.host, '-p', String(port), '-U', account.user, account.database],
    { PGPASSWORD: account.password },
  );
  const { user, password, database } = account;
  return {
    ...account,
    url: `postgres://${user}:${password}@127.0.0.1:${String(port)}/${database}`,
    halt,
    resume,
    async stop() {
      await halt().catch(() => undefined);
      await removeFolder(folder);
    },
  };
}

function newestPrograms(): string {
  const root = '/usr/lib/postgresql';
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return join(root, versions[0] ?? '', 'bin');
}
