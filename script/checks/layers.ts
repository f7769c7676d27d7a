// Refuses an include that goes up or sideways in src/LAYERS, and a foreign library outside its room.

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, report, rootArgument } from './findings.ts';
import type { Finding } from './findings.ts';

interface Library {
  name: string;
  header: RegExp;
  room: string;
}

// Each of these is known to one room only, and there to the .cc files only: its types never stand in
// a header, so the rest of the house compiles fast and does not know that it exists.
const libraries: readonly Library[] = [
  { name: 'RocksDB', header: /^rocksdb\//, room: 'store' },
  { name: 'Beast', header: /^boost\/beast[./]/, room: 'net' },
  { name: 'cmark', header: /^cmark-gfm/, room: 'rule' },
  { name: 'curl', header: /^curl\//, room: 'net' },
];

const includeLine = /^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)/;

/** Room to line number of LAYERS among those that name rooms, lowest first. */
export function readLayers(root: string): Map<string, number> {
  const heights = new Map<string, number>();
  const lines = readFileSync(join(root, 'src/LAYERS'), 'utf8')
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
  lines.forEach((line, height) => {
    for (const room of line.split(/\s+/)) heights.set(room, height);
  });
  return heights;
}

function wrongOwnInclude(
  root: string,
  heights: Map<string, number>,
  room: string,
  target: string,
): string | undefined {
  const there = target.split('/')[0] ?? '';
  if (!heights.has(there) || !target.includes('/')) {
    return `"${target}" does not start with a room of src/LAYERS; include from the root of src`;
  }
  if (!existsSync(join(root, 'src', target))) return `"${target}" does not exist`;
  if (there === room) return undefined;
  const [from = 0, to = 0] = [heights.get(room), heights.get(there)];
  if (to > from) return `"${target}" is an upward include: ${there} stands above ${room}`;
  if (to === from) return `"${target}" is a sideways include: ${there} stands beside ${room}`;
  return undefined;
}

function wrongLibrary(file: string, room: string, target: string): string | undefined {
  const library = libraries.find(({ header }) => header.test(target));
  if (library === undefined) return undefined;
  if (room !== library.room) return `${library.name} belongs to room ${library.room} alone`;
  if (file.endsWith('.h')) return `${library.name} may stand in .cc files only, this is a header`;
  return undefined;
}

export function checkLayers(root: string): { findings: Finding[]; looked: number } {
  const heights = readLayers(root);
  const findings: Finding[] = [];
  for (const entry of readdirSync(join(root, 'src'), { withFileTypes: true })) {
    if (entry.isDirectory() && !heights.has(entry.name)) {
      findings.push({ file: `src/${entry.name}`, line: 1, message: 'no room of src/LAYERS' });
    }
  }
  const files = filesBelow(root, 'src', (path) => /\.(h|cc|inc)$/.test(path));
  for (const file of files) {
    const room = file.split('/')[1] ?? '';
    if (!heights.has(room)) continue;
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .forEach((text, index) => {
        const match = includeLine.exec(text);
        if (match === null) return;
        const [, own, foreign] = match;
        const target = own ?? foreign ?? '';
        const message =
          wrongLibrary(file, room, target) ??
          (own === undefined ? undefined : wrongOwnInclude(root, heights, room, own));
        if (message !== undefined) findings.push({ file, line: index + 1, message });
      });
  }
  return { findings, looked: files.length };
}

if (import.meta.main) {
  const { findings, looked } = checkLayers(rootArgument(process.argv));
  report('check-layers', findings, looked);
}
