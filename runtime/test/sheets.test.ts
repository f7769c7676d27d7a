import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import {
  startGoogleSheets,
  type GoogleSheets,
  type SheetCell,
} from '../../tests/servers/google-sheets.ts';
import { freePort } from '../../tests/servers/support.ts';
import { updateSheet, type SheetRequest } from '../project/src/actions/sheets.ts';
import { connectionsIn, type GoogleConnection } from '../project/src/lib/connections.ts';
import { decimal } from '../project/src/lib/decimal.ts';
import type { ActionError } from '../project/src/lib/errors.ts';
import { ioWith, NASTY_TEXTS } from './support.ts';

let google: GoogleSheets;
before(async () => {
  google = await startGoogleSheets();
});
after(() => google.stop());
beforeEach(() => {
  google.calls.length = 0;
  google.tabs.clear();
  google.tabs.set('Invoices', [
    ['Number', 'Total', 'Paid'],
    ['A-1', 10, false],
    ['A-2', 20, false],
  ]);
});

function accountWith(parts: Partial<GoogleConnection> = {}): GoogleConnection {
  return {
    service: 'google',
    serviceAccount: google.serviceAccount,
    spreadsheetId: google.spreadsheetId,
    baseUrl: google.url,
    ...parts,
  };
}

function perform(request: Partial<SheetRequest>, account = accountWith()) {
  return updateSheet.perform(
    { connection: 'Ledger', tab: 'Invoices', operation: 'append', mapping: {}, ...request },
    ioWith({ connection: connectionsIn({ Ledger: account }) }),
  );
}

async function failureOf(
  request: Partial<SheetRequest>,
  account = accountWith(),
): Promise<ActionError> {
  try {
    await perform({ mapping: { Number: 'x' }, ...request }, account);
  } catch (error) {
    return error as ActionError;
  }
  throw new Error('the row was written');
}

function rows(): SheetCell[][] {
  assert.deepEqual(google.violations, []);
  return google.tabs.get('Invoices') ?? [];
}

describe('appending a row', () => {
  it('finds the columns by their names, whatever their order and case', async () => {
    const output = await perform({ mapping: { paid: true, NUMBER: 'A-3', Total: 30.5 } });
    assert.deepEqual(rows().at(-1), ['A-3', 30.5, true]);
    assert.deepEqual(output, { updatedRange: 'Invoices!A4:C4', row: 4 });
  });

  it('leaves columns empty that are not named', async () => {
    await perform({ mapping: { Paid: 'no' } });
    assert.deepEqual(rows().at(-1), ['', '', 'no']);
  });

  it('stores each text as it is, formulas too', async () => {
    for (const nasty of [...NASTY_TEXTS, '=IMPORTXML("http://x")', '+1', "'quoted"]) {
      await perform({ mapping: { Number: nasty } });
      assert.deepEqual(rows().at(-1), [nasty]);
    }
  });

  it('keeps numbers as numbers, and long ones as text', async () => {
    const long = '12345678901234567890';
    await perform({ mapping: { Total: decimal('1204.50'), Number: decimal(long), Paid: null } });
    assert.deepEqual(rows().at(-1), [long, 1204.5, '']);
  });

  it('takes tabs with any name', async () => {
    google.tabs.set("Tom's 'new' tab!", [['N']]);
    await perform({ tab: "Tom's 'new' tab!", mapping: { N: 1 } });
    assert.deepEqual(google.tabs.get("Tom's 'new' tab!"), [['N'], [1]]);
  });

  it('takes the address of the spreadsheet in place of its id', async () => {
    const address = `https://docs.google.com/spreadsheets/d/${google.spreadsheetId}/edit#gid=0`;
    await perform(
      { spreadsheetId: address, mapping: { Number: 'by address' } },
      accountWith({ spreadsheetId: 'other' }),
    );
    assert.deepEqual(rows().at(-1), ['by address']);
  });
});

describe('updating a row', () => {
  it('writes the named columns of that row alone', async () => {
    const output = await perform({ operation: 'update', row: '3', mapping: { Paid: true } });
    assert.deepEqual(rows()[2], ['A-2', 20, true]);
    assert.deepEqual(rows()[1], ['A-1', 10, false]);
    assert.deepEqual(output, { updatedRange: 'Invoices!A3:C3', row: 3 });
  });

  it('clears a cell by an empty value', async () => {
    await perform({ operation: 'update', row: decimal('2'), mapping: { Total: '' } });
    assert.deepEqual(rows()[1], ['A-1', '', false]);
  });

  it('refuses what is no row below the names', async () => {
    for (const row of ['1', '0', '-2', '2.5', '', 'two', '123456789']) {
      const { code } = await failureOf({ operation: 'update', row });
      assert.equal(code, 'row_invalid');
    }
  });
});

