import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { decimal, isDecimal, sameNumber } from '../project/src/lib/decimal.ts';
import {
  amountAfter,
  domainOf,
  jsonAt,
  numberAfter,
  textAfter,
  textMatching,
} from '../project/src/lib/extract.ts';
import { parseJson, textOf, valueAt } from '../project/src/lib/json.ts';
import { mailWith, processorMs } from './support.ts';

describe('amountAfter', () => {
  const cases: [string, string | undefined][] = [
    ['Total: $1,204.50', '1204.50'],
    ['Total: 1.204,50 €', '1204.50'],
    ['Total: 1 204,50 EUR', '1204.50'],
    ['Total: 1\u00a0204,50 EUR', '1204.50'],
    ['Total: 1\u202f204,50 EUR', '1204.50'],
    ["Total: CHF 1'204.50", '1204.50'],
    ['Total: 1’204.50', '1204.50'],
    ['Total: ₹1,20,450.00', '120450.00'],
    ['Total: US$ 12', '12'],
    ['Total: USD 12.5', '12.5'],
    ['Total: 12.5USD', '12.5'],
    ['Total: -5.00', '-5.00'],
    ['Total: -$5.00', '-5.00'],
    ['Total: $-5.00', '-5.00'],
    ['Total: \u22125,00 €', '-5.00'],
    ['Total: ($1,204.50)', '-1204.50'],
    ['Total: (1.204,50 EUR)', '-1204.50'],
    ['Total: +7', '7'],
    ['Total: 1,204', '1204'], // one separator and three digits: thousands
    ['Total: 1.204', '1204'],
    ['Total: 1,2045', '1.2045'], // else the decimal one
    ['Total: 12,5', '12.5'],
    ['Total: 0.125', '0.125'], // a lone zero does not begin thousands
    ['Total: 1234.567', '1234.567'], // nor do four digits
    ['Total: 1,204,567', '1204567'],
    ['Total: 1.204.567,8', '1204567.8'],
    ['Total: 0012.50', '12.50'],
    ['Total: 99999999999999999999.99', '99999999999999999999.99'],
    ['Total: 1,204.50.', '1204.50'], // the end of a sentence
    ['Total: 1,204.50, due soon', '1204.50'],
    ['Total $5', undefined], // the label ends with a colon
    ['total:$5', '5'], // the label ignores case
    ['Total: none yet\nTotal: $7', '7'], // the first place where a value fits
    ['Total:\n$7', undefined], // on the same line only
    ['Total: 12.03.2026', undefined], // a date
    ['Total: 10:30', undefined],
    ['Total: 1,204,50', undefined],
    ['Total: 192.168.1.1', undefined],
    ['Total: 5-7', undefined],
    ['Total: ($5', undefined],
    ['Total: $', undefined],
    ['Total: five', undefined],
    ['nothing', undefined],
  ];
  for (const [body, wanted] of cases) {
    it(`${JSON.stringify(body)} is ${String(wanted)}`, () => {
      const found = amountAfter(mailWith({ body }), 'body', 'Total:');
      assert.equal(found?.text, wanted);
    });
  }

  it('reads what comes after a colon that is not part of the label', () => {
    assert.equal(amountAfter(mailWith({ body: 'Total: $5' }), 'body', 'Total')?.text, '5');
  });

  it('takes a long line without much time', () => {
    const body = `Total: ${'1,'.repeat(100_000)}`.repeat(3);
    const start = processorMs();
    amountAfter(mailWith({ body }), 'body', 'Total:');
    assert.ok(processorMs() - start < 20_000);
  });
});

describe('numberAfter', () => {
  const cases: [string, string | undefined][] = [
    ['Quantity: 1,200', '1200'],
    ['Quantity: -3', '-3'],
    ['Quantity: 2.5 kg', '2.5'],
    ['Quantity: 5kg', '5'],
    ['Quantity: 1e5', undefined],
    ['Quantity: $5', undefined],
  ];
  for (const [body, wanted] of cases) {
    it(`${JSON.stringify(body)} is ${String(wanted)}`, () => {
      assert.equal(numberAfter(mailWith({ body }), 'body', 'quantity')?.text, wanted);
    });
  }
});

