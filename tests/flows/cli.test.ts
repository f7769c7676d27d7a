// The command line without a hub: checking, building, trying rules; and what it says when lost.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startHttpSink } from '../servers/http-sink.ts';
import { addWebhook, deliver, finalExecution, settled } from './fixtures.ts';
import { Hub, Scope, execute, msghub, program } from './harness.ts';

const good = `# Pass on big orders

## When

- a webhook arrives at **Orders**
- \`order.total\` matches \`/^\\d{4,}/\`

## Extract

- total: json \`order.total\`

## Do

1. Send webhook POST to <https://erp.example.com/orders>:

   \`\`\`json
   {"total": {{total}}}
   \`\`\`

## Example: a big one

\`\`\`json
{"order": {"total": 1200}}
\`\`\`

- matches
- step 1 sends "{\\"total\\": 1200}"

## Example: a small one

\`\`\`json
{"order": {"total": 12}}
\`\`\`

- does not match
`;

const bad = good
  .replace('## When', '## Wen')
  .replace('{"total": {{total}}}', '{"total": {{totla}}}');

function ruleFile(scope: Scope, text: string): string {
  const file = join(scope.folder(), 'rule.md');
  writeFileSync(file, text);
  return file;
}

interface Checked {
  file: string;
  name?: string;
  diagnostics: { code: string; severity: string; message: string }[];
}

void test('rule check: silent about a good rule', async (context) => {
  const file = ruleFile(Scope.of(context), good);
  const text = await msghub('rule', 'check', file);
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^1 file checked: 0 errors, 0 warnings$/m);
  const json = await msghub('rule', 'check', file, '--json');
  const [checked] = JSON.parse(json.stdout) as Checked[];
  assert.equal(checked?.name, 'Pass on big orders');
  assert.deepEqual(checked.diagnostics, []);
});

void test('rule check: every mistake with its place, and exit code 6', async (context) => {
  const file = ruleFile(Scope.of(context), bad);
  const text = await msghub('rule', 'check', file);
  assert.equal(text.code, 6);
  assert.match(text.stderr, /rule\.md:3:/);
  assert.match(text.stderr, /Wen/);
  assert.match(text.stderr, /totla/);
  const json = await msghub('rule', 'check', file, '--json');
  assert.equal(json.code, 6);
  const [checked] = JSON.parse(json.stdout) as Checked[];
  const errors = checked?.diagnostics.filter(({ severity }) => severity === 'error') ?? [];
  assert.ok(errors.length >= 2, json.stdout);
  for (const { code } of errors) assert.match(code, /^R\d{4}$/);
});

void test('rule test: runs the examples, exit code 7 when one fails', async (context) => {
  const scope = Scope.of(context);
  const passing = await msghub('rule', 'test', ruleFile(scope, good));
  assert.equal(passing.code, 0, passing.stdout + passing.stderr);
  assert.match(passing.stdout, /pass {2}a big one/);
  const wrong = good.replace('- does not match', '- matches');
  const failing = await msghub('rule', 'test', ruleFile(scope, wrong));
  assert.equal(failing.code, 7, failing.stdout + failing.stderr);
  assert.match(failing.stdout, /FAIL {2}a small one/);
});

