import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import {
  encodeFrame,
  frameDecoder,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  type Frame,
} from '../protocol.ts';

const samples = new URL('../../protocol/samples/', import.meta.url);
const names = readdirSync(samples)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

function sampleOf(name: string): Frame {
  const text = readFileSync(new URL(`${name}.json`, samples), 'utf8');
  const { header, body } = JSON.parse(text) as { header: { type: string }; body: string };
  return { header, body: Buffer.from(body, 'base64') };
}

function bytesOf(name: string): Buffer {
  return readFileSync(new URL(`${name}.frame`, samples));
}

describe('good samples', () => {
  it('are there', () => {
    assert.ok(names.length > 20);
  });

  for (const name of names) {
    it(`${name} decodes to its JSON`, () => {
      assert.deepEqual(frameDecoder()(bytesOf(name)), [sampleOf(name)]);
    });

    it(`${name} survives encoding`, () => {
      const { header, body } = sampleOf(name);
      assert.deepEqual(frameDecoder()(encodeFrame(header, body)), [sampleOf(name)]);
    });
  }

  it('decode from a stream cut at any byte', () => {
    const stream = Buffer.concat(names.map(bytesOf));
    const wanted = names.map(sampleOf);
    for (const size of [1, 2, 3, 7, 8, 9, 100, 1000, stream.length]) {
      const decode = frameDecoder();
      const found: Frame[] = [];
      for (let at = 0; at < stream.length; at += size) {
        found.push(...decode(stream.subarray(at, at + size)));
      }
      assert.deepEqual(found, wanted, `in pieces of ${String(size)} bytes`);
    }
  });
});

describe('bad samples', () => {
  const bad = new URL('bad/', samples);
  for (const file of readdirSync(bad).filter((name) => name.endsWith('.frame'))) {
    const why = readFileSync(new URL(file.replace(/frame$/, 'why'), bad), 'utf8').trim();
    it(`${file}: ${why}`, () => {
      assert.throws(() => frameDecoder()(readFileSync(new URL(file, bad))));
    });
  }
});

describe('limits', () => {
  it('let the largest frame through', () => {
    const padding = 'x'.repeat(MAX_HEADER_BYTES - '{"type":"t","padding":""}'.length);
    const frame = encodeFrame(
      { type: 't', padding } as { type: string },
      Buffer.alloc(MAX_BODY_BYTES),
    );
    assert.equal(frameDecoder()(frame)[0]?.body.length, MAX_BODY_BYTES);
  });

  it('stop a larger one before it is sent', () => {
    const padding = 'x'.repeat(MAX_HEADER_BYTES);
    assert.throws(() => encodeFrame({ type: 't', padding } as { type: string }), RangeError);
    assert.throws(() => encodeFrame({ type: 't' }, Buffer.alloc(MAX_BODY_BYTES + 1)), RangeError);
  });

  it('stop a larger one as soon as its length is known', () => {
    const lengths = Buffer.from('ffffffff00000000', 'hex');
    assert.throws(() => frameDecoder()(lengths), /header length 4294967295 is out of range/);
  });
});
