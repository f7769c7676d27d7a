import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client } from 'pg';

import { startCutProxy } from '../../tests/servers/cut-proxy.ts';
import { startPostgres, type Postgres } from '../../tests/servers/postgres.ts';
import { until } from '../../tests/servers/support.ts';
import { runSql } from '../project/src/actions/database.ts';
import { connectionsIn } from '../project/src/lib/connections.ts';
import { decimal } from '../project/src/lib/decimal.ts';
import type { ActionError } from '../project/src/lib/errors.ts';
import type { Json } from '../project/src/lib/json.ts';
import type { ActionIo } from '../project/src/lib/rule.ts';
import { sql, type SqlStatement } from '../project/src/lib/template.ts';
import { mailWith, NASTY_TEXTS } from './support.ts';

let server: Postgres;
before(async () => {
  server = await startPostgres();
  await run(sql`create table invoices (number text primary key, total numeric, data jsonb)`);
});
after(() => server.stop());

function ioWith(parts: { port?: number; password?: string; signal?: AbortSignal } = {}): ActionIo {
  const { host, user, password, database, port } = { ...server, ...parts };
  return {
    connection: connectionsIn({
      ERP: { service: 'postgres', host, port, user, password, database },
      Mail: { service: 'smtp', host, port: 1 },
    }),
    message: mailWith({}),
    key: 'k',
    signal: parts.signal ?? new AbortController().signal,
  };
}

function run(statement: SqlStatement, io = ioWith(), connection = 'ERP') {
  return runSql.perform({ connection, statement }, io);
}

async function failureOf(
  statement: SqlStatement,
  io = ioWith(),
  name = 'ERP',
): Promise<ActionError> {
  try {
    await run(statement, io, name);
  } catch (error) {
    return error as ActionError;
  }
  throw new Error('the statement succeeded');
}

