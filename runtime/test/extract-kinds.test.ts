import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { displayName, findAddress, findUrl } from '../project/src/lib/addresses.ts';
import {
  addressAfter,
  addressMatching,
  amountMatching,
  displayNameOf,
  fileWhere,
  firstAddress,
  firstAmount,
  firstFile,
  firstNumber,
  firstUrl,
  lastSearch,
  numberAfter,
  numberMatching,
  textAfter,
  textBetween,
  textMatching,
  urlAfter,
  urlMatching,
} from '../project/src/lib/extract.ts';
import { isFile } from '../project/src/lib/files.ts';
import { parseJson, textOf } from '../project/src/lib/json.ts';
import { findAmount, findNumber } from '../project/src/lib/numbers.ts';
import { mailWith } from './support.ts';

type Cases = [string, string | undefined][];

function table(cases: Cases, find: (text: string) => unknown): void {
  for (const [text, wanted] of cases) {
    it(`${JSON.stringify(text)} has ${String(wanted)}`, () => {
      const found = find(text);
      assert.equal(found === undefined ? undefined : textOf(found), wanted);
    });
  }
}

describe('findNumber', () => {
  table(
    [
      ['Order 1042 of 3', '1042'],
      ['Order #1042', '1042'],
      ['5kg', '5'],
      ['room A4, 12 sheets', '12'],
      ['INV-1042, 7 items', '7'],
      ['v1.2.3 and 4', '4'],
      ['2026-03-12, 5', '5'],
      ['10:30, 5', '5'],
      ['5-7 or 8', '8'],
      ['it is -5', '-5'],
      ['(1,204.50)', '1204.50'],
      ['ann2@x.com 3', '3'],
      ['合計1204円', '1204'],
      ['1 204 567,89', '1204567.89'],
      ['1e5', undefined],
      ['none', undefined],
      ['', undefined],
    ],
    findNumber,
  );
});

describe('findAmount', () => {
  table(
    [
      ['Invoice 1042 of 12 March: $1,204.50', '1204.50'],
      ['Invoice 1042 $5', '5'],
      ['INV 1042: EUR 12.50', '12.50'],
      ['TOP 10 offers, 3 EUR', '3'],
      ['pay 1.204,50 € now', '1204.50'],
      ['refund of -$5.00', '-5.00'],
      ['refund ($5.00)', '-5.00'],
      ['US$ 12', '12'],
      ['12 EUR 5.00', '5.00'],
      ['1,204.50', '1204.50'], // nothing else stands there
      [' 7 ', '7'],
      ['about 7', undefined],
      ['BUDGET 7', undefined],
      ['$', undefined],
    ],
    findAmount,
  );
});

describe('findAddress', () => {
  table(
    [
      ['write to ann@acme.com.', 'ann@acme.com'],
      ['Ann <Ann.Doe+x@Mail.Acme.com>', 'Ann.Doe+x@Mail.Acme.com'],
      ["'ann@acme.com'", 'ann@acme.com'],
      ['**ann@acme.com**', 'ann@acme.com'],
      ['mailto:ann@acme.com?subject=x', 'ann@acme.com'],
      ["o'brien@acme.ie", "o'brien@acme.ie"],
      ['zoë@exämple.de', 'zoë@exämple.de'],
      ['bounce+ann=x.com@acme.com', 'bounce+ann=x.com@acme.com'],
      ['@home, ann@acme.com', 'ann@acme.com'],
      ['a@b@acme.com', 'b@acme.com'],
      ['ann@localhost', undefined],
      ['ann@acme..com', undefined],
      ['ann@-acme.com', undefined],
      ['ann@1.2.3.4', undefined],
      ['a..b@acme.com', undefined],
      ['ann @acme.com', undefined],
      ['@', undefined],
      ['', undefined],
    ],
    findAddress,
  );
});

