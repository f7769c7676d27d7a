import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { textOfHtml } from '../project/src/lib/html-text.ts';
import { fieldText } from '../project/src/lib/message.ts';
import {
  messageFromChat,
  messageFromEmail,
  messageFromWebhook,
} from '../project/src/lib/incoming.ts';
import { toldByProject } from './told.ts';

describe('a text message or a post', () => {
  it('has headers, an empty line and text', () => {
    const raw = 'From: +15550100\r\nTO: +15550199\r\n\r\nHello,\r\n\r\nplease call.\r\n';
    const message = messageFromChat(Buffer.from(raw), 'sms');
    assert.equal(message.channelType, 'sms');
    assert.equal(message.from, '+15550100');
    assert.equal(message.to, '+15550199');
    assert.equal(message.body, 'Hello,\n\nplease call.');
    assert.equal(message.payload, undefined);
  });

  it('names the thread that it replies in', () => {
    const raw = 'From: U1\nTo: #wishes\nThread: 1712.0001\n\nA: b\n';
    const message = messageFromChat(Buffer.from(raw), 'slack');
    assert.equal(message.body, 'A: b');
    assert.equal(fieldText(message, 'json:thread_ts'), '1712.0001');
    assert.equal(fieldText(message, 'header:thread'), '1712.0001');
  });

  it('may be anything', () => {
    for (const raw of [
      '',
      '\n',
      '\n\n',
      'hello',
      ': x\n\ny',
      '__proto__: x\n\ny',
      'From:\n\n\n\n',
    ]) {
      const message = messageFromChat(Buffer.from(raw), 'slack');
      assert.equal(message.from, '', JSON.stringify(raw));
      assert.equal(Object.getPrototypeOf(message.headers), Object.prototype);
    }
    const start = performance.now();
    messageFromChat(Buffer.from('a:\n\n'.repeat(256 * 1024)), 'sms');
    messageFromChat(Buffer.from('a:\n'.repeat(256 * 1024)), 'sms');
    assert.ok(performance.now() - start < 5_000);
  });
});

describe('a mail with parts', () => {
  const raw = [
    'From: =?utf-8?Q?Zo=C3=AB?= <zoe@acme.com>',
    'To: ap@example.com',
    'Subject: Two files',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="part"',
    '',
    '--part',
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Here they are.',
    '--part',
    'Content-Type: application/pdf',
    'Content-Disposition: attachment; filename="a.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    'JVBERi0xLjQK',
    '--part',
    'Content-Type: text/csv; charset=utf-8',
    'Content-Disposition: attachment; filename="b.csv"',
    '',
    'x,y',
    '--part--',
    '',
  ].join('\n');

  it('has its attachments with their content', () => {
    const message = messageFromEmail(Buffer.from(raw));
    assert.equal(message.body.trim(), 'Here they are.');
    assert.equal(message.headers?.from, 'Zoë <zoe@acme.com>');
    const found = (message.attachments ?? []).map(({ filename, contentType, size, content }) => ({
      filename,
      contentType,
      size,
      text: Buffer.from(content ?? '', 'base64')
        .toString()
        .trimEnd(),
    }));
    assert.deepEqual(found, [
      { filename: 'a.pdf', contentType: 'application/pdf', size: 9, text: '%PDF-1.4' },
      { filename: 'b.csv', contentType: 'text/csv', size: 3, text: 'x,y' },
    ]);
  });
});

describe('the mails of the specification', () => {
  const folder = new URL('../../spec/messages/', import.meta.url);
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.eml'))) {
    it(name, () => {
      const expected = readFileSync(new URL(name.replace(/eml$/, 'json'), folder), 'utf8');
      assert.deepEqual(toldByProject(readFileSync(new URL(name, folder))), JSON.parse(expected));
    });
  }
});

