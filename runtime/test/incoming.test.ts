import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

import { textOfHtml } from '../project/src/lib/html-text.ts';
import { fieldText, type Message } from '../project/src/lib/message.ts';
import {
  messageFromChat,
  messageFromEmail,
  messageFromHttp,
  messageFromWebhook,
} from '../project/src/lib/incoming.ts';
import { toldByProject } from './told.ts';
import { processorMs } from './support.ts';

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
    const start = processorMs();
    messageFromChat(Buffer.from('a:\n\n'.repeat(256 * 1024)), 'sms');
    messageFromChat(Buffer.from('a:\n'.repeat(256 * 1024)), 'sms');
    assert.ok(processorMs() - start < 20_000);
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
      const started = processorMs();
      messageFromEmail(Buffer.from(mail));
      const took = processorMs() - started;
      assert.ok(took < 20_000, `${JSON.stringify(mail.slice(0, 60))} took ${took.toFixed(0)} ms`);
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

describe('a call of a webhook that is written down', () => {
  const read = (text: string): Message => messageFromHttp(Buffer.from(text));

  it('has headers, an empty line and a body', () => {
    const { headers, body, payload } = read(
      'POST /in HTTP/1.1\r\nX-A:  1 \r\nCookie: a\r\nx-a: 2\r\nContent-Type: application/json\r\n\r\n{"b":\r\n 1}\r\n',
    );
    assert.deepEqual(headers, { 'x-a': '1\n2', 'content-type': 'application/json' });
    assert.equal(body, '{"b":\n 1}');
    assert.deepEqual(payload, { b: 1 });
    assert.equal(read('__proto__: 1\n\nx').headers?.__proto__, '1');
    assert.equal(read('\nx\n\n').body, 'x\n');
  });

  it('has a form by its type', () => {
    const form = 'Content-Type: Application/X-WWW-Form-Urlencoded;x\n\n';
    const of = (body: string): unknown => read(form + body).payload;
    assert.deepEqual(of('a=b=c&&d=+%2b&e&=f&a=g'), { a: ['b=c', 'g'], d: ' +', e: '', '': 'f' });
    assert.deepEqual(of('a=%C3%A4%ff'), { a: 'ä\ufffd' });
    assert.throws(() => of('a=%2'), /a percent sign without two hex digits/);
  });

  it('has the ids and the time that its sender gives', () => {
    assert.equal(read('Idempotency-Key: k\nX-GitHub-Delivery: d\n\nx').externalId, 'd');
    assert.equal(read('Webhook-Timestamp: 1700000000\n\nx').timestamp, '2023-11-14T22:13:20.000Z');
    const late = String(Math.floor(Date.now() / 1000) + 3600);
    for (const wrong of [late, '1e3', '', '-1', '9'.repeat(30)]) {
      const message = read(`Webhook-Timestamp: ${wrong}\n\nx`);
      assert.equal(message.timestamp, message.receivedAt, wrong);
    }
  });

  it('is refused as a hub refuses it', () => {
    for (const [text, why] of [
      ['X-A: 1\n{}\n', /"\{\}" is no header/],
      ['X-A : 1\n\nb', /"X-A : 1" is no header/],
      [' X-A: 1\n\nb', /is no header/],
      ['X-A: 1\n', /without a body/],
      ['Content-Encoding: gzip\n\nx', /a compressed body/],
      ['Content-Type: application/xml\n\nx', /of the type "application\/xml"/],
      ['Content-Type: application/json\n\n{', /not valid JSON at line 1, column 2/],
    ] as const) {
      assert.throws(() => read(text), why, text);
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
      const started = processorMs();
      textOfHtml(part.repeat(300_000 / part.length) + 'x');
      const took = processorMs() - started;
      assert.ok(took < 20_000, `${JSON.stringify(part)} took ${took.toFixed(0)} ms`);
    }
  });
});