describe('findUrl', () => {
  table(
    [
      ['see https://acme.com/pay?id=1&x=%20#top.', 'https://acme.com/pay?id=1&x=%20#top'],
      ['<HTTP://acme.com>', 'HTTP://acme.com'],
      ['(https://acme.com/a)', 'https://acme.com/a'],
      [
        'https://en.wikipedia.org/wiki/Rust_(language)',
        'https://en.wikipedia.org/wiki/Rust_(language)',
      ],
      ['[pay](https://acme.com/a)!', 'https://acme.com/a'],
      ['**https://acme.com/a**', 'https://acme.com/a'],
      ['"https://acme.com/a"', 'https://acme.com/a'],
      ['https:// then https://b.com', 'https://b.com'],
      ['https://[oops then https://b.com', 'https://b.com'],
      ['https://acme.com:99999 or http://b.com', 'http://b.com'],
      ['www.acme.com', undefined],
      ['ftp://acme.com', undefined],
      ['', undefined],
    ],
    findUrl,
  );
});

describe('displayName', () => {
  table(
    [
      ['Ann Doe <ann@acme.com>', 'Ann Doe'],
      ['"Doe, Ann" <ann@acme.com>', 'Doe, Ann'],
      ['"Ann \\"A\\" \\\\ Doe" <ann@acme.com>', 'Ann "A" \\ Doe'],
      ['"a <b" <ann@acme.com>', 'a <b'],
      ['ann@acme.com (Ann Doe)', 'Ann Doe'],
      ['<ann@acme.com>', undefined],
      ['"" <ann@acme.com>', undefined],
      ['ann@acme.com', undefined],
      ['', undefined],
    ],
    displayName,
  );
});

describe('text between', () => {
  const message = mailWith({ body: 'A: one B: two\r\na: \nthree\nfour b:|x|' });

  it('is the nearest, over several lines', () => {
    assert.equal(textBetween(message, 'body', 'A:', 'B:'), 'one');
    assert.equal(textBetween(message, 'body', 'two', 'B:'), 'a: \nthree\nfour');
    assert.equal(textBetween(message, 'body', 'a:', 'b:', { caseSensitive: true }), 'three\nfour');
    assert.equal(textBetween(message, 'body', '|', '|'), 'x');
  });

  it('is never blank', () => {
    assert.equal(textBetween(mailWith({ body: '[ ] [x]' }), 'body', '[', ']'), 'x');
    assert.equal(textBetween(mailWith({ body: '[ ]' }), 'body', '[', ']'), undefined);
    assert.equal(textBetween(mailWith({ body: '] [' }), 'body', '[', ']'), undefined);
  });
});

describe('a label', () => {
  const message = mailWith({
    body: 'Contact: Ann Doe <ann@acme.com>\nPay: see <https://acme.com/pay>\nTotal: none\nTOTAL: 7',
  });

  it('may have an address or a URL anywhere behind it', () => {
    assert.equal(addressAfter(message, 'body', 'contact'), 'ann@acme.com');
    assert.equal(urlAfter(message, 'body', 'pay'), 'https://acme.com/pay');
    assert.equal(addressAfter(message, 'body', 'pay'), undefined);
  });

  it('can be told to keep its case', () => {
    assert.equal(textAfter(message, 'body', 'TOTAL:'), 'none');
    assert.equal(textAfter(message, 'body', 'TOTAL:', { caseSensitive: true }), '7');
    assert.equal(numberAfter(message, 'body', 'total:', { caseSensitive: true }), undefined);
  });
});

describe('a pattern', () => {
  const message = mailWith({
    subject: 'Order 12 at $1,204.50 by Ann <ann@acme.com> https://a.com/',
  });

  it('gives its group to the reader of the type', () => {
    assert.equal(numberMatching(message, 'subject', 'Order (.*)')?.text, '12');
    assert.equal(amountMatching(message, 'subject', 'at (\\S+)')?.text, '1204.50');
    assert.equal(addressMatching(message, 'subject', 'by (.*)'), 'ann@acme.com');
    assert.equal(urlMatching(message, 'subject', 'by .*'), 'https://a.com/');
    assert.equal(numberMatching(message, 'subject', 'by (.*)'), undefined);
    assert.equal(numberMatching(message, 'subject', 'Order (x)?'), undefined);
  });
});

