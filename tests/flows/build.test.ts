// Versions of rules: their builds, the archives of those, how to go back, and container images.

import assert from 'node:assert/strict';
import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { addRule, addWebhook, deliver, finalExecution, sha256 } from './fixtures.ts';
import { Hub, Scope, execute, http, program as hubProgram, waitFor } from './harness.ts';
import { startHttpSink } from '../servers/http-sink.ts';

interface Version {
  version: number;
  current: boolean;
  buildStatus: 'pending' | 'building' | 'success' | 'failed';
  buildError?: string;
  builtAt?: string;
  sourceHash: string;
  compilerVersion: string;
  dockerImageTag?: string;
}

interface Rule {
  id: string;
  status: string;
  codeVersion: number;
  markdownSource: string;
  buildStatus?: string;
}

const rule = (path: string, sends = path): string =>
  '# Ring\n\n## When\n\n- a webhook arrives at **Door**\n\n' +
  `## Do\n\n1. Send webhook POST to <http://127.0.0.1:9/${path}>\n   \`\`\`json\n   {"path": "${path}"}\n   \`\`\`\n\n` +
  '## Example: somebody rings\n\n```json\n{"ring": 1}\n```\n\n- matches\n' +
  `- step 1 sends "{\\"path\\": \\"${sends}\\"}"\n`;

async function versionsOf(hub: Hub, id: string): Promise<Version[]> {
  return (await hub.get<{ data: Version[] }>(`/v1/rules/${id}/versions`)).data;
}

async function built(hub: Hub, id: string, number: number): Promise<Version> {
  return await waitFor(`version ${String(number)} to be built`, async () => {
    const found = (await versionsOf(hub, id)).find(({ version }) => version === number);
    const isDone = found?.buildStatus === 'success' || found?.buildStatus === 'failed';
    return isDone ? found : undefined;
  });
}

async function post(hub: Hub, path: string, status: number, body?: unknown): Promise<Rule> {
  const reply = await hub.api('POST', path, body);
  assert.equal(reply.status, status, reply.text);
  return reply.json() as Rule;
}

async function replace(hub: Hub, id: string, markdown: string): Promise<Rule> {
  const reply = await hub.api('PUT', `/v1/rules/${id}`, { markdown });
  assert.equal(reply.status, 200, reply.text);
  return reply.json() as Rule;
}

async function artefact(hub: Hub, id: string, version: number): Promise<Buffer> {
  const url = `${hub.url}/v1/rules/${id}/versions/${String(version)}/artefact`;
  const reply = await fetch(url, { headers: { authorization: `Bearer ${hub.token}` } });
  assert.equal(reply.status, 200);
  assert.equal(reply.headers.get('content-type'), 'application/gzip');
  return Buffer.from(await reply.arrayBuffer());
}

void test('a version is built after the answer, and its project can be taken away', async (context) => {
  const scope = Scope.of(context);
  const hub = await Hub.start(scope);
  await addWebhook(hub, 'Door');
  const added = await post(hub, '/v1/rules', 201, { markdown: rule('ring') });
  assert.equal(added.buildStatus, 'pending');
  const first = await built(hub, added.id, 1);
  assert.equal(first.buildStatus, 'success', first.buildError);
  assert.ok(first.current && first.builtAt !== undefined);
  assert.match(first.sourceHash, /^[0-9a-f]{64}$/);
  assert.match(first.compilerVersion, /^\d+\.\d+\.\d+-[0-9a-f]{12}$/);
  const bytes = await artefact(hub, added.id, 1);
  assert.ok(gunzipSync(bytes).includes('project/src/rule.ts'));

  const folder = join(scope.folder(), 'project');
  await hub.cli('rule', 'project', 'Ring', '-o', folder);
  const listed = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  assert.ok(listed.includes('Dockerfile') && listed.includes(join('src', 'rule.ts')));
  assert.ok(readFileSync(join(folder, 'README.md'), 'utf8').startsWith(rule('ring')));
  const again = await hub.run('rule', 'project', 'Ring', '-o', folder);
  assert.equal(again.code, 5, 'a folder that is there is left alone');

  // The same text in another hub gives the same bytes.
  const other = await Hub.start(scope);
  await addWebhook(other, 'Door');
  const same = await post(other, '/v1/rules', 201, { markdown: rule('ring') });
  await built(other, same.id, 1);
  assert.equal(sha256(await artefact(other, same.id, 1)), sha256(bytes));
  assert.equal((await other.api('GET', `/v1/rules/${same.id}/versions/2`)).status, 404);
  const missing = await other.api('GET', `/v1/rules/${same.id}/versions/2/artefact`);
  assert.equal(missing.status, 404);
});

