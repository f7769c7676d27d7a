/** A webhook call: as people write it down, and what the hub keeps and reads of it. */
import { readJson } from './json-reader.ts';
import type { Json } from './json.ts';
import { asciiLower, textOfUtf8, trimmed } from './mail-text.ts';

export type Header = readonly [name: string, value: string];

export interface WrittenCall {
  headers: Header[];
  body: Buffer;
}

/**
 * Splits a call that is written down: a line such as `POST /orders HTTP/1.1`, which may be left
 * out, a header a line, an empty line, the body; the line end behind it is the notation's. Throws a
 * SyntaxError when a line before the body is no header.
 */
export function splitCall(raw: Uint8Array): WrittenCall {
  const text = Buffer.from(raw)
    .toString('latin1')
    .replace(/\r?\n$/, '');
  const headers: Header[] = [];
  for (let begin = 0; begin < text.length;) {
    const found = text.indexOf('\n', begin);
    const end = found < 0 ? text.length : found;
    const line = trimmed(text.slice(begin, end));
    if (line === '') return { headers, body: Buffer.from(text.slice(end + 1), 'latin1') };
    const colon = line.indexOf(':');
    // The name begins the line; the blanks before it have gone from `line` alone.
    const name = text.slice(begin, begin + Math.max(colon, 0));
    if (/^[\w!#$%&'*+\-.^`|~]+$/.test(name)) {
      headers.push([name, textOfUtf8(trimmed(line.slice(colon + 1)))]);
    } else if (begin > 0 || !/^[A-Z]+ +(?:\/|https?:\/\/)\S*(?: +HTTP\/.*)?$/.test(line)) {
      throw new SyntaxError(`no call of a webhook: "${textOfUtf8(line)}" is no header`);
    }
    begin = end + 1;
  }
  return { headers, body: Buffer.alloc(0) };
}

const SECRET = /auth|cookie|signature|token|secret|password|hmac|jwt|session|api-?key|access-key/;
const OF_THE_CONNECTION = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * The headers that a rule sees, names in lower case, a line each time that one stands there:
 * without those of the connection, and those whose name says that their value proves something.
 */
export function keptHeaders(headers: readonly Header[]): Record<string, string> {
  const kept = new Map<string, string>();
  for (const [written, value] of headers) {
    const name = asciiLower(written);
    if (OF_THE_CONNECTION.has(name) || SECRET.test(name)) continue;
    const before = kept.get(name);
    kept.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return Object.fromEntries(kept);
}

/** What a Content-Type says: the type and the charset, in lower case; '' where it says none. */
export function mediaTypeOf(contentType: string): { type: string; charset: string } {
  const [type = '', ...parameters] = contentType.split(';');
  const charset = parameters
    .map((parameter) => /^[ \t]*charset=(?:"(.*)"|(.*?))[ \t]*$/i.exec(parameter))
    .find((found) => found !== null);
  return {
    type: asciiLower(trimmed(type)),
    charset: asciiLower(charset?.[1] ?? charset?.[2] ?? ''),
  };
}

/**
 * The JSON or the form of a body, by its type; undefined for text. Throws a SyntaxError for JSON or
 * a form that is broken, and for a type that the hub does not take.
 */
export function payloadOfType(body: Uint8Array, type: string): Json | undefined {
  if (type === 'application/json' || type.endsWith('+json')) return readJson(body);
  if (type === 'application/x-www-form-urlencoded') return readForm(body);
  if (type === '' || type.startsWith('text/')) return undefined;
  throw new SyntaxError(`of the type "${type}", which the hub does not take`);
}

/** An object of texts; a name that stands there several times has a list of them. */
export function readForm(body: Uint8Array): Record<string, Json> {
  const fields = new Map<string, string | string[]>();
  for (const field of Buffer.from(body).toString('latin1').split('&')) {
    if (field === '') continue;
    const equals = field.indexOf('=');
    const name = decoded(equals < 0 ? field : field.slice(0, equals));
    const value = decoded(equals < 0 ? '' : field.slice(equals + 1));
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(fields);
}

function decoded(text: string): string {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) {
    throw new SyntaxError('a form with a percent sign without two hex digits');
  }
  const bytes = text
    .replaceAll('+', ' ')
    .replace(/%(..)/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return textOfUtf8(bytes);
}
