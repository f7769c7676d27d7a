/** JSON values, read without losing digits, and paths into them. */
import { decimal, isDecimal, type Decimal } from './decimal.ts';
import { isFile, type FileValue } from './files.ts';

/** A JSON value. A number that does not fit a double exactly is a Decimal. */
export type Json =
  string | number | boolean | null | Decimal | FileValue | Json[] | { [key: string]: Json };

/**
 * Parses JSON. A number without an exponent that a double would write in another way (an order id
 * of 20 digits, 2000.50) keeps its digits as a Decimal.
 */
export function parseJson(text: string): Json {
  // Only such numbers can change, and a reviver costs time on every value.
  if (!/[\d.]{16}|\.\d*0(?!\d)|0\.000000|-0/.test(text)) return JSON.parse(text) as Json;
  const keepDigits = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && context?.source !== undefined ? numberOf(context.source) : value;
  return JSON.parse(text, keepDigits) as Json;
}

/** A number of JSON, as `parseJson` gives it. */
export function numberOf(source: string): number | Decimal {
  const value = Number(source) + 0; // -0 is 0
  return String(value) === source || source === '-0' || /e/i.test(source) ? value : decimal(source);
}

/** How a value reads inside a text: a string as it is, a file as its name, other values as JSON. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (isDecimal(value)) return value.text;
  if (isFile(value)) return value.filename;
  return JSON.stringify(value);
}

/**
 * The value at a path such as `order.total` or `items[0].sku`; undefined when there is none.
 * Only what the document itself holds is found, never anything inherited.
 */
export function valueAt(root: Json | undefined, path: string): Json | undefined {
  let value = root;
  for (const key of pathKeys(path)) {
    if (typeof key === 'number') {
      value = Array.isArray(value) ? value[key] : undefined;
    } else if (isRecord(value) && Object.hasOwn(value, key)) {
      value = value[key];
    } else {
      return undefined;
    }
  }
  return value;
}

/** `items[0].sku` as ['items', 0, 'sku']. Brackets that hold no number belong to the key. */
function pathKeys(path: string): (string | number)[] {
  return path.split('.').flatMap((part) => {
    const found = /^([^[\]]*)((?:\[\d+\])+)$/.exec(part);
    if (!found) return [part];
    const indexes = [...(found[2] ?? '').matchAll(/\d+/g)].map(([digits]) => Number(digits));
    return found[1] === undefined || found[1] === '' ? indexes : [found[1], ...indexes];
  });
}

function isRecord(value: Json | undefined): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isDecimal(value);
}