void test('rule test: many files, a summary, and rules that have no examples', async (context) => {
  const scope = Scope.of(context);
  const passing = ruleFile(scope, good);
  const failing = ruleFile(scope, good.replace('- does not match', '- matches'));
  const without = ruleFile(scope, good.replace(/## Example[^]*$/, ''));
  const broken = ruleFile(scope, bad);
  const alone = await msghub('rule', 'test', without);
  assert.equal(alone.code, 0, alone.stderr);
  assert.match(alone.stdout, /^the rule has no examples; /);

  const some = await msghub('rule', 'test', passing, failing, without);
  assert.equal(some.code, 7, some.stderr);
  assert.ok(some.stdout.includes(`${passing}\npass  a big one\n`), some.stdout);
  assert.match(some.stdout, /FAIL {2}a small one\n {6}line \d+: /);
  assert.match(some.stdout, /^3 files: 3 examples pass, 1 fail; rules without examples: 1$/m);

  const all = await msghub('rule', 'test', broken, passing, without, '--json');
  assert.equal(all.code, 6);
  assert.match(all.stderr, /error\[R0020\]/);
  const report = JSON.parse(all.stdout) as {
    file: string;
    error?: string;
    note?: string;
    examples?: { title: string; pass: boolean }[];
  }[];
  assert.deepEqual(
    report.map(({ file, error, note, examples }) => [file, error, note, examples?.length]),
    [
      [broken, `${broken} has errors`, undefined, undefined],
      [passing, undefined, undefined, 2],
      [without, undefined, 'the rule has no examples', 0],
    ],
  );
});

void test('output that nobody reads to its end ends quietly', async (context) => {
  const file = ruleFile(Scope.of(context), good);
  const body = join(Scope.of(context).folder(), 'body.json');
  writeFileSync(body, '{"order": {"total": 5000}}');
  for (const words of [`trace "$1" -m "$2"`, `run "$1" -m "$2" --dry-run`, 'test "$1"']) {
    const script = `set -o pipefail; "$0" rule ${words} | true`;
    const run = await execute('bash', ['-c', script, program, file, body]);
    assert.deepEqual([run.code, run.stderr], [0, ''], words);
  }
});

/** What stands in a help below this title. */
function paragraph(help: string, title: string): string {
  return (help.split(`\n${title}:\n`)[1] ?? '').split('\n\n')[0] ?? '';
}

function listedCommands(help: string): string[] {
  return [...paragraph(help, 'Subcommands').matchAll(/^ {2}([a-z-]+)/gm)].map(
    ([, name = '']) => name,
  );
}

void test('every help shows examples of its own command', async () => {
  const seen: string[] = [];
  const visit = async (path: string[]): Promise<void> => {
    const { stdout } = await msghub(...path, '--help');
    const named = [...paragraph(stdout, 'Examples').matchAll(/\bmsghub ([^|&>\n]*)/g)].map(
      ([, words = '']) => words,
    );
    assert.ok(named.length > 0, `${path.join(' ')} shows no example`);
    for (const words of named) assert.ok(`${words} `.startsWith(`${path.join(' ')} `), words);
    seen.push(path.join(' '));
    for (const name of listedCommands(stdout)) await visit([...path, name]);
  };
  for (const name of listedCommands((await msghub('--help')).stdout)) await visit([name]);
  assert.ok(seen.length > 60 && seen.includes('channel add imap'), seen.join('\n'));
});

void test('rule test: the first rule of the README passes its own examples', async (context) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const rule = /^`{4}markdown\n([^]*?)^`{4}$/m.exec(readme)?.[1];
  assert.ok(rule, 'the README shows a rule');
  const tested = await msghub('rule', 'test', ruleFile(Scope.of(context), rule));
  assert.equal(tested.code, 0, tested.stdout + tested.stderr);
});

void test('rule run: does it, or says what it would do', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const file = ruleFile(scope, good.replace('https://erp.example.com', sink.url));
  const body = join(scope.folder(), 'body.json');
  writeFileSync(body, '{"order": {"total": 5000}}');
  const dry = await msghub('rule', 'run', file, '--message', body, '--dry-run', '--json');
  assert.equal(dry.code, 0, dry.stderr);
  assert.equal((JSON.parse(dry.stdout) as { outcome: string }).outcome, 'success');
  assert.deepEqual(sink.requests, []);
  const wet = await msghub('rule', 'run', file, '--message', body);
  assert.equal(wet.code, 0, wet.stderr);
  assert.deepEqual(
    sink.requests.map(({ body: sent }) => JSON.parse(sent) as unknown),
    [{ total: 5000 }],
  );
  writeFileSync(body, '{"order": {"total": 5}}');
  const none = await msghub('rule', 'run', file, '--message', body, '--json');
  assert.equal((JSON.parse(none.stdout) as { outcome: string }).outcome, 'no match');
  assert.equal(sink.requests.length, 1);
});

void test('rule run: a mail as message', async (context) => {
  const scope = Scope.of(context);
  const rule = [
    '# Greet\n\n## When\n\n- an email arrives in **Inbox**\n- the subject contains "hello"\n',
    '## Do\n\n1. Send webhook POST to <https://example.com/greet>:\n',
    '   ```json\n   {"from": "{{from}}"}\n   ```\n',
  ].join('\n');
  const mail = join(scope.folder(), 'mail.eml');
  writeFileSync(mail, 'From: Ada <ada@example.com>\r\nSubject: Hello\r\n\r\nHi\r\n');
  const ran = await msghub('rule', 'run', ruleFile(scope, rule), '-m', mail, '--dry-run');
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /ada@example\.com/);
});

void test('rule build: a project, the same bytes each time, never over something', async (context) => {
  const scope = Scope.of(context);
  const file = ruleFile(scope, good);
  const [one, two] = [join(scope.folder(), 'a'), join(scope.folder(), 'b')];
  for (const folder of [one, two]) {
    const built = await msghub('rule', 'build', file, '-o', folder);
    assert.equal(built.code, 0, built.stderr);
  }
  for (const path of [
    'package.json',
    'package-lock.json',
    'README.md',
    'src/rule.ts',
    'src/main.ts',
  ]) {
    assert.ok(existsSync(join(one, path)), path);
    assert.equal(
      readFileSync(join(one, path), 'utf8'),
      readFileSync(join(two, path), 'utf8'),
      path,
    );
  }
  assert.equal(existsSync(join(one, 'src/actions/database.ts')), false, 'only what it uses');
  const again = await msghub('rule', 'build', file, '-o', one);
  assert.equal(again.code, 5, again.stderr);
});

