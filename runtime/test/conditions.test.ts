import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { evaluate, fold, matchRule, type Condition } from '../project/src/lib/conditions.ts';
import { messageFromEmail } from '../project/src/lib/incoming.ts';
import type { Json } from '../project/src/lib/json.ts';
import { mailWith, processorMs, ruleWith } from './support.ts';

function verdict(condition: Omit<Condition, 'line'>, message = mailWith({})): boolean {
  return evaluate({ line: 1, ...condition }, message).verdict;
}

describe('operators', () => {
  const subject = 'Re: Your INVOICE\t';
  const cases: [Condition['operator'], string, boolean, boolean][] = [
    // operator, value, ignoring case, in exact case
    ['contains', 'invoice', true, false],
    ['contains', 'INVOICE', true, true],
    ['contains', 'invoices', false, false],
    ['startsWith', 're:', true, false],
    ['startsWith', 'your', false, false],
    ['endsWith', 'INVOICE\t', true, true],
    ['endsWith', 'INVOICE', false, false],
    ['equals', '  re: your invoice\n', true, false],
    ['equals', ' Re: Your INVOICE', true, true],
    ['equals', 'Your INVOICE', false, false],
    ['matches', 'your\\s+inv', true, false],
    ['matches', '^Re: .*INVOICE\\s$', true, true],
    ['matches', '^Your', false, false],
  ];
  for (const [operator, value, ignoring, exact] of cases) {
    it(`${operator} ${JSON.stringify(value)}`, () => {
      const message = mailWith({ subject });
      const condition = { field: 'subject', operator, value } as const;
      assert.equal(verdict(condition, message), ignoring);
      assert.equal(verdict({ ...condition, caseSensitive: true }, message), exact);
      assert.equal(verdict({ ...condition, negated: true }, message), !ignoring);
    });
  }
});

describe('what a condition sees', () => {
  it('is nothing when the field is absent: the positive form fails, the negated one holds', () => {
    for (const operator of ['contains', 'equals', 'matches', 'startsWith', 'endsWith'] as const) {
      const condition = { field: 'subject', operator, value: 'x' } as const;
      assert.equal(verdict(condition), false);
      assert.equal(verdict({ ...condition, negated: true }), true);
    }
    const entry = evaluate(
      { line: 7, field: 'subject', operator: 'contains', value: 'x' },
      mailWith({}),
    );
    assert.deepEqual(entry, {
      line: 7,
      field: 'subject',
      operator: 'contains',
      value: 'x',
      negated: false,
      caseSensitive: false,
      seen: null,
      verdict: false,
    });
  });

  it('is each recipient by itself', () => {
    const message = mailWith({ to: 'ann@acme.com, bob@example.com' });
    const toAnn = { field: 'to', operator: 'equals', value: 'ann@acme.com' } as const;
    const toEve = { field: 'to', operator: 'equals', value: 'eve@acme.com' } as const;
    assert.equal(verdict(toAnn, message), true);
    assert.equal(verdict({ ...toAnn, negated: true }, message), false);
    assert.equal(verdict({ ...toEve, negated: true }, message), true);
    assert.equal(verdict({ field: 'to', operator: 'endsWith', value: '@acme.com' }, message), true);
  });

  it('is the body with LF line ends', () => {
    const message = mailWith({ body: 'a\r\nb' });
    assert.equal(verdict({ field: 'body', operator: 'contains', value: 'a\nb' }, message), true);
    assert.equal(verdict({ field: 'body', operator: 'matches', value: 'a.b' }, message), false);
    assert.equal(verdict({ field: 'body', operator: 'matches', value: '^b' }, message), false);
  });

  it('is the header of this name, and no property that every object has', () => {
    const headers = Object.fromEntries([
      ['list-id', 'Finance <finance.acme.com>'],
      ['__proto__', 'odd'],
    ]);
    const message = mailWith({ headers });
    const contains = (field: `header:${string}`, value: string): boolean =>
      verdict({ field, operator: 'contains', value }, message);
    assert.equal(contains('header:list-id', 'finance.acme'), true);
    assert.equal(contains('header:__proto__', 'odd'), true);
    assert.equal(contains('header:constructor', ''), false);
    assert.equal(contains('header:x-other', ''), false);
  });

  it('is the header as a person reads it', () => {
    const mail = 'From: a@b.c\r\nX-Team: =?utf-8?Q?B=C3=BCro?=\r\n Nord\r\nx-team: other\r\n\r\nHi';
    const message = messageFromEmail(Buffer.from(mail));
    const team = {
      line: 1,
      field: 'header:x-team',
      operator: 'equals',
      value: 'büro nord',
    } as const;
    assert.deepEqual(evaluate(team, message).seen, 'Büro Nord, other');
    assert.equal(evaluate(team, message).verdict, true);
    assert.equal(verdict({ ...team, value: 'OTHER' }, message), true);
    assert.equal(verdict({ ...team, value: 'OTHER', negated: true }, message), false);
    assert.equal(verdict({ ...team, value: 'third', negated: true }, message), true);
    assert.equal(verdict({ ...team, operator: 'matches', value: 'Nord\\sother' }, message), false);
  });

  it('is each attachment by itself', () => {
    const message = mailWith({
      attachments: [
        { filename: 'logo.png', contentType: 'image/png', size: 3 },
        { filename: 'Invoice.PDF', contentType: 'application/pdf', size: 5 },
      ],
    });
    const pdf = { field: 'attachment.name', operator: 'endsWith', value: '.pdf' } as const;
    assert.equal(verdict(pdf, message), true);
    assert.equal(verdict({ ...pdf, negated: true }, message), false);
    assert.equal(verdict({ ...pdf, negated: true }), true);
    const image = { field: 'attachment.type', operator: 'startsWith', value: 'image/' } as const;
    assert.equal(verdict(image, message), true);
    assert.equal(evaluate({ line: 1, ...image }, message).seen, 'image/png, application/pdf');
  });

  const payload: Json = {
    order: { total: 12.5, paid: true, note: null, tags: ['a', 'b'], id: 'X-1' },
    items: [{ sku: 'A' }, { sku: 'B' }],
    'with.dot': 1,
  };
  const values: [string, string | null][] = [
    ['order.id', 'X-1'],
    ['order.total', '12.5'],
    ['order.paid', 'true'],
    ['order.note', null],
    ['order.tags', '["a","b"]'],
    ['order.missing', null],
    ['order.total.deeper', null],
    ['items[1].sku', 'B'],
    ['items[2].sku', null],
    ['items.length', null],
    ['order.constructor', null],
    ['order.__proto__', null],
    ['items[0]', '{"sku":"A"}'],
  ];
  for (const [path, wanted] of values) {
    it(`is ${String(wanted)} at ${path}`, () => {
      const condition = {
        line: 1,
        field: `json:${path}`,
        operator: 'contains',
        value: '',
      } as const;
      assert.equal(evaluate(condition, mailWith({ payload })).seen, wanted);
    });
  }

  it('is cut to 200 characters in the trace, never within one', () => {
    const body = '𐍈'.repeat(300);
    const { seen } = evaluate(
      { line: 1, field: 'body', operator: 'contains', value: 'x' },
      mailWith({ body }),
    );
    assert.equal(seen, '𐍈'.repeat(200));
  });
});

