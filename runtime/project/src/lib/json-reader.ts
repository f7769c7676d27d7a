/** Reads the JSON of messages the way the hub does, which refuses what can be read in two ways. */
import { isUtf8 } from 'node:buffer';

import type { Json } from './json.ts';
import { numberOf } from './json.ts';

const DEEPEST = 64;
const LARGEST_EXPONENT = 2 ** 31 - 1; // of the hub's reader, in both directions

/**
 * One JSON document (RFC 8259), a byte order mark before it allowed. Throws a SyntaxError that says
 * where: bad syntax, text behind it, a key that stands twice in one object, half of a surrogate
 * pair, bytes that are no UTF-8, a number too large for a double, more than 64 levels.
 */
export function readJson(bytes: Uint8Array): Json {
  const text = Buffer.from(bytes).toString('utf8');
  const reader = new JsonReader(text.startsWith('\ufeff') ? text.slice(1) : text);
  if (!isUtf8(bytes)) reader.fail('bytes that are no UTF-8', Math.max(0, text.indexOf('\ufffd')));
  return reader.read();
}

const ESCAPES: ReadonlyMap<string, string> = new Map(
  Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', '/': '/' }),
);

class JsonReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  read(): Json {
    const value = this.value(0);
    this.blanks();
    if (this.at < this.text.length) this.fail('there is more text behind it');
    return value;
  }

  fail(what: string, at = this.at): never {
    const before = this.text.slice(0, at).split('\n');
    const column = Array.from(before.at(-1) ?? '').length + 1;
    const place = `line ${String(before.length)}, column ${String(column)}`;
    throw new SyntaxError(`not valid JSON at ${place}: ${what}`);
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private blanks(): void {
    this.take(/[ \t\r\n]*/y);
  }

  private expect(character: string): void {
    this.blanks();
    if (this.text.charAt(this.at) !== character) this.unexpected(`"${character}"`);
    this.at += 1;
  }

  private unexpected(wanted: string): never {
    if (this.at >= this.text.length) this.fail('it ends too early');
    return this.fail(`${wanted} is expected here`);
  }

  private value(depth: number): Json {
    this.blanks();
    const first = this.text.charAt(this.at);
    if (first === '{' || first === '[') {
      if (depth === DEEPEST) this.fail(`nested deeper than ${String(DEEPEST)} levels`);
      return first === '{' ? this.object(depth + 1) : this.array(depth + 1);
    }
    if (first === '"') return this.string();
    const word = this.take(/(?:true|false|null)(?!\w)/y);
    if (word !== undefined) return word === 'null' ? null : word === 'true';
    const from = this.at;
    const digits = this.take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y);
    if (digits === undefined) return this.unexpected('a value');
    const exponent = Math.abs(Number(digits.split(/e/i)[1] ?? 0));
    if (!Number.isFinite(Number(digits)) || exponent > LARGEST_EXPONENT) {
      this.fail('the number is too large', from);
    }
    return numberOf(digits);
  }

  private object(depth: number): Json {
    const members = new Map<string, Json>();
    this.at += 1;
    this.blanks();
    if (this.isAt('}')) return {};
    for (;;) {
      this.blanks();
      const from = this.at;
      if (this.text.charAt(from) !== '"') this.unexpected('a key in quotation marks');
      const key = this.string();
      if (members.has(key)) this.fail(`the key "${key}" stands twice in one object`, from);
      this.expect(':');
      members.set(key, this.value(depth));
      this.blanks();
      if (this.isAt('}')) return Object.fromEntries(members);
      this.expect(',');
    }
  }

  private array(depth: number): Json {
    const items: Json[] = [];
    this.at += 1;
    this.blanks();
    if (this.isAt(']')) return items;
    for (;;) {
      items.push(this.value(depth));
      this.blanks();
      if (this.isAt(']')) return items;
      this.expect(',');
    }
  }

  private isAt(character: string): boolean {
    const found = this.text.charAt(this.at) === character;
    if (found) this.at += 1;
    return found;
  }

  private string(): string {
    const from = this.at;
    const pieces: string[] = [];
    this.at += 1;
    for (;;) {
      pieces.push(this.take(/[^"\\\0-\x1f]+/y) ?? '');
      const next = this.text.charAt(this.at);
      if (next === '"') break;
      if (next !== '\\') this.unexpected('the end of the text (control characters are escaped)');
      const escape = this.text.charAt(this.at + 1);
      const hex = /^[0-9A-Fa-f]{4}$/.exec(this.text.slice(this.at + 2, this.at + 6))?.[0];
      const character =
        escape === 'u' && hex !== undefined
          ? String.fromCharCode(Number.parseInt(hex, 16))
          : ESCAPES.get(escape);
      if (character === undefined) this.fail('an escape that JSON does not have');
      pieces.push(character);
      this.at += escape === 'u' ? 6 : 2;
    }
    this.at += 1;
    const text = pieces.join('');
    if (!text.isWellFormed()) this.fail('half of a surrogate pair', from);
    return text;
  }
}
