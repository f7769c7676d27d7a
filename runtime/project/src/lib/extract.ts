/**
 * How a rule finds values in a message. Each function returns undefined when it finds nothing;
 * what then happens (a default, an empty value, an error) is the rule's choice. The time of each
 * grows evenly with the text.
 */
import { displayName, findAddress, findUrl } from './addresses.ts';
import { compilePattern, evaluate, type Condition } from './conditions.ts';
import { findDate, readDate, Unclear, type DateOrder } from './dates.ts';
import type { Decimal } from './decimal.ts';
import { fileOf, type FileValue } from './files.ts';
import { valueAt, type Json } from './json.ts';
import { behindLabel, between, type Kind } from './labels.ts';
import { fieldValues, type Field, type Message } from './message.ts';
import {
  afterSeparator,
  exactNumber,
  findAmount,
  findNumber,
  readAmount,
  readNumber,
} from './numbers.ts';

export interface CaseOptions {
  caseSensitive?: boolean;
}

export interface DateOptions extends CaseOptions {
  /** Which number of 03/04/2026 is the day; without it, such a date is not read. */
  order?: DateOrder;
}

/** What the last search on a message wanted and where it looked, for a helpful error. */
export interface Search {
  wanted: string;
  field: Field;
  text: string | undefined;
  why?: string; // why what stands there could not be taken
}

const searches = new WeakMap<Message, Search>();

export function lastSearch(message: Message): Search | undefined {
  return searches.get(message);
}

/** Tries each text of the field in turn, and leaves a note of the search for `lastSearch`. */
function search<T>(
  message: Message,
  field: Field,
  wanted: string,
  find: (text: string) => T | Unclear | undefined,
): T | undefined {
  const texts = fieldValues(message, field);
  const note: Search = { wanted, field, text: texts.length === 0 ? undefined : texts.join(', ') };
  searches.set(message, note);
  for (const text of texts) {
    const found = find(text);
    if (found instanceof Unclear) {
      note.why = found.why;
      return undefined;
    }
    if (found !== undefined) return found;
  }
  return undefined;
}

const NUMBER: Kind<Decimal> = { called: 'a number', read: readNumber, find: findNumber };
const AMOUNT: Kind<Decimal> = { called: 'an amount', read: readAmount, find: findAmount };
const ADDRESS: Kind<string> = {
  called: 'an e-mail address',
  read: findAddress,
  find: findAddress,
  anywhere: true,
};
const URL_KIND: Kind<string> = { called: 'a URL', read: findUrl, find: findUrl, anywhere: true };

function dateKind(order: DateOrder | undefined): Kind<string> {
  return {
    called: 'a date',
    read: (text) => readDate(text, order),
    find: (text) => findDate(text, order),
  };
}

// Behind a label, on the same line.

/**
 * The rest of the line after a label, without surrounding white space; never empty. The colon or
 * equals sign behind a label that has none itself is no part of it.
 */
export function textAfter(
  message: Message,
  field: Field,
  label: string,
  options?: CaseOptions,
): string | undefined {
  const bare = !/[:=]\s*$/.test(label);
  const read = (rest: string): string | undefined =>
    nonEmpty((bare ? afterSeparator(rest) : rest).trim());
  return after(message, field, label, { called: 'text', read }, options);
}

/** The number after a label, as in `Quantity: 1,200`. */
export function numberAfter(
  message: Message,
  field: Field,
  label: string,
  options?: CaseOptions,
): Decimal | undefined {
  return after(message, field, label, NUMBER, options);
}

/** The amount of money after a label, as in `Total: $1,204.50` or `Summe: 1.204,50 EUR`. */
export function amountAfter(
  message: Message,
  field: Field,
  label: string,
  options?: CaseOptions,
): Decimal | undefined {
  return after(message, field, label, AMOUNT, options);
}

/** The date after a label, as `2026-03-12`; a weekday may stand before it. */
export function dateAfter(
  message: Message,
  field: Field,
  label: string,
  { order, ...options }: DateOptions = {},
): string | undefined {
  return after(message, field, label, dateKind(order), options);
}

/** The first e-mail address in the rest of the line after a label. */
export function addressAfter(
  message: Message,
  field: Field,
  label: string,
  options?: CaseOptions,
): string | undefined {
  return after(message, field, label, ADDRESS, options);
}

/** The first http or https URL in the rest of the line after a label. */
export function urlAfter(
  message: Message,
  field: Field,
  label: string,
  options?: CaseOptions,
): string | undefined {
  return after(message, field, label, URL_KIND, options);
}

// What a pattern matches.

/** What the pattern's first group matched; the whole match when the pattern has no group. */
export function textMatching(
  message: Message,
  field: Field,
  pattern: string,
  options?: CaseOptions,
): string | undefined {
  return matching(message, field, pattern, { called: 'text', read: (text) => text }, options);
}

/** The number with which the match begins. */
export function numberMatching(
  message: Message,
  field: Field,
  pattern: string,
  options?: CaseOptions,
): Decimal | undefined {
  return matching(message, field, pattern, NUMBER, options);
}

/** The amount with which the match begins. */
export function amountMatching(
  message: Message,
  field: Field,
  pattern: string,
  options?: CaseOptions,
): Decimal | undefined {
  return matching(message, field, pattern, AMOUNT, options);
}

