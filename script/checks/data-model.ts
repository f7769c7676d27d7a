// Every line of docs/data-model.md has tests that are there, for each of the two engines, and every
// field of the described structs and every key of protocol/tables.json has its line.

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { filesBelow, report, rootArgument } from './findings.ts';
import type { Finding } from './findings.ts';

const page = 'docs/data-model.md';
const engines = ['RocksDB', 'DynamoDB'] as const;
/** Where a suite that every engine runs is instantiated for them. */
const instantiatedFor = {
  RocksDB: /^(rocks_|repositories_test|disk_|retention_embedded|vault_file_ring)/,
  DynamoDB: /^(dynamo_|s3_|retention_aws|vault_kms_ring)/,
};

interface TestFile {
  path: string;
  names: Set<string>;
  /** Suite of each test that is one text for several engines. */
  suites: Map<string, string>;
}

const cppTest =
  /^\s*(TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P|RC_GTEST_PROP)\(\s*(\w+),\s*(\w+)/gm;
const nodeTest =
  /\b(?:it|test)\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g;

export function testsIn(path: string, text: string): TestFile {
  const names = new Set<string>();
  const suites = new Map<string, string>();
  if (path.endsWith('.ts')) {
    for (const [, a, b, c] of text.matchAll(nodeTest)) {
      names.add((a ?? b ?? c ?? '').replace(/\\(.)/g, '$1'));
    }
  } else {
    for (const [, macro, suite = '', name = ''] of text.matchAll(cppTest)) {
      names.add(name);
      if (macro === 'TYPED_TEST_P') suites.set(name, suite);
    }
  }
  return { path, names, suites };
}

interface Tests {
  /** By base name: pages are read by people. */
  files: Map<string, TestFile[]>;
  /** Suite to the base names of the files that instantiate it. */
  instances: Map<string, string[]>;
}

function readTests(root: string): Tests {
  const files = new Map<string, TestFile[]>();
  const instances = new Map<string, string[]>();
  const wanted = (path: string): boolean => /(\.test\.ts|_test\.cc|_contract\.h)$/.test(path);
  const paths = ['src', 'tests', 'bench', 'runtime', 'deploy'].flatMap((folder) =>
    existsSync(join(root, folder)) ? filesBelow(root, folder, wanted) : [],
  );
  for (const path of paths) {
    const text = readFileSync(join(root, path), 'utf8');
    const name = basename(path);
    files.set(name, [...(files.get(name) ?? []), testsIn(path, text)]);
    if (!path.endsWith('.cc')) continue;
    for (const [, suite = ''] of text.matchAll(
      /INSTANTIATE_TYPED_TEST_SUITE_P\(\s*\w+,\s*(\w+)/g,
    )) {
      instances.set(suite, [...(instances.get(suite) ?? []), name]);
    }
  }
  return { files, instances };
}

/** What is wrong with one reference, "file: test"; nothing when it is there. */
function wrongReference(
  reference: string,
  engine: (typeof engines)[number],
  tests: Tests,
): string | undefined {
  const parts = /^([\w.-]+): (.+)$/.exec(reference);
  if (parts === null) return `\`${reference}\` is no "file: test"`;
  const [, file = '', name = ''] = parts;
  const found = tests.files.get(file);
  if (found === undefined) return `there is no file of tests ${file}`;
  const holder = found.find(({ names }) => names.has(name));
  if (holder === undefined) return `${file} has no test "${name}"`;
  const suite = holder.suites.get(name);
  if (suite === undefined) return undefined;
  const where = tests.instances.get(suite) ?? [];
  if (where.some((one) => instantiatedFor[engine].test(one))) return undefined;
  return `${suite} is not instantiated for ${engine}`;
}

function rowFindings(cells: readonly string[], line: number, tests: Tests): Finding[] {
  const finding = (message: string): Finding => ({ file: page, line, message });
  const [subject = ''] = cells;
  if (cells.length !== 4)
    return [finding(`"${subject}" has ${String(cells.length)} columns, not 4`)];
  const findings: Finding[] = [];
  let named = 0;
  engines.forEach((engine, i) => {
    const cell = cells[2 + i] ?? '';
    const references = [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);
    named += references.length;
    if (references.length === 0 && cell !== '—') {
      findings.push(finding(`"${subject}" has no test on ${engine}`));
    }
    for (const reference of references) {
      const wrong = wrongReference(reference, engine, tests);
      if (wrong !== undefined) findings.push(finding(`"${subject}": ${wrong}`));
    }
  });
  if (named === 0 && findings.length === 0) findings.push(finding(`"${subject}" has no test`));
  return findings;
}

const camelCase = (snake: string): string =>
  snake.replace(/_+$/, '').replace(/_(\w)/g, (_, c: string) => c.toUpperCase());

/** "Struct.field" of all structs that src/model describes, as JSON has them. */
function describedFields(root: string): string[] {
  return filesBelow(root, 'src/model', (path) => path.endsWith('.h')).flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(
        /BOOST_DESCRIBE_STRUCT\(\s*(\w+),\s*\(\s*\),\s*\(([^)]*)\)/g,
      ),
    ].flatMap(([, struct = '', members = '']) =>
      members.split(',').map((member) => `${struct}.${camelCase(member.trim())}`),
    ),
  );
}

interface KeySchema {
  attribute: string;
  template: string;
}
interface TableSchema {
  name: string;
  partitionKey: KeySchema;
  sortKey: KeySchema;
  indexes: { partitionKey: KeySchema; sortKey: KeySchema }[];
}

/** "`Users` PK: `USER#<id>`" and its like, of all tables. */
function describedKeys(root: string): string[] {
  const text = readFileSync(join(root, 'protocol/tables.json'), 'utf8');
  const { layouts } = JSON.parse(text) as { layouts: { 'multi-table': TableSchema[] } };
  return layouts['multi-table'].flatMap(({ name, partitionKey, sortKey, indexes }) =>
    [partitionKey, sortKey, ...indexes.flatMap((index) => [index.partitionKey, index.sortKey])].map(
      ({ attribute, template }) => `\`${name}\` ${attribute}: \`${template}\``,
    ),
  );
}

export function checkDataModel(root: string): { findings: Finding[]; looked: number } {
  const tests = readTests(root);
  const findings: Finding[] = [];
  const subjects = new Set<string>();
  readFileSync(join(root, page), 'utf8')
    .split('\n')
    .forEach((text, index) => {
      if (!text.startsWith('|') || /^\|[-| ]+\|$/.test(text)) return;
      const cells = text
        .slice(1, text.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim());
      const [subject = ''] = cells;
      if (subject === 'Line') return;
      if (subjects.has(subject)) {
        findings.push({ file: page, line: index + 1, message: `"${subject}" stands here twice` });
      }
      subjects.add(subject);
      findings.push(...rowFindings(cells, index + 1, tests));
    });
  for (const field of describedFields(root)) {
    if (!subjects.has(`\`${field}\``)) {
      findings.push({ file: page, line: 1, message: `the field ${field} has no line` });
    }
  }
  for (const key of describedKeys(root)) {
    if (!subjects.has(key)) {
      findings.push({ file: page, line: 1, message: `the key ${key} has no line` });
    }
  }
  return { findings, looked: subjects.size };
}

if (import.meta.main) {
  const { findings, looked } = checkDataModel(rootArgument(process.argv));
  report('check-data-model', findings, looked);
}
