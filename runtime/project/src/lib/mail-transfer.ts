/** How bytes travel in mails. Bytes are strings of one character a byte. */
import { asciiLower, trimmed } from './mail-text.ts';

/** The bytes that a part holds; an unknown encoding gives them as they are. */
export function decodeTransfer(content: string, encoding: string): string {
  switch (asciiLower(trimmed(encoding))) {
    case 'base64':
      return decodeBase64(content);
    case 'quoted-printable':
      return decodeQuotedPrintable(content);
    default:
      return content;
  }
}

/** What is no base64 is passed over; a `=` ends a group, and another may begin behind it. */
export function decodeBase64(text: string): string {
  return text
    .replace(/[^A-Za-z0-9+/=]+/g, '')
    .split(/=+/)
    .map((group) => Buffer.from(group, 'base64').toString('latin1'))
    .join('');
}

/** A broken escape stays as it is; one that the end cuts off is dropped. */
function decodeQuotedPrintable(text: string): string {
  return text.replace(/=(?:\r?\n|([0-9A-Fa-f]{2})|[^]?$)/g, (_escape, hex?: string) =>
    hex === undefined ? '' : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** `%41b` as `Ab`; a broken escape stays as it is. */
export function decodeHexEscapes(text: string, escape: '%' | '='): string {
  const pattern = escape === '%' ? /%([0-9A-Fa-f]{2})/g : /=([0-9A-Fa-f]{2})/g;
  return text.replace(pattern, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
