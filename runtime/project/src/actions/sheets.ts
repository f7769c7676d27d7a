/**
 * Writes one row of a Google Sheet. The first row of the tab names the columns. Values are stored
 * as they are (RAW): a text that begins with = stays a text and never becomes a formula.
 */
import type { sheets_v4 } from '@googleapis/sheets';

import { requireConnection, type GoogleConnection } from '../lib/connections.ts';
import { sameNumber } from '../lib/decimal.ts';
import { ActionError } from '../lib/errors.ts';
import { authorized, googleError } from '../lib/google.ts';
import { checkedBaseUrl, guardedFetch, type GuardedFetch } from '../lib/http.ts';
import { textOf, type Json } from '../lib/json.ts';
import type { Action, ActionIo } from '../lib/rule.ts';
import { cell } from '../lib/template.ts';

export interface SheetRequest {
  connection: string;
  spreadsheetId?: string; // absent: the one of the connection
  tab: string;
  operation: 'append' | 'update' | 'find_and_update';
  row?: unknown; // update: its number, 1 is the row with the names
  find?: { column: string; value: unknown }; // find_and_update: the first row that has the value
  appendMissing?: true; // find_and_update: append when no row has it
  mapping: Record<string, unknown>; // by name of the column
}

const TOTAL_TIMEOUT_MS = 30_000;
const MAX_CELL_CHARACTERS = 50_000; // Google's own limit
const SCOPE = 'https://www.googleapis.com/auth/spreadsheets';

/** Output: `{ updatedRange, row }`, the number of the row that was written. */
export const updateSheet: Action<SheetRequest> = {
  type: 'google_sheets',
  summary: ({ connection, tab, operation }) =>
    `${connection}: ${operation === 'append' ? 'append to' : 'update'} ${tab}`,
  content: ({ mapping }) => JSON.stringify(mapping),
  perform: async (request, io) => {
    const account = requireConnection(io.connection, request.connection, 'google');
    const sheet = await openSheet(account, request, io);
    const columns = columnsOf(request, await readRange(sheet, '1:1'));
    switch (request.operation) {
      case 'append':
        return appendRow(sheet, columns, request.mapping);
      case 'update':
        return updateRow(sheet, columns, request.mapping, rowNumber(request.row));
      case 'find_and_update':
        return findAndUpdate(sheet, columns, request);
    }
  },
};

/** One tab of a spreadsheet, and how its calls fail. */
interface Sheet extends GuardedFetch {
  values: sheets_v4.Resource$Spreadsheets$Values;
  spreadsheetId: string;
  tab: string; // quoted as ranges want it
  fail: (error: unknown, changes: boolean) => ActionError;
}

async function openSheet(
  account: GoogleConnection,
  request: SheetRequest,
  io: ActionIo,
): Promise<Sheet> {
  const { sheets } = await import('@googleapis/sheets');
  const { baseUrl } = account;
  const guarded = await guardedFetch(io, TOTAL_TIMEOUT_MS);
  const { auth, email } = await authorized(account, request.connection, SCOPE, guarded);
  const { spreadsheets } = sheets({
    version: 'v4',
    auth,
    fetchImplementation: guarded.fetch,
    retry: false, // whoever runs the rule tries again
    universeDomain: 'googleapis.com',
    ...(baseUrl !== undefined && { rootUrl: checkedBaseUrl(baseUrl, request.connection) }),
  });
  return {
    ...guarded,
    values: spreadsheets.values,
    spreadsheetId: spreadsheetOf(request, account),
    tab: `'${request.tab.replaceAll("'", "''")}'`,
    fail: (error, changes) =>
      googleError(error, {
        target: updateSheet.summary(request),
        connection: request.connection,
        email,
        sent: guarded.progress.sent,
        changes,
        tab: request.tab,
      }),
  };
}

/** The id itself, or the one in the address that a browser shows. */
function spreadsheetOf(request: SheetRequest, account: GoogleConnection): string {
  const given = request.spreadsheetId ?? account.spreadsheetId ?? '';
  const id = /\/spreadsheets\/d\/([\w-]+)/.exec(given)?.[1] ?? given.trim();
  if (/^[\w-]+$/.test(id)) return id;
  throw new ActionError(
    'spreadsheet_missing',
    `The connection "${request.connection}" names no spreadsheet: set its spreadsheet id, the ` +
      'part of the address after /spreadsheets/d/.',
  );
}

type Cell = string | number | boolean | null;

/** The cells of a range, line by line; Google leaves out empty ones at the end. */
async function readRange(sheet: Sheet, range: string): Promise<unknown[][]> {
  const { values, spreadsheetId, tab } = sheet;
  try {
    const { data } = await values.get({
      spreadsheetId,
      range: `${tab}!${range}`,
      valueRenderOption: 'UNFORMATTED_VALUE',
    });
    return data.values ?? [];
  } catch (error) {
    throw sheet.fail(error, false);
  }
}

