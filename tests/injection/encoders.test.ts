/** No value breaks out of the place where it lands, whatever it holds. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';

import { createTransport } from 'nodemailer';
import { Client } from 'pg';
import PostalMime from 'postal-mime';

import { ActionError } from '../../runtime/project/src/lib/errors.ts';
import { asJson, defaultTo, join } from '../../runtime/project/src/lib/filters.ts';
import {
  cell,
  header,
  html,
  slack,
  sql,
  text,
  url,
} from '../../runtime/project/src/lib/template.ts';
import { Random } from '../differential/random.ts';
import { startPostgres } from '../servers/postgres.ts';
import { hostileValue } from './hostile.ts';
import { readHtml, readSlack } from './readers.ts';

const FULL = process.env.MSGHUB_FULL === '1';
const MANY = FULL ? 200_000 : 20_000;

/** Calls `check` with many hostile values; a failure names the seed. */
function eachValue(count: number, check: (value: string, other: string) => void): void {
  const random = new Random();
  for (let index = 0; index < count; index += 1) {
    const [value, other] = [hostileValue(random), hostileValue(random)];
    try {
      check(value, other);
    } catch (error) {
      const shown = JSON.stringify([value, other]);
      throw new Error(`MSGHUB_SEED=${String(random.seed)}: ${shown}`, { cause: error });
    }
  }
}

/** What `work` gives; undefined when it refuses with this code. */
function unlessRefused<T>(code: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof ActionError && error.code === code) return undefined;
    throw error;
  }
}

describe('no value breaks out of', () => {
  it('a text, in which it is never read again', () => {
    eachValue(MANY, (value, other) => {
      assert.equal(text`a ${value} b ${other}`, `a ${value} b ${other}`);
      assert.equal(
        text`${defaultTo('', value)}${join([value, other], ',')}`,
        `${value}${value},${other}`,
      );
    });
  });

  it('HTML', () => {
    eachValue(MANY, (value, other) => {
      // prettier-ignore
      const page = html`<p title="${value}" lang='${other}'>a${value}${other}</p><a href="https://example.com/?q=${value}">z${other}</a>`;
      assert.deepEqual(readHtml(page), [
        { tag: 'p', attributes: { title: value, lang: other } },
        { text: `a${value}${other}` },
        { tag: '/p', attributes: {} },
        {
          tag: 'a',
          attributes: {
            href: `https://example.com/?q=${encodeURIComponent(value.toWellFormed())}`,
          },
        },
        { text: `z${other}` },
        { tag: '/a', attributes: {} },
      ]);
    });
  });

  it('a link of HTML, which never leads into a script', () => {
    const schemes = ['javascript:', 'JaVa\tScRiPt:', ' \u0001javascript:', 'data:text/html,', 'vbscript:', 'https://a/', 'mailto:a@b', '/', '']; // prettier-ignore
    const random = new Random();
    eachValue(MANY, (value) => {
      const link = random.pick(schemes) + value;
      const page = unlessRefused('link_invalid', () => html`<a href="${link}"></a>`);
      const parsed = URL.parse(link, 'https://base.example/');
      const scheme = parsed?.protocol ?? 'https:';
      if (page !== undefined)
        assert.ok(['https:', 'http:', 'mailto:', 'tel:'].includes(scheme), scheme);
      if (link.startsWith('https://a/') || link.startsWith('mailto:a@b')) assert.ok(page);
    });
  });

  it('its part of the path or of the query of a link of HTML', () => {
    eachValue(MANY, (value, other) => {
      const page = unlessRefused(
        'link_invalid',
        () =>
          html`<a href="https://example.com/a/${value}/b?q=${other}&amp;r=${value}&amp;s=1#t"></a>`,
      );
      if (page === undefined) {
        assert.match(value, /^\.{1,2}$/);
        return;
      }
      const [first] = readHtml(page);
      assert.ok(first && 'attributes' in first);
      const link = new URL(first.attributes.href ?? '');
      assert.equal(link.origin, 'https://example.com');
      assert.equal(link.username + link.password, '');
      assert.deepEqual(link.pathname.split('/').slice(1).map(decodeURIComponent), [
        'a',
        value.toWellFormed(),
        'b',
      ]);
      assert.deepEqual(
        [...link.searchParams].map(([name]) => name),
        ['q', 'r', 's'],
      );
      assert.equal(link.searchParams.get('q'), other.toWellFormed());
      assert.equal(link.searchParams.get('r'), value.toWellFormed());
      assert.equal(link.hash, '#t');
    });
  });

  it('a text for Slack', () => {
    eachValue(MANY, (value, other) => {
      const message = slack`<!here> ${value} <https://example.com/${other}|open ${value}> ${other}.`;
      assert.deepEqual(readSlack(message), [
        { control: '!here' },
        { text: ` ${value} ` },
        {
          control: `https://example.com/${other.replaceAll('|', '%7C')}`,
          label: `open ${value}`,
        },
        { text: ` ${other}.` },
      ]);
    });
  });

  it('its part of a URL', () => {
    eachValue(MANY, (value, other) => {
      const address = unlessRefused(
        'url_invalid',
        () => url`https://example.com/a/${value}/b${other}?x=${value}&y=${other}#${value}`,
      );
      const isStep = value === '.' || value === '..';
      assert.equal(address === undefined, isStep);
      if (address === undefined) return;
      const parsed = new URL(address);
      assert.equal(parsed.origin, 'https://example.com');
      const [before, first, inner, last, ...more] = parsed.pathname
        .split('/')
        .map(decodeURIComponent);
      assert.deepEqual([before, first, more], ['', 'a', []]);
      assert.equal(inner, value.toWellFormed());
      assert.equal(last, `b${other.toWellFormed()}`);
      assert.deepEqual(
        [...parsed.searchParams],
        [
          ['x', value.toWellFormed()],
          ['y', other.toWellFormed()],
        ],
      );
      assert.equal(decodeURIComponent(parsed.hash.slice(1)), value.toWellFormed());
    });
  });

  it('JSON', () => {
    eachValue(MANY, (value, other) => {
      const body = {
        [text`k${other}`]: text`a ${value}`,
        list: [value, { value: other }],
        json: asJson({ value }),
      };
      const read = JSON.parse(JSON.stringify(body)) as typeof body;
      assert.deepEqual(read, body);
      assert.deepEqual(JSON.parse(read.json), { value });
    });
  });

  it('a cell of a sheet', () => {
    eachValue(MANY, (value) => {
      assert.deepEqual(JSON.parse(JSON.stringify([[cell(value)]])), [[value]]);
    });
  });

  it('a bound value of SQL', () => {
    const { text: statement } = sql`select ${''} where a = ${''}`;
    eachValue(MANY, (value, other) => {
      assert.deepEqual(sql`select ${value} where a = ${other}`, {
        text: statement,
        values: [value, other],
      });
    });
  });

  it('a header', () => {
    eachValue(MANY, (value, other) => {
      const line = unlessRefused('header_invalid', () => header`a ${value}${other}`);
      assert.equal(line === undefined, /[\r\n\0]/.test(value + other));
      assert.ok(line === undefined || line === `a ${value}${other}`);
    });
  });
});

