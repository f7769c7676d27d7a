// The style checks, one command each: what script/lint shows and script/test counts.

import { globSync } from 'node:fs';
import { join } from 'node:path';
import { nodeProgram, root } from '../testing/commands.ts';

export interface StyleCheck {
  name: string;
  program: string;
  args: string[];
}

const tool = (path: string, ...args: string[]): { program: string; args: string[] } => ({
  program: nodeProgram,
  args: [join(root, 'node_modules', path), ...args],
});

export function cppFiles(): string[] {
  return globSync(['src/**/*.{h,cc}', 'tests/**/*.{h,cc}', 'bench/**/*.{h,cc}'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  }).sort();
}

export function styleChecks(): StyleCheck[] {
  const typescript = ['runtime', 'tests', 'script', 'deploy/aws'];
  return [
    {
      name: 'clang-format',
      program: 'clang-format-19',
      args: ['--dry-run', '-Werror', ...cppFiles()],
    },
    ...typescript.map((folder) => ({
      name: `tsc ${folder}`,
      ...tool('typescript/bin/tsc', '-p', `${folder}/tsconfig.json`),
    })),
    { name: 'eslint', ...tool('eslint/bin/eslint.js', '--max-warnings=0', ...typescript) },
    {
      name: 'prettier',
      ...tool('prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'),
    },
    ...['check-layers', 'check-await', 'check-size', 'check-data-model'].map((name) => ({
      name,
      program: join(root, 'script', name),
      args: [],
    })),
  ];
}
