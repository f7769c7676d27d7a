// The builder: what it says of a project's types, and that it takes nothing over from one project to
// the next.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { checkTypes } from '../host/type-check.ts';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const config = {
  compilerOptions: {
    ...{ target: 'es2024', lib: ['es2024', 'esnext.iterator'], module: 'nodenext' },
    ...{ types: ['node'], strict: true, noUncheckedIndexedAccess: true },
    ...{ erasableSyntaxOnly: true, verbatimModuleSyntax: true, noEmit: true, skipLibCheck: true },
    allowImportingTsExtensions: true,
  },
  include: ['src', 'test'],
};

/** A project with the library of rules, and these files over it. */
function project(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'msghub-types-'));
  folders.push(folder);
  mkdirSync(join(folder, 'test'));
  cpSync(join(import.meta.dirname, '../project/src'), join(folder, 'src'), { recursive: true });
  const all = {
    'tsconfig.json': JSON.stringify(config),
    'package.json': '{"type":"module"}',
    ...files,
  };
  for (const [path, text] of Object.entries(all)) writeFileSync(join(folder, path), text);
  return folder;
}

void test('finds nothing wrong in a project that is right, packages and all', () => {
  const files = {
    'src/more.ts': "import { Agent } from 'undici';\nexport const a = new Agent();\n",
  };
  assert.deepEqual(checkTypes(project(files)), []);
});

void test('names file, line and column of what is wrong, also beside a project that is right', () => {
  const wrong = project({ 'src/more.ts': "export const a = 1;\nexport const b: number = 'x';\n" });
  const told = [
    {
      file: 'src/more.ts',
      line: 2,
      column: 14,
      message: "TS2322: Type 'string' is not assignable to type 'number'.",
    },
  ];
  assert.deepEqual(checkTypes(wrong), told);
  assert.deepEqual(checkTypes(project({ 'src/more.ts': 'export const a = 1;\n' })), []);
  assert.deepEqual(checkTypes(wrong), told, 'once more');
});

void test('checks the library again when it is another', () => {
  assert.deepEqual(checkTypes(project({})), []);
  const problems = checkTypes(project({ 'src/lib/decimal.ts': 'export const nothing = 0;\n' }));
  assert.ok(problems.length > 0);
  assert.ok(
    problems.some(({ file }) => file === 'src/rule.ts' || file.startsWith('src/lib/')),
    JSON.stringify(problems),
  );
  assert.deepEqual(checkTypes(project({})), []);
});

void test('says what is wrong with the project itself', () => {
  const [none] = checkTypes(project({ 'tsconfig.json': '{' }));
  assert.equal(none?.file, 'tsconfig.json');
  const [unknown] = checkTypes(
    project({ 'src/more.ts': "export { no } from 'no-such-package';\n" }),
  );
  assert.match(unknown?.message ?? '', /^TS2307: .*no-such-package/);
  const syntax = checkTypes(project({ 'src/more.ts': 'const (;\n' }));
  assert.equal(syntax[0]?.file, 'src/more.ts');
  assert.equal(syntax[0].line, 1);
});

void test('tells at most 20 problems', () => {
  const many = Array.from({ length: 50 }, (_, n) => `export const a${String(n)}: number = '';\n`);
  assert.equal(checkTypes(project({ 'src/more.ts': many.join('') })).length, 20);
});
