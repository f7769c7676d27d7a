/**
 * The filters of templates: `{{total | money "EUR"}}` is `formatMoney(total, 'EUR')`. An empty value
 * stays empty, so that `default` can follow any of them.
 */
import { isDecimal } from './decimal.ts';
import { ActionError } from './errors.ts';
import { textOf } from './json.ts';
import { cut } from './message.ts';

/** Digits as Intl takes them: exactly, never through a binary floating-point number. */
type Digits = Intl.StringNumericLiteral;

/** With so many decimal places, halves away from zero; else with those that it has. */
export function formatNumber(value: unknown, decimals?: number): string {
  const digits = digitsOf(value, 'number');
  if (digits === undefined) return '';
  const places = decimals ?? Math.min(/\.(\d+)$/.exec(digits)?.[1]?.length ?? 0, 100);
  return new Intl.NumberFormat('en', {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
    signDisplay: 'negative', // no minus sign before a zero
  }).format(digits);
}

/** The amount with its currency's sign, and as many decimal places as the currency has. */
export function formatMoney(value: unknown, currency: string): string {
  const digits = digitsOf(value, 'money');
  if (digits === undefined) return '';
  return new Intl.NumberFormat('en', { style: 'currency', currency, signDisplay: 'negative' })
    .format(digits)
    .replaceAll('\u00a0', ' ');
}

function digitsOf(value: unknown, filter: string): Digits | undefined {
  if (isEmpty(value)) return undefined;
  const readable = typeof value === 'string' || typeof value === 'number' || isDecimal(value);
  const digits = readable ? String(value).trim() : '';
  const exponent = typeof value === 'number' ? '(?:e[+-]?\\d+)?' : '';
  if (!new RegExp(`^[+-]?\\d+(?:\\.\\d+)?${exponent}$`).test(digits)) {
    throw unreadable(filter, 'a number such as 1204.50', value);
  }
  return digits.replace(/^\+/, '') as Digits;
}

/** What a clock on the wall and a calendar show. */
interface Moment {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/**
 * A date, or a point in time, by a format such as `d MMMM yyyy 'at' HH:mm`. A point in time is shown
 * as the clocks of the zone show it; a date, or a time without an offset, is what it is anywhere.
 */
export function formatDate(value: unknown, format: string, timeZone = 'UTC'): string {
  if (isEmpty(value)) return '';
  const moment = typeof value === 'string' ? momentOf(value.trim(), timeZone) : undefined;
  if (!moment) throw unreadable('date', 'a date such as 2026-03-12 or 2026-03-12T10:00:00Z', value);
  return format.replaceAll(/'((?:[^']|'')*)'|([A-Za-z])\2*/g, (run: string, words?: string) => {
    if (words === undefined) return dateField(run, moment);
    return words === '' ? "'" : words.replaceAll("''", "'");
  });
}

const MONTHS = 'January February March April May June July August September October November December'; // prettier-ignore
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday';

function dateField(run: string, moment: Moment): string {
  const { year, month, day, hour, minute, second } = moment;
  const padded = (number: number, length = 2): string => String(number).padStart(length, '0');
  switch (run) {
    case 'yyyy':
      return padded(year, 4);
    case 'yy':
      return padded(year % 100);
    case 'MMMM':
      return MONTHS.split(' ')[month - 1] ?? '';
    case 'MMM':
      return MONTHS.split(' ')[month - 1]?.slice(0, 3) ?? '';
    case 'EEEE':
      return weekday(moment);
    case 'EEE':
      return weekday(moment).slice(0, 3);
    case 'a':
      return hour < 12 ? 'AM' : 'PM';
    case 'MM':
    case 'M':
      return padded(month, run.length);
    case 'dd':
    case 'd':
      return padded(day, run.length);
    case 'HH':
    case 'H':
      return padded(hour, run.length);
    case 'hh':
    case 'h':
      return padded(hour % 12 === 0 ? 12 : hour % 12, run.length);
    case 'mm':
    case 'm':
      return padded(minute, run.length);
    case 'ss':
    case 's':
      return padded(second, run.length);
    default:
      return run;
  }
}

function weekday({ year, month, day }: Moment): string {
  return DAYS.split(' ')[new Date(Date.UTC(year, month - 1, day)).getUTCDay()] ?? '';
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

function momentOf(text: string, timeZone: string): Moment | undefined {
  const found = ISO.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((digits: string | undefined) => Number(digits ?? 0));
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  utc.setUTCFullYear(year, month - 1, day); // Date.UTC takes the years 0 to 99 for others
  const exists =
    utc.getUTCMonth() === month - 1 && hour < 24 && minute < 60 && second < 60 && month > 0;
  if (!exists || utc.getUTCDate() !== day) return undefined;
  const offset = found[7];
  if (offset === undefined) return { year, month, day, hour, minute, second };
  const behind = minutesOf(offset);
  return behind === undefined ? undefined : inZone(utc.getTime() - behind * 60_000, timeZone);
}

function minutesOf(offset: string): number | undefined {
  if (offset === 'Z') return 0;
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(-2))];
  if (hours > 23 || minutes > 59) return undefined;
  return (offset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function inZone(time: number, timeZone: string): Moment {
  const part = (name: string): number =>
    Number(parts.find(({ type }) => type === name)?.value ?? 0);
  const parts = zoneClock(timeZone).formatToParts(time);
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  };
}

function zoneClock(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en', {
      timeZone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  } catch {
    throw new ActionError(
      'time_zone_unknown',
      `There is no time zone ${JSON.stringify(timeZone)}.`,
    );
  }
}

export function upper(value: unknown): string {
  return textOf(value).toUpperCase();
}

export function lower(value: unknown): string {
  return textOf(value).toLowerCase();
}

export function trim(value: unknown): string {
  return textOf(value).trim();
}

/** At most `length` characters as people count them, the last one … when something was cut. */
export function truncate(value: unknown, length: number): string {
  const text = textOf(value);
  if (text.length <= length) return text;
  let end = 0; // of the characters that are kept when something must go
  let count = 0;
  for (const { index } of new Intl.Segmenter('en').segment(text)) {
    if (count === length - 1) end = index;
    if (count === length) return `${text.slice(0, end)}…`;
    count += 1;
  }
  return text;
}

/** The value itself, or `otherwise` when there is none or it is empty. */
export function defaultTo(value: unknown, otherwise: string): unknown {
  return isEmpty(value) ? otherwise : value;
}

export function asJson(value: unknown): string {
  return JSON.stringify(value ?? null);
}

/** The items of a list with `separator` between them; a value that is no list by itself. */
export function join(value: unknown, separator: string): string {
  return Array.isArray(value) ? value.map(textOf).join(separator) : textOf(value);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function unreadable(filter: string, wanted: string, value: unknown): ActionError {
  const seen = JSON.stringify(cut(textOf(value), 80));
  return new ActionError('filter_value', `The filter ${filter} needs ${wanted}; this is ${seen}.`);
}
