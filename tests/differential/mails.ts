/** Mails and pages as nobody wrote them. Bytes are strings of one character a byte. */
import type { Random } from './random.ts';

const LINE_ENDS = ['\n', '\n', '\n', '\r\n', '\r\n', '\r', ''];

const ADDRESS_PIECES = [
  ...['a@b.example', 'John', 'Smith', 'x', '.', '@', '<', '>', ',', ';', ':', '(', ')', '"', '\\'],
  ...[
    ' ',
    '  ',
    '\t',
    '[',
    ']',
    '[127.0.0.1]',
    'root',
    '@r1,@r2:',
    '"a b"',
    '"a, b"',
    '\0',
    '\x01',
  ],
  ...['\xc3\xa4', '\xe2\x80\x8b', '\xff', '\xc2\xa0', '=?utf-8?q?a=40b?=', '\r\n ', '\n\t', 'c.d'],
];

const TEXT_PIECES = [
  ...[
    'word',
    ' ',
    '\t',
    '\r',
    '\0',
    '\x0b',
    '\x7f',
    '\xc3\xa4',
    '\xe2\x82',
    '\xff',
    '\xe2\x80\xae',
  ],
  ...['=?utf-8?q?', '=?utf-8?q?=C3=A4?=', '=?utf-8?b?w6Q=?=', '=?iso-8859-1?Q?=E4_b?=', '?=', '=?'],
  ...['=?koi8-r*ru?q?=F0?=', '=?utf-8?q?=C3?=', '=?=C3?=', '\n ', '\r\n\t', '=?x?B?YQ?=', '_', '='],
];

const TYPES = [
  ...['text/plain', 'text/plain', 'text/html', 'TEXT/Html', 'application/pdf', 'pdf', 'image/png'],
  ...['multipart/mixed', 'multipart/alternative', 'multipart/digest', 'message/rfc822', '', ';;'],
  ...['text/calendar; method=REQUEST', 'text/csv', 'multipart/related (x', 'a/b/c (x;'],
];

const PARAMETER_PIECES = [
  ...[
    '; ',
    ';',
    'name',
    'filename',
    '=',
    '*',
    '*0',
    '*1',
    '*0*',
    '"',
    'a.pdf',
    '/',
    '\\',
    '..',
    ' ',
  ],
  ...["utf-8''", "iso-8859-1'de'", '%C3%A4', '%E4', '%zz', 'charset', 'utf-8', 'latin1', 'utf-7'],
  ...['format=flowed', 'delsp=yes', '(', ')', '; filename="b.pdf"', "; filename*=utf-8''%C3%A4.x"],
  ...[
    '; charset=us-ascii',
    '; charset="windows-1252"',
    '; charset=utf-16le',
    '; name=x',
    '\xc3\xa4',
  ],
  ...['=?utf-8?q?=C3=A4?=', '; boundary=b', '; charset=klingon', '; charset=utf-32be'],
];

const BODY_PIECES = [
  ...['Hello', ' ', ' \n', '\n', '\r\n', '\n\n', '\r', '--b', '--b--', '--c', '\n--b\n', '\n--c\n'],
  ...[
    '\n--b--\n',
    '> ',
    '>',
    '-- \n',
    'aGk=',
    'aGVsbG8',
    '=C3=A4',
    '=\n',
    '=\r\n',
    '=',
    '=4',
    '\0',
  ],
  ...[
    '\xc3\xa4',
    '\xff',
    '\xe4',
    '+AOQ-',
    '\xef\xbb\xbf',
    '<p>',
    '&auml;',
    '<td>',
    '<br>',
    'From ',
  ],
  ...['Content-Type: text/html\n\n', 'Subject: inner\n\n', '\xe2\x80\xae', 'a: b\n'],
];

const DATES = [
  ...['Sun, 22 Nov 2026 10:00:00 +0100', '1 Jan 2000 00:00:00 GMT', '29 Feb 2024 23:59:59 -0330'],
  ...['Sun, 22 Nov 2026 10:00:00 +0100 (CET)', '22 Nov 2026 10:00 +0000', 'soon', ''],
];

function pieces(random: Random, choices: readonly string[], most: number): string {
  return random.list(most, () => random.pick(choices)).join('');
}

function field(random: Random): string {
  const value = (choices: readonly string[]): string => pieces(random, choices, 8);
  switch (random.below(9)) {
    case 0:
      return `From: ${value(ADDRESS_PIECES)}`;
    case 1:
      return `${random.pick(['To', 'Cc', 'TO'])}${random.pick(['', ' '])}: ${value(ADDRESS_PIECES)}`;
    case 2:
      return `Subject:${value(TEXT_PIECES)}`;
    case 3:
      return `Content-Transfer-Encoding: ${random.pick(['base64', 'quoted-printable', '8bit', 'x'])}`;
    case 4:
      return `Content-Disposition: ${random.pick(['attachment', 'inline', ''])}${value(PARAMETER_PIECES)}`;
    case 5:
      return `Date: ${random.pick(DATES)}`;
    case 6:
      return `${random.pick(['X-A', 'Received', '__proto__', '', 'a b'])}: ${value(TEXT_PIECES)}`;
    default:
      return `Content-Type: ${random.pick(TYPES)}${random.pick(['; boundary=b', '; boundary="c"', ''])}${value(PARAMETER_PIECES)}`;
  }
}

