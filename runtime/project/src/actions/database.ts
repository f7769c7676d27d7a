/** Runs one SQL statement on PostgreSQL. Values are always bound, never part of the statement. */
import type { Client, ClientConfig, QueryResult } from 'pg';

import { requireConnection, type PostgresConnection } from '../lib/connections.ts';
import { ActionError, codeOf, messageOf } from '../lib/errors.ts';
import type { Json } from '../lib/json.ts';
import type { Action } from '../lib/rule.ts';
import type { SqlStatement, SqlValue } from '../lib/template.ts';

export interface SqlRequest {
  connection: string;
  statement: SqlStatement;
}

const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** For a server that has gone silent and so does not keep its own time limit. */
const SILENCE_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
const MAX_ROWS = 20;
const MAX_OUTPUT_BYTES = 15 * 1024; // of whole rows; what is kept of an output is 16 KiB

/** Classes of SQLSTATE that may pass: connection, resources, operator, rolled back. */
const RECOVERABLE = /^(?:08|53|57|40)/;
/** The server itself does not know whether the statement took effect. */
const UNDECIDED = ['08007', '40003'];

/** Output: `{ rowCount, rows }`, the first rows; under the step's name, the first row alone. */
export const runSql: Action<SqlRequest> = {
  type: 'database',
  summary: ({ connection, statement }) =>
    `${connection}: ${/^\s*(\w+)/.exec(statement.text)?.[1]?.toLowerCase() ?? 'statement'}`,
  content: ({ statement }) => withLiterals(statement),
  perform: async ({ connection, statement }, io) => {
    const account = requireConnection(io.connection, connection, 'postgres');
    const client = await connect(account, connection, io.signal);
    try {
      return await query(client, statement, io.signal);
    } catch (error) {
      throw statementError(error, connection);
    } finally {
      client.end().catch(() => undefined);
    }
  },
  named: firstRow,
};

function firstRow(output: Json): Json {
  if (typeof output !== 'object' || output === null || !('rows' in output)) return null;
  return Array.isArray(output.rows) ? (output.rows[0] ?? null) : null;
}

async function connect(
  account: PostgresConnection,
  name: string,
  signal: AbortSignal,
): Promise<Client> {
  const { Client } = await import('pg');
  const client = new Client(configOf(account));
  // An error after the result is of no interest; without a listener it would end the process.
  client.on('error', () => undefined);
  const stop = (): void => void client.end().catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    await client.connect();
    return client;
  } catch (error) {
    client.end().catch(() => undefined);
    throw connectError(error, name);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function configOf(account: PostgresConnection): ClientConfig {
  const { host, port, user, password, database = user, tls = 'none' } = account;
  return {
    host,
    port,
    user,
    password,
    database,
    ssl: tls === 'none' ? false : { rejectUnauthorized: tls === 'verify' },
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'msghub',
  };
}

/** Outside a transaction, so a statement that reports success is committed. */
async function query(client: Client, statement: SqlStatement, signal: AbortSignal): Promise<Json> {
  const { Query } = await import('pg');
  const rows: Json[] = [];
  let bytes = 0;
  const query = new Query({
    text: statement.text,
    values: statement.values,
    // The extended protocol takes one statement only, also where there is no value to bind.
    queryMode: 'extended',
  } as ConstructorParameters<typeof Query>[0]);
  // Rows are taken one by one: a statement may return more than fits in memory.
  query.on('row', (row: unknown) => {
    if (rows.length === MAX_ROWS || bytes > MAX_OUTPUT_BYTES) return;
    const text = JSON.stringify(row);
    bytes += Buffer.byteLength(text);
    // The first row counts however large it is: it is what the step's name stands for.
    if (bytes <= MAX_OUTPUT_BYTES || rows.length === 0) rows.push(JSON.parse(text) as Json);
  });
  const stop = (): void => void client.end().catch(() => undefined);
  const timer = setTimeout(stop, SILENCE_TIMEOUT_MS);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const result = await new Promise<QueryResult>((resolve, reject) => {
      query.on('end', resolve);
      query.on('error', reject);
      client.once('end', () => {
        reject(new Error('the connection was closed'));
      });
      client.query(query);
    });
    return { rowCount: result.rowCount, rows };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

function connectError(error: unknown, name: string): ActionError {
  const code = codeOf(error);
  const isSqlState = SQLSTATE.test(code);
  return new ActionError(
    isSqlState ? `sql_${code}` : 'connect_failed',
    `The database ${name} could not be reached: ${isSqlState || code === '' ? messageOf(error) : code}.`,
    { recoverable: !isSqlState || RECOVERABLE.test(code) },
  );
}

const SQLSTATE = /^[0-9A-Z]{5}$/;

function statementError(error: unknown, name: string): ActionError {
  const code = codeOf(error);
  if (SQLSTATE.test(code)) {
    return new ActionError(
      `sql_${code}`,
      `The database ${name} refused the statement: ${messageOf(error)} (SQLSTATE ${code}).`,
      {
        recoverable: RECOVERABLE.test(code),
        effect: UNDECIDED.includes(code) ? 'unknown' : 'none',
      },
    );
  }
  return new ActionError(
    'no_answer',
    `The connection to the database ${name} was lost after the statement had been sent.`,
    { recoverable: true, effect: 'unknown' },
  );
}

/** The statement as one would type it, for people and examples; never sent to a database. */
function withLiterals({ text, values }: SqlStatement): string {
  return text.replace(/\$(\d+)/g, (placeholder, index: string) => {
    const value = values[Number(index) - 1];
    return value === undefined ? placeholder : literal(value);
  });
}

function literal(value: SqlValue): string {
  if (value === null) return 'null';
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
}
