/**
 * The projects' side of spec/cases: each rule is compiled to its project, whose own code must match,
 * extract and render as written. The hub's side is tests/contract/conformance_test.cc.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import type * as conditionsModule from '../../runtime/project/src/lib/conditions.ts';
import type * as incomingModule from '../../runtime/project/src/lib/incoming.ts';
import type * as jsonModule from '../../runtime/project/src/lib/json.ts';
import type { Json } from '../../runtime/project/src/lib/json.ts';
import type { Message } from '../../runtime/project/src/lib/message.ts';
import type { Rule } from '../../runtime/project/src/lib/rule.ts';
import type * as runModule from '../../runtime/project/src/lib/run.ts';
import { checkFormat } from './check-format.ts';
import { checkTypes } from './check-types.ts';
import { allCases, type Case, type CaseMessage } from './cases.ts';

const root = resolve(import.meta.dirname, '../..');
const compiler = resolve(root, process.env.MSGHUB_BUILD ?? 'build/dev', 'bin/rule_project');
const cases = allCases(join(root, 'spec/cases'));
const folder = mkdtempSync(join(tmpdir(), 'msghub-spec-'));
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Project {
  rule: Rule;
  conditions: typeof conditionsModule;
  incoming: typeof incomingModule;
  json: typeof jsonModule;
  run: typeof runModule;
}

function compile(spec: Case, index: number): string {
  const file = join(folder, `${String(index)}.md`);
  writeFileSync(file, spec.rule);
  const directory = join(root, 'spec/directory.json');
  return projectOf(file, join(folder, String(index)), directory);
}

function projectOf(file: string, project: string, ...directory: string[]): string {
  const run = spawnSync(compiler, [file, project, ...directory], { encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  return project;
}

async function load(project: string): Promise<Project> {
  const url = (file: string): string => pathToFileURL(join(project, 'src', file)).href;
  const [{ rule }, conditions, incoming, json, run] = (await Promise.all([
    import(url('rule.ts')),
    import(url('lib/conditions.ts')),
    import(url('lib/incoming.ts')),
    import(url('lib/json.ts')),
    import(url('lib/run.ts')),
  ])) as [
    { rule: Rule },
    Project['conditions'],
    Project['incoming'],
    Project['json'],
    Project['run'],
  ];
  return { rule, conditions, incoming, json, run };
}

function messageOf({ kind, raw }: CaseMessage, { incoming }: Project): Message {
  const bytes = Buffer.from(raw);
  switch (kind) {
    case 'email':
      return incoming.messageFromEmail(bytes);
    case 'http':
      return incoming.messageFromHttp(bytes);
    case 'sms':
    case 'slack':
      return incoming.messageFromChat(bytes, kind);
    default:
      return incoming.messageFromWebhook(bytes);
  }
}

interface Seen {
  extracted: Record<string, string>;
  error: string | undefined;
  sends: Map<number, string[]>;
  targets: Map<number, string>;
}

async function observe(spec: CaseMessage, message: Message, project: Project): Promise<Seen> {
  const sends = new Map<number, string[]>();
  const targets = new Map<number, string>();
  const answers = new Map(
    Object.entries(spec.expected.answers ?? {}).map(([step, answer]) => [
      Number(step) - 1,
      answer as Json,
    ]),
  );
  const outcome = await project.run.runRule(project.rule, message, {
    connection: () => {
      throw new Error('a case uses no connection');
    },
    signal: new AbortController().signal,
    key: (order) => `case-${String(order)}`,
    answers,
    perform: ({ content, summary }, _io, order) => {
      sends.set(order, [...(sends.get(order) ?? []), content]);
      targets.set(order, summary);
      return Promise.resolve(null);
    },
  });
  const extracted = Object.fromEntries(
    Object.entries(outcome.extracted).map(([name, value]) => [name, project.json.textOf(value)]),
  );
  return { extracted, error: outcome.error?.code, sends, targets };
}

function compare(spec: CaseMessage, seen: Seen): void {
  const { expected } = spec;
  const where = `message in line ${String(spec.line)}`;
  assert.equal(seen.error, expected.error, where);
  if (expected.extracted) assert.deepEqual(seen.extracted, expected.extracted, where);
  for (const [step, wanted] of Object.entries(expected.sends ?? {})) {
    const sent = seen.sends.get(Number(step) - 1);
    if (wanted === null) assert.equal(sent, undefined, `${where}, step ${step}`);
    else
      assert.deepEqual(sent?.map(trimmed), [wanted].flat().map(trimmed), `${where}, step ${step}`);
  }
  for (const [step, wanted] of Object.entries(expected.targets ?? {})) {
    assert.equal(seen.targets.get(Number(step) - 1), wanted, `${where}, step ${step}`);
  }
}

function trimmed(text: string): string {
  return text.trim();
}

const projects: string[] = [];

for (const [index, spec] of cases.entries()) {
  if (spec.messages.length === 0) continue; // has errors: the compiler's side
  void test(spec.id, async () => {
    const path = compile(spec, index);
    projects.push(path);
    const project = await load(path);
    for (const message of spec.messages) {
      const parsed = messageOf(message, project);
      const { matched } = project.conditions.matchRule(project.rule, parsed);
      assert.equal(matched, message.expected.matches, `message in line ${String(message.line)}`);
      if (matched) compare(message, await observe(message, parsed, project));
    }
  });
}

for (const name of readdirSync(join(root, 'examples')).filter((name) => name.endsWith('.md'))) {
  void test(`examples/${name}`, () => {
    projects.push(projectOf(join(root, 'examples', name), join(folder, name.replace('.md', ''))));
  });
}

void test('the types of every project hold', () => {
  assert.ok(projects.length > 0);
  assert.deepEqual(checkTypes(projects), []);
});

void test('Prettier would change nothing in any project', async () => {
  assert.ok(projects.length > 0);
  assert.deepEqual(await checkFormat(projects), []);
});
