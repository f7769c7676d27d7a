/**
 * How a rule finds values in a message. Each function returns undefined when it finds nothing;
 * what then happens (a default, an empty value, an error) is the rule's choice.
 */
import { compilePattern, fold } from './conditions.ts';
import { decimal, type Decimal } from './decimal.ts';
import { valueAt, type Json } from './json.ts';
import { fieldText, type Field, type Message } from './message.ts';

/** What the last search on a message wanted and where it looked, for a helpful error. */
export interface Search {
  wanted: string;
  field: Field;
  text: string | undefined;
}

const searches = new WeakMap<Message, Search>();

export function lastSearch(message: Message): Search | undefined {
  return searches.get(message);
}

/** The field's text, leaving a note of the search for `lastSearch`. */
function searched(message: Message, field: Field, wanted: string): string | undefined {
  const text = fieldText(message, field);
  searches.set(message, { wanted, field, text });
  return text;
}

/** What the pattern's first group matched; the whole match when the pattern has no group. */
export function textMatching(
  message: Message,
  field: Field,
  pattern: string,
  { caseSensitive = false }: { caseSensitive?: boolean } = {},
): string | undefined {
  const text = searched(message, field, `text matching /${pattern}/`);
  if (text === undefined) return undefined;
  const compiled = compilePattern(pattern, caseSensitive);
  // `test` is many times faster than `find`, and most texts of most messages do not match.
  if (!compiled.test(text)) return undefined;
  const matcher = compiled.matcher(text);
  if (!matcher.find()) return undefined;
  return (matcher.groupCount() > 0 ? matcher.group(1) : matcher.group(0)) ?? undefined;
}

/** The rest of the line after a label, without surrounding white space; never empty. */
export function textAfter(message: Message, field: Field, label: string): string | undefined {
  const text = searched(message, field, `text after "${label}"`);
  return afterLabel(text, label, (rest) => {
    const found = rest.trim();
    return found === '' ? undefined : found;
  });
}

/** The number after a label, as in `Quantity: 1,200`. */
export function numberAfter(message: Message, field: Field, label: string): Decimal | undefined {
  const text = searched(message, field, `a number after "${label}"`);
  return afterLabel(text, label, readNumber);
}

/** The amount of money after a label, as in `Total: $1,204.50` or `Summe: 1.204,50 EUR`. */
export function amountAfter(message: Message, field: Field, label: string): Decimal | undefined {
  const text = searched(message, field, `an amount after "${label}"`);
  return afterLabel(text, label, readAmount);
}

/** The domain of an address, in lower case; of the first one when there are several. */
export function domainOf(message: Message, field: Field): string | undefined {
  const address = searched(message, field, 'an address with a domain')?.split(', ')[0];
  const at = address?.lastIndexOf('@') ?? -1;
  const domain =
    at < 0
      ? ''
      : (address
          ?.slice(at + 1)
          .trim()
          .toLowerCase() ?? '');
  return domain === '' ? undefined : domain;
}

/** The value at a path of the JSON document, whatever its type. */
export function jsonAt(message: Message, path: string): Json | undefined {
  searched(message, `json:${path}`, 'a JSON value');
  return valueAt(message.payload, path);
}

/**
 * Tries the rest of the line after each place where the label stands, ignoring case; the first
 * that `read` accepts wins.
 */
function afterLabel<T>(
  text: string | undefined,
  label: string,
  read: (rest: string) => T | undefined,
): T | undefined {
  if (text === undefined || label === '') return undefined;
  // Folding keeps every text's length, so a position in the folded text is one in the text.
  const folded = fold(text);
  const wanted = fold(label);
  for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + 1)) {
    const start = at + wanted.length;
    const end = text.indexOf('\n', start);
    const found = read(end < 0 ? text.slice(start) : text.slice(start, end));
    if (found !== undefined) return found;
  }
  return undefined;
}

// The grammar of numbers. `1,204.50`, `1.204,50`, `1 204,50`, `1'204.50` and `1,20,450.00` are all
// read. One separator followed by exactly three digits separates thousands (`1,204` is 1204),
// unless a lone zero or more than three digits stand before it (`0.125`, `1234.567`); any other
// single separator is the decimal one.
const GROUPED =
  /^([1-9]\d{0,2})((?:,\d{2,3})*,\d{3}|(?:\.\d{3})+|(?:['’]\d{3})+|(?:[ \u00a0\u202f]\d{3})+)(?!\d)/;
const PLAIN = /^\d+/;
const FRACTION = /^[.,]\d+/;
/** What may not follow directly: then the digits are part of a date, a version, an address. */
const CONTINUES = /^(?:\d|[.,:/'’-]\d|e[+-]?\d)/i;
const SIGN = /^[+\-−]/;
const BLANK = /^[ \t\u00a0\u202f]+/;
const CURRENCY = /^(?:[A-Z]{1,3}(?=\p{Sc}))?\p{Sc}|^[A-Z]{3}(?![A-Za-z])/u;

/** What is left of a line while it is being read. */
interface Rest {
  text: string;
}

function take(rest: Rest, pattern: RegExp): string | undefined {
  const found = pattern.exec(rest.text)?.[0];
  if (found !== undefined) rest.text = rest.text.slice(found.length);
  return found;
}

/** A number at the start of a line's rest; a colon or equals sign may stand before it. */
function readNumber(line: string): Decimal | undefined {
  const rest = afterSeparator(line);
  const negative = isMinus(take(rest, SIGN));
  return signed(takeDigits(rest), negative);
}

/** An amount: a number with a currency before or after it; parentheses make it negative. */
function readAmount(line: string): Decimal | undefined {
  const rest = afterSeparator(line);
  const parenthesis = take(rest, /^\(/) !== undefined;
  let sign = take(rest, SIGN);
  take(rest, BLANK);
  take(rest, CURRENCY);
  take(rest, BLANK);
  sign ??= take(rest, SIGN);
  const digits = takeDigits(rest);
  if (!parenthesis) return signed(digits, isMinus(sign));
  take(rest, BLANK);
  take(rest, CURRENCY);
  return take(rest, /^\s*\)/) === undefined ? undefined : signed(digits, true);
}

function afterSeparator(line: string): Rest {
  const rest = { text: line };
  take(rest, BLANK);
  take(rest, /^[:=]/);
  take(rest, BLANK);
  return rest;
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
    return endOfNumber(rest) ? grouped[0].replace(/\D/g, '') + pointed(fraction) : undefined;
  }
  const whole = take(rest, PLAIN);
  if (whole === undefined) return undefined;
  const fraction = take(rest, FRACTION);
  return endOfNumber(rest) ? whole + pointed(fraction) : undefined;
}

function endOfNumber(rest: Rest): boolean {
  return !CONTINUES.test(rest.text);
}

function pointed(fraction: string | undefined): string {
  return fraction === undefined ? '' : `.${fraction.slice(1)}`;
}