void test('a rule that fails its examples is not built and cannot be active', async (context) => {
  const hub = await Hub.start(Scope.of(context));
  await addWebhook(hub, 'Door');
  const added = await post(hub, '/v1/rules', 201, { markdown: rule('ring', 'sing') });
  const failed = await built(hub, added.id, 1);
  assert.equal(failed.buildStatus, 'failed');
  assert.match(failed.buildError ?? '', /^line \d+ \(somebody rings\): /);
  const refused = await hub.api('POST', `/v1/rules/${added.id}:activate`);
  assert.equal(refused.status, 422);
  assert.equal((refused.json() as { code: string }).code, 'examples_failed');
  const { stdout } = await hub.run('rule', 'versions', 'Ring');
  assert.match(stdout, /^1 \(current\) +failed/m);
  assert.match(stdout, /Version 1 was not built: line \d+/);

  // Mended, it can; and then a version that fails changes nothing.
  await replace(hub, added.id, rule('ring'));
  assert.equal((await post(hub, `/v1/rules/${added.id}:activate`, 200)).codeVersion, 2);
  assert.equal((await built(hub, added.id, 2)).buildStatus, 'success');
  const worse = await hub.api('PUT', `/v1/rules/${added.id}`, { markdown: rule('ring', 'sing') });
  assert.equal(worse.status, 422);
  const kept = await hub.get<Rule>(`/v1/rules/${added.id}`);
  assert.deepEqual([kept.status, kept.codeVersion], ['active', 2]);
});

void test('builds that a hub left, stopped or killed, are finished by the next one', async (context) => {
  const hub = await Hub.start(Scope.of(context));
  await addWebhook(hub, 'Door');
  const added = await post(hub, '/v1/rules', 201, { markdown: rule('ring') });
  const begin = performance.now();
  assert.equal(await hub.stop(), 0);
  assert.ok(performance.now() - begin < 60_000, 'it does not wait for the build');
  await hub.boot();
  await hub.kill9();
  await hub.boot();
  assert.equal((await built(hub, added.id, 1)).buildStatus, 'success');
  assert.equal((await post(hub, `/v1/rules/${added.id}:activate`, 200)).status, 'active');
});

void test('one command goes back to an earlier version', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const to = (path: string): string =>
    rule(path).replace('http://127.0.0.1:9', `http://127.0.0.1:${String(sink.port)}`);
  const hub = await Hub.start(scope, { egressAllow: [`127.0.0.1:${String(sink.port)}`] });
  const channel = await addWebhook(hub, 'Door');
  const id = await addRule(hub, to('one'));
  assert.equal((await hub.api('POST', `/v1/rules/${id}:rollback`)).status, 404, 'nothing before');
  await replace(hub, id, to('two'));
  await built(hub, id, 2);

  const back = await hub.cli<Rule>('rule', 'rollback', 'Ring');
  assert.deepEqual([back.codeVersion, back.status], [3, 'active']);
  assert.equal((await built(hub, id, 3)).buildStatus, 'success');
  assert.equal(back.markdownSource, to('one'));
  const [third, second, first] = await versionsOf(hub, id);
  assert.deepEqual([third?.version, second?.version, first?.version], [3, 2, 1]);
  assert.equal(third?.sourceHash, first?.sourceHash);
  assert.equal(sha256(await artefact(hub, id, 3)), sha256(await artefact(hub, id, 1)));
  const execution = await finalExecution(hub, await deliver(channel, { ring: 1 }));
  assert.equal(execution.status, 'success', JSON.stringify(execution.error));
  assert.deepEqual(
    sink.requests.map(({ path }) => path),
    ['/one'],
  );

  const chosen = await hub.cli<Rule>('rule', 'rollback', 'Ring', '--to', '2');
  assert.deepEqual([chosen.codeVersion, chosen.markdownSource], [4, to('two')]);
  for (const [version, status] of [
    [4, 409],
    [77, 404],
    ['two', 400],
  ]) {
    const refused = await hub.api('POST', `/v1/rules/${id}:rollback`, { version });
    assert.equal(refused.status, status, refused.text);
  }
  const deeds = await hub.all<{ action: string }>('/v1/audit');
  assert.deepEqual(
    deeds.slice(0, 3).map(({ action }) => action),
    ['rule.rollback', 'rule.rollback', 'rule.replace'],
  );

  assert.equal((await hub.api('DELETE', `/v1/rules/${id}`)).status, 204);
  if (process.env.MSGHUB_TEST_STORE !== 'aws') {
    const files = readdirSync(hub.data, { recursive: true, encoding: 'utf8' });
    const left = files.filter((file) => file.includes(id));
    assert.deepEqual(
      left.filter((file) => file.endsWith('.gz') || file.endsWith('rule.ts')),
      [],
    );
  }
});

