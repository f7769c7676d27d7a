/** Any text at all: no finding throws, each takes time that grows evenly, values stay exact. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { findAddress, findUrl } from '../project/src/lib/addresses.ts';
import { findDate } from '../project/src/lib/dates.ts';
import {
  addressAfter,
  amountAfter,
  dateAfter,
  firstAddress,
  firstAmount,
  firstDate,
  firstNumber,
  firstUrl,
  numberAfter,
  textAfter,
  textBetween,
  textMatching,
  urlAfter,
} from '../project/src/lib/extract.ts';
import type { Message } from '../project/src/lib/message.ts';
import { findAmount, findNumber, readAmount } from '../project/src/lib/numbers.ts';
import { mailWith, processorMs } from './support.ts';

const MEBIBYTE = 1024 * 1024;

const FINDERS: Record<string, (message: Message) => unknown> = {
  firstNumber: (message) => firstNumber(message, 'body'),
  firstAmount: (message) => firstAmount(message, 'body'),
  firstDate: (message) => firstDate(message, 'body'),
  firstAddress: (message) => firstAddress(message, 'body'),
  firstUrl: (message) => firstUrl(message, 'body'),
  textAfter: (message) => textAfter(message, 'body', 'a:'),
  numberAfter: (message) => numberAfter(message, 'body', 'a:'),
  amountAfter: (message) => amountAfter(message, 'body', 'a:'),
  dateAfter: (message) => dateAfter(message, 'body', 'a:'),
  addressAfter: (message) => addressAfter(message, 'body', 'a:'),
  urlAfter: (message) => urlAfter(message, 'body', 'a:'),
  textBetween: (message) => textBetween(message, 'body', 'a:', 'zzz'),
  textMatching: (message) => textMatching(message, 'body', 'a:(x+)+y'),
};

/** Each is a beginning of something that never comes, over and over. */
const UNITS = [
  'a:',
  'a: ',
  'a:\n',
  'a:x',
  'a:1e5 ',
  'a:(',
  '(',
  '( ',
  '-',
  '- ',
  '$',
  '$ ',
  'EUR ',
  'A',
  '1',
  '1,',
  '1,11',
  '1 111',
  '1.111:',
  '1,111e5 ',
  '1/1/',
  '2026-',
  '12 Mar ',
  '3/4/',
  'Mar 12 ',
  'mar',
  '@',
  'a@',
  'a@a',
  'a.@a.',
  'ann@acme.',
  '.',
  'http://',
  'https://[',
  'http:// ',
  'http://a)',
  ' ',
  '\t',
  '\n',
  '\u00a0',
  '\ud83d',
  '😀',
  'İ',
];

describe('one MiB of hostile text', () => {
  for (const [name, find] of Object.entries(FINDERS)) {
    it(`takes ${name} no long time`, () => {
      for (const unit of UNITS) {
        const body = unit.repeat(MEBIBYTE / unit.length);
        const message = mailWith({ body });
        const start = processorMs();
        find(message);
        const took = processorMs() - start;
        // A quadratic search would need minutes; the limit leaves room for a busy machine.
        assert.ok(took < 30_000, `${JSON.stringify(unit)} took ${took.toFixed(0)} ms`);
      }
    });
  }

  it('may stand before a value', () => {
    for (const unit of ['1 111:', '@ ', '$ ', '( ', 'Mar 12 ', 'http:// ', '1/1/ ']) {
      const noise = unit.repeat(MEBIBYTE / unit.length);
      const body = `${noise}\n$7.50 on 12 March 2026 to ann@acme.com or https://acme.com/x`;
      assert.equal(findDate(body), '2026-03-12', unit);
      assert.equal(findAddress(body), 'ann@acme.com', unit);
      assert.equal(findUrl(body), 'https://acme.com/x', unit);
      assert.equal(findAmount(body)?.text, '7.50', unit);
    }
  });
});

/** Numbers that look random and are the same in every run. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe('random texts', () => {
  it('never throw, and what is found stands in the text', () => {
    const pieces = [
      ...UNITS,
      '12 March 2026',
      '1,204.50',
      'ann@acme.com',
      'https://a.com',
      'é',
      '\u2028',
    ];
    const random = generator(7);
    for (let round = 0; round < 3_000; round += 1) {
      const count = random(8);
      const body = Array.from({ length: count }, () => pieces[random(pieces.length)]).join('');
      const message = mailWith({ body });
      for (const find of Object.values(FINDERS)) find(message);
      const address = findAddress(body);
      assert.ok(address === undefined || body.includes(address), body);
      const url = findUrl(body);
      assert.ok(url === undefined || (body.includes(url) && URL.canParse(url)), body);
      const date = findDate(body);
      assert.ok(typeof date !== 'string' || /^\d{4}-\d\d-\d\d$/.test(date), body);
    }
  });

  it('give amounts back exactly, however they are written', () => {
    const random = generator(11);
    for (let round = 0; round < 2_000; round += 1) {
      const digits =
        String(1 + random(9)) + Array.from({ length: random(20) }, () => random(10)).join('');
      const cents = `${String(random(10))}${String(random(10))}`;
      const [thousands, point] = [
        [',', '.'],
        ['.', ','],
        [' ', ','],
        ['\u202f', ','],
        ["'", '.'],
      ][random(5)] as [string, string];
      const grouped = digits.replace(/\B(?=(?:\d{3})+$)/g, thousands);
      const written = `${grouped}${point}${cents}`;
      const wanted = `${digits}.${cents}`;
      assert.equal(readAmount(`: $${written}`)?.text, wanted, written);
      assert.equal(readAmount(`(${written} EUR)`)?.text, `-${wanted}`, written);
      assert.equal(findNumber(`of ${written} or`)?.text, wanted, written);
      assert.equal(findAmount(`12 items: ${written} €.`)?.text, wanted, written);
    }
  });
});
