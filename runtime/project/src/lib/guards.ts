/**
 * The tests of `only if`: each takes a value of the rule and what the author compares it with. In a
 * list of operands, one that fits is enough.
 */
import { compilePattern, fold } from './conditions.ts';
import { isDecimal } from './decimal.ts';
import { ActionError } from './errors.ts';
import { textOf } from './json.ts';
import { cut } from './message.ts';

export interface GuardOptions {
  caseSensitive?: boolean;
}

/** Numbers are equal by value, a yes or no is equal to "yes" or "no"; all else is text. */
export function is(value: unknown, operand: unknown, options: GuardOptions = {}): boolean {
  return someOf(operand, (one) => isEqual(value, one, options));
}

function isEqual(value: unknown, operand: unknown, options: GuardOptions): boolean {
  if (typeof value === 'boolean') {
    const wanted = textOf(operand).trim().toLowerCase();
    return (value ? ['yes', 'true'] : ['no', 'false']).includes(wanted);
  }
  const isNumber = typeof value === 'number' || isDecimal(value);
  const [left, right] = isNumber ? [numberIn(value), numberIn(operand)] : [];
  if (left && right) return compare(left, right) === 0;
  const [seen, wanted] = textsOf(value, operand, options);
  return seen.trim() === wanted.trim();
}

export function contains(value: unknown, operand: unknown, options: GuardOptions = {}): boolean {
  return someOf(operand, (one) => {
    const [seen, wanted] = textsOf(value, one, options);
    return seen.includes(wanted);
  });
}

export function startsWith(value: unknown, operand: unknown, options: GuardOptions = {}): boolean {
  return someOf(operand, (one) => {
    const [seen, wanted] = textsOf(value, one, options);
    return seen.startsWith(wanted);
  });
}

export function endsWith(value: unknown, operand: unknown, options: GuardOptions = {}): boolean {
  return someOf(operand, (one) => {
    const [seen, wanted] = textsOf(value, one, options);
    return seen.endsWith(wanted);
  });
}

/** Whether the pattern is found anywhere in the value. */
export function matches(
  value: unknown,
  pattern: string | string[],
  options: GuardOptions = {},
): boolean {
  const text = textOf(value);
  return someOf(pattern, (one) => compilePattern(one, options.caseSensitive === true).test(text));
}

export function isOver(value: unknown, operand: unknown): boolean {
  return order(value, operand, (sign) => sign > 0);
}

export function isAtLeast(value: unknown, operand: unknown): boolean {
  return order(value, operand, (sign) => sign >= 0);
}

export function isUnder(value: unknown, operand: unknown): boolean {
  return order(value, operand, (sign) => sign < 0);
}

export function isAtMost(value: unknown, operand: unknown): boolean {
  return order(value, operand, (sign) => sign <= 0);
}

/** Nothing there: no value, only white space, or a list or object without members. */
export function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null && !isDecimal(value)) {
    return Object.keys(value).length === 0;
  }
  return textOf(value).trim() === '';
}

function someOf<T>(operand: T | T[], fits: (one: T) => boolean): boolean {
  return Array.isArray(operand) ? operand.some(fits) : fits(operand);
}

function textsOf(
  value: unknown,
  operand: unknown,
  { caseSensitive = false }: GuardOptions,
): [string, string] {
  const texts: [string, string] = [textOf(value), textOf(operand)];
  return caseSensitive ? texts : [fold(texts[0]), fold(texts[1])];
}

/** An empty value is neither over nor under anything; a text that is no number is a mistake. */
function order(value: unknown, operand: unknown, holds: (sign: number) => boolean): boolean {
  if (isEmpty(value) || isEmpty(operand)) return false;
  return holds(compare(requiredNumber(value), requiredNumber(operand)));
}

/** A number as digits without the decimal point, and how many of them stand behind it. */
interface Digits {
  digits: bigint;
  places: number;
}

const NUMBER = /^([+-]?)(\d{1,1000})(?:\.(\d{1,1000}))?(?:e([+-]?\d{1,3}))?$/i;

function numberIn(value: unknown): Digits | undefined {
  const found = NUMBER.exec(textOf(value).trim());
  if (!found) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = found;
  return {
    digits: BigInt(sign.replace('+', '') + whole + fraction),
    places: fraction.length - Number(exponent),
  };
}

function requiredNumber(value: unknown): Digits {
  const number = numberIn(value);
  if (number) return number;
  const seen = JSON.stringify(cut(textOf(value), 60));
  throw new ActionError(
    'not_a_number',
    `A condition of this step compares numbers, but ${seen} is not a number.`,
  );
}

/** Below 0, 0, or above 0, exactly: no digit is lost to binary fractions. */
function compare(a: Digits, b: Digits): number {
  const places = Math.max(a.places, b.places);
  const scaled = (number: Digits): bigint => number.digits * 10n ** BigInt(places - number.places);
  const difference = scaled(a) - scaled(b);
  return difference === 0n ? 0 : difference > 0n ? 1 : -1;
}
