import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { textOfHtml } from '../project/src/lib/html-text.ts';
import { fieldText } from '../project/src/lib/message.ts';
import { messageFromChat, messageFromEmail } from '../project/src/lib/incoming.ts';

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

  it('has its attachments with their content', async () => {
    const message = await messageFromEmail(Buffer.from(raw));
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
      { filename: 'b.csv', contentType: 'text/csv', size: 4, text: 'x,y' },
    ]);
  });
});

describe('the words of an HTML mail', () => {
  it('stand without tags and without what is not shown', () => {
    const head =
      '<head><title>T</title></head><STYLE>p { }</style ><script>let a = "</p>";</script>';
    assert.equal(textOfHtml(`${head}<p>a &lt; b  </p><p>c<br/>d</p>`), 'a < b\nc\nd');
    assert.equal(textOfHtml('a <style>b < c'), 'a b < c');
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
