/** Cuts mails into their parts. Bytes are strings of one character a byte. */
import { headerValue, parseParameters, type Field, type Parameterized } from './mail-header.ts';
import { asciiLower, withoutEnd } from './mail-text.ts';

/** The hub's limits: beyond them the rest is left out. */
const LIMITS = { headerBlock: 256 * 1024, oneHeader: 100 * 1024, depth: 50, parts: 1000 };
const LONGEST_BOUNDARY = 2048;

/** A part of a mail: a leaf, or a multipart. */
export interface Part {
  headers: Field[];
  type: Parameterized; // of Content-Type, or its default
  disposition: Parameterized;
  content: string; // of a leaf; still encoded
  isMultipart: boolean;
}

/**
 * The parts in reading order, at least one; the first is the whole mail. A nested message is a
 * leaf. One pass over the lines with a stack of open boundaries.
 */
export function splitMail(bytes: string): [Part, ...Part[]] {
  return new Splitter(bytes).split();
}

class Splitter {
  private readonly bytes: string;
  private readonly lineEnd: '\r' | '\n';
  private readonly parts: Part[] = [];
  private readonly open: { boundary: string; isDigest: boolean }[] = [];
  private at = 0;
  private leaf: { part: Part; begin: number } | undefined; // none between parts
  private isStopped = false;

  constructor(bytes: string) {
    this.bytes = bytes;
    // A mail that was made with CR alone still has lines. Where there are LFs, only they count.
    this.lineEnd = bytes.includes('\n') ? '\n' : '\r';
  }

  split(): [Part, ...Part[]] {
    if (this.bytes.startsWith('\xef\xbb\xbf')) this.at = 3;
    // "From sender date", which mailbox files put before a mail.
    if (/^>?From /.test(this.bytes.slice(this.at, this.at + 6))) this.at = this.nextLine(this.at);
    const whole = this.beginPart();
    while (this.at < this.bytes.length && !this.isStopped) this.readLine();
    this.endLeaf(this.at);
    return [whole, ...this.parts.slice(1)];
  }

  /** The line there, without its end. */
  private lineAt(at: number): string {
    const found = this.bytes.indexOf(this.lineEnd, at);
    const end = found < 0 ? this.bytes.length : found;
    const hasCr = this.lineEnd === '\n' && end > at && this.bytes.charAt(end - 1) === '\r';
    return this.bytes.slice(at, hasCr ? end - 1 : end);
  }

  private nextLine(at: number): number {
    const end = this.bytes.indexOf(this.lineEnd, at);
    return end < 0 ? this.bytes.length : end + 1;
  }

  private beginPart(): Part {
    const headers = this.readHeaders();
    const fallback = this.open.at(-1)?.isDigest === true ? 'message/rfc822' : 'text/plain';
    const written = headerValue(headers, 'content-type');
    const type = parseParameters(written === '' ? fallback : written);
    if (!type.value.includes('/')) type.value = 'text/plain';
    const disposition = parseParameters(headerValue(headers, 'content-disposition'));
    const part: Part = { headers, type, disposition, content: '', isMultipart: false };
    this.parts.push(part);
    if (!type.value.startsWith('multipart/') || !this.openMultipart(part)) {
      this.leaf = { part, begin: this.at };
    }
    return part;
  }

  private openMultipart(part: Part): boolean {
    const named = Buffer.from(part.type.parameters.get('boundary') ?? '').toString('latin1');
    const boundary = withoutEnd(named, ' \t\r');
    if (boundary === '' || boundary.length > LONGEST_BOUNDARY) {
      part.type.value = 'text/plain';
      return false;
    }
    part.isMultipart = true;
    this.leaf = undefined;
    if (this.open.length < LIMITS.depth) {
      this.open.push({ boundary, isDigest: part.type.value === 'multipart/digest' });
    }
    return true;
  }

  /**
   * Reads fields up to the empty line, and over it. A line that cannot be a field ends the block,
   * too, and belongs to the content.
   */
  private readHeaders(): Field[] {
    const fields: Field[] = [];
    const begin = this.at;
    while (this.at < this.bytes.length) {
      const line = this.lineAt(this.at);
      if (line === '') {
        this.at = this.nextLine(this.at);
        return fields;
      }
      const name = /^([!-9;-~]*)[ \t]*:/.exec(line)?.[1] ?? '';
      if (this.boundaryIn(line) || name === '') return fields;
      const from = this.at;
      do this.at = this.nextLine(this.at);
      while (this.bytes.charAt(this.at) === ' ' || this.bytes.charAt(this.at) === '\t');
      const room = LIMITS.headerBlock - (from - begin);
      if (room <= 0) continue;
      const value = from + line.indexOf(':') + 1;
      const end = Math.min(this.at, value + Math.min(room, LIMITS.oneHeader));
      fields.push({ name: asciiLower(name), value: this.bytes.slice(value, end) });
    }
    return fields;
  }

  /** Which open multipart a line delimits; it is closed by `--boundary--`. */
  private boundaryIn(line: string): { level: number; isClosing: boolean } | undefined {
    if (!line.startsWith('--')) return undefined;
    const found = withoutEnd(line.slice(2), ' \t\r');
    const closed = found.endsWith('--') ? found.slice(0, -2) : '';
    for (let level = this.open.length - 1; level >= 0; level -= 1) {
      const boundary = this.open[level]?.boundary;
      if (boundary === found) return { level, isClosing: false };
      if (boundary === closed) return { level, isClosing: true };
    }
    return undefined;
  }

  private readLine(): void {
    const begin = this.at;
    const isCandidate = this.open.length > 0 && this.bytes.startsWith('--', begin);
    const delimiter = isCandidate ? this.boundaryIn(this.lineAt(begin)) : undefined;
    this.at = this.nextLine(begin);
    if (!delimiter) return;
    this.endLeaf(begin);
    this.open.length = delimiter.level + (delimiter.isClosing ? 0 : 1);
    if (delimiter.isClosing) return;
    this.isStopped = this.parts.length === LIMITS.parts;
    if (!this.isStopped) this.beginPart();
  }

  /** The line end before a boundary belongs to the boundary. */
  private endLeaf(end: number): void {
    if (!this.leaf) return;
    let content = this.bytes.slice(this.leaf.begin, end);
    if (end < this.bytes.length) {
      if (content.endsWith(this.lineEnd)) content = content.slice(0, -1);
      if (this.lineEnd === '\n' && content.endsWith('\r')) content = content.slice(0, -1);
    }
    this.leaf.part.content = content;
    this.leaf = undefined;
  }
}
