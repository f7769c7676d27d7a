// Container images without a registry of images: buildah and podman with a store of their own in a
// temporary folder, and a base image that is made here, called node:24-slim as the Dockerfiles of
// projects have it. Needs root, and the packages that `script/setup --images` installs.

import assert from 'node:assert/strict';
import { cpSync, copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execute } from '../flows/harness.ts';
import type { Output, Scope } from '../flows/harness.ts';

/** Where the programs lie that build and run images. */
const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin';

export class Containers {
  /** What a program must see to use this store. */
  readonly env: Record<string, string>;

  private constructor(folder: string) {
    this.env = {
      CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf'),
      BUILDAH_ISOLATION: 'chroot', // needs no rights beyond root's
      TMPDIR: join(folder, 'tmp'),
    };
  }

  static async open(scope: Scope): Promise<Containers> {
    const folder = scope.folder();
    const containers = new Containers(folder);
    mkdirSync(join(folder, 'tmp'));
    writeFileSync(
      join(folder, 'storage.conf'),
      `[storage]\ndriver = "vfs"\ngraphroot = "${folder}/store"\nrunroot = "${folder}/run"\n`,
    );
    await containers.#makeBase(join(folder, 'root'));
    return containers;
  }

  /** A program that has to succeed; gives what it printed. */
  async run(program: string, ...args: string[]): Promise<string> {
    const ended = await this.#execute(program, args);
    assert.equal(ended.code, 0, `${program} ${args.join(' ')}\n${ended.stdout}${ended.stderr}`);
    return ended.stdout.trim();
  }

  /** Runs an image as carefully as one should, on this machine's network. */
  async runImage(tag: string, args: string[], input = ''): Promise<Output> {
    const limits = ['--memory', '512m', '--pids-limit', '128'];
    // Below what the machine allows; podman's own defaults may be above.
    const ulimits = ['--ulimit', 'nofile=10000:10000', '--ulimit', 'nproc=4096:4096'];
    const guards = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL'];
    return await this.#execute(
      'podman',
      [
        ...['--cgroup-manager', 'cgroupfs', '--events-backend', 'none', '--runtime', 'runc'],
        ...['run', '--rm', '-i', '--network', 'host', '--security-opt', 'no-new-privileges'],
        ...[...limits, ...ulimits, ...guards, `localhost/${tag}`, ...args],
      ],
      input,
    );
  }

  async #execute(program: string, args: string[], input = ''): Promise<Output> {
    const env = { ...this.env, PATH: systemPath };
    return await execute(program, args, { env, input, limitMs: 300_000 });
  }

  /** Node.js 24 of this workspace, this machine's npm and a shell; nothing else. */
  async #makeBase(root: string): Promise<void> {
    const put = (from: string, to: string): void => {
      mkdirSync(dirname(join(root, to)), { recursive: true });
      copyFileSync(realpathSync(from), join(root, to));
    };
    for (const folder of ['tmp', 'root', 'proc', 'sys', 'dev', 'app', 'usr/lib/node_modules']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    put(process.execPath, '/usr/bin/node');
    put('/bin/dash', '/bin/sh');
    put('/usr/bin/env', '/usr/bin/env');
    const { stdout } = await execute('ldd', [process.execPath, '/bin/dash', '/usr/bin/env']);
    for (const [, library = ''] of stdout.matchAll(/(\/\S+) \(0x/g)) put(library, library);
    put('/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/certs/ca-certificates.crt');
    const machine = { env: { PATH: systemPath } };
    const npm = (await execute('npm', ['root', '--global'], machine)).stdout.trim();
    cpSync(join(npm, 'npm'), join(root, 'usr/lib/node_modules/npm'), {
      recursive: true,
      dereference: true,
    });
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/bin/npm'));
    const registry = (await execute('npm', ['config', 'get', 'registry'], machine)).stdout.trim();
    writeFileSync(join(root, 'root/.npmrc'), `registry=${registry}\nupdate-notifier=false\n`);
    writeFileSync(
      join(root, 'etc/passwd'),
      'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n',
    );
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnode:x:1000:\n');
    writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n');

    const container = await this.run('buildah', 'from', 'scratch');
    await this.run('buildah', 'add', '-q', container, root, '/');
    const certificates = '/etc/ssl/certs/ca-certificates.crt';
    await this.run(
      ...(['buildah', 'config', '--env', 'PATH=/usr/local/bin:/usr/bin:/bin'] as const),
      ...['--env', `SSL_CERT_FILE=${certificates}`, '--env', `NODE_EXTRA_CA_CERTS=${certificates}`],
      container,
    );
    await this.run('buildah', 'commit', '-q', '--rm', container, 'localhost/node:24-slim');
  }
}