void test('doctor: names each check', async (context) => {
  const data = join(Scope.of(context).folder(), 'data');
  const { stdout } = await msghub('doctor', '--data', data, '--json');
  const checks = JSON.parse(stdout) as { check: string; state: string }[];
  const state = new Map(checks.map((entry) => [entry.check, entry.state]));
  assert.equal(state.get('runtime'), 'ok');
  assert.equal(state.get('disk sync'), 'ok');
});

void test('doctor and recovery-kit: know a key that is not the one of the data', async (context) => {
  const scope = Scope.of(context);
  const hub = await Hub.start(scope);
  await hub.stop();
  const key = `${hub.data}.key`;
  const masterKey = async () => {
    const { stdout } = await msghub('doctor', '--data', hub.data, '--json');
    const checks = JSON.parse(stdout) as { check: string; state: string; detail: string }[];
    return checks.find(({ check }) => check === 'master key');
  };
  assert.equal((await masterKey())?.state, 'ok');
  writeFileSync(key, randomBytes(32), { mode: 0o600 });
  const other = await masterKey();
  assert.equal(other?.state, 'fail');
  assert.match(other.detail, /is not the one that the data/);
  const kit = await msghub('key', 'recovery-kit', '--print-secret-keys', '--data', hub.data);
  assert.equal(kit.code, 5, kit.stderr);
  assert.equal(kit.stdout, '');
  rmSync(key);
  const lost = await masterKey();
  assert.equal(lost?.state, 'fail');
  assert.match(lost.detail, /were sealed with one/);
});

void test('cost: refuses what is no number', async () => {
  for (const number of ['nan', 'inf', '-1', 'many'])
    assert.equal((await msghub('cost', '--users', number)).code, 2, number);
});

/** Every command of the tree, as words. */
async function commands(words: string[] = []): Promise<string[][]> {
  const { code, stdout } = await msghub(...words, '--help');
  assert.equal(code, 0, words.join(' '));
  const listed = /^Subcommands:\n((?: {2}.*\n)+)/m.exec(`${stdout}\n`)?.[1] ?? '';
  const names = [...listed.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name ?? '');
  if (names.length === 0) return [words];
  return (await Promise.all(names.map((name) => commands([...words, name])))).flat();
}

void test('--help: a worked example for every command', async () => {
  const all = await commands();
  assert.ok(all.length >= 15, `${String(all.length)} commands`);
  for (const words of all) {
    const { stdout } = await msghub(...words, '--help');
    assert.match(stdout, new RegExp(`Examples:\\n +msghub .*\\b${words.join('.*\\b')}\\b`), stdout);
  }
});

void test('wrong usage: exit code 2, and what was probably meant', async () => {
  const { code, stderr } = await msghub('rule', 'chekc', 'x.md');
  assert.equal(code, 2);
  assert.match(stderr, /did you mean check/);
  assert.equal((await msghub('rule', 'check', '/nowhere/x.md')).code, 2);
  const table = await msghub('changes', '--table', 'messages');
  assert.equal(table.code, 2, table.stderr);
  assert.doesNotMatch(table.stderr, /did you mean/, 'a value is no command');
});

void test('no hub there: exit code 8 and how to start one', async (context) => {
  const data = join(Scope.of(context).folder(), 'data');
  const { code, stderr } = await msghub('message', 'list', '--data', data);
  assert.notEqual(code, 0);
  assert.match(stderr, /msghub serve/);
  const away = await execute(program, ['message', 'list', '--url', 'http://127.0.0.1:9'], {
    env: { MSGHUB_TOKEN: 'x'.repeat(40) },
  });
  assert.equal(away.code, 8, away.stderr);
});