describe('text', () => {
  it('after a label is the rest of the line', () => {
    const message = mailWith({ body: 'Due by:  \r\ndue by 1 May \r\nmore' });
    assert.equal(textAfter(message, 'body', 'DUE BY'), '1 May');
    assert.equal(textAfter(message, 'body', 'due by:'), undefined);
    assert.equal(textAfter(message, 'body', 'Due by '), '1 May');
  });

  it('after a label begins behind a colon or an equals sign', () => {
    const body = 'From: Max Mieter\nKey = a:b\nFace: :-)\nGone :\nPath:=x';
    const message = mailWith({ body });
    assert.equal(textAfter(message, 'body', 'From'), 'Max Mieter');
    assert.equal(textAfter(message, 'body', 'From:'), 'Max Mieter');
    assert.equal(textAfter(message, 'body', 'Key'), 'a:b');
    assert.equal(textAfter(message, 'body', 'Face: '), ':-)', 'the label has the colon itself');
    assert.equal(textAfter(message, 'body', 'Gone'), undefined);
    assert.equal(textAfter(message, 'body', 'Path'), '=x', 'one sign');
  });

  it('matching a pattern is its group, or all of it', () => {
    const message = mailWith({ subject: 'Invoice inv-1042' });
    assert.equal(textMatching(message, 'subject', 'INV-(\\d+)'), '1042');
    assert.equal(textMatching(message, 'subject', 'INV-\\d+'), 'inv-1042');
    assert.equal(textMatching(message, 'subject', 'INV-', { caseSensitive: true }), undefined);
    assert.equal(textMatching(message, 'body', 'x'), undefined);
    assert.equal(textMatching(message, 'subject', '(x)?Invoice'), undefined);
  });

  it('finds positions after characters whose case is special', () => {
    const message = mailWith({ body: 'İİİ K Total: 7' });
    assert.equal(textAfter(message, 'body', 'total:'), '7');
  });
});

describe('domainOf', () => {
  it('is what follows the last @, in lower case', () => {
    assert.equal(domainOf(mailWith({ from: 'a@b@ACME.com' }), 'from'), 'acme.com');
    assert.equal(domainOf(mailWith({ to: 'a@x.com, b@y.com' }), 'to'), 'x.com');
    assert.equal(domainOf(mailWith({ from: 'nobody' }), 'from'), undefined);
    assert.equal(domainOf(mailWith({ from: 'nobody@' }), 'from'), undefined);
  });
});

describe('JSON', () => {
  it('keeps the digits of numbers that a double cannot hold', () => {
    const payload = parseJson('{"id":12345678901234567890,"total":0.12345678901234567,"n":1.50}');
    const message = mailWith({ payload });
    const id = jsonAt(message, 'id');
    assert.ok(isDecimal(id));
    assert.equal(
      JSON.stringify({ id, n: jsonAt(message, 'n') }),
      '{"id":12345678901234567890,"n":1.50}',
    );
    assert.equal(textOf(jsonAt(message, 'total')), '0.12345678901234567');
  });

  it('gives any value at a path, and nothing where there is none', () => {
    const message = mailWith({ payload: { a: [1, { b: [true] }] } });
    assert.deepEqual(jsonAt(message, 'a[1].b'), [true]);
    assert.equal(jsonAt(message, 'a[1].c'), undefined);
    assert.equal(jsonAt(mailWith({}), 'a'), undefined);
  });
});

describe('Decimal', () => {
  it('is what a number of JSON becomes whose digits a double cannot hold', () => {
    const payload = parseJson('{"total":123456789012345.67,"n":1.5}');
    assert.equal(JSON.stringify(payload), '{"total":123456789012345.67,"n":1.5}');
    assert.equal(textOf(valueAt(parseJson('{"a":90071992547409.935}'), 'a')), '90071992547409.935');
  });

  it('is written as its digits, in text and in JSON', () => {
    const total = decimal('1204.50');
    assert.equal(String(total), '1204.50');
    assert.equal(JSON.stringify({ total }), '{"total":1204.50}');
    assert.equal(JSON.stringify(decimal('-007.10')), '-7.10');
  });

  it('is compared by value', () => {
    assert.ok(sameNumber(decimal('1204.50'), '1204.5'));
    assert.ok(sameNumber('-0.0', '0'));
    assert.ok(sameNumber('007', '7'));
    assert.ok(!sameNumber('1', '-1'));
    assert.ok(!sameNumber('x', 'x'));
  });

  it('is made of plain digits only', () => {
    for (const text of ['', '1e3', '1.', '.5', '0x10', 'NaN', '1,5', ' 1']) {
      assert.throws(() => decimal(text), RangeError, text);
    }
  });
});
