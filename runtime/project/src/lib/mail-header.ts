/** The header fields of mails and their values. Bytes are strings of one character a byte. */
import { decodeCharset } from './mail-charset.ts';
import { asciiLower, cleanLine, textOfUtf8, trimmed } from './mail-text.ts';
import { decodeBase64, decodeHexEscapes } from './mail-transfer.ts';

/** A field as it stands in the mail. */
export interface Field {
  name: string; // in lower case
  value: string; // bytes, with their line ends
}

/** The first field of that name, unfolded, still encoded; '' when there is none. */
export function headerValue(fields: readonly Field[], name: string): string {
  return unfolded(fields.find((field) => field.name === name)?.value ?? '');
}

/** Folded lines as one line: line ends are gone, a lone CR is a space. */
export function unfolded(value: string): string {
  return trimmed(value.replace(/\r(?![\n ])/g, ' ').replace(/[\r\n]+/g, ''));
}

/** Decoded, for people to read, on one line. */
export function decodeHeader(value: string): string {
  return trimmed(cleanLine(decodeWords(value)));
}

/** `=?charset?Q?text?=` of RFC 2047, with the charset's language left out. */
const WORD = /=\?([^?]{1,63})\?([BbQq])\?([^?]*)\?=/y;

function wordAt(text: string, at: number) {
  WORD.lastIndex = at;
  const [all = '', named = '', encoding = '', encoded = ''] = WORD.exec(text) ?? [];
  const charset = asciiLower(named.split('*', 1)[0] ?? '');
  if (charset === '' || charset.includes(' ')) return undefined;
  const bytes = /b/i.test(encoding)
    ? decodeBase64(encoded)
    : decodeHexEscapes(encoded.replaceAll('_', ' '), '=');
  return { length: all.length, charset, bytes };
}

/** Encoded words decoded, once; other bytes read as UTF-8. */
export function decodeWords(text: string): string {
  const out: string[] = [];
  let bytes = ''; // of words in a row with one charset: a character may span two of them
  let charset = '';
  let gap = ''; // white space since the last word
  let afterWord = false;
  const flush = (next: string): void => {
    out.push(decodeCharset(bytes, charset));
    bytes = '';
    charset = next;
  };
  for (let at = 0; at < text.length;) {
    const word = wordAt(text, at);
    if (word) {
      if (!afterWord || word.charset !== charset) flush(word.charset);
      bytes += word.bytes;
      afterWord = true;
      gap = '';
      at += word.length;
      continue;
    }
    if (afterWord) {
      let end = at;
      while (text.charAt(end) === ' ' || text.charAt(end) === '\t') end += 1;
      if (end > at) {
        gap = text.slice(at, end);
        at = end;
        continue;
      }
      flush('');
      afterWord = false;
    }
    const found = text.indexOf('=?', at + 1);
    const next = found < 0 ? text.length : found;
    bytes += gap + text.slice(at, next);
    gap = '';
    at = next;
  }
  flush('');
  return out.join('');
}

/** `text/plain; charset=utf-8` or `attachment; filename=…`: the value and its parameters. */
export interface Parameterized {
  value: string; // in lower case, without comments
  parameters: ReadonlyMap<string, string>; // names in lower case; values decoded
}

const MOST_PARAMETERS = 100;

/** One `name=value`, or one piece of it: `name*2*=…` has the index 2 and is escaped. */
interface Piece {
  name: string;
  index?: number;
  escaped: boolean;
  text: string;
}

/** RFC 2045 with RFC 2231's continuations and charsets, and what real mails make of both. */
export function parseParameters(written: string): Parameterized {
  const text = withoutComments(written);
  const end = endAt(text, 0);
  const value = textOfUtf8(asciiLower(trimmed(text.slice(0, end))));
  const pieces: Piece[] = [];
  const mark = /[=;]/g;
  for (let at = end; at < text.length && pieces.length < MOST_PARAMETERS;) {
    mark.lastIndex = at + 1;
    const nameEnd = mark.exec(text)?.index ?? text.length;
    const name = asciiLower(trimmed(text.slice(at + 1, nameEnd)));
    at = nameEnd;
    if (text.charAt(at) !== '=') continue;
    const [content, next] = valueAt(text, at + 1);
    at = next;
    const piece = pieceOf(name, content);
    if (piece) pieces.push(piece);
  }
  const parameters = new Map<string, string>();
  for (const { name, index, text: content } of pieces) {
    if (parameters.has(name)) continue;
    const extended = extendedValue(pieces.filter((piece) => piece.name === name));
    // Encoded words have no place here, and yet many mails have them.
    if (extended !== undefined) parameters.set(name, extended);
    else if (index === undefined) parameters.set(name, decodeWords(content));
  }
  return { value, parameters };
}

/** Where the next parameter begins, at a `;`, or the text ends. */
function endAt(text: string, from: number): number {
  const found = text.indexOf(';', from);
  return found < 0 ? text.length : found;
}

/** Quoted strings stay as they are. */
function withoutComments(text: string): string {
  let out = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const c = text.charAt(at);
    if (c === '\\' && at + 1 < text.length && (quoted || depth > 0)) {
      if (depth === 0) out += text.slice(at, at + 2);
      at += 1;
    } else if (depth === 0 && c === '"') {
      quoted = !quoted;
      out += c;
    } else if (!quoted && c === '(') {
      depth += 1;
    } else if (!quoted && c === ')' && depth > 0) {
      depth -= 1;
    } else if (depth === 0) {
      out += c;
    }
  }
  return out;
}

/** The value behind a `=`, a quoted string or all up to the next `;`, and where that stands. */
function valueAt(text: string, from: number): [value: string, next: number] {
  let at = from;
  while (text.charAt(at) === ' ' || text.charAt(at) === '\t') at += 1;
  if (text.charAt(at) !== '"') {
    const end = endAt(text, at);
    return [trimmed(text.slice(at, end)), end];
  }
  let out = '';
  for (at += 1; at < text.length && text.charAt(at) !== '"'; at += 1) {
    // Only what needs it is escaped: "C:\file" keeps its backslash.
    if (text.charAt(at) === '\\' && /["\\]/.test(text.charAt(at + 1))) at += 1;
    out += text.charAt(at);
  }
  return [out, endAt(text, at)];
}

function pieceOf(written: string, text: string): Piece | undefined {
  const escaped = written.endsWith('*');
  const name = escaped ? written.slice(0, -1) : written;
  const star = name.indexOf('*');
  if (star < 0) return name === '' ? undefined : { name, escaped, text };
  const digits = name.slice(star + 1);
  if (star === 0 || !/^\d{1,19}$/.test(digits)) return undefined;
  return { name: name.slice(0, star), index: Number(digits), escaped, text };
}

/** A value in RFC 2231's form: its pieces in order, up to the first that is missing. */
function extendedValue(pieces: readonly Piece[]): string | undefined {
  let next = pieces.find(({ index }) => index === 0);
  next ??= pieces.find(({ index, escaped }) => index === undefined && escaped);
  if (!next) return undefined;
  const isList = next.index !== undefined;
  let charset = '';
  let bytes = '';
  for (let at = 0; next && at < MOST_PARAMETERS; at += 1) {
    let { text } = next;
    const found = at === 0 && next.escaped ? /^([^']*)'[^']*'/.exec(text) : null;
    if (found) {
      charset = found[1] ?? '';
      text = text.slice(found[0].length);
    }
    bytes += next.escaped ? decodeHexEscapes(text, '%') : text;
    next = isList ? pieces.find(({ index }) => index === at + 1) : undefined;
  }
  return decodeCharset(bytes, charset);
}
