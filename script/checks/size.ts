// A file that outgrows its room is split before it is too late: over 500 lines it is named, over 700
// lines it is refused. Generated files and lockfiles are not counted.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { report, rootArgument } from './findings.ts';
import type { Finding } from './findings.ts';

const warnAt = 500;
const refuseAt = 700;

const isCode = /\.(h|cc|inc|ts|tsx|mjs|js|css|cmake|sh)$|(^|\/)CMakeLists\.txt$|^script\/[\w-]+$/;

export function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

export function isGenerated(text: string): boolean {
  return /\bgenerated (by|from)\b/i.test(text.split('\n', 5).join('\n'));
}

/** What git would keep of the tree: committed files and new ones that it does not ignore. */
function keptFiles(root: string): string[] {
  const listed = execFileSync(
    'git',
    ['-c', 'core.quotePath=off', 'ls-files', '-co', '--exclude-standard', '--deduplicate'],
    { cwd: root, encoding: 'utf8' },
  );
  return listed.split('\n').filter((file) => isCode.test(file));
}

if (import.meta.main) {
  const root = rootArgument(process.argv);
  const files = keptFiles(root);
  const findings: Finding[] = [];
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(join(root, file), 'utf8');
    } catch {
      continue; // deleted, but git still lists it
    }
    const lines = lineCount(text);
    if (lines <= warnAt || isGenerated(text)) continue;
    if (lines > refuseAt) {
      findings.push({ file, line: refuseAt, message: `${String(lines)} lines; split it` });
    } else {
      console.log(
        `${file}:${String(warnAt)}: note: ${String(lines)} lines, over ${String(warnAt)}`,
      );
    }
  }
  report('check-size', findings, files.length);
}
