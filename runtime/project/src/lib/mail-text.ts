/** Texts out of mails, made fit to be read. Bytes are strings of one character a byte. */
import { isUtf8 } from 'node:buffer';

/** ASCII only, as mail's own syntax is. */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Without spaces, tabs, CR and LF around it. */
export function trimmed(text: string): string {
  return withoutEnd(text.replace(/^[ \t\r\n]+/, ''), ' \t\r\n');
}

/** A loop, as a pattern for the end takes quadratic time. */
export function withoutEnd(text: string, blanks: string): string {
  let end = text.length;
  while (end > 0 && blanks.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** UTF-8 as text, with U+FFFD for each byte that is none. */
export function textOfUtf8(bytes: string): string {
  const buffer = Buffer.from(bytes, 'latin1');
  if (isUtf8(buffer)) return buffer.toString('utf8');
  const pieces: string[] = [];
  let from = 0;
  for (let at = 0; at < buffer.length;) {
    const length = sequenceLength(buffer, at);
    if (length === 0) {
      pieces.push(buffer.toString('utf8', from, at), '\ufffd');
      from = at + 1;
    }
    at += Math.max(length, 1);
  }
  return pieces.join('') + buffer.toString('utf8', from);
}

/** The length of the well-formed sequence that begins there; 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  return at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

/** At most so many bytes of UTF-8, cut between two characters. */
export function cutBytes(text: string, limit: number): string {
  if (text.length * 3 <= limit) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString('utf8', 0, end);
}

const BIDI = '\\u202a-\\u202e\\u2066-\\u2069'; // they reverse the direction of text
const CONTROLS = '\\u0000-\\u001f\\u007f';
const NOT_IN_LINE = new RegExp(`[${CONTROLS}${BIDI}]`, 'g');
const NOT_IN_TEXT = new RegExp(`[\\u0000${BIDI}]`, 'g');

function shown(character: string): string {
  if (character === '\0') return '\u2400';
  if (character < '\u0080') return ' ';
  return `\\u{${character.charCodeAt(0).toString(16).toUpperCase()}}`;
}

/** On one line; NUL and what reverses the direction of text can be seen. */
export function cleanLine(text: string): string {
  return text.replace(NOT_IN_LINE, shown);
}

/** The same for text of many lines, whose line ends become LF. Other control characters stay. */
export function cleanText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(NOT_IN_TEXT, shown);
}

/** The last part of a path, without what is not to be seen, at most 255 bytes. */
export function cleanFilename(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const kept = trimmed(cutBytes(last.replace(NOT_IN_LINE, ''), 255));
  return kept === '.' || kept === '..' ? '' : kept;
}

/** Joins the lines that format=flowed (RFC 3676) broke. */
export function joinFlowed(text: string, deleteSpace: boolean): string {
  const out: string[] = [];
  let openDepth: number | undefined; // quote depth of the paragraph that the last line left open
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  if (last !== '') lines.push(last);
  lines.forEach((written, index) => {
    const endsWithLf = index < lines.length - 1 || last === '';
    const depth = /^>*/.exec(written)?.[0].length ?? 0;
    let line = written.slice(depth).replace(/^ /, ''); // space-stuffing
    if (openDepth !== undefined && openDepth !== depth) {
      out.push('\n');
      openDepth = undefined;
    }
    if (openDepth === undefined && depth > 0) out.push('>'.repeat(depth), ' ');
    const flows = line.endsWith(' ') && line !== '-- ' && endsWithLf;
    openDepth = flows ? depth : undefined;
    if (flows && deleteSpace) line = line.slice(0, -1);
    out.push(line);
    if (!flows && endsWithLf) out.push('\n');
  });
  return out.join('');
}
