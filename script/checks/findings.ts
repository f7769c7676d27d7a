// What the checks of this folder share: one finding a line, "file:line: what is wrong", and an exit
// code that says whether there was one.

import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

export interface Finding {
  file: string;
  line: number;
  message: string;
}

/** All files below `folder` (relative to `root`) for which `wanted` holds, sorted. */
export function filesBelow(
  root: string,
  folder: string,
  wanted: (path: string) => boolean,
): string[] {
  const found: string[] = [];
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules') visit(inner);
      } else if (wanted(inner)) {
        found.push(relative(root, inner));
      }
    }
  };
  visit(join(root, folder));
  return found.sort();
}

/** The folder after `--root`, or the repository's root that `script/check-*` passes. */
export function rootArgument(argv: readonly string[]): string {
  const at = argv.lastIndexOf('--root');
  const root = at < 0 ? undefined : argv[at + 1];
  if (root === undefined) throw new Error('usage: --root DIR');
  return root;
}

export function report(check: string, findings: readonly Finding[], looked: number): void {
  for (const { file, line, message } of findings) {
    console.log(`${file}:${String(line)}: ${message}`);
  }
  console.log(`${check}: ${String(findings.length)} findings in ${String(looked)} files`);
  process.exitCode = findings.length === 0 && looked > 0 ? 0 : 1;
}
