/** The Date header of mails. The hub reads the same. */

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const LONGEST = 200;
const YEAR_10000 = Date.UTC(10_000, 0);

/** Hours from UTC of the zones that RFC 5322 names; any other is UTC. */
const ZONES: ReadonlyMap<string, number> = new Map(
  Object.entries({ est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 }),
);

/** `Sun, 22 Nov 2026 10:00:00 +0100 (CET)` in ISO 8601; undefined for a text that is no date. */
export function parseMailDate(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const words = (text.split('(', 1)[0] ?? '').split(/[ \t,]+/).filter((word) => word !== '');
  if (/^[A-Za-z]/.test(words[0] ?? '')) words.shift(); // the day of the week
  const [day = '', monthName = '', year = '', clock = '', zone = ''] = words;
  const month = MONTHS.indexOf(monthName.slice(0, 3).toLowerCase());
  const time = /^(\d\d?):(\d\d)(?::(\d\d))?$/.exec(clock);
  if (!/^\d\d?$/.test(day) || month < 0 || !/^(?:\d\d){1,2}$/.test(year) || !time) return undefined;
  const [hours, minutes, seconds] = time.slice(1).map((digits) => Number(digits || 0));
  if (hours === undefined || minutes === undefined || seconds === undefined) return undefined;
  const date = Date.UTC(fullYear(year), month, Number(day));
  if (new Date(date).getUTCDate() !== Number(day)) return undefined;
  if (fullYear(year) < 1900 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const at = date + ((hours * 60 + minutes - minutesOf(zone)) * 60 + seconds) * 1000;
  return at >= 0 && at < YEAR_10000 ? new Date(at).toISOString() : undefined;
}

function fullYear(digits: string): number {
  if (digits.length === 4) return Number(digits);
  return Number(digits) + (Number(digits) < 70 ? 2000 : 1900);
}

function minutesOf(zone: string): number {
  if (!/^[+-]\d{4}$/.test(zone)) return (ZONES.get(zone.toLowerCase()) ?? 0) * 60;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3));
  return zone.startsWith('-') ? -minutes : minutes;
}