interface Image {
  status: string;
  tag: string;
  program: string;
  error?: string;
  log: string[];
}

void test('an image is built on request, with what is there', async (context) => {
  const scope = Scope.of(context);
  const programs = scope.folder();
  const program = (name: string, text: string): void => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  // A docker without its daemon is no docker.
  program('docker', '/bin/echo "Cannot connect to the daemon"; exit 1');
  const hub = await Hub.start(scope, { settings: { PATH: programs } });
  await addWebhook(hub, 'Door');
  const { id } = await post(hub, '/v1/rules', 201, { markdown: rule('ring') });
  const first = await built(hub, id, 1);
  const path = `/v1/rules/${id}/versions/1`;

  const none = await hub.api('POST', `${path}:image`);
  assert.equal(none.status, 409, none.text);
  const problem = none.json() as { code: string; detail: string };
  assert.equal(problem.code, 'no_image_builder');
  assert.match(problem.detail, /docker: Cannot connect to the daemon/);
  assert.match(problem.detail, /podman: not on PATH; buildah: not on PATH/);
  assert.equal((await hub.api('GET', `${path}/image`)).status, 404);

  program(
    'podman',
    '[ "$1" = info ] && exit 0\n/bin/echo "STEP 1"\n[ -n "$MSGHUB_TOKEN" ] && exit 9\n' +
      '[ -f Dockerfile ] || exit 8\n/bin/echo "tagged $3"\n[ -f /nonexistent ]',
  );
  const failing = await hub.run('rule', 'image', 'Ring', '--json');
  assert.equal(failing.code, 1, failing.stderr);
  const failed = JSON.parse(failing.stdout) as Image;
  assert.equal(failed.status, 'failed');
  assert.match(failed.error ?? '', /^exit code 1: tagged /);

  program('podman', '[ "$1" = info ] && exit 0\n/bin/echo "tagged $3"');
  const done = await hub.cli<Image>('rule', 'image', 'Ring');
  assert.equal(done.status, 'success', done.error);
  assert.equal(done.program, join(programs, 'podman'));
  assert.equal(done.tag, `msghub/ring:v1-${first.sourceHash.slice(0, 12)}`);
  assert.deepEqual(done.log, [`tagged ${done.tag}`]);
  assert.equal((await versionsOf(hub, id))[0]?.dockerImageTag, done.tag);
});

void test('a project is the same when the hub has it and when the command line writes it', async (context) => {
  const scope = Scope.of(context);
  const hub = await Hub.start(scope);
  await addWebhook(hub, 'Door');
  const { id } = await post(hub, '/v1/rules', 201, { markdown: rule('ring') });
  await built(hub, id, 1);
  const folder = scope.folder();
  writeFileSync(join(folder, 'rule.md'), rule('ring'));
  const offline = await execute(hubProgram, [
    ...['rule', 'build', join(folder, 'rule.md'), '-o', join(folder, 'offline')],
  ]);
  assert.equal(offline.code, 0, offline.stderr);
  await hub.cli('rule', 'project', 'Ring', '--version', '1', '-o', join(folder, 'online'));
  const compared = await execute('diff', ['-r', join(folder, 'offline'), join(folder, 'online')]);
  assert.equal(compared.stdout, '');
  assert.equal(compared.code, 0);
  rmSync(join(folder, 'online'), { recursive: true });
  assert.equal((await http(`${hub.url}/v1/rules/${id}/versions`)).status, 401);
});