describe('finding a row', () => {
  const operation = 'find_and_update';

  it('takes the first that has the value', async () => {
    rows().push(['A-2', 99, false]);
    const find = { column: 'number', value: 'A-2' };
    await perform({ operation, find, mapping: { Paid: true } });
    assert.deepEqual(rows().slice(2), [
      ['A-2', 20, true],
      ['A-2', 99, false],
    ]);
  });

  it('compares numbers by value', async () => {
    await perform({
      operation,
      find: { column: 'Total', value: decimal('20.00') },
      mapping: { Paid: 1 },
    });
    assert.deepEqual(rows()[2], ['A-2', 20, 1]);
  });

  it('appends one when told to, with the value that was looked for', async () => {
    const find = { column: 'Number', value: 'A-9' };
    await perform({ operation, find, appendMissing: true, mapping: { Total: 9 } });
    assert.deepEqual(rows().at(-1), ['A-9', 9]);
    await perform({ operation, find, appendMissing: true, mapping: { Total: 10 } });
    assert.equal(rows().length, 4);
    assert.deepEqual(rows().at(-1), ['A-9', 10]);
  });

  it('fails when there is none', async () => {
    const error = await failureOf({ operation, find: { column: 'Number', value: 'A-9' } });
    assert.equal(error.code, 'row_missing');
    assert.equal(error.recoverable, false);
  });

  it('never looks for nothing', async () => {
    const error = await failureOf({ operation, find: { column: 'Number', value: ' ' } });
    assert.equal(error.code, 'find_empty');
  });
});

describe('what goes wrong', () => {
  it('with the table is said in its own words', async () => {
    const column = await failureOf({ mapping: { Numbr: 1 } });
    assert.equal(
      column.message,
      'The tab "Invoices" has no column "Numbr"; its first row has: Number, Total, Paid.',
    );
    google.tabs.set('Empty', []);
    assert.equal((await failureOf({ tab: 'Empty' })).code, 'columns_missing');
    const tab = await failureOf({ tab: 'Nowhere' });
    assert.match(tab.message, /seems to have no tab "Nowhere"\.$/);
    const long = await failureOf({ mapping: { Number: 'x'.repeat(50_001) } });
    assert.equal(long.code, 'cell_too_long');
    assert.deepEqual(rows().length, 3);
  });

  it('with the account says what to do', async () => {
    const gone = await failureOf({}, accountWith({ spreadsheetId: 'other' }));
    assert.match(gone.message, /not shared with robot@project\.iam\.gserviceaccount\.com\.$/);
    const none = await failureOf({}, accountWith({ spreadsheetId: undefined }));
    assert.equal(none.code, 'spreadsheet_missing');
    for (const serviceAccount of ['', '{}', 'null', '[1]', undefined]) {
      const error = await failureOf({}, accountWith({ serviceAccount }));
      assert.equal(error.code, 'connection_wrong');
      assert.match(error.message, /JSON key file that Google gives/);
    }
    const broken = JSON.stringify({ ...JSON.parse(google.serviceAccount), private_key: 'rubbish' });
    const key = await failureOf({}, accountWith({ serviceAccount: broken }));
    assert.equal(key.code, 'connection_wrong');
    assert.equal(key.recoverable, false);
    const token = await failureOf({}, accountWith({ serviceAccount: undefined, accessToken: 'x' }));
    assert.equal(token.code, 'http_401');
    assert.match(token.message, /does not accept the credentials of "Ledger"/);
    google.refuse({
      call: 'token',
      status: 400,
      body: { error: 'invalid_grant', error_description: 'Account disabled.' },
    });
    const disabled = await failureOf({});
    assert.match(disabled.message, /invalid_grant Account disabled\. Google does not accept/);
    assert.equal(disabled.recoverable, false);
    google.refuse({
      call: 'get',
      status: 403,
      body: { error: { message: 'The caller does not have permission' } },
    });
    const shared = await failureOf({});
    assert.match(shared.message, /Share the spreadsheet with robot@/);
    assert.equal(shared.recoverable, false);
  });

  it('with quotas is tried again, when Google says', async () => {
    for (const call of ['get', 'append'] as const) {
      google.refuse({
        call,
        status: 429,
        body: { error: { message: 'Quota exceeded.' } },
        headers: { 'retry-after': '7' },
      });
      const error = await failureOf({});
      const { code, recoverable, retryAfterMs, effect } = error;
      assert.deepEqual(
        { code, recoverable, retryAfterMs, effect },
        { code: 'http_429', recoverable: true, retryAfterMs: 7000, effect: 'none' },
      );
      google.refuse({ call, status: 503, body: 'no JSON object' });
      assert.equal((await failureOf({})).recoverable, true);
    }
    assert.equal(rows().length, 3);
  });

  it('on the way tells reading from writing', async () => {
    google.refuse({ call: 'get', status: 0, body: '', hangUp: true });
    const reading = await failureOf({});
    assert.deepEqual(
      [reading.code, reading.effect, reading.recoverable],
      ['no_answer', 'none', true],
    );
    google.refuse({ call: 'append', status: 0, body: '', hangUp: true });
    const writing = await failureOf({ mapping: { Number: 'lost' } });
    assert.deepEqual(
      [writing.code, writing.effect, writing.recoverable],
      ['no_answer', 'unknown', true],
    );
    assert.deepEqual(rows().at(-1), ['lost']);
    const port = await freePort();
    const dead = await failureOf({}, accountWith({ baseUrl: `http://127.0.0.1:${String(port)}` }));
    assert.deepEqual([dead.code, dead.effect], ['connect_failed', 'none']);
  });

  it('by the egress policy is final', async () => {
    const io = ioWith({
      connection: connectionsIn({ Ledger: accountWith() }),
      egress: { allow: [] },
    });
    const request = {
      connection: 'Ledger',
      tab: 'Invoices',
      operation: 'append',
      mapping: {},
    } as const;
    await assert.rejects(updateSheet.perform(request, io), {
      code: 'egress_denied',
      recoverable: false,
    });
  });

  it('never shows the key', async () => {
    google.refuse({ call: 'get', status: 500, body: { error: { message: 'x' } } });
    const { message } = await failureOf({});
    assert.ok(!message.includes('PRIVATE KEY'));
  });
});
