/** The addresses in the header fields of mails. Bytes are strings of one character a byte. */
import { textOfUtf8, trimmed } from './mail-text.ts';

const LONGEST_LITERAL = 64; // of "[IPv6:…]"

/**
 * The bare addresses of a list (RFC 5322, with groups, comments, routes and what real mails make
 * of them), as written. What is not well-formed is no address. A name without `@` is one only in a
 * list that holds no other ("root"). The hub reads the same, see spec/messages.
 */
export function parseAddresses(value: string, limit: number): string[] {
  return new AddressReader(value).read().slice(0, limit);
}

class AddressReader {
  private readonly found: string[] = [];
  private readonly names: string[] = [];
  private loose = ''; // what stands outside of angle brackets
  private angle: string | undefined;
  private quotesClose = true;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  read(): string[] {
    for (let at = 0; at < this.text.length;) at = this.step(at);
    this.finish();
    return this.found.length > 0 ? this.found : this.names;
  }

  private step(at: number): number {
    switch (this.text.charAt(at)) {
      case '(':
        return commentEnd(this.text, at);
      case '<':
        return this.readAngle(at);
      case ',':
      case ';':
        this.finish();
        return at + 1;
      case ':': // behind the name of a group
        this.loose = '';
        return at + 1;
    }
    const end = this.unitEnd(at);
    this.loose += this.text.slice(at, end);
    return end;
  }

  /** Behind a quoted string or a domain literal, whose commas mean nothing, or behind one byte. */
  private unitEnd(at: number): number {
    const first = this.text.charAt(at);
    if (first === '"' && this.quotesClose) {
      const end = quotedEnd(this.text, at);
      if (end !== undefined) return end;
      this.quotesClose = false; // so the rest is not searched for each of them
    }
    if (first === '[') {
      const end = this.text.slice(at, at + LONGEST_LITERAL).indexOf(']');
      if (end >= 0) return at + end + 1;
    }
    return at + 1;
  }

  /** Reads `<…>`; the first one of an entry that holds anything counts. */
  private readAngle(from: number): number {
    let inner = '';
    let at = from + 1;
    while (at < this.text.length && !'><;'.includes(this.text.charAt(at))) {
      if (this.text.charAt(at) === '(') {
        at = commentEnd(this.text, at);
        continue;
      }
      const end = this.unitEnd(at);
      inner += this.text.slice(at, end);
      at = end;
    }
    if (this.angle === undefined || this.angle === '') this.angle = inner;
    return this.text.charAt(at) === '>' ? at + 1 : at;
  }

  private finish(): void {
    const address = bareAddress(this.angle ?? this.loose);
    this.loose = '';
    this.angle = undefined;
    if (isPlainName(address)) this.names.push(address);
    else if (isWellFormed(address)) this.found.push(textOfUtf8(address));
  }
}

/** Where the quoted string that opens there ends, behind its closing quote. */
function quotedEnd(text: string, from: number): number | undefined {
  let at = from + 1;
  for (; at < text.length && text.charAt(at) !== '"'; at += 1) {
    if (text.charAt(at) === '\\') at += 1;
  }
  return at < text.length ? at + 1 : undefined;
}

/** Where the comment that opens there ends. Nesting is counted, not followed. */
function commentEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const c = text.charAt(at);
    if (c === '\\') at += 1;
    else if (c === '(') depth += 1;
    else if (c === ')' && --depth === 0) return at + 1;
  }
  return text.length;
}

/** The address in one entry of a list, which holds no comments; '' when there is none. */
function bareAddress(entry: string): string {
  let text = trimmed(entry);
  if (text.startsWith('@')) {
    const colon = text.indexOf(':'); // behind a route: "@relay,@relay:user@host"
    if (colon >= 0) text = trimmed(text.slice(colon + 1));
  }
  const at = findAt(text);
  if (at < 0) return isPlainName(text) ? text : '';
  const local = lastWord(text.slice(0, at));
  const domain = firstWord(text.slice(at + 1));
  return local === '' || domain === '' ? '' : `${local}@${domain}`;
}

/** The last `@` outside of quotes. */
function findAt(text: string): number {
  let found = -1;
  let quotesClose = true;
  for (let at = 0; at < text.length; at += 1) {
    if (text.charAt(at) === '@') found = at;
    if (text.charAt(at) !== '"' || !quotesClose) continue;
    const end = quotedEnd(text, at);
    if (end === undefined) quotesClose = false;
    else at = end - 1;
  }
  return found;
}

function isPlainName(text: string): boolean {
  return /^[a-zA-Z0-9._-]+$/.test(text);
}

/** The word at the end, blanks around its dots allowed: `john.doe` of "to john . doe". */
function lastWord(text: string): string {
  let word = '';
  let end = text.length;
  let joined = true; // a blank may follow: at the very end, or beside a dot
  while (end > 0) {
    const c = text.charAt(end - 1);
    if (c === '"') {
      const open = end < 2 ? -1 : text.lastIndexOf('"', end - 2);
      return text.slice(Math.max(open, 0), end) + word; // the whole local part
    }
    if (c === ' ' || c === '\t') {
      const before = trimmed(text.slice(0, end));
      if (!joined && !before.endsWith('.')) break;
      while (end > 0 && ' \t\r\n'.includes(text.charAt(end - 1))) end -= 1;
      continue;
    }
    word = c + word;
    joined = c === '.';
    end -= 1;
  }
  return word;
}

function firstWord(text: string): string {
  const word = /^[^ \t]*(?:[ \t]+(?=\.)[^ \t]*|(?<=\.)[ \t]+[^ \t]*)*/.exec(trimmed(text))?.[0];
  return (word ?? '').replace(/[ \t]+/g, '');
}

/**
 * Characters that cannot be seen make one address look like another, so it has none of them; what
 * is not UTF-8 is no address at all. What is one address must not look like two in a list.
 */
function isWellFormed(address: string): boolean {
  const text = textOfUtf8(address);
  return ADDRESS.test(text) && !UNSEEN.test(text) && !text.includes(', ');
}

const UNSEEN =
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufffd]/;
/** A quoted string or an atom; labels with dots between them or a literal. */
const ADDRESS =
  /^(?:"(?:[^"\\]|\\[^])*"|[^ "(),:;<>@[\\\]]+)@(?:\[[^ "(),;<>@[\\\]]+\]|[^ "(),:;<>@[\\\].]+(?:\.[^ "(),:;<>@[\\\].]+)*)$/;