describe('several values', () => {
  const subject = 'Your receipt 17';
  const anyOf = { field: 'subject', operator: 'contains', value: 'invoice' } as const;

  it('hold when one of them fits, negated when none does', () => {
    const message = mailWith({ subject });
    const found = { ...anyOf, alternatives: ['bill', 'RECEIPT'] };
    assert.equal(verdict(found, message), true);
    assert.equal(verdict({ ...found, negated: true }, message), false);
    assert.equal(verdict({ ...found, caseSensitive: true }, message), false);
    const none = { ...anyOf, alternatives: ['bill'] };
    assert.equal(verdict(none, message), false);
    assert.equal(verdict({ ...none, negated: true }, message), true);
    assert.equal(verdict({ ...found, value: 'RECEIPT', alternatives: ['bill'] }, message), true);
  });

  it('are tried on each value of the field', () => {
    const message = mailWith({ to: 'ann@acme.com, bob@example.com' });
    const condition = { field: 'to', operator: 'equals', value: 'eve@acme.com' } as const;
    const list = { ...condition, alternatives: ['bob@example.com'] };
    assert.equal(verdict(list, message), true);
    assert.equal(verdict({ ...list, negated: true }, message), false);
  });

  it('may be patterns', () => {
    const condition = { field: 'subject', operator: 'matches', value: '^x' } as const;
    assert.equal(verdict({ ...condition, alternatives: ['\\d+$'] }, mailWith({ subject })), true);
  });
});

describe('fold', () => {
  it('never changes the length of a text, for any character there is', () => {
    for (let code = 0; code <= 0x10ffff; code += 1) {
      const character = String.fromCodePoint(code);
      assert.equal(fold(character).length, character.length, `U+${code.toString(16)}`);
    }
  });

  it('leaves the one character alone whose lower case is two', () => {
    assert.equal(fold('İSTANBUL'), 'İstanbul');
    assert.equal(fold('ΣΑΣ'), 'σασ');
    assert.equal(fold('\u212a'), 'k');
  });
});

describe('patterns', () => {
  it('take linear time where a backtracking engine would take forever', () => {
    const message = mailWith({ body: `${'a'.repeat(50_000)}!` });
    const start = processorMs();
    assert.equal(verdict({ field: 'body', operator: 'matches', value: '^(a+)+$' }, message), false);
    assert.ok(processorMs() - start < 20_000);
  });
});

describe('matchRule', () => {
  const acme = { line: 4, field: 'from', operator: 'endsWith', value: '@acme.com' } as const;
  const invoice = { line: 5, field: 'subject', operator: 'contains', value: 'invoice' } as const;
  const trigger = {
    channel: { type: 'email', name: 'Inbox', line: 3 },
    conditions: [acme, invoice],
  };

  it('needs every condition, and shows them all', () => {
    const rule = ruleWith({ triggers: [trigger] });
    const { matched, trace } = matchRule(rule, mailWith({ from: 'x@y.z', subject: 'Invoice' }));
    assert.equal(matched, false);
    assert.deepEqual(
      trace.map(({ line, seen, verdict: held }) => [line, seen, held]),
      [
        [4, 'x@y.z', false],
        [5, 'Invoice', true],
      ],
    );
  });

  it('needs one trigger only', () => {
    const rule = ruleWith({
      triggers: [trigger, { ...trigger, conditions: [{ ...invoice, line: 9, value: 'bill' }] }],
    });
    assert.equal(matchRule(rule, mailWith({ from: 'x@y.z', subject: 'A bill' })).matched, true);
  });

  it('says so when the message came another way', () => {
    const message = mailWith({ channelType: 'webhook', subject: 'invoice' });
    const { matched, trace } = matchRule(ruleWith({ triggers: [trigger] }), message);
    assert.equal(matched, false);
    assert.deepEqual(
      trace.map(({ line, field, seen }) => [line, field, seen]),
      [[3, 'channel', 'webhook']],
    );
  });

  it('matches nothing without a trigger', () => {
    assert.equal(matchRule(ruleWith({}), mailWith({})).matched, false);
  });
});
