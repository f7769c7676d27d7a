// Writes src/base/fold_table.inc: how case is ignored, as the JavaScript engine that runs this
// script sees it. Run it with the Node.js of the workspace after that one has been upgraded:
//
//   node_modules/.bin/node script/generate-fold-table.mjs
import { writeFileSync } from 'node:fs';

/** The lower case of one code point; itself when that would be more than one code point. */
function fold(codePoint) {
  const lower = Array.from(String.fromCodePoint(codePoint).toLowerCase());
  return lower.length === 1 ? lower[0].codePointAt(0) : codePoint;
}

// Runs of code points with the same distance to their lower case, one or two apart.
const runs = [];
for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
  const delta = fold(codePoint) - codePoint;
  if (delta === 0) continue;
  const run = runs.at(-1);
  const gap = run === undefined ? 0 : codePoint - run.last;
  if (run?.delta === delta && (gap === run.step || (run.step === 0 && gap <= 2))) {
    run.last = codePoint;
    run.step = gap;
  } else {
    runs.push({ first: codePoint, last: codePoint, step: 0, delta });
  }
}

const hex = (number) => `0x${number.toString(16).toUpperCase().padStart(4, '0')}`;
const lines = runs.map(
  ({ first, last, step, delta }) =>
    `{${hex(first)}, ${hex(last)}, ${Math.max(step, 1)}, ${delta}},`,
);
writeFileSync(
  new URL('../src/base/fold_table.inc', import.meta.url),
  `// Made by script/generate-fold-table.mjs from Unicode ${process.versions.unicode}; do not edit.\n` +
    `// {first, last, step, distance to the lower case}\n${lines.join('\n')}\n`,
);
