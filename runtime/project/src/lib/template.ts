/**
 * The templates of a rule, one for each place where values land. What is put in is data: it is
 * encoded for its place, rendered once, and never read again as a template, as markup or as code.
 */
import { isDecimal, sameNumber } from './decimal.ts';
import { ActionError } from './errors.ts';
import { textOf } from './json.ts';

/** `before` is the text up to the value, with the values before it encoded. */
type Encode = (value: unknown, before: string) => string;

function fill(parts: TemplateStringsArray, values: unknown[], encode: Encode): string {
  return parts.reduce((whole, part, index) => whole + encode(values[index - 1], whole) + part);
}

/** text`Invoice ${number}`: every value as it reads, nothing for one that is missing. */
export function text(parts: TemplateStringsArray, ...values: unknown[]): string {
  return fill(parts, values, textOf);
}

/** The value of a header. A line end would begin another header; it is refused, not repaired. */
export function header(parts: TemplateStringsArray, ...values: unknown[]): string {
  return fill(parts, values, (value) => {
    const content = textOf(value);
    if (/[\r\n\0]/.test(content)) {
      throw new ActionError('header_invalid', 'A value for a header holds a line end or NUL.');
    }
    return content;
  });
}

/** html`<p>${note}</p>`: nothing in a value is markup, and none can lead a link elsewhere. */
export function html(parts: TemplateStringsArray, ...values: unknown[]): string {
  return fill(parts, values, (value, before) => {
    const link = LINK.exec(before);
    const content = link ? inLink(link[1] ?? link[2] ?? '', textOf(value)) : textOf(value);
    return content.replaceAll(/[&<>"']/g, (character) => HTML_ENTITIES[character] ?? character);
  });
}

const HTML_ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** An attribute that is a link, and what stands in it so far; quotes of values are encoded. */
const LINK =
  /[\s"'/:](?:href|src|action|formaction|background|cite|ping|poster|data)\s*=\s*(?:"([^"]*)|'([^']*))$/i;

/**
 * A value may be a whole link or its begin, as far as the rule's own host; anywhere else it is
 * encoded, so that it stays within its part of the path or of the query.
 */
function inLink(encoded: string, content: string): string {
  // Browsers leave out white space and control characters when they read the scheme.
  const plain = (part: string): string => part.replaceAll(/[\s\p{Cc}]/gu, '');
  const before = plain(encoded).replaceAll(/&#(?:x([\da-f]{1,5})|(\d{1,5}));/gi, decodeEntity);
  if (before === '') {
    checkScheme(plain(content));
    return content;
  }
  const value = encodeURIComponent(content.toWellFormed());
  if (/[?#]/.test(before)) return value;
  // Addresses and telephone numbers need these signs, which are nothing more in such links.
  if (/^(?:mailto|tel|sms|cid):/i.test(before)) {
    return value.replaceAll('%40', '@').replaceAll('%2B', '+');
  }
  // Dots cannot be encoded: every reader of URLs takes /../ for a step back.
  if (/(?:^|[/\\])(?:\.|%2e){1,2}$/i.test(before + value)) {
    throw new ActionError('link_invalid', 'A part of a link is "." or "..".');
  }
  return value;
}

function decodeEntity(_entity: string, hex?: string, decimal?: string): string {
  return String.fromCodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16));
}

/** A link may lead to a page, an address or a telephone, but never into a script. */
function checkScheme(link: string): void {
  const scheme = /^[^/?#]*?:/.exec(link)?.[0].toLowerCase();
  if (scheme !== undefined && !['http:', 'https:', 'mailto:', 'tel:'].includes(scheme)) {
    throw new ActionError(
      'link_invalid',
      `A value for a link begins with ${JSON.stringify(scheme.slice(0, 40))}.`,
    );
  }
}

/** slack`Invoice ${number}`: no value can name a channel, call people or begin a link. */
export function slack(parts: TemplateStringsArray, ...values: unknown[]): string {
  return fill(parts, values, (value, before) => {
    const content = textOf(value)
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;');
    // In the address of <https://example.com|words>, a bar would begin the words.
    return /<[^|>]*$/.test(before) ? content.replaceAll('|', '%7C') : content;
  });
}

/** url`https://example.com/${id}`: no value can leave its part of the path or of the query. */
export function url(parts: TemplateStringsArray, ...values: unknown[]): string {
  const whole = fill(parts, values, (value) => encodeURIComponent(textOf(value).toWellFormed()));
  const path = whole.replace(/[?#].*$/s, '').split('/');
  // Dots cannot be encoded: every reader of URLs takes /../ for a step back.
  if (path.some((part) => /^(?:\.|%2e){1,2}$/i.test(part))) {
    throw new ActionError('url_invalid', 'A part of the URL is "." or "..".');
  }
  return whole;
}

/**
 * A cell of a sheet: a number stays a number as long as the sheet can hold its digits, yes and no
 * stay what they are, everything else is text.
 */
export function cell(value: unknown): string | number | boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (!isDecimal(value)) return textOf(value);
  const number = Number(value.text);
  return sameNumber(String(number), value) ? number : value.text;
}

/** A statement with placeholders, and the values that the database driver binds to them. */
export interface SqlStatement {
  text: string;
  values: SqlValue[];
}

export type SqlValue = string | number | boolean | null;

/** sql`select ${id}`: becomes `select $1`, with the value kept apart. */
export function sql(parts: TemplateStringsArray, ...values: unknown[]): SqlStatement {
  return {
    text: parts.reduce((whole, part, index) => `${whole}$${String(index)}${part}`),
    values: values.map(sqlValue),
  };
}

/** Decimals travel as their digits; lists and objects as JSON text, for json columns. */
function sqlValue(value: unknown): SqlValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  return isDecimal(value) ? value.text : JSON.stringify(value);
}