/** The date with which the match begins, as `2026-03-12`. */
export function dateMatching(
  message: Message,
  field: Field,
  pattern: string,
  { order, ...options }: DateOptions = {},
): string | undefined {
  return matching(message, field, pattern, dateKind(order), options);
}

/** The first e-mail address in the match. */
export function addressMatching(
  message: Message,
  field: Field,
  pattern: string,
  options?: CaseOptions,
): string | undefined {
  return matching(message, field, pattern, ADDRESS, options);
}

/** The first http or https URL in the match. */
export function urlMatching(
  message: Message,
  field: Field,
  pattern: string,
  options?: CaseOptions,
): string | undefined {
  return matching(message, field, pattern, URL_KIND, options);
}

// The first of its kind in a field.

/** A number of a JSON document as it is; of a text, the first number in it. */
export function firstNumber(message: Message, field: Field): Decimal | undefined {
  return jsonNumber(message, field) ?? first(message, field, NUMBER);
}

/** The text as an amount or, in longer text, the first number that has a currency. */
export function firstAmount(message: Message, field: Field): Decimal | undefined {
  return jsonNumber(message, field) ?? first(message, field, AMOUNT);
}

export function firstDate(
  message: Message,
  field: Field,
  { order }: DateOptions = {},
): string | undefined {
  return first(message, field, dateKind(order));
}

export function firstAddress(message: Message, field: Field): string | undefined {
  return first(message, field, ADDRESS);
}

export function firstUrl(message: Message, field: Field): string | undefined {
  return first(message, field, URL_KIND);
}

// The rest.

/** The text between two others, without surrounding white space; it may have several lines. */
export function textBetween(
  message: Message,
  field: Field,
  before: string,
  behind: string,
  { caseSensitive = false }: CaseOptions = {},
): string | undefined {
  return search(message, field, `text between "${before}" and "${behind}"`, (text) =>
    between(text, before, behind, caseSensitive),
  );
}

/** The domain of an address, in lower case; of the first one when there are several. */
export function domainOf(message: Message, field: Field): string | undefined {
  return search(message, field, 'an address with a domain', (text) => {
    const at = text.lastIndexOf('@');
    return at < 0
      ? undefined
      : nonEmpty(
          text
            .slice(at + 1)
            .trim()
            .toLowerCase(),
        );
  });
}

/** The name that the From header gives beside the address. */
export function displayNameOf(message: Message): string | undefined {
  // Another From header is not the one that `from` was read from.
  const [first] = fieldValues(message, 'header:from');
  return search(message, 'header:from', 'a name beside the address', (text) =>
    text === first ? displayName(text) : undefined,
  );
}

/** The value at a path of the JSON document, whatever its type. */
export function jsonAt(message: Message, path: string): Json | undefined {
  search(message, `json:${path}`, 'a JSON value', () => undefined);
  return valueAt(message.payload, path);
}

/** The first file that is attached. */
export function firstFile(message: Message): FileValue | undefined {
  search(message, 'attachment.name', 'a file', () => undefined);
  const [attachment] = message.attachments ?? [];
  return attachment && fileOf(attachment, 0);
}

/** The first attached file whose name or type compares so. */
export function fileWhere(
  message: Message,
  condition: Omit<Condition, 'line'>,
): FileValue | undefined {
  const what = condition.field === 'attachment.type' ? 'type' : 'name';
  const not = condition.negated === true ? 'not ' : '';
  const values = [condition.value, ...(condition.alternatives ?? [])];
  const test = `${not}${condition.operator} "${values.join('" or "')}"`;
  search(message, condition.field, `a file whose ${what} ${test}`, () => undefined);
  for (const [index, attachment] of (message.attachments ?? []).entries()) {
    const alone = { ...message, attachments: [attachment] };
    if (evaluate({ line: 0, ...condition }, alone).verdict) return fileOf(attachment, index);
  }
  return undefined;
}

function after<T>(
  message: Message,
  field: Field,
  label: string,
  kind: Omit<Kind<T>, 'find'>,
  { caseSensitive = false }: CaseOptions = {},
): T | undefined {
  return search(message, field, `${kind.called} after "${label}"`, (text) =>
    behindLabel(text, label, kind, caseSensitive),
  );
}

function matching<T>(
  message: Message,
  field: Field,
  pattern: string,
  { called, read }: Omit<Kind<T>, 'find'>,
  { caseSensitive = false }: CaseOptions = {},
): T | undefined {
  return search(message, field, `${called} matching /${pattern}/`, (text) => {
    const compiled = compilePattern(pattern, caseSensitive);
    // `test` is many times faster than `find`, and most texts of most messages do not match.
    if (!compiled.test(text)) return undefined;
    const matcher = compiled.matcher(text);
    if (!matcher.find()) return undefined;
    const found = matcher.groupCount() > 0 ? matcher.group(1) : matcher.group(0);
    return found === null ? undefined : read(found);
  });
}

function first<T>(message: Message, field: Field, { called, find }: Kind<T>): T | undefined {
  return search(message, field, called, find);
}

function jsonNumber(message: Message, field: Field): Decimal | undefined {
  if (!field.startsWith('json:')) return undefined;
  return exactNumber(valueAt(message.payload, field.slice('json:'.length)));
}

function nonEmpty(text: string): string | undefined {
  return text === '' ? undefined : text;
}
