/** Asks Prettier, with each project's own options, whether it would change a file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { format, getFileInfo, type Options } from 'prettier';

/** What Prettier would change, one text each; empty when nothing. */
export async function checkFormat(projects: readonly string[]): Promise<string[]> {
  const seen = new Set<string>(); // files of the library are the same in most projects
  const problems: string[] = [];
  for (const project of projects) {
    const options = optionsOf(project);
    for (const path of filesOf(project)) {
      const file = join(project, path);
      const { ignored, inferredParser } = await getFileInfo(file, {
        ignorePath: join(project, '.prettierignore'),
        resolveConfig: false,
      });
      const text = readFileSync(file, 'utf8');
      if (ignored || inferredParser === null || seen.has(text)) continue;
      seen.add(text);
      const formatted = await format(text, { ...options, filepath: file });
      if (formatted !== text) problems.push(`${file}: ${firstDifference(text, formatted)}`);
    }
  }
  return problems;
}

function optionsOf(project: string): Options {
  const description = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    prettier: Options;
  };
  return description.prettier;
}

function filesOf(project: string): string[] {
  return readdirSync(project, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(project.length + 1));
}

function firstDifference(text: string, formatted: string): string {
  const lines = text.split('\n');
  const wanted = formatted.split('\n');
  const at = lines.findIndex((line, index) => line !== wanted[index]);
  const around = (all: string[]): string => all.slice(at, at + 3).join('\n');
  return `line ${String(at + 1)}:\n${around(lines)}\nshould be\n${around(wanted)}`;
}
