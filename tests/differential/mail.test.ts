/**
 * The hub reads mails in C++, a rule's own project reads them in TypeScript. Here both read the
 * same mails, and must read the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readJson } from '../../runtime/project/src/lib/json-reader.ts';
import { textOf } from '../../runtime/project/src/lib/json.ts';
import { textOfHtml } from '../../runtime/project/src/lib/html-text.ts';
import { decodeCharset } from '../../runtime/project/src/lib/mail-charset.ts';
import { toldByProject } from '../../runtime/test/told.ts';
import { randomHtml, randomJson, randomMail } from './mails.ts';
import { askHub } from './probe.ts';
import { Random } from './random.ts';

/** Mails and pages; MSGHUB_FULL, as `script/test --full` sets it, tries more. */
const COUNT = process.env.MSGHUB_FULL === '1' ? 50_000 : 5_000;
const BATCH = 1_000;

/** Asks both for each of many inputs. */
function compare<Input>(
  make: (random: Random) => Input,
  request: (input: Input) => object,
  read: (input: Input) => unknown,
  known: (answer: object) => unknown = (answer) => answer,
): void {
  const random = new Random();
  for (let done = 0; done < COUNT; done += BATCH) {
    const inputs = Array.from({ length: BATCH }, () => make(random));
    const answers = askHub<object>(
      inputs.map((input) => JSON.stringify(request(input))),
      'mime_probe',
    );
    inputs.forEach((input, index) => {
      const what = `seed ${String(random.seed)}: ${JSON.stringify(String(input))}`;
      assert.deepEqual(read(input), known(answers[index] ?? {}), what);
    });
  }
}

void test('mails of all kinds', () => {
  compare(
    randomMail,
    (mail) => ({ mail: Buffer.from(mail, 'latin1').toString('base64') }),
    (mail) => toldByProject(Buffer.from(mail, 'latin1')),
  );
});

void test('pages of HTML', () => {
  compare(
    randomHtml,
    (html) => ({ html }),
    (html) => ({ text: textOfHtml(html) }),
  );
});

void test('JSON of webhooks', () => {
  const isIndex = /"\d+":/; // such members come first in JavaScript; the hub's matcher sorts them
  compare(
    randomJson,
    (json) => ({ json: Buffer.from(json, 'latin1').toString('base64') }),
    (json) => {
      try {
        const text = textOf(readJson(Buffer.from(json, 'latin1')));
        return isIndex.test(text) ? SORTED : { text };
      } catch {
        return REFUSED;
      }
    },
    (answer: { text?: string }) => {
      if (answer.text === undefined) return REFUSED;
      return isIndex.test(answer.text) ? SORTED : answer;
    },
  );
});

/** The readers have words of their own for what is broken. */
const REFUSED = 'refused';
const SORTED = 'sorted';

void test('every byte in every charset of one byte a character', () => {
  const numbered = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16].map(
    (number) => `iso-8859-${String(number)}`,
  );
  const windows = Array.from({ length: 9 }, (_, number) => `windows-125${String(number)}`);
  const others = 'cp437 cp850 cp852 cp866 cp874 koi8-r koi8-u macintosh tis-620 latin1'.split(' ');
  const charsets = [...numbered, ...windows, ...others, 'us-ascii', '', 'x-unknown-at-all'];
  // Some marks join the letter before them, so each byte has a letter of its own behind it.
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => [byte, 0x2e]).flat()).toString(
    'latin1',
  );
  const base64 = Buffer.from(bytes, 'latin1').toString('base64');
  const answers = askHub<{ text: string }>(
    charsets.map((charset) => JSON.stringify({ charset, bytes: base64 })),
    'mime_probe',
  );
  charsets.forEach((charset, index) => {
    assert.equal(decodeCharset(bytes, charset), answers[index]?.text, charset);
  });
});
