/**
 * Writes NAME.frame for every NAME.json in protocol/samples/. Run it after adding a sample:
 * `node runtime/scripts/encode-samples.ts`. The broken ones in bad/ are made by hand.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

import { encodeFrame } from '../protocol.ts';

const folder = new URL('../../protocol/samples/', import.meta.url);

for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
  const sample = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as {
    header: { type: string };
    body: string;
  };
  const frame = encodeFrame(sample.header, Buffer.from(sample.body, 'base64'));
  writeFileSync(new URL(name.replace(/json$/, 'frame'), folder), frame);
}