describe('a mail that means harm', () => {
  it('is read in even time', () => {
    const long = (piece: string): string => piece.repeat(Math.floor(300_000 / piece.length));
    const mails = [
      ...['<', '"', '(', 'a@', ' .', ',', '[', '"a\\', '\r\n ', ': ', '<a@b.c'].map(
        (piece) => `From: ${long(piece)}\n\n`,
      ),
      ...['=?', '=?utf-8?q?a?= ', '=?utf-8?b?', ' '].map((piece) => `Subject: ${long(piece)}\n\n`),
      ...[';', '"', '(', 'a=b;', 'a*0=b;', '\\"'].map(
        (piece) => `Content-Type: a/b;${long(piece)}\n\n`,
      ),
      `Content-Type: multipart/mixed; boundary=b\n\n${long('--b\n')}`,
      `Content-Type: multipart/mixed; boundary=b\n\n${long('--b\n\n--b--\n')}`,
      long('Content-Type: multipart/mixed; boundary=b\n\n--b\n'),
      `Content-Type: text/html\n\n${long('<pre> \n\t')}`,
      `Content-Transfer-Encoding: quoted-printable\n\n${long('=')}`,
      `Content-Transfer-Encoding: base64\n\n${long('=a')}`,
      `Content-Type: text/plain; charset=utf-7\n\n${long('+')}`,
      `Content-Type: text/plain; charset=iso-2022-kr\n\n${long('\x0e')}`,
      `Content-Type: text/plain; format=flowed\n\n${long('> \n')}`,
      long('a: b\n'),
    ];
    for (const mail of mails) {
      const started = performance.now();
      messageFromEmail(Buffer.from(mail));
      const took = performance.now() - started;
      assert.ok(took < 2_000, `${JSON.stringify(mail.slice(0, 60))} took ${took.toFixed(0)} ms`);
    }
  });
});

describe('the body of a webhook', () => {
  it('keeps what is JSON, and says where it is broken', () => {
    const read = (body: string, isJson = true): unknown =>
      messageFromWebhook(Buffer.from(body, 'latin1'), { isJson }).payload;
    assert.deepEqual(read('\xef\xbb\xbf {"a": [1, -0.5e1, "\\u00e4\\n"], "b": null}'), {
      a: [1, -5, 'ä\n'],
      b: null,
    });
    assert.equal(JSON.stringify(read('[12345678901234567890.10]')), '[12345678901234567890.10]');
    assert.ok(read('['.repeat(64) + ']'.repeat(64)));
    const broken: [body: string, why: string][] = [
      ['{"a": 1,\n "a": 2}', 'line 2, column 2: the key "a" stands twice in one object'],
      ['["\\ud800"]', 'line 1, column 2: half of a surrogate pair'],
      ['["\xff"]', 'line 1, column 3: bytes that are no UTF-8'],
      ['[1e400]', 'line 1, column 2: the number is too large'],
      ['['.repeat(65), 'line 1, column 65: nested deeper than 64 levels'],
      ['{"a"', 'line 1, column 5: it ends too early'],
      ['[1,]', 'line 1, column 4: a value is expected here'],
      ['[01]', 'line 1, column 2: a value is expected here'],
      ['{} {}', 'line 1, column 4: there is more text behind it'],
      ['["\\x"]', 'line 1, column 3: an escape that JSON does not have'],
    ];
    for (const [body, why] of broken) {
      const message = `not valid JSON at ${why}`;
      assert.throws(() => read(body), { name: 'SyntaxError', message }, body);
      assert.equal(read(body, false), undefined, 'other text');
    }
  });
});

describe('the words of an HTML mail', () => {
  it('stand without tags and without what is not shown', () => {
    const head =
      '<head><title>T</title></head><STYLE>p { }</style ><script>let a = "</p>";</script>';
    assert.equal(textOfHtml(`${head}<p>a &lt; b  </p><p>c<br/>d</p>`), 'a < b\n\nc\nd');
    assert.equal(textOfHtml('a <style>b < c'), 'a');
    assert.equal(textOfHtml('<scripts>a</scripts> 1 < 2'), 'a 1 < 2');
  });

  it('are found in even time in any text', () => {
    for (const part of ['<', '<style ', '<script></style>', '<br ', ' ', '</style ', '<br>\t']) {
      const started = performance.now();
      textOfHtml(part.repeat(300_000 / part.length) + 'x');
      const took = performance.now() - started;
      assert.ok(took < 1500, `${JSON.stringify(part)} took ${took.toFixed(0)} ms`);
    }
  });
});
