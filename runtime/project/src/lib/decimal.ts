/**
 * Exact decimal numbers. An amount of money is kept as its digits and never becomes a binary
 * floating-point number, so 1204.50 stays 1204.50 on its way into a database or a JSON body.
 */
const PATTERN = /^[+-]?\d+(?:\.\d+)?$/;

/** Marks decimals across separately loaded copies of this file. */
const BRAND = Symbol.for('msghub.decimal');

// TypeScript's library does not list this ECMAScript 2025 function yet.
declare global {
  interface JSON {
    /** Wraps a JSON text so that JSON.stringify writes it as it is. */
    rawJSON(text: string): unknown;
  }
}

/** `String(decimal)` is its digits; `JSON.stringify(decimal)` is the same digits as a number. */
export interface Decimal {
  readonly text: string;
  toString(): string;
  toJSON(): unknown;
}

const prototype = {
  [BRAND]: true,
  toString(this: Decimal): string {
    return this.text;
  },
  toJSON(this: Decimal): unknown {
    return JSON.rawJSON(this.text);
  },
};

/**
 * A decimal of plain digits (`-12`, `1204.50`, never `1e3`). Leading zeros and a plus sign go, the
 * number of decimal places stays. Throws a RangeError for any other text.
 */
export function decimal(text: string): Decimal {
  if (!PATTERN.test(text)) throw new RangeError(`not a decimal number: ${text.slice(0, 40)}`);
  const digits = text.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1');
  return Object.freeze(Object.assign(Object.create(prototype) as Decimal, { text: digits }));
}

export function isDecimal(value: unknown): value is Decimal {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** Whether two decimals, or texts of decimals, are the same number: 1204.5 equals 1204.50. */
export function sameNumber(a: Decimal | string, b: Decimal | string): boolean {
  const left = canonical(String(a));
  return left !== undefined && left === canonical(String(b));
}

/** The shortest spelling of a number, or undefined when the text is none. */
function canonical(text: string): string | undefined {
  const found = /^([+-]?)0*(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!found) return undefined;
  const fraction = (found[3] ?? '').replace(/0+$/, '');
  const digits = fraction === '' ? (found[2] ?? '') : `${found[2] ?? ''}.${fraction}`;
  return found[1] === '-' && /[1-9]/.test(digits) ? `-${digits}` : digits;
}