/** What the database says is going on in it, asked over a connection of its own. */
async function ask(text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(server.url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('a statement', () => {
  it('brings every text over unchanged, and decimals exactly', async () => {
    for (const [index, nasty] of NASTY_TEXTS.entries()) {
      const total = decimal('99999999999999999999.99');
      const number = `${String(index)} ${nasty}`;
      const data = { nasty, total };
      const output = await run(sql`insert into invoices values (${number}, ${total}, ${data})`);
      assert.deepEqual(output, { rowCount: 1, rows: [] });
      const found = await run(
        sql`select number, total, data->>'nasty' as nasty from invoices where number = ${number}`,
      );
      assert.deepEqual(found, {
        rowCount: 1,
        rows: [{ number, total: '99999999999999999999.99', nasty }],
      });
    }
    const [{ count }] = (await ask('select count(*) from invoices')) as [{ count: string }];
    assert.equal(count, String(NASTY_TEXTS.length));
  });

  it('is committed', async () => {
    await run(sql`insert into invoices values ('committed', 1)`);
    assert.equal((await ask("select 1 from invoices where number = 'committed'")).length, 1);
  });

  it('is one statement only, also when it binds nothing', async () => {
    const error = await failureOf(sql`delete from invoices; drop table invoices`);
    assert.equal(error.code, 'sql_42601');
    assert.equal(error.recoverable, false);
    assert.ok((await ask('select 1 from invoices')).length > 0);
  });

  it('stands for its first row under its name', async () => {
    const named = (output: Json): unknown => runSql.named?.(output);
    const output = await run(sql`select n, 'x' as text from generate_series(7, 9) as n`);
    assert.deepEqual(named(output), { n: 7, text: 'x' });
    assert.equal(named(await run(sql`select 1 where false`)), null);
    assert.equal(named(null), null);
    const large = (await run(sql`select repeat('x', 40000) as text`)) as { rows: unknown[] };
    assert.equal(large.rows.length, 1);
  });

  it('gives at most 20 rows, however many there are', async () => {
    const output = (await run(sql`select n from generate_series(1, 200000) n`)) as {
      rowCount: number;
      rows: unknown[];
    };
    assert.equal(output.rowCount, 200_000);
    assert.equal(output.rows.length, 20);
  });

  it('gives values that JSON can hold', async () => {
    const output = await run(
      sql`select 9007199254740993 as big, timestamp '2026-01-02 03:04:05Z' at time zone 'UTC' as at, null as none`,
    );
    assert.deepEqual(output, {
      rowCount: 1,
      rows: [{ big: '9007199254740993', at: '2026-01-02T03:04:05.000Z', none: null }],
    });
  });
});

describe('a failure', () => {
  it('of the statement is not tried again', async () => {
    await run(sql`insert into invoices values ('twice', 1)`);
    for (const [statement, code] of [
      [sql`insert into invoices values ('twice', 1)`, 'sql_23505'],
      [sql`insert into nowhere values (1)`, 'sql_42P01'],
      [sql`insert into invoices values ('x', ${'no number'})`, 'sql_22P02'],
    ] as const) {
      const error = await failureOf(statement);
      assert.equal(error.code, code);
      assert.equal(error.recoverable, false);
      assert.equal(error.effect, 'none');
    }
  });

  for (const state of ['40001', '53300', '57P03', '08006']) {
    it(`with SQLSTATE ${state} is tried again`, async () => {
      await run(sql`select 1`);
      const text = `do $$ begin raise exception 'scripted' using errcode = '${state}'; end $$`;
      const error = await failureOf({ text, values: [] });
      assert.equal(error.code, `sql_${state}`);
      assert.equal(error.recoverable, true);
      assert.equal(error.effect, 'none');
    });
  }

  it('to sign in is not tried again and keeps the password to itself', async () => {
    const error = await failureOf(sql`select 1`, ioWith({ password: 'wr0ng-pa55' }));
    assert.equal(error.code, 'sql_28P01');
    assert.equal(error.recoverable, false);
    assert.ok(!JSON.stringify(error).includes('wr0ng') && !error.message.includes('wr0ng'));
  });

  it('to connect is tried again', async () => {
    const error = await failureOf(sql`select 1`, ioWith({ port: 1 }));
    assert.equal(error.code, 'connect_failed');
    assert.equal(error.recoverable, true);
    assert.equal(error.effect, 'none');
  });

  it('because of the wrong kind of connection says so', async () => {
    const error = await failureOf(sql`select 1`, ioWith(), 'Mail');
    assert.equal(error.code, 'connection_wrong');
  });

  it('is unknown when the connection is lost after the statement was sent', async () => {
    const proxy = await startCutProxy(server.port);
    const running = failureOf(sql`select pg_sleep(20)`, ioWith({ port: proxy.port }));
    await until(
      'the statement to run',
      async () =>
        (
          await ask(
            "select 1 from pg_stat_activity where query like '%pg_sleep(20)%' and pid <> pg_backend_pid()",
          )
        ).length > 0,
    );
    proxy.cut();
    const error = await running;
    await proxy.stop();
    assert.equal(error.code, 'no_answer');
    assert.equal(error.effect, 'unknown');
    assert.equal(error.recoverable, true);
  });

  it('is unknown when the run is stopped', async () => {
    const controller = new AbortController();
    const running = failureOf(sql`select pg_sleep(21)`, ioWith({ signal: controller.signal }));
    await until(
      'the statement to run',
      async () =>
        (
          await ask(
            "select 1 from pg_stat_activity where query like '%pg_sleep(21)%' and pid <> pg_backend_pid()",
          )
        ).length > 0,
    );
    const start = performance.now();
    controller.abort('deadline');
    assert.equal((await running).effect, 'unknown');
    assert.ok(performance.now() - start < 15_000);
  });

  it('is tried again while the server is down, and then succeeds', async () => {
    await server.halt();
    const error = await failureOf(sql`select 1`);
    assert.equal(error.recoverable, true);
    await server.resume();
    assert.deepEqual(await run(sql`select 1 as one`), { rowCount: 1, rows: [{ one: 1 }] });
  });
});

describe('what people see', () => {
  it('is the connection and the verb', () => {
    const statement = sql`  INSERT into t values (${1})`;
    assert.equal(runSql.summary({ connection: 'ERP', statement }), 'ERP: insert');
  });

  it('is the statement with its values', () => {
    const statement = sql`insert into t values (${"O'Neil"}, ${decimal('1.50')}, ${null}, ${true})`;
    assert.equal(
      runSql.content({ connection: 'ERP', statement }),
      "insert into t values ('O''Neil', '1.50', null, true)",
    );
  });
});
