/** Finds e-mail addresses, URLs and names in texts, in time that grows evenly with the text. */

import { trimmed } from './mail-text.ts';

/** What an address may have before the @; rarer characters would drag in what surrounds it. */
const LOCAL = /^[\p{L}\p{N}._%+'&=-]$/u;
const DOMAIN = /^[\p{L}\p{N}.-]$/u;
const LONGEST_LOCAL = 64;
const LONGEST_DOMAIN = 253;

/** The first e-mail address in a text, as it is written there. */
export function findAddress(text: string): string | undefined {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let begin = at;
    while (begin > 0 && LOCAL.test(text.charAt(begin - 1))) begin -= 1;
    let end = at + 1;
    while (end < text.length && DOMAIN.test(text.charAt(end))) end += 1;
    if (at - begin > 2 * LONGEST_LOCAL || end - at > 2 * LONGEST_DOMAIN) continue;
    const local = text.slice(begin, at).replace(/^[.'&=-]{1,128}/, '');
    const domain = withoutEnd(text.slice(at + 1, end), '.-');
    if (isLocal(local) && isDomain(domain)) return `${local}@${domain}`;
  }
  return undefined;
}

function isLocal(local: string): boolean {
  return (
    local !== '' && local.length <= LONGEST_LOCAL && !local.endsWith('.') && !local.includes('..')
  );
}

function isDomain(domain: string): boolean {
  const labels = domain.split('.');
  const last = labels.at(-1) ?? '';
  return (
    domain.length <= LONGEST_DOMAIN &&
    labels.length > 1 &&
    labels.every((label) => label !== '' && !label.startsWith('-') && !label.endsWith('-')) &&
    last.length > 1 &&
    !/^\d+$/.test(last)
  );
}

/** The first http or https URL in a text, as it is written, without what ends the sentence. */
export function findUrl(text: string): string | undefined {
  const start = /https?:\/\//gi;
  for (let found = start.exec(text); found; found = start.exec(text)) {
    const end = endOfUrl(text, start.lastIndex);
    const url = withoutStop(text.slice(found.index, end));
    if (url.length > found[0].length && URL.canParse(url)) return url;
    start.lastIndex = end;
  }
  return undefined;
}

function endOfUrl(text: string, begin: number): number {
  const stop = /[\s<>"`{}|\\^\u200b-\u200f\u2028-\u202f“”«»]/gu;
  stop.lastIndex = begin;
  return stop.exec(text)?.index ?? text.length;
}

const BRACKETS = [
  ['(', ')'],
  ['[', ']'],
] as const;

/** A closing bracket belongs to the URL when an opening one does: …/Rust_(language). */
function withoutStop(url: string): string {
  const trimmed = withoutEnd(url, ".,;:!?'*_");
  for (const [open, close] of BRACKETS) {
    if (!trimmed.endsWith(close)) continue;
    if (trimmed.split(open).length < trimmed.split(close).length) {
      return withoutEnd(withoutEnd(trimmed, close), ".,;:!?'*_");
    }
  }
  return trimmed;
}

/** A loop, as a native pattern for the end takes quadratic time. */
function withoutEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** The name in a From header: `"Doe, Ann" <ann@acme.com>` or `ann@acme.com (Ann Doe)`. */
export function displayName(header: string): string | undefined {
  const open = header.lastIndexOf('<');
  const name = open >= 0 ? trimmed(header.slice(0, open)) : commentOf(header);
  const plain = trimmed(name.startsWith('"') ? unquoted(name) : name);
  return plain === '' ? undefined : plain;
}

function commentOf(header: string): string {
  const open = header.indexOf('(');
  const close = header.lastIndexOf(')');
  return open >= 0 && close > open ? header.slice(open + 1, close) : '';
}

function unquoted(text: string): string {
  const inner = text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
  return inner.replace(/\\(.)/gs, '$1');
}
