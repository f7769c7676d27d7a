/**
 * Reads numbers and amounts of money as people write them, exactly. Every pattern is anchored and
 * bounded, so no text makes reading slow.
 *
 * `1,204.50`, `1.204,50`, `1 204,50`, `1'204.50` and `1,20,450.00` are all read. One separator
 * followed by exactly three digits separates thousands (`1,204` is 1204), unless a lone zero or
 * more than three digits stand before it (`0.125`, `1234.567`); any other single separator is the
 * decimal one.
 */
import { decimal, isDecimal, type Decimal } from './decimal.ts';

const GROUPED =
  /^([1-9]\d{0,2})((?:,\d{2,3}){0,30},\d{3}|(?:\.\d{3}){1,30}|(?:['’]\d{3}){1,30}|(?:[ \u00a0\u202f]\d{3}){1,30})(?!\d)/;
const PLAIN = /^\d{1,100}/;
const FRACTION = /^[.,]\d{1,100}/;
/** What may not follow directly: then the digits are part of a date, a version, an address. */
const CONTINUES = /^(?:\d|[.,:/'’-]\d|e[+-]?\d|[ \u00a0\u202f]\d{3}(?!\d))/i;
const PLAIN_CONTINUES = /^(?:\d|[.,:/'’-]\d|e[+-]?\d)/i;
const SIGN = /^[+\-−]/;
const BLANK = /^[ \t\u00a0\u202f]+/;
const CURRENCY = /^(?:(?:[A-Z]{1,3}(?=\p{Sc}))?\p{Sc}|[A-Z]{3}(?![A-Za-z]))/u;
/** Behind a number: not the currency of a number that follows. */
const CURRENCY_BEHIND = /^(?:\p{Sc}|[A-Z]{3}(?![A-Za-z]))(?![ \u00a0]?\d)/u;

/** Codes that are taken for a currency in the midst of a text, where "INV 1042" is none. */
const CODES = new Set(
  (
    'AED AUD BGN BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW ' +
    'MXN MYR NOK NZD PLN RMB SAR SEK SGD THB TWD UAH USD VND ZAR'
  ).split(' '),
);

/** Where a number may begin in a text: not inside a word, a date, a version or an identifier. */
const NUMBER_START = /(?<![\p{Lu}\p{Ll}\p{N}_@+\-−])(?<!\d[.,:/'’])[+\-−]?\d/gu;
const AMOUNT_START =
  /(?<![\p{Lu}\p{Ll}\p{N}_@+\-−(\p{Sc}])(?<!\d[.,:/'’])(?:[(+\-−\d\p{Sc}]|[A-Z]{1,3}(?=[\p{Sc} \u00a0\d+\-−]))/gu;

/** What is left of a text while it is being read. */
interface Rest {
  text: string;
}

function take(rest: Rest, pattern: RegExp): string | undefined {
  const found = pattern.exec(rest.text)?.[0];
  if (found !== undefined) rest.text = rest.text.slice(found.length);
  return found;
}

/** The number with which a text begins; a colon or equals sign may stand before it. */
export function readNumber(text: string): Decimal | undefined {
  const rest = { text: afterSeparator(text) };
  const negative = isMinus(take(rest, SIGN));
  return signed(takeDigits(rest), negative);
}

/** The amount with which a text begins: a currency may stand on either side of the number. */
export function readAmount(text: string): Decimal | undefined {
  return amountAt({ text: afterSeparator(text) })?.value;
}

/** The first number in a text. */
export function findNumber(text: string): Decimal | undefined {
  for (const { index } of text.matchAll(NUMBER_START)) {
    const found = readNumber(text.slice(index));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first amount in a text: the text as a whole, or else the first number with a currency. */
export function findAmount(text: string): Decimal | undefined {
  const all = { text: text.trim() };
  const whole = amountAt(all);
  if (whole && all.text === '') return whole.value;
  for (const { index } of text.matchAll(AMOUNT_START)) {
    const found = amountAt({ text: text.slice(index) });
    if (found?.currency === true) return found.value;
  }
  return undefined;
}

/** A number of a JSON document, which no reading of separators may change. */
export function exactNumber(value: unknown): Decimal | undefined {
  if (isDecimal(value)) return value;
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const found = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(String(value));
  if (!found) return decimal(String(value));
  // JavaScript writes exponents from 1e21 on and below 1e-6; at most 17 digits stand before them.
  const [, sign = '', whole = '', fraction = '', exponent = ''] = found;
  const digits = whole + fraction;
  const point = 1 + Number(exponent);
  const plain = point > 0 ? digits.padEnd(point, '0') : `0.${'0'.repeat(-point)}${digits}`;
  return decimal(sign + plain);
}

/** What follows the blanks, and the colon or equals sign, with which a text begins. */
export function afterSeparator(text: string): string {
  const rest = { text };
  take(rest, BLANK);
  take(rest, /^[:=]/);
  take(rest, BLANK);
  return rest.text;
}

function amountAt(rest: Rest): { value: Decimal; currency: boolean } | undefined {
  const parenthesis = take(rest, /^\(/) !== undefined;
  let sign = take(rest, SIGN);
  take(rest, BLANK);
  const before = take(rest, CURRENCY);
  take(rest, BLANK);
  sign ??= take(rest, SIGN);
  const digits = takeDigits(rest);
  if (digits === undefined) return undefined;
  const behind = takeCurrencyBehind(rest);
  if (parenthesis && take(rest, /^\s*\)/) === undefined) return undefined;
  const value = signed(digits, parenthesis || isMinus(sign));
  return value && { value, currency: isCurrency(before) || isCurrency(behind) };
}

function takeCurrencyBehind(rest: Rest): string | undefined {
  const { text } = rest;
  take(rest, BLANK);
  const found = take(rest, CURRENCY_BEHIND);
  if (found === undefined) rest.text = text;
  return found;
}

function isCurrency(text: string | undefined): boolean {
  return text !== undefined && (/\p{Sc}$/u.test(text) || CODES.has(text));
}

function isMinus(sign: string | undefined): boolean {
  return sign === '-' || sign === '−';
}

function signed(digits: string | undefined, negative: boolean): Decimal | undefined {
  return digits === undefined ? undefined : decimal(negative ? `-${digits}` : digits);
}

/** Digits without thousands separators, with a point before the fraction. */
function takeDigits(rest: Rest): string | undefined {
  const start = rest.text;
  const grouped = GROUPED.exec(start);
  if (grouped) {
    rest.text = start.slice(grouped[0].length);
    const separator = grouped[2]?.[0] ?? '';
    const fraction = rest.text.startsWith(separator) ? undefined : take(rest, FRACTION);
    const ends = !CONTINUES.test(rest.text);
    return ends ? grouped[0].replace(/\D/g, '') + pointed(fraction) : undefined;
  }
  const whole = take(rest, PLAIN);
  if (whole === undefined) return undefined;
  const fraction = take(rest, FRACTION);
  return PLAIN_CONTINUES.test(rest.text) ? undefined : whole + pointed(fraction);
}

function pointed(fraction: string | undefined): string {
  return fraction === undefined ? '' : `.${fraction.slice(1)}`;
}