/** Finds columns by their name. */
interface Columns {
  indexOf: (name: string) => number; // throws when there is no such column
}

function columnsOf({ tab }: SheetRequest, [first = []]: unknown[][]): Columns {
  const plain = (name: unknown): string => textOf(name).trim().toLowerCase();
  const names = first.map(plain);
  // A table is found by its first column; without a name there, rows would land beside it.
  if (names[0] === undefined || names[0] === '') {
    throw new ActionError(
      'columns_missing',
      `The first row of the tab "${tab}" must name the columns, from column A on.`,
    );
  }
  return {
    indexOf(name) {
      const index = names.indexOf(plain(name));
      if (index >= 0) return index;
      const known = first.map(textOf).join(', ');
      throw new ActionError(
        'column_missing',
        `The tab "${tab}" has no column "${name}"; its first row has: ${known}.`,
      );
    },
  };
}

/** One line of the sheet. What the rule does not name is null, which leaves a cell as it is. */
function lineOf(columns: Columns, mapping: Record<string, unknown>): Cell[] {
  const cells = Object.entries(mapping).map(
    ([name, value]) => [columns.indexOf(name), cellOf(value, name)] as const,
  );
  const line = new Array<Cell>(Math.max(0, ...cells.map(([index]) => index)) + 1).fill(null);
  for (const [index, cell] of cells) line[index] = cell;
  return line;
}

function cellOf(value: unknown, column: string): Cell {
  const content = cell(value);
  if (typeof content !== 'string' || content.length <= MAX_CELL_CHARACTERS) return content;
  throw new ActionError(
    'cell_too_long',
    `A cell has at most 50,000 characters; the value for "${column}" has ${String(content.length)}.`,
  );
}

async function appendRow(
  sheet: Sheet,
  columns: Columns,
  mapping: Record<string, unknown>,
): Promise<Json> {
  const { values, spreadsheetId, tab } = sheet;
  const line = lineOf(columns, mapping);
  try {
    const { data } = await values.append({
      spreadsheetId,
      range: `${tab}!A1`,
      valueInputOption: 'RAW',
      insertDataOption: 'INSERT_ROWS',
      requestBody: { values: [line] },
    });
    return written(data.updates?.updatedRange);
  } catch (error) {
    throw sheet.fail(error, true);
  }
}

async function updateRow(
  sheet: Sheet,
  columns: Columns,
  mapping: Record<string, unknown>,
  row: number,
): Promise<Json> {
  const { values, spreadsheetId, tab } = sheet;
  const line = lineOf(columns, mapping);
  try {
    const { data } = await values.update({
      spreadsheetId,
      range: `${tab}!A${String(row)}:${letters(line.length - 1)}${String(row)}`,
      valueInputOption: 'RAW',
      requestBody: { values: [line] },
    });
    return written(data.updatedRange);
  } catch (error) {
    throw sheet.fail(error, true);
  }
}

async function findAndUpdate(
  sheet: Sheet,
  columns: Columns,
  { find, appendMissing, mapping }: SheetRequest,
): Promise<Json> {
  const { column = '', value } = find ?? {};
  const wanted = textOf(value).trim();
  if (wanted === '') {
    throw new ActionError('find_empty', `The value to find in the column "${column}" is empty.`);
  }
  const letter = letters(columns.indexOf(column));
  const cells = await readRange(sheet, `${letter}2:${letter}`);
  const index = cells.findIndex(([first]) => isSame(first, wanted));
  if (index >= 0) return updateRow(sheet, columns, mapping, index + 2);
  if (appendMissing) return appendRow(sheet, columns, { [column]: value, ...mapping });
  throw new ActionError('row_missing', `No row has "${wanted}" in the column "${column}".`);
}

function isSame(found: unknown, wanted: string): boolean {
  const seen = textOf(found).trim();
  return seen === wanted || (typeof found === 'number' && sameNumber(seen, wanted));
}

function rowNumber(row: unknown): number {
  const text = textOf(row).trim();
  const number = /^\d{1,8}$/.test(text) ? Number(text) : 0;
  if (number >= 2) return number;
  throw new ActionError(
    'row_invalid',
    `${JSON.stringify(text.slice(0, 40))} is no number of a row; 2 is the first below the names.`,
  );
}

/** `Invoices!A5:C5` is row 5. */
function written(updatedRange: string | null | undefined): Json {
  const range = updatedRange ?? '';
  const row = /![A-Z]+(\d+)/.exec(range)?.[1];
  return { updatedRange: range, row: row === undefined ? null : Number(row) };
}

/** The letters of a column: 0 is A, 26 is AA. */
function letters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
