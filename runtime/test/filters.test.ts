import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { decimal } from '../project/src/lib/decimal.ts';
import type { ActionError } from '../project/src/lib/errors.ts';
import {
  asJson,
  defaultTo,
  formatDate,
  formatMoney,
  formatNumber,
  join,
  lower,
  trim,
  truncate,
  upper,
} from '../project/src/lib/filters.ts';

function refused(code: string, message: RegExp) {
  return (error: unknown) => {
    const { code: seen, message: text } = error as ActionError;
    return seen === code && message.test(text);
  };
}

describe('number and money', () => {
  it('never round what a double would', () => {
    const long = decimal('12345678901234567890.10');
    assert.equal(formatNumber(long), '12,345,678,901,234,567,890.10');
    assert.equal(formatNumber(long, 1), '12,345,678,901,234,567,890.1');
    assert.equal(formatMoney(long, 'EUR'), '€12,345,678,901,234,567,890.10');
    assert.equal(
      formatNumber(decimal('0.1234567890123456789012345')),
      '0.1234567890123456789012345',
    );
  });

  it('round halves away from zero, and show no minus before a zero', () => {
    assert.equal(formatNumber('1.005', 2), '1.01');
    assert.equal(formatNumber('-1.005', 2), '-1.01');
    assert.equal(formatNumber('2.5', 0), '3');
    assert.equal(formatNumber('-0.001', 2), '0.00');
    assert.equal(formatMoney('-0.004', 'USD'), '$0.00');
  });

  it('show as many places as the number or the currency has', () => {
    assert.equal(formatNumber('1204.50'), '1,204.50');
    assert.equal(formatNumber(1204), '1,204');
    assert.equal(formatNumber(1e21), '1,000,000,000,000,000,000,000');
    assert.equal(formatNumber('+7', 2), '7.00');
    assert.equal(formatMoney('1204.5', 'USD'), '$1,204.50');
    assert.equal(formatMoney('1204.5', 'JPY'), '¥1,205');
    assert.equal(formatMoney('-1204.5', 'CHF'), '-CHF 1,204.50');
    assert.equal(formatMoney('1', 'BHD'), 'BHD 1.000');
  });

  it('refuse what is no number, and name it', () => {
    for (const value of ['1,204.50', 'abc', '1e3', '0x10', 'Infinity', ' ', NaN, true, [1], {}]) {
      assert.throws(() => formatNumber(value), refused('filter_value', /number needs a number/));
      assert.throws(() => formatMoney(value, 'EUR'), refused('filter_value', /filter money/));
    }
    assert.throws(() => formatNumber('12 pieces'), refused('filter_value', /"12 pieces"/));
  });
});

describe('date', () => {
  it('knows each part of a format', () => {
    const at = (format: string): string => formatDate('2026-03-02T15:04:05Z', format);
    assert.equal(at('yyyy yy MMMM MMM MM M dd d'), '2026 26 March Mar 03 3 02 2');
    assert.equal(at('EEEE EEE HH H hh h mm m ss s a'), 'Monday Mon 15 15 03 3 04 4 05 5 PM');
    assert.equal(at("d 'of' MMMM, 'o''clock' ''"), "2 of March, o'clock '");
    assert.equal(formatDate('2026-03-02T00:30:00Z', 'h:mm a'), '12:30 AM');
    assert.equal(formatDate('2026-03-02T12:30:00Z', 'h:mm a'), '12:30 PM');
  });

  it('shows a point in time as the clocks of the zone show it', () => {
    const at = (text: string, zone?: string): string => formatDate(text, 'yyyy-MM-dd HH:mm', zone);
    assert.equal(at('2026-03-28T23:30:00Z', 'Europe/Paris'), '2026-03-29 00:30');
    assert.equal(at('2026-03-29T01:30:00Z', 'Europe/Paris'), '2026-03-29 03:30');
    assert.equal(at('2026-07-01T00:00:00+02:00'), '2026-06-30 22:00');
    assert.equal(at('2026-07-01T00:00:00.123-0330', 'Asia/Kolkata'), '2026-07-01 09:00');
    assert.equal(at('2026-01-01T00:00:00Z', 'America/New_York'), '2025-12-31 19:00');
  });

  it('leaves a date, and a time without an offset, where they are', () => {
    for (const zone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'UTC']) {
      assert.equal(formatDate('2026-03-12', 'EEEE, d MMMM yyyy', zone), 'Thursday, 12 March 2026');
      assert.equal(formatDate('2026-03-12T23:59', 'd HH:mm:ss', zone), '12 23:59:00');
    }
    assert.equal(formatDate('0026-02-28', 'yyyy M d'), '0026 2 28');
    assert.equal(formatDate('2024-02-29', 'd MMM'), '29 Feb');
  });

  it('refuses what is no date, and a zone that does not exist', () => {
    const wrong = [
      '12.03.2026',
      '2026-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-01-00',
      1773273600,
    ];
    for (const value of [...wrong, '2026-03-12T24:00:00Z', '2026-03-12T10:00:00+25:00', 'soon']) {
      assert.throws(() => formatDate(value, 'd'), refused('filter_value', /filter date/));
    }
    assert.throws(
      () => formatDate('2026-03-12T10:00:00Z', 'd', 'Europe/Pariss'),
      refused('time_zone_unknown', /Europe\/Pariss/),
    );
  });
});

describe('the filters of texts', () => {
  it('change case and white space', () => {
    assert.equal(upper('straße'), 'STRASSE');
    assert.equal(lower('ÀÉ'), 'àé');
    assert.equal(trim(' \n a b\u00a0'), 'a b');
    assert.equal(upper(decimal('1.50')), '1.50');
  });

  it('cut between characters as people count them', () => {
    assert.equal(truncate('abcdef', 6), 'abcdef');
    assert.equal(truncate('abcdef', 5), 'abcd…');
    assert.equal(truncate('abcdef', 1), '…');
    assert.equal(truncate('👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 2), '👩‍👩‍👧‍👦👩‍👩‍👧‍👦');
    assert.equal(truncate('👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 2), '👩‍👩‍👧‍👦…');
    assert.equal(truncate('e\u0301e\u0301e\u0301', 2), 'e\u0301…');
  });

  it('give a default for what is missing or empty, and else the value itself', () => {
    for (const value of [undefined, null, '']) assert.equal(defaultTo(value, 'none'), 'none');
    for (const value of [0, false, ' ', []]) assert.equal(defaultTo(value, 'none'), value);
  });

  it('write JSON with exact numbers, and join lists', () => {
    assert.equal(asJson({ a: decimal('1204.50'), b: ['"'] }), '{"a":1204.50,"b":["\\""]}');
    assert.equal(asJson(undefined), 'null');
    assert.equal(join(['a', 1, null, decimal('2.50')], ', '), 'a, 1, , 2.50');
    assert.equal(join('a', ', '), 'a');
    assert.equal(join(undefined, ', '), '');
  });

  it('leave an empty value empty', () => {
    for (const value of [undefined, null, '']) {
      assert.equal(formatNumber(value), '');
      assert.equal(formatMoney(value, 'EUR'), '');
      assert.equal(formatDate(value, 'd'), '');
      assert.equal(truncate(value, 3), '');
    }
  });
});
