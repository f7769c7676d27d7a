/** Finds the places in a text that a rule marks with other texts. */
import { fold } from './conditions.ts';
import type { Unclear } from './dates.ts';

/** How one kind of value is read: at the start of a text, and anywhere in it. */
export interface Kind<T> {
  called: string;
  read: (text: string) => T | Unclear | undefined;
  find: (text: string) => T | Unclear | undefined;
  anywhere?: true; // `read` looks further than the start
}

/**
 * Reads behind each place where the label stands; the first that fits wins. What is unclear ends
 * the search, as a later place may mean something else.
 */
export function behindLabel<T>(
  text: string,
  label: string,
  { read, anywhere }: Omit<Kind<T>, 'find'>,
  caseSensitive: boolean,
): T | Unclear | undefined {
  if (label === '') return undefined;
  const prepare = caseSensitive ? same : fold;
  // Folding keeps every text's length, so a position in the folded text is one in the text.
  const folded = prepare(text);
  const wanted = prepare(label);
  let end = -1;
  for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + 1)) {
    const start = at + wanted.length;
    if (end < start) end = endOfLine(text, start);
    const found = read(text.slice(start, end));
    if (found !== undefined) return found;
    // Nothing in the rest of this line: nor is there behind a later label in it.
    if (anywhere === true) at = end;
  }
  return undefined;
}

/** The first text between the two that is not blank; it may have several lines. */
export function between(
  text: string,
  before: string,
  behind: string,
  caseSensitive: boolean,
): string | undefined {
  if (before === '' || behind === '') return undefined;
  const prepare = caseSensitive ? same : fold;
  const [folded, left, right] = [prepare(text), prepare(before), prepare(behind)];
  let end = -1;
  for (let at = folded.indexOf(left); at >= 0; at = folded.indexOf(left, at + 1)) {
    const start = at + left.length;
    if (end < start) end = folded.indexOf(right, start);
    if (end < 0) return undefined;
    const found = text.slice(start, end).trim();
    if (found !== '') return found;
  }
  return undefined;
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end < 0 ? text.length : end;
}

function same(text: string): string {
  return text;
}