void test('a mail has the headers and recipients that the rule gives it, and no others', async () => {
  const random = new Random();
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const keysOf = async (subject: string, body: string, page: string) => {
    const { message } = await transport.sendMail({
      ...{ from: 'a@example.com', to: 'b@example.com', date: new Date(0), messageId: '<k@x>' },
      ...{ subject, text: body, html: page },
    });
    return PostalMime.parse(message as Buffer);
  };
  const keys = (mail: Awaited<ReturnType<typeof keysOf>>): string[] =>
    mail.headers.map(({ key }) => key).sort();
  const twin = keys(await keysOf('s x', 't x', '<p>x</p>'));
  for (let index = 0; index < (FULL ? 10_000 : 1000); index += 1) {
    const value = hostileValue(random);
    const subject = unlessRefused('header_invalid', () => header`s ${value}`);
    if (subject === undefined) continue;
    const mail = await keysOf(subject, text`t ${value}`, html`<p>${value}</p>`);
    const seed = `MSGHUB_SEED=${String(random.seed)} ${JSON.stringify(value)}`;
    assert.deepEqual(keys(mail), twin, seed);
    assert.deepEqual(
      mail.to?.map(({ address }) => address),
      ['b@example.com'],
      seed,
    );
    assert.deepEqual([mail.cc, mail.bcc, mail.attachments], [undefined, undefined, []], seed);
    assert.equal(mail.html?.trimEnd(), html`<p>${value.toWellFormed()}</p>`, seed);
  }
});

void test('PostgreSQL gives every value back as it was, and runs nothing of it', async () => {
  const random = new Random();
  const server = await startPostgres();
  const client = new Client(server.url);
  try {
    await client.connect();
    await client.query('create table t (v text)');
    for (let index = 0; index < (FULL ? 20_000 : 2000); index += 1) {
      const value = hostileValue(random);
      const asked = client.query<{ v: string }>(sql`select ${value}::text as v`);
      const seed = `MSGHUB_SEED=${String(random.seed)} ${JSON.stringify(value)}`;
      // Its texts cannot hold NUL; it says so and does nothing.
      if (value.includes('\0')) await assert.rejects(asked, { code: '22021' }, seed);
      else assert.deepEqual((await asked).rows, [{ v: value.toWellFormed() }], seed);
    }
    assert.equal((await client.query('select from t')).rowCount, 0);
  } finally {
    await client.end();
    await server.stop();
  }
});