describe('the first of its kind', () => {
  it('is a JSON number as it is', () => {
    const payload = parseJson(
      '{"a":1.204,"b":1e21,"c":-2.5e-7,"d":0.12345678901234567,"e":"1.204","f":[5]}',
    );
    const message = mailWith({ payload });
    assert.equal(firstNumber(message, 'json:a')?.text, '1.204');
    assert.equal(firstAmount(message, 'json:a')?.text, '1.204');
    assert.equal(firstNumber(message, 'json:b')?.text, '1000000000000000000000');
    assert.equal(firstNumber(message, 'json:c')?.text, '-0.00000025');
    assert.equal(firstNumber(message, 'json:d')?.text, '0.12345678901234567');
    assert.equal(firstNumber(message, 'json:e')?.text, '1204'); // a text is read as texts are
    assert.equal(firstNumber(message, 'json:f')?.text, '5');
    assert.equal(firstNumber(message, 'json:g'), undefined);
  });

  it('is looked for in each header of a name in turn', () => {
    const headers = {
      'list-unsubscribe': '<mailto:x@y.com>\n<https://y.com/u>\n<https://y.com/v>',
    };
    const message = mailWith({ headers });
    assert.equal(firstUrl(message, 'header:list-unsubscribe'), 'https://y.com/u');
    assert.equal(textMatching(message, 'header:list-unsubscribe', '^<(.*)v>$'), 'https://y.com/');
    assert.equal(textBetween(message, 'header:list-unsubscribe', 'y.com>', 'v'), undefined);
  });

  it('is looked for in each recipient and each attachment in turn', () => {
    const attachments = ['a.pdf', 'INV-1042.pdf', 'b 7.pdf'].map((filename) => ({
      filename,
      contentType: 'application/pdf',
      size: 1,
    }));
    const message = mailWith({ to: 'a@x.com, b@y.com', attachments });
    assert.equal(firstAddress(message, 'to'), 'a@x.com');
    assert.equal(numberMatching(message, 'attachment.name', '^INV-(\\d+)\\.pdf$')?.text, '1042');
    assert.equal(textAfter(message, 'attachment.name', 'INV-'), '1042.pdf');
    assert.equal(firstUrl(message, 'attachment.name'), undefined);
  });
});

describe('the name of the sender', () => {
  it('stands in the From header', () => {
    assert.equal(displayNameOf(mailWith({ headers: { from: 'Ann <a@b.com>' } })), 'Ann');
    assert.equal(
      displayNameOf(mailWith({ headers: { from: 'a@b.com\nBob <b@c.com>' } })),
      undefined,
    );
    assert.equal(displayNameOf(mailWith({ headers: {} })), undefined);
    assert.equal(displayNameOf(mailWith({})), undefined);
  });
});

describe('files', () => {
  const attachments = [
    { filename: 'logo.png', contentType: 'image/png', size: 10, content: 'AAAA' },
    { filename: 'Invoice.PDF', contentType: 'application/pdf', size: 20, content: 'BBBB' },
  ];
  const message = mailWith({ attachments });

  it('are found by name and type', () => {
    const pdf = { operator: 'endsWith', value: '.pdf' } as const;
    assert.equal(firstFile(message)?.index, 0);
    assert.equal(fileWhere(message, { field: 'attachment.name', ...pdf })?.index, 1);
    assert.equal(
      fileWhere(message, { field: 'attachment.name', ...pdf, caseSensitive: true }),
      undefined,
    );
    assert.equal(
      fileWhere(message, { field: 'attachment.name', ...pdf, negated: true })?.filename,
      'logo.png',
    );
    const image = { field: 'attachment.type', operator: 'startsWith', value: 'image/' } as const;
    assert.equal(fileWhere(message, image)?.filename, 'logo.png');
  });

  it('are their names in texts, and plain objects in JSON, without their content', () => {
    const file = firstFile(message);
    assert.ok(isFile(file));
    assert.equal(textOf(file), 'logo.png');
    assert.equal(String(file), 'logo.png');
    assert.equal(
      JSON.stringify(file),
      '{"filename":"logo.png","contentType":"image/png","size":10,"index":0}',
    );
  });

  it('say what was looked for when there is none', () => {
    assert.equal(firstFile(mailWith({})), undefined);
    const condition = {
      field: 'attachment.name',
      operator: 'endsWith',
      value: '.csv',
      alternatives: ['.xls'],
    } as const;
    assert.equal(fileWhere(message, { ...condition, alternatives: ['.xls'] }), undefined);
    assert.deepEqual(lastSearch(message), {
      wanted: 'a file whose name endsWith ".csv" or ".xls"',
      field: 'attachment.name',
      text: 'logo.png, Invoice.PDF',
    });
  });
});
