/**
 * Reads calendar dates as people write them. What could be two dates is never guessed. Every
 * pattern is anchored and bounded, so no text makes reading slow.
 */
import { afterSeparator } from './numbers.ts';

/** Which of the first two numbers of 03/04/2026 is the day. */
export type DateOrder = 'dayFirst' | 'monthFirst';

/** Something that reads like a value but cannot be taken for one, and why. */
export class Unclear {
  readonly why: string;
  constructor(why: string) {
    this.why = why;
  }
}

/** A date as `2026-03-12`, why it is none, or undefined where nothing like a date stands. */
export type DateReading = string | Unclear | undefined;

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|' +
  'sep(?:t(?:ember)?)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const YEAR = '([1-9]\\d{3})(?!\\d)';
const SPACE = '\\s{1,4}';

const WEEKDAY = /^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]?\s{1,4}/i;
const YEAR_FIRST = /^([1-9]\d{3})([-/.])(\d{1,2})\2(\d{1,2})(?!\d|[-/.]\d)/;
const DAY_MONTH = new RegExp(
  `^(\\d{1,2})(?:st|nd|rd|th|\\.)?(?:${SPACE}(?:of${SPACE})?|[-/])${MONTH}(?:[.,]{0,2}${SPACE}|[-/])${YEAR}`,
  'i',
);
const MONTH_DAY = new RegExp(
  `^${MONTH}\\.?${SPACE}(\\d{1,2})(?:st|nd|rd|th)?(?:,\\s{0,4}|${SPACE})${YEAR}`,
  'i',
);
const DOTTED = /^(\d{1,2})\.(\d{1,2})\.([1-9]\d{3})(?!\d|\.\d)/;
const SLASHED = /^(\d{1,2})([-/])(\d{1,2})\2([1-9]\d{3})(?!\d|[-/]\d)/;

/** Where a date may begin in a text: not inside a word, a path, a version or an identifier. */
const DATE_START =
  /(?<![\p{L}\p{N}_./\\-])(?<!\d:)(?:\d{1,4}[-/.\s\p{L}]|[adfjmnos][aceopu][bcglnprtvy])/giu;

/** The date with which a text begins; a colon and a weekday may stand before it. */
export function readDate(text: string, order?: DateOrder): DateReading {
  return dateAt(afterSeparator(text).replace(WEEKDAY, ''), order);
}

/** The first date in a text. */
export function findDate(text: string, order?: DateOrder): DateReading {
  for (const { index } of text.matchAll(DATE_START)) {
    const found = dateAt(text.slice(index), order);
    if (found !== undefined) return found;
  }
  return undefined;
}

function dateAt(text: string, order: DateOrder | undefined): DateReading {
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst) return date(yearFirst[1], yearFirst[3], yearFirst[4]);
  const dayMonth = DAY_MONTH.exec(text);
  if (dayMonth) return date(dayMonth[3], monthNumber(dayMonth[2]), dayMonth[1]);
  const monthDay = MONTH_DAY.exec(text);
  if (monthDay) return date(monthDay[3], monthNumber(monthDay[1]), monthDay[2]);
  const dotted = DOTTED.exec(text);
  if (dotted) return date(dotted[3], dotted[2], dotted[1]);
  const slashed = SLASHED.exec(text);
  return slashed ? slashedDate(slashed, order) : undefined;
}

function slashedDate(
  [written, first, , second, year]: RegExpExecArray,
  order: DateOrder | undefined,
): DateReading {
  const dayFirst = date(year, second, first);
  const monthFirst = date(year, first, second);
  if (order !== undefined) {
    const [wanted, other] = order === 'dayFirst' ? [dayFirst, monthFirst] : [monthFirst, dayFirst];
    if (wanted !== undefined || other === undefined) return wanted;
    const what = order === 'dayFirst' ? 'day' : 'month';
    return new Unclear(`"${written}" is no date with the ${what} first`);
  }
  if (dayFirst === undefined || monthFirst === undefined || dayFirst === monthFirst) {
    return dayFirst ?? monthFirst;
  }
  return new Unclear(
    `"${written}" can be ${inWords(dayFirst)} or ${inWords(monthFirst)}; ` +
      'write (day first) or (month first) behind the sentence',
  );
}

function monthNumber(name: string | undefined): string {
  const start = (name ?? '').slice(0, 3).toLowerCase();
  return String(MONTHS.findIndex((month) => month.toLowerCase().startsWith(start)) + 1);
}

/** The date when the calendar has it. */
function date(year = '', month = '', day = ''): string | undefined {
  const text = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const time = new Date(`${text}T00:00:00Z`);
  // Beyond the end of a month, JavaScript goes on into the next one.
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text) ? text : undefined;
}

/** `2026-03-12` as `12 March 2026`. */
function inWords(text: string): string {
  const [year = '', month = '', day = ''] = text.split('-');
  return `${String(Number(day))} ${MONTHS[Number(month) - 1] ?? ''} ${year}`;
}