void test('rule diff --stored: which stored messages only one of two rules matches', async (context) => {
  const scope = Scope.of(context);
  const hub = await Hub.start(scope);
  const channel = await addWebhook(hub, 'Orders');
  const idOf = new Map<number, string>();
  for (const total of [12, 345, 6789, 678])
    idOf.set(total, await deliver(channel, { order: { total } }));
  const before = ruleFile(scope, good);
  const after = ruleFile(scope, good.replace('\\d{4,}', '\\d{3}$'));
  const same = await hub.run('rule', 'diff', before, before, '--stored');
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stdout, /^of the newest 4 stored messages, both match 1, only the old one 0/m);
  const differ = await hub.run('rule', 'diff', before, after, '--stored');
  assert.equal(differ.code, 7, differ.stderr);
  assert.match(differ.stdout, /both match 0, only the old one 1, only the new one 2$/m);
  const listed = differ.stdout.split('\n').filter((line) => /^[-+] /.test(line));
  assert.deepEqual(
    listed.map((line) => line.split('  ')[0]),
    [`- ${String(idOf.get(6789))}`, `+ ${String(idOf.get(678))}`, `+ ${String(idOf.get(345))}`],
  );
  const last = await hub.run('rule', 'diff', before, after, '--stored', '--last', '2', '--json');
  const { stored } = JSON.parse(last.stdout) as { stored: Record<string, unknown> };
  assert.deepEqual(
    [stored.lookedAt, stored.both, stored.onlyBefore, stored.onlyAfter, stored.unknown],
    [2, 0, 1, 1, []],
  );
  const elsewhere = ruleFile(scope, good.replaceAll('**Orders**', '**Invoices**'));
  const unknown = await hub.run('rule', 'diff', before, elsewhere, '--stored');
  assert.match(unknown.stdout, /^the hub has no webhook channel Invoices, so nothing came there$/m);
});

void test('a hub driven by commands alone', async (context) => {
  const scope = Scope.of(context);
  const sink = await scope.use(startHttpSink());
  const hub = await Hub.start(scope, { egressAllow: [`127.0.0.1:${String(sink.port)}`] });
  const file = ruleFile(scope, good.replace('https://erp.example.com', sink.url));
  const channel = await hub.cli<{ id: string; config: { webhookUrl: string } }>(
    ...['channel', 'add', 'webhook', 'Orders', '--subject', 'order.title'],
  );
  const rule = await hub.cli<{ id: string; status: string }>('rule', 'add', file);
  assert.equal(rule.status, 'draft');
  const active = await hub.cli<{ status: string; codeVersion: number }>(
    ...['rule', 'activate', 'Pass on big orders'],
  );
  assert.deepEqual([active.status, active.codeVersion], ['active', 1]);
  const alone = await hub.run('rule', 'rollback', 'Pass on big orders');
  assert.equal(alone.code, 3);
  assert.match(alone.stderr, /no other text to go back to/);
  const url = channel.config.webhookUrl;
  const id = await deliver({ id: channel.id, name: 'Orders', url }, { order: { total: 1234 } });
  const execution = await finalExecution(hub, id);
  assert.equal(execution.status, 'success');
  const messages = await hub.cli<{ id: string }[]>('message', 'list', '--channel', 'Orders');
  assert.deepEqual(
    messages.map((listed) => listed.id),
    [id],
  );
  assert.equal((await hub.cli<{ id: string }>('message', 'show', id)).id, id);
  const executions = await hub.cli<{ id: string }[]>('execution', 'list', '--message', id);
  assert.deepEqual(
    executions.map((listed) => listed.id),
    [execution.id],
  );
  const shown = await hub.run('execution', 'show', execution.id);
  assert.match(shown.stdout, /success/);
  const again = await hub.run('rule', 'add', file);
  assert.equal(again.code, 5, 'a second rule of the same name');
  writeFileSync(file, readFileSync(file, 'utf8').replace('\\d{4,}', '\\d{3,}'));
  const replaced = await hub.cli<{ codeVersion: number; status: string }>('rule', 'replace', file);
  assert.equal(replaced.codeVersion, 2);
  assert.equal(replaced.status, 'active');
  const smaller = await deliver({ id: channel.id, name: 'Orders', url }, { order: { total: 123 } });
  assert.equal((await finalExecution(hub, smaller)).status, 'success');
  const needed = await hub.run('channel', 'remove', 'Orders');
  assert.equal(needed.code, 5, needed.stderr);
  assert.match(needed.stderr, /used by active rules: ".+"\. Pause them first/);
  assert.equal((await hub.cli<{ status: string }>('rule', 'pause', rule.id)).status, 'paused');
  const later = await deliver({ id: channel.id, name: 'Orders', url }, { order: { total: 4321 } });
  assert.equal((await settled(hub, later)).status, 'ignored');
  const missing = await hub.run('message', 'show', 'nothing');
  assert.equal(missing.code, 3, missing.stderr);
  const twice = await hub.run('channel', 'add', 'webhook', 'Orders');
  assert.equal(twice.code, 5, twice.stderr);
  const added = await addWebhook(hub, 'Other');
  assert.equal((await hub.run('channel', 'remove', 'Other')).code, 0);
  assert.equal((await hub.api('GET', `/v1/channels/${added.id}`)).status, 404);

  assert.equal((await hub.run('rule', 'activate', rule.id)).code, 0);
  assert.equal((await hub.run('channel', 'remove', 'Orders', '--force')).code, 0);
  assert.equal((await hub.run('rule', 'pause', rule.id)).code, 0);
  const without = await hub.run('rule', 'activate', rule.id);
  assert.notEqual(without.code, 0);
  assert.match(without.stderr, /R0121/);
});
