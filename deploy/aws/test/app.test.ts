import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { settingNames } from '../lib/settings.ts';
import { synth } from './support.ts';
import type { Context } from './support.ts';

const folder = join(import.meta.dirname, '..');

describe('settings', () => {
  const refused: [context: Record<string, string>, message: RegExp][] = [
    [{ layout: 'two-table' }, /layout: one of multi-table, single-table/],
    [{ billing: 'free' }, /billing: one of on-demand, provisioned/],
    [{ encryption: 'none' }, /encryption: one of aws-managed, customer/],
    [{ tablePrefix: 'a b' }, /tablePrefix: /],
    [{ bucketName: 'Acme' }, /bucketName: /],
    [{ archiveDays: 'soon' }, /archiveDays: whole days from 0/],
    [{ archiveClass: 'STANDARD' }, /archiveClass: one of GLACIER_IR/],
    [{ noncurrentDays: '0' }, /noncurrentDays: whole days from 1/],
    [{ metricsNamespace: 'AWS/DynamoDB' }, /metricsNamespace: /],
    [{ alarmEmail: 'ops' }, /alarmEmail: /],
    [{ stackName: '1st' }, /stackName: /],
    [{ laoyut: 'single-table' }, /laoyut: no such setting; there are stackName, layout/],
  ];
  for (const [context, message] of refused) {
    it(`refuses ${JSON.stringify(context)}`, () => {
      assert.throws(() => synth(context), message);
    });
  }
});

describe('outputs', () => {
  const outputs = (context: Record<string, string>): Record<string, { Value: unknown }> =>
    synth(context).findOutputs('*') as Record<string, { Value: unknown }>;

  it('say what to write into the hubs’ configuration', () => {
    const found = outputs({});
    assert.deepEqual(Object.keys(found).toSorted(), [
      'AlarmTopic',
      'Bucket',
      'CredentialsKey',
      'HubPolicy',
      'Layout',
      'MetricsPolicy',
      'Region',
      'TablePrefix',
      'UserPolicy',
    ]);
    assert.equal(found.Layout?.Value, 'multi-table');
    assert.equal(found.TablePrefix?.Value, 'MessageAutomationHub-');
  });

  it('say nothing of a prefix that is empty', () => {
    const found = outputs({ layout: 'single-table' });
    assert.equal(found.Layout?.Value, 'single-table');
    assert.ok(!('TablePrefix' in found));
  });
});

describe('docs/operations/aws.md', () => {
  const docs = join(folder, '../../docs/operations');
  const page = readFileSync(join(docs, 'aws.md'), 'utf8');

  it('explains every choice', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    for (const name of settingNames) {
      assert.ok(
        rows.some((row) => row.split('|')[1]?.includes(`\`${name}\``)),
        name,
      );
    }
  });

  it('names outputs that the stack has', () => {
    const named = [...page.matchAll(/\boutput (\w+)/g)].map(([, name]) => name ?? '');
    const { Outputs } = synth().toJSON() as { Outputs: Record<string, unknown> };
    assert.deepEqual(named, ['Layout', 'Region', 'TablePrefix', 'Bucket', 'CredentialsKey']);
    for (const name of named) assert.ok(name in Outputs, name);
  });

  it('configures hubs with settings that they have', () => {
    const toml = /```toml\n([\s\S]*?)```/.exec(page)?.[1] ?? assert.fail('no configuration');
    const known = readFileSync(join(docs, 'configuration.md'), 'utf8');
    let section = '';
    const names = toml.split('\n').flatMap((line) => {
      section = /^\[(\w+)\]/.exec(line)?.[1] ?? section;
      const name = /^(\w+) =/.exec(line)?.[1];
      return name === undefined ? [] : [`${section}.${name}`];
    });
    assert.equal(names.length, 8);
    for (const name of names) assert.ok(known.includes(`| \`${name}\` |`), name);
  });
});

describe('cdk synth', () => {
  // Whatever looks for a network or for credentials fails at once.
  const offline = {
    PATH: process.env.PATH,
    AWS_EC2_METADATA_DISABLED: 'true',
    HTTP_PROXY: 'http://127.0.0.1:9',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    CI: 'true',
  };

  const choices: Context[] = [
    {},
    { layout: 'single-table', billing: 'provisioned', encryption: 'customer' },
  ];
  for (const context of choices) {
    it(`works without a network: ${JSON.stringify(context)}`, async () => {
      const home = mkdtempSync(join(tmpdir(), 'msghub-cdk-'));
      try {
        const chosen = Object.entries(context).flatMap(([name, value]) => [
          '-c',
          `${name}=${value}`,
        ]);
        const cdk = join(folder, 'node_modules/aws-cdk/bin/cdk');
        const app = `"${process.execPath}" bin/app.ts`;
        const out = join(home, 'out');
        await promisify(execFile)(
          process.execPath,
          [cdk, 'synth', '--quiet', '--app', app, '--output', out, ...chosen],
          { cwd: folder, env: { ...offline, HOME: home }, timeout: 120_000 },
        );
        const templates = readdirSync(out).filter((name) => name.endsWith('.template.json'));
        assert.deepEqual(templates, ['MessageAutomationHub.template.json']);
        const written: unknown = JSON.parse(readFileSync(join(out, templates[0] ?? ''), 'utf8'));
        const { Resources } = written as { Resources: unknown };
        const { Resources: here } = synth(context).toJSON() as { Resources: unknown };
        // Same resources whether the app runs by itself or under the command.
        assert.deepEqual(withoutPaths(Resources), withoutPaths(here));
      } finally {
        rmSync(home, { recursive: true, force: true });
      }
    });
  }
});

/** The command adds to each resource where in the app it comes from. */
function withoutPaths(resources: unknown): unknown {
  const bare = structuredClone(resources) as Record<string, { Metadata?: unknown }>;
  for (const resource of Object.values(bare)) delete resource.Metadata;
  return bare;
}
