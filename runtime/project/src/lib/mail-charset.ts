/**
 * Charsets of mails, the hub's list of them. Bytes are strings of one character a byte. East Asian
 * charsets are Node's: what is no text in them may give another number of U+FFFD than in the hub.
 */
import { UPPER_HALVES } from './mail-charset-tables.ts';
import { asciiLower, textOfUtf8, trimmed } from './mail-text.ts';

const BIG5 = 'big5';
const GB = 'gb18030';
const KOREAN = 'euc-kr';
const JAPANESE = 'shift_jis';

const ALIASES: ReadonlyMap<string, string> = new Map([
  ...[BIG5, 'big5-hkscs', 'cp950'].map((name) => [name, BIG5] as const),
  ...[GB, 'cp936', 'gb2312', 'gbk'].map((name) => [name, GB] as const),
  ...[KOREAN, 'cp949', 'ks_c_5601-1987', 'ksc5601'].map((name) => [name, KOREAN] as const),
  ...['cp932', 'ms_kanji', 'shift-jis', JAPANESE, 'sjis', 'windows-31j', 'x-sjis'].map(
    (name) => [name, JAPANESE] as const,
  ),
  ['ibm437', 'cp437'],
  ['ibm850', 'cp850'],
  ['ibm852', 'cp852'],
  ['ibm866', 'cp866'],
  ['latin1', 'windows-1252'],
  ['latin2', 'iso-8859-2'],
  ['windows-874', 'cp874'],
  ['x-mac-roman', 'macintosh'],
]);

/** The families with numbers in their spellings. */
function numbered(label: string): string | undefined {
  const iso = /^iso[-_]?8859-(\d\d?)$/.exec(label.replace(/-8-[ie]$/, '-8'))?.[1];
  if (iso !== undefined) return iso === '1' ? 'windows-1252' : `iso-8859-${iso}`;
  const windows = /^(?:windows-|x-cp|cp)125([0-8])$/.exec(label)?.[1];
  return windows === undefined ? undefined : `windows-125${windows}`;
}

/** Text in the charset that a mail names. An unknown one is read as UTF-8. */
export function decodeCharset(bytes: string, label: string): string {
  const wanted = asciiLower(trimmed(label));
  const charset = ALIASES.get(wanted) ?? numbered(wanted) ?? wanted;
  const upper = Object.hasOwn(UPPER_HALVES, charset) ? UPPER_HALVES[charset] : undefined;
  if (upper !== undefined) {
    return bytes.replace(/[\x80-\xff]/g, (byte) => upper.charAt(byte.charCodeAt(0) - 0x80));
  }
  switch (charset) {
    case BIG5:
    case GB:
    case KOREAN:
    case JAPANESE:
    case 'euc-jp':
    case 'iso-2022-jp':
    case 'utf-16be':
    case 'utf-16le':
      return decoded(bytes, charset);
    case 'utf-16':
      if (bytes.startsWith('\xfe\xff')) return decoded(bytes.slice(2), 'utf-16be');
      return decoded(bytes.startsWith('\xff\xfe') ? bytes.slice(2) : bytes, 'utf-16le');
    case 'utf-32be':
    case 'utf-32le':
      return decodeUtf32(bytes, charset === 'utf-32le');
    case 'utf-7':
      return decodeUtf7(bytes);
    case 'iso-2022-kr':
      return decoded(eightBit(bytes), KOREAN);
  }
  return textOfUtf8(bytes.startsWith('\xef\xbb\xbf') ? bytes.slice(3) : bytes);
}

function decoded(bytes: string, charset: string): string {
  return new TextDecoder(charset, { ignoreBOM: true }).decode(Buffer.from(bytes, 'latin1'));
}

/** ISO-2022-KR shifts between ASCII and Korean, whose bytes have no upper bit there. */
function eightBit(bytes: string): string {
  return bytes
    .replaceAll('\x1b$)C', '')
    .replace(/\x0e([^\x0f]*)\x0f?/g, (_all, korean: string) =>
      korean.replace(/[\x21-\x7e]/g, (byte) => String.fromCharCode(byte.charCodeAt(0) | 0x80)),
    );
}

function decodeUtf32(bytes: string, littleEndian: boolean): string {
  const buffer = Buffer.from(bytes, 'latin1');
  const out: string[] = [];
  for (let at = 0; at + 4 <= buffer.length; at += 4) {
    const code = littleEndian ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at);
    const isCharacter = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    out.push(isCharacter ? String.fromCodePoint(code) : '\ufffd');
  }
  return out.join('') + (buffer.length % 4 === 0 ? '' : '\ufffd');
}

/** `+AOQ-` is UTF-16 in base64 (RFC 2152), `+-` a plus. */
function decodeUtf7(bytes: string): string {
  return bytes
    .replace(/[\\~\x80-\xff]/g, '\ufffd')
    .replace(/\+([A-Za-z0-9+/]*)-?/g, (written, base64: string) => {
      if (base64 === '') return written === '+-' ? '+' : '\ufffd';
      const units = Buffer.from(base64, 'base64');
      return decoded(units.subarray(0, units.length & ~1).toString('latin1'), 'utf-16be');
    });
}
