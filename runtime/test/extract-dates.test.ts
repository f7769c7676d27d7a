import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { findDate, readDate, Unclear, type DateOrder } from '../project/src/lib/dates.ts';
import { dateAfter, dateMatching, firstDate, lastSearch } from '../project/src/lib/extract.ts';
import { runRule } from '../project/src/lib/run.ts';
import { hostWith, mailWith, ruleWith } from './support.ts';

describe('readDate', () => {
  const cases: [string, string | undefined][] = [
    ['2026-03-12', '2026-03-12'],
    ['2026-3-2', '2026-03-02'],
    ['2026/03/12', '2026-03-12'],
    ['2026.03.12', '2026-03-12'],
    ['2026-03-12T10:30:00Z', '2026-03-12'],
    ['2026-03-12 10:30', '2026-03-12'],
    ['12 March 2026', '2026-03-12'],
    ['12 march 2026', '2026-03-12'],
    ['12\u00a0March\u00a02026', '2026-03-12'],
    ['12 Mar 2026', '2026-03-12'],
    ['12 Mar. 2026', '2026-03-12'],
    ['12. March 2026', '2026-03-12'],
    ['12 March, 2026', '2026-03-12'],
    ['12th March 2026', '2026-03-12'],
    ['1st of May 2026', '2026-05-01'],
    ['12-Mar-2026', '2026-03-12'],
    ['March 12, 2026', '2026-03-12'],
    ['March 12 2026', '2026-03-12'],
    ['Sept. 3rd, 2026', '2026-09-03'],
    ['December 31,2026', '2026-12-31'],
    ['Thursday, 12 March 2026', '2026-03-12'],
    ['Thu, 12 Mar 2026 10:00:00 +0100', '2026-03-12'],
    [': 12.03.2026', '2026-03-12'],
    ['12.03.2026.', '2026-03-12'],
    ['1.2.2026', '2026-02-01'],
    ['13/02/2026', '2026-02-13'], // only one reading has a thirteenth month
    ['02/13/2026', '2026-02-13'],
    ['13-02-2026', '2026-02-13'],
    ['04/04/2026', '2026-04-04'], // both readings are the same day
    ['29 February 2028', '2028-02-29'],
    ['29 February 2026', undefined],
    ['31.04.2026', undefined],
    ['2026-13-01', undefined],
    ['2026-00-10', undefined],
    ['0000-01-01', undefined],
    ['12 March 26', undefined], // years have four digits
    ['12.03.26', undefined],
    ['12 March 20266', undefined],
    ['12 Marchy 2026', undefined],
    ['112 March 2026', undefined],
    ['12.03.2026.4', undefined],
    ['2026-03-12-7', undefined],
    ['tomorrow', undefined],
    ['', undefined],
  ];
  for (const [text, wanted] of cases) {
    it(`${JSON.stringify(text)} is ${String(wanted)}`, () => {
      assert.equal(readDate(text), wanted);
    });
  }
});

describe('a date that can be two', () => {
  const cases: [string, DateOrder | undefined, string | undefined][] = [
    ['03/12/2026', undefined, undefined],
    ['03-12-2026', undefined, undefined],
    ['03/12/2026', 'dayFirst', '2026-12-03'],
    ['03/12/2026', 'monthFirst', '2026-03-12'],
    ['03/25/2026', 'dayFirst', undefined],
    ['25/03/2026', 'monthFirst', undefined],
    ['12.03.2026', 'monthFirst', '2026-03-12'], // with dots the day is first
  ];
  for (const [text, order, wanted] of cases) {
    it(`${text} with ${String(order)} is ${String(wanted)}`, () => {
      const found = readDate(text, order);
      assert.equal(found instanceof Unclear ? undefined : found, wanted);
    });
  }

  it('says both readings, and what to write', () => {
    const message = mailWith({ body: 'Due by: 03/12/2026\nDue by: 1 May 2026' });
    // The clear date on the next line may mean something else, so it is not taken.
    assert.equal(dateAfter(message, 'body', 'due by'), undefined);
    assert.equal(
      lastSearch(message)?.why,
      '"03/12/2026" can be 3 December 2026 or 12 March 2026; ' +
        'write (day first) or (month first) behind the sentence',
    );
    assert.equal(dateAfter(message, 'body', 'due by', { order: 'dayFirst' }), '2026-12-03');
    assert.equal(lastSearch(message)?.why, undefined);
  });

  it('fails the run with both readings', async () => {
    const rule = ruleWith({
      extract: { due: { line: 7, find: (message) => dateAfter(message, 'body', 'Due by') } },
    });
    const message = mailWith({ body: 'Due by 03/12/2026' });
    const { error } = await runRule(rule, message, hostWith({}));
    assert.equal(
      error?.message,
      'Nothing found for "due" (line 7): looked for a date after "Due by" in the body, but ' +
        '"03/12/2026" can be 3 December 2026 or 12 March 2026; ' +
        'write (day first) or (month first) behind the sentence.',
    );
  });

  it('says that the order does not fit', () => {
    const message = mailWith({ body: 'Due by: 03/25/2026' });
    assert.equal(dateAfter(message, 'body', 'due by', { order: 'dayFirst' }), undefined);
    assert.equal(lastSearch(message)?.why, '"03/25/2026" is no date with the day first');
  });
});

describe('findDate', () => {
  const cases: [string, string | undefined][] = [
    ['Invoice 1042 of 12 March 2026, due 1 May 2026', '2026-03-12'],
    ['On March 5, 2026 we', '2026-03-05'],
    ['(2026-03-12)', '2026-03-12'],
    ['Due:12.03.2026', '2026-03-12'],
    ['at 10:30 on 2.1.2026', '2026-01-02'],
    ['see /2026/03/12/post', undefined], // a path
    ['INV-2026-03-12', undefined],
    ['v1.12.03.2026', undefined],
    ['12.03.2026.1 and 2026-01-01', '2026-01-01'],
    ['30 February 2026, then 1 March 2026', '2026-03-01'],
    ['the marching 12 of 2026', undefined],
    ['12 March\n2026', '2026-03-12'], // a wrapped line
  ];
  for (const [text, wanted] of cases) {
    it(`${JSON.stringify(text)} has ${String(wanted)}`, () => {
      assert.equal(findDate(text), wanted);
    });
  }
});

describe('dates of a message', () => {
  const message = mailWith({
    subject: 'Invoice of 12 March 2026',
    payload: { due: '2026-05-01T00:00:00Z' },
  });

  it('are found in any field', () => {
    assert.equal(firstDate(message, 'subject'), '2026-03-12');
    assert.equal(firstDate(message, 'json:due'), '2026-05-01');
    assert.equal(firstDate(message, 'json:none'), undefined);
  });

  it('are read out of what a pattern matches', () => {
    assert.equal(dateMatching(message, 'subject', 'of (.*)'), '2026-03-12');
    assert.equal(dateMatching(message, 'subject', 'Invoice (.*)'), undefined);
    const short = mailWith({ subject: 'due 3/4/2026' });
    assert.equal(dateMatching(short, 'subject', 'due (.*)', { order: 'monthFirst' }), '2026-03-04');
  });
});
