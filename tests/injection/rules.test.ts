/**
 * Rules whose every text is hostile, compiled and taken apart: the texts come out as the author
 * wrote them, and the code has no statement, call or import that a harmless twin does not have.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import ts from 'typescript';

import type { ExampleResult } from '../../runtime/project/src/lib/examples.ts';
import type { Rule } from '../../runtime/project/src/lib/rule.ts';
import { Random } from '../differential/random.ts';
import { CANARY } from './hostile.ts';
import { documentOf, hostileTexts, twinTexts, type Texts } from './documents.ts';

const FULL = process.env.MSGHUB_FULL === '1';
const RULES = FULL ? 400 : 40;

const root = fileURLToPath(new URL('../..', import.meta.url));
const compiler = join(process.env.MSGHUB_BUILD ?? join(root, 'build/dev'), 'bin/rule_project');

const folder = mkdtempSync(join(tmpdir(), 'injection-'));
after(() => {
  rmSync(folder, { recursive: true });
});
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));

interface Project {
  folder: string;
  document: string;
  texts: Texts;
}

/** The rule's project in a new folder. The file is called as the rule's text says. */
function compile(name: string, texts: Texts): Project {
  const project = join(folder, name);
  const sources = join(folder, `${name}-source`);
  mkdirSync(sources);
  const document = documentOf(texts);
  const file = join(sources, texts.file);
  writeFileSync(file, document);
  const run = spawnSync(compiler, [file, project], { encoding: 'utf8' });
  assert.equal(run.status, 0, `${run.stderr}\n${document}`);
  return { folder: project, document, texts };
}

function parse(project: Project, path: string): ts.SourceFile {
  const text = readFileSync(join(project.folder, path), 'utf8');
  return ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
}

/** The tree without the texts of its literals: what the code does, not what it does it with. */
function shapeOf(node: ts.Node): string {
  if (isText(node)) return 'text';
  // A key that is a word stands without quotation marks.
  const isNamed = ts.isPropertyAssignment(node) && !ts.isComputedPropertyName(node.name);
  if (isNamed) return `key: ${shapeOf(node.initializer)}`;
  const children: string[] = [];
  ts.forEachChild(node, (child) => {
    children.push(shapeOf(child));
  });
  const content = children.length > 0 ? children.join('\n') : node.getText();
  return `${ts.SyntaxKind[node.kind]} (${content.replaceAll('\n', '\n ')})`;
}

function isText(node: ts.Node): node is ts.LiteralLikeNode {
  return (
    ts.isStringLiteralLike(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddle(node) ||
    ts.isTemplateTail(node)
  );
}

/** What the literals of the file say; a key that is a word is one of them. */
function literalsOf(file: ts.SourceFile): string[] {
  const literals: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isText(node)) literals.push(node.text);
    if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name)) literals.push(node.name.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return literals;
}

/** Comments are the compiler's own, so they hold no text of an author. */
function commentsOf(file: ts.SourceFile): string[] {
  const comments = new Set<string>();
  const visit = (node: ts.Node): void => {
    for (const { pos, end } of ts.getLeadingCommentRanges(file.text, node.pos) ?? []) {
      comments.add(file.text.slice(pos, end));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...comments];
}

async function load(project: Project): Promise<{ rule: Rule; results: ExampleResult[] }> {
  const { rule } = (await import(pathToFileURL(join(project.folder, 'src/rule.ts')).href)) as {
    rule: Rule;
  };
  const examples = (await import(
    pathToFileURL(join(project.folder, 'src/lib/examples.ts')).href
  )) as { runExamples: (rule: Rule) => Promise<ExampleResult[]> };
  return { rule, results: await examples.runExamples(rule) };
}

if (!existsSync(compiler)) throw new Error(`${compiler} is missing: build the target rule_project`);
const random = new Random();
const seed = `MSGHUB_SEED=${String(random.seed)}`;
const twin = compile('twin', twinTexts());
const projects = Array.from({ length: RULES }, (_, index) =>
  compile(`hostile-${String(index)}`, hostileTexts(random)),
);

void test('hostile rules become the same code as harmless ones, apart from their texts', (context) => {
  context.diagnostic(seed);
  const wanted = shapeOf(parse(twin, 'src/rule.ts'));
  const comments = commentsOf(parse(twin, 'src/rule.ts'));
  for (const project of projects) {
    const file = parse(project, 'src/rule.ts');
    const why = `${seed}\n${project.document}`;
    assert.equal(shapeOf(file), wanted, why);
    assert.deepEqual(commentsOf(file), comments, why);
    // Nothing in the code turns the reading direction or hides from a reviewer.
    assert.doesNotMatch(file.text, /[\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\u200b]/, why);
    for (const path of ['test/examples.test.ts', 'Dockerfile', 'tsconfig.json', '.gitignore']) {
      const [ours, harmless] = [project, twin].map((one) =>
        readFileSync(join(one.folder, path), 'utf8'),
      );
      assert.equal(ours, harmless, path);
    }
  }
});

void test('every text of a hostile rule stands in a literal as its author wrote it', () => {
  for (const { folder: at, texts, document } of projects) {
    const literals = literalsOf(parse({ folder: at, texts, document }, 'src/rule.ts'));
    const { file, ...written } = texts;
    // The same few hostile texts may stand for the file and for a text of the rule.
    const expected = Object.values(written).includes(file);
    assert.ok(expected || !literals.includes(file), `${seed}: the code names the document's file`);
    for (const [place, text] of Object.entries(written)) {
      // The example's message is a text of JSON, and this a text within it.
      const wanted = place === 'note' ? JSON.stringify(text).slice(1, -1) : text;
      assert.ok(
        literals.some((literal) => literal.includes(wanted)),
        `${seed} ${place}: ${JSON.stringify(text)}\n${document}`,
      );
    }
    const description = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as object;
    assert.ok('description' in description && description.description === texts.title, seed);
    assert.ok(readFileSync(join(at, 'README.md'), 'utf8').startsWith(document), seed);
    const environment = readFileSync(join(at, '.env.example'), 'utf8').trimEnd().split('\n');
    for (const line of environment)
      assert.match(line, /^#|^[A-Z0-9_]+_(?:URL|KEY|TOKEN|[A-Z]+)=\S*$/);
  }
});

void test('hostile rules do what they say, and nothing of them runs', async () => {
  for (const project of projects) {
    const { rule, results } = await load(project);
    const why = `${seed}\n${project.document}`;
    assert.equal(rule.name, project.texts.title, why);
    assert.deepEqual(
      results.flatMap(({ failures }) => failures),
      [],
      why,
    );
    assert.ok(!(CANARY in globalThis), why);
  }
});

void test('hostile projects pass the type checker', () => {
  const options = ['--strict', '--noEmit', '--target', 'es2024', '--module', 'nodenext', '--types', 'node', '--skipLibCheck', '--erasableSyntaxOnly', '--verbatimModuleSyntax', '--allowImportingTsExtensions', '--noUnusedLocals', '--noUnusedParameters']; // prettier-ignore
  // Their libraries are the same; a few whole projects stand for all.
  const files = projects.slice(0, FULL ? 100 : 8).map((one) => join(one.folder, 'src/rule.ts'));
  const run = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), ...options, ...files],
    { cwd: folder, encoding: 'utf8' },
  );
  assert.equal(run.status, 0, `${seed}\n${run.stdout}`);
});