function head(random: Random): string {
  return random
    .list(5, () => field(random) + random.pick(LINE_ENDS.slice(0, random.chance(0.9) ? 3 : 7)))
    .join('');
}

export function randomMail(random: Random): string {
  const start = random.chance(0.9) ? '' : random.pick(['\xef\xbb\xbf', 'From me\n', '\n', '\r']);
  const parts = random.list(4, () => {
    const boundary = random.pick(['--b', '--b', '--c', '--b--', '--c-- ']);
    return `\n${boundary}\n${head(random)}\n${pieces(random, BODY_PIECES, 6)}`;
  });
  return `${start}${head(random)}\n${pieces(random, BODY_PIECES, 6)}${parts.join('')}`;
}

const HTML_PIECES = [
  ...['<p>', '</p>', '<P class="a>b">', '<br>', '<BR/>', '<br />', '<td>', '</td>', '<th>', '<tr>'],
  ...[
    '</tr>',
    '<table>',
    '<ul>',
    '<li>',
    '</li>',
    '<pre>',
    '</pre>',
    '<div>',
    '</div>',
    '<h1>',
    '<b>',
  ],
  ...['<script>', '</script>', '</SCRIPT x>', '<style>', '</style', '<title>', '</title>', '<!--'],
  ...[
    '-->',
    '<!doctype html>',
    '<![endif]>',
    '<?xml ?>',
    '<',
    '>',
    '</',
    '<3',
    "<a href='>",
    '="',
    '"',
  ],
  ...[
    '&auml;',
    '&nbsp;',
    '&#228;',
    '&#xE4;',
    '&#XE4;',
    '&#0;',
    '&#128;',
    '&#99999999;',
    '&amp',
    '&',
  ],
  ...[
    '&amp;lt;',
    '&unknown;',
    '&toolonganame;',
    '&#x110000;',
    '&#10;',
    '&#9;',
    'word',
    'two words',
  ],
  ...[
    ' ',
    '  ',
    '\n',
    '\r\n',
    '\t',
    '\f',
    '\u00a0',
    'ä',
    '日本',
    '😀',
    ';',
    '#',
    'x',
    '<blockquote>',
  ],
];

export function randomHtml(random: Random): string {
  return pieces(random, HTML_PIECES, 25);
}

const JSON_PIECES = [
  ...['{', '}', '[', ']', ',', ':', ' ', '\n', '\t', '"a"', '"b"', '"a":', '"b": ', '"', 'true'],
  ...['null', 'false', 'tru', '1', '0', '-0', '01', '-', '2000.50', '1.0', '0.1', '1e3', '1E400'],
  ...['123456789012345678901234567890.555', '12345678901234567890', '9007199254740993', '1e-7'],
  ...['0.0000001', '-0.0', '1.', '.5', '+1', '"\\u00e4"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\x"'],
  ...[
    '"\xc3\xa4\\n\\/"',
    '"\xff"',
    '"\x01"',
    '\xc3\xa4',
    '[[[[[[[[[[[[[[[[',
    ']]]]]]]]]]]]]]]]',
    'x',
  ],
];

function jsonValue(random: Random, depth: number): string {
  const number = '-?0.50 7 1234567890123456789012 0.000000100 100.0 5e-1 1E5'.split(' ');
  const kind = random.below(depth > 4 ? 2 : 4);
  if (kind === 0) return random.pick(['"x"', 'true', 'null', '"\\"\\u0007"', '"\xe2\x82\xac"']);
  if (kind === 1) return random.pick(number).replace('-?', random.pick(['-', '']));
  if (kind === 2) return `[${random.list(3, () => jsonValue(random, depth + 1)).join(', ')}]`;
  const keys = ['a', 'b', 'c'].slice(0, random.below(4));
  return `{${keys.map((key) => `"${key}": ${jsonValue(random, depth + 1)}`).join(',\n')}}`;
}

/** A list, mostly of JSON, now and then broken. */
export function randomJson(random: Random): string {
  if (random.chance(0.4)) return `[${pieces(random, JSON_PIECES, 8)}]`;
  const text = `[${jsonValue(random, 0)}]`;
  if (random.chance(0.6)) return text;
  const at = random.below(text.length + 1);
  return text.slice(0, at) + random.pick([...JSON_PIECES, '']) + text.slice(at + random.below(3));
}
