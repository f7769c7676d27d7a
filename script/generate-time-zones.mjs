// Writes src/rule/time_zones.inc: the time zones that a rule can name, as the JavaScript engine that
// runs this script knows them, old names included, which stand in the machine's tzdata.zi. Run it
// with the Node.js of the workspace after that one has been upgraded:
//
//   node_modules/.bin/node script/generate-time-zones.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const names = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')]);
for (const line of readFileSync('/usr/share/zoneinfo/tzdata.zi', 'utf8').split('\n')) {
  const [kind, first, second] = line.split(' ');
  if (kind === 'Z') names.add(first);
  if (kind === 'L') names.add(second);
}

function isKnown(name) {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const lines = [...names]
  .filter(isKnown)
  .toSorted()
  .map((name) => `"${name}",\n`);
writeFileSync(
  new URL('../src/rule/time_zones.inc', import.meta.url),
  `// Written by script/generate-time-zones.mjs.\n${lines.join('')}`,
);
