import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { decimal } from '../project/src/lib/decimal.ts';
import {
  contains,
  endsWith,
  is,
  isAtLeast,
  isAtMost,
  isEmpty,
  isOver,
  isUnder,
  matches,
  startsWith,
} from '../project/src/lib/guards.ts';

describe('texts', () => {
  it('are compared without regard to case, or with it', () => {
    assert.ok(is(' Acme ', 'acme'));
    assert.ok(!is('Acme', 'acme', { caseSensitive: true }));
    assert.ok(contains('Big ACME corp', 'acme'));
    assert.ok(!contains('Big ACME corp', 'acme', { caseSensitive: true }));
    assert.ok(startsWith('INV-7', 'inv-'));
    assert.ok(!startsWith('INV-7', 'inv-', { caseSensitive: true }));
    assert.ok(endsWith('a@Acme.com', '@acme.COM'));
    assert.ok(!endsWith('a@Acme.com', '@acme.COM', { caseSensitive: true }));
    assert.ok(matches('INV-7', '^inv-\\d+$'));
    assert.ok(!matches('INV-7', '^inv-\\d+$', { caseSensitive: true }));
  });

  it('of lists and objects are their JSON', () => {
    assert.ok(contains(['paid', 'open'], '"open"'));
    assert.ok(!is(undefined, 'x'));
    assert.ok(is(undefined, ''));
  });

  it('that look like numbers stay texts', () => {
    assert.ok(!is('007', '7'));
    assert.ok(is('1e2', '1E2'));
  });
});

describe('numbers', () => {
  it('are equal by value, whatever their spelling', () => {
    assert.ok(is(decimal('1204.50'), 1204.5));
    assert.ok(is(decimal('1204.50'), '1204.5'));
    assert.ok(is(1204.5, decimal('1204.50')));
    assert.ok(!is(decimal('1204.50'), 1204.51));
    assert.ok(!is(5, 'five'));
  });

  it('are compared exactly, to the last digit', () => {
    const large = decimal('99999999999999999999.01');
    assert.ok(isOver(large, decimal('99999999999999999999.001')));
    assert.ok(!isOver(large, large));
    assert.ok(isAtLeast(large, large) && isAtMost(large, large));
    assert.ok(isUnder(decimal('-0.1'), decimal('0.09')));
    assert.ok(isUnder('0.3', decimal('0.30000000000000004')));
    assert.ok(isOver(1e21, '999999999999999999999'));
    assert.ok(isAtMost(1e-7, '0.0000001'));
    for (const [a, b] of [
      [1, 2],
      [-2, -1],
      [0, 0.5],
      [99, 100],
    ] as const) {
      assert.deepEqual(
        [isOver(a, b), isAtLeast(a, b), isUnder(a, b), isAtMost(a, b)],
        [false, false, true, true],
      );
      assert.deepEqual(
        [isOver(b, a), isAtLeast(b, a), isUnder(b, a), isAtMost(b, a)],
        [true, true, false, false],
      );
    }
  });

  it('that are missing are neither over nor under anything', () => {
    for (const missing of [undefined, null, '', '  ']) {
      for (const test of [isOver, isAtLeast, isUnder, isAtMost]) assert.ok(!test(missing, 0));
    }
  });

  it('that are none are a mistake', () => {
    for (const value of ['many', '1,204.50', '12 EUR', { a: 1 }, true, '0x10', '1'.repeat(2000)]) {
      assert.throws(() => isOver(value, 1000), { code: 'not_a_number', recoverable: false });
    }
  });
});

describe('other values', () => {
  it('yes and no are what people call them', () => {
    assert.ok(is(true, 'yes') && is(true, 'TRUE') && is(false, 'no'));
    assert.ok(!is(false, 'yes') && !is(true, ''));
  });

  it('are empty without content', () => {
    for (const empty of [undefined, null, '', ' \n', [], {}]) assert.ok(isEmpty(empty));
    for (const full of ['x', 0, false, [null], { a: null }, decimal('0')])
      assert.ok(!isEmpty(full));
  });
});
