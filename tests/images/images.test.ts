// Two projects as container images: one built by a hub, one by hand; both run with podman.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { addWebhook } from '../flows/fixtures.ts';
import { Hub, Scope, msghub, repository, waitFor } from '../flows/harness.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { Containers } from './containers.ts';

const example = (name: string): string =>
  readFileSync(join(repository, 'examples', `${name}.md`), 'utf8');

/** The message of a rule's first example. */
function messageOf(rule: string, kind: string): string {
  const text = new RegExp(`^## Example[\\s\\S]*?\`\`\`${kind}\\n([\\s\\S]*?)\`\`\``, 'm').exec(
    rule,
  );
  assert.ok(text?.[1] !== undefined, `the rule has an example with a ${kind} block`);
  return text[1];
}

void test('projects run as containers', async (context) => {
  const scope = Scope.of(context);
  const containers = await Containers.open(scope);
  const sink = await scope.use(startHttpSink());

  await context.test('one that a hub built does what its rule says', async () => {
    const programs = scope.folder();
    symlinkSync('/usr/bin/buildah', join(programs, 'buildah'));
    const rule = example('order-alert').replace('http://127.0.0.1:9000', sink.url);
    const hub = await Hub.start(scope, { settings: { ...containers.env, PATH: programs } });
    await addWebhook(hub, 'Order hook');
    const file = join(scope.folder(), 'rule.md');
    writeFileSync(file, rule);
    const { id, name } = await hub.cli<{ id: string; name: string }>('rule', 'add', file);
    await waitFor('the version to be built', async () => {
      const [version] = (
        await hub.get<{ data: { buildStatus: string }[] }>(`/v1/rules/${id}/versions`)
      ).data;
      return version?.buildStatus === 'success' ? true : undefined;
    });
    const image = await hub.cli<{ tag: string; program: string }>('rule', 'image', name);
    assert.equal(image.program, join(programs, 'buildah'));
    assert.match(image.tag, /^msghub\/[a-z-]+:v1-[0-9a-f]{12}$/);

    const examples = await containers.runImage(image.tag, ['--examples']);
    assert.equal(examples.code, 0, examples.stdout + examples.stderr);
    const ran = await containers.runImage(image.tag, ['-'], messageOf(rule, 'json'));
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
    const [call, ...others] = sink.requests;
    assert.deepEqual(others, []);
    assert.equal(`${String(call?.method)} ${String(call?.path)}`, 'POST /packing?order=A-17');
    assert.equal((JSON.parse(call?.body ?? '') as { total: number }).total, 120.5);
    assert.equal(await hub.stop(), 0);
  });

  await context.test('one with a client of its own packages says what it would do', async () => {
    const folder = scope.folder();
    mkdirSync(join(folder, 'work'));
    const project = join(folder, 'work', 'project');
    const rule = join(repository, 'examples/orders-to-database.md');
    const written = await msghub('rule', 'build', rule, '-o', project);
    assert.equal(written.code, 0, written.stderr);
    await containers.run('buildah', 'build', '-q', '-t', 'orders-to-database:test', project);
    const examples = await containers.runImage('orders-to-database:test', ['--examples']);
    assert.equal(examples.code, 0, examples.stdout + examples.stderr);
    const dry = await containers.runImage(
      'orders-to-database:test',
      ['-', '--dry-run'],
      messageOf(example('orders-to-database'), 'json'),
    );
    assert.equal(dry.code, 0, dry.stdout + dry.stderr);
    assert.match(dry.stdout, /email: ann@example\.com/);
  });
});
