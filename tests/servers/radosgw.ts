/**
 * A real Ceph RADOS Gateway: an S3 that checks signatures itself and has lifecycle rules. One
 * monitor and one object store in memory stand behind it. Takes ten seconds or so to start.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startChild, untilReady, type ServerChild } from './child.ts';
import { hubAccount } from './sigv4-gate.ts';
import { freePort, removeFolder } from './support.ts';

const run = promisify(execFile);

export interface Radosgw {
  port: number;
  url: string;
  stop: () => Promise<void>;
}

/** The name of the only key for SSE-KMS. */
export const radosgwKmsKey = 'testkey-1';

const FSID = '11111111-2222-3333-4444-555555555555';

function configuration(
  folder: string,
  port: number,
  monPort: number,
  lifecycleDayS: number,
): string {
  return `
[global]
fsid = ${FSID}
mon host = v1:127.0.0.1:${String(monPort)}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${folder}/run
admin socket = ${folder}/run/$name.$pid.asok
pid file =
log file = ${folder}/log/$name.log
crash dir = ${folder}/log
keyring = ${folder}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
mon data = ${folder}/mon
[osd]
osd objectstore = memstore
memstore device bytes = 1073741824
osd data = ${folder}/osd
osd journal =
osd crush update on start = false
osd class update on start = false
osd class load list = *
osd class default list = *
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${String(port)}
rgw data = ${folder}
rgw thread pool size = 32
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = ${radosgwKmsKey}=${Buffer.alloc(32, 'k').toString('base64')}
rgw lc debug interval = ${String(lifecycleDayS)}
rgw relaxed region enforcement = true
rgw enable usage log = false
rgw run sync thread = false
`;
}

/** `lifecycleDayS`: how many seconds a day of a lifecycle rule lasts. */
export async function startRadosgw({ port = 0, lifecycleDayS = 10 } = {}): Promise<Radosgw> {
  const bound = port === 0 ? await freePort() : port;
  const url = `http://127.0.0.1:${String(bound)}`;
  const folder = mkdtempSync(join(tmpdir(), 'rgw-'));
  const config = join(folder, 'ceph.conf');
  const monPort = await freePort();
  for (const name of ['mon', 'osd', 'log', 'run']) mkdirSync(join(folder, name));
  writeFileSync(config, configuration(folder, bound, monPort, lifecycleDayS));

  const servers: ServerChild[] = [];
  const stop = async (): Promise<void> => {
    // Each of them needs those that were started before it.
    for (const server of servers.splice(0).reverse()) await server.stop(7000);
    await removeFolder(folder);
  };
  const command = (program: string, ...args: string[]): Promise<unknown> =>
    run(program, ['-c', config, ...args], { timeout: 300_000, killSignal: 'SIGKILL', cwd: folder });
  const serve = async (program: string, ...args: string[]): Promise<void> => {
    servers.push(await startChild(program, ['-c', config, '-f', ...args], { cwd: folder }));
  };
  try {
    const map = join(folder, 'monmap');
    const address = `[v1:127.0.0.1:${String(monPort)}]`;
    await run('monmaptool', ['--create', '--fsid', FSID, '--addv', 'a', address, map]);
    await command('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map);
    await serve('ceph-mon', '-i', 'a');
    await command('ceph', 'osd', 'create');
    await command('ceph-osd', '-i', '0', '--mkfs');
    await serve('ceph-osd', '-i', '0');
    await command('ceph', 'osd', 'crush', 'add', 'osd.0', '1.0', 'host=localhost', 'root=default');
    await serve('radosgw', '-n', 'client.rgw');
    const look = async (): Promise<boolean> => (await fetch(url)).ok;
    await untilReady('radosgw', servers, look, 300_000);
    await command(
      ...(['radosgw-admin', '-n', 'client.rgw', 'user', 'create'] as const),
      ...['--uid', 'hub', '--display-name', 'hub', '--access-key', hubAccount.accessKeyId],
      ...['--secret-key', hubAccount.secretAccessKey],
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { port: bound, url, stop };
}
