import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { decimal } from '../project/src/lib/decimal.ts';
import { ActionError } from '../project/src/lib/errors.ts';
import { formatMoney } from '../project/src/lib/filters.ts';
import { step } from '../project/src/lib/rule.ts';
import { cell, header, html, slack, text, url } from '../project/src/lib/template.ts';
import { mailWith } from './support.ts';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ActionError) return error.code;
    throw error;
  }
  return 'nothing';
}

describe('a template', () => {
  it('shows a value as it reads, and nothing for one that is missing', () => {
    const total = decimal('1204.50');
    assert.equal(
      text`a ${total} b ${undefined} c ${null} d ${{ total }}`,
      'a 1204.50 b  c  d {"total":1204.50}',
    );
    assert.equal(html`${undefined}${['<b>']}`, '[&quot;&lt;b&gt;&quot;]');
    assert.equal(slack`${total} ${'<!here>'} & <!here>`, '1204.50 &lt;!here&gt; & <!here>');
    assert.equal(url`https://a/${'ä b/?'}?q=${total}`, 'https://a/%C3%A4%20b%2F%3F?q=1204.50');
  });

  it('keeps the types that a sheet has', () => {
    assert.equal(cell(decimal('1204.50')), 1204.5);
    assert.equal(cell(decimal('12345678901234567890.10')), '12345678901234567890.10');
    assert.deepEqual([7, true, null, '=1+1', '7', [1]].map(cell), [
      7,
      true,
      '',
      '=1+1',
      '7',
      '[1]',
    ]);
  });

  it('refuses a header with two lines, a step up in a URL, and a link into a script', () => {
    assert.equal(
      codeOf(() => header`a ${'b\r\nBcc: c'}`),
      'header_invalid',
    );
    assert.equal(
      codeOf(() => url`https://a/${'..'}/b`),
      'url_invalid',
    );
    assert.equal(
      codeOf(() => url`https://a/.${'.'}?q`),
      'url_invalid',
    );
    assert.equal(url`https://a/b?q=${'..'}`, 'https://a/b?q=..');
    assert.equal(
      codeOf(() => html`<a href="${' java\nscript:alert(1)'}"></a>`),
      'link_invalid',
    );
    assert.equal(
      codeOf(() => html`<img alt="" src="${'data:text/html,x'}" />`),
      'link_invalid',
    );
    assert.equal(
      codeOf(() => html`<a href="${'https://a/?b=c:d'}">${'javascript:'}</a>`),
      'nothing',
    );
    assert.equal(
      codeOf(() => html`<a href="${'/a:b'}" title="${'javascript:'}"></a>`),
      'nothing',
    );
  });

  it('refuses a link into a script also when two values have a part of it each', () => {
    assert.equal(
      html`<a href="${'java'}${'script:alert(1)'}"></a>`,
      '<a href="javascript%3Aalert(1)"></a>',
    );
    assert.equal(
      codeOf(() => html`<a href="${' '.repeat(60)}${'javascript:alert(1)'}"></a>`),
      'link_invalid',
    );
    assert.equal(
      codeOf(() => html`<a xlink:href="${'javascript:alert(1)'}"></a>`),
      'link_invalid',
    );
    assert.equal(
      html`<a href="https://a.example/${'b'}/${'c:d'}"><img src="cid:${'x:y'}" /></a>`,
      '<a href="https://a.example/b/c%3Ad"><img src="cid:x%3Ay" /></a>',
    );
  });

  it('keeps a value of a link in its part of the path or of the query', () => {
    assert.equal(
      html`<a href="https://a.example/${'a/b?c'}?d=${'x&e=1#f'}&amp;g=${'é \'"'}"></a>`,
      '<a href="https://a.example/a%2Fb%3Fc?d=x%26e%3D1%23f&amp;g=%C3%A9%20&#39;%22"></a>',
    );
    assert.equal(
      html`<a href="mailto:${'ann+x@a.example?bcc=b@c'}?subject=${'a@b&bcc=c'}"></a>`,
      '<a href="mailto:ann+x@a.example%3Fbcc%3Db@c?subject=a%40b%26bcc%3Dc"></a>',
    );
    assert.equal(html`<a href="tel:${'+1555'}"></a>`, '<a href="tel:+1555"></a>');
    for (const page of [
      () => html`<a href="https://a.example/b/${'..'}/c"></a>`,
      () => html`<a href="https://a.example/b/.${'.'}"></a>`,
      () => html`<a href="b&#47;${'..'}"></a>`,
      () => html`<a href="https://a.example/${"'"}/${'..'}"></a>`,
      () => html`<a href="/${'.'}${'.'}"></a>`,
    ]) {
      assert.equal(codeOf(page), 'link_invalid');
    }
    assert.equal(html`<a href="/b?c=${'..'}">${'..'}</a>`, '<a href="/b?c=..">..</a>');
  });
});

void it('a step says on which line of the rule a filter could not read its value', () => {
  const action = {
    type: 'test',
    summary: () => '',
    content: () => '',
    perform: () => Promise.resolve(null),
  };
  const { prepare } = step({ line: 12, action, request: ({ a }) => formatMoney(a, 'EUR') });
  assert.throws(() => prepare({ a: 'soon' }, mailWith({})), {
    code: 'filter_value',
    message: 'Line 12: The filter money needs a number such as 1204.50; this is "soon".',
  });
});
