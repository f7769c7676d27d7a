import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import {
  connectionsFrom,
  connectionsIn,
  requireConnection,
  secretsOf,
  type Connection,
} from '../project/src/lib/connections.ts';
import { decimal } from '../project/src/lib/decimal.ts';
import { ActionError, redact } from '../project/src/lib/errors.ts';
import { runExamples } from '../project/src/lib/examples.ts';
import { amountAfter, domainOf, textAfter, textMatching } from '../project/src/lib/extract.ts';
import { step, type Action } from '../project/src/lib/rule.ts';
import { exactValues, runRule, type Attempt } from '../project/src/lib/run.ts';
import { sql, text } from '../project/src/lib/template.ts';
import { rule as sampleRule } from '../project/src/rule.ts';
import { hostWith, mailWith, NASTY_TEXTS, ruleWith } from './support.ts';

/** An action that only says what it got; `fails` makes it throw. */
function probe(log: string[], fails?: () => unknown): Action<{ say: string }> {
  return {
    type: 'probe',
    summary: ({ say }) => `probe ${say}`,
    content: ({ say }) => say,
    perform({ say }, { key }) {
      log.push(`${say} ${key}`);
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as the test wants
      return fails ? Promise.reject(fails()) : Promise.resolve({ said: say });
    },
  };
}

describe('templates', () => {
  it('render every kind of value, once', () => {
    assert.equal(
      text`${'{{x}}'}|${12}|${true}|${null}|${undefined}|${[1, 'a']}|${{ a: null }}`,
      '{{x}}|12|true|||[1,"a"]|{"a":null}',
    );
    assert.equal(text``, '');
  });

  it('keep values out of the SQL', () => {
    for (const nasty of NASTY_TEXTS) {
      const statement = sql`insert into t values (${nasty}, ${1}, ${undefined}, ${[nasty]})`;
      assert.equal(statement.text, 'insert into t values ($1, $2, $3, $4)');
      assert.deepEqual(statement.values, [nasty, 1, null, JSON.stringify([nasty])]);
    }
  });
});

describe('extraction', () => {
  it('takes the default, then the empty text, then fails before any action', async () => {
    const log: string[] = [];
    const rule = ruleWith({
      extract: {
        due: {
          line: 3,
          find: (message) => textAfter(message, 'body', 'Due by'),
          otherwise: 'none',
        },
        vendor: { line: 4, find: (message) => domainOf(message, 'to'), optional: true },
        total: { line: 5, find: (message) => amountAfter(message, 'body', 'Total:') },
      },
      steps: [step({ line: 9, action: probe(log), request: () => ({ say: 'hello' }) })],
    });
    const outcome = await runRule(rule, mailWith({ body: 'Sum:\n  $5' }), hostWith({}));
    assert.deepEqual(outcome, {
      outcome: 'failed',
      error: {
        code: 'extract_missing',
        message:
          'Nothing found for "total" (line 5): looked for an amount after "Total:" in the body, ' +
          'which reads "Sum: $5".',
        recoverable: false,
      },
      extracted: { due: 'none', vendor: '' },
      actions: [],
    });
    assert.deepEqual(log, []);
  });

  it('says when the message has no such field', async () => {
    const find = textMatching.bind(null, mailWith({}), 'subject', 'x');
    const rule = ruleWith({
      extract: { a: { line: 2, find: (m) => textMatching(m, 'subject', 'x') } },
    });
    assert.equal(find(), undefined);
    const { error } = await runRule(rule, mailWith({}), hostWith({}));
    assert.match(error?.message ?? '', /but the message has no subject\.$/);
  });

  it('is recorded with exact decimals', async () => {
    const rule = ruleWith({
      extract: { total: { line: 5, find: (message) => amountAfter(message, 'body', 'Total:') } },
    });
    const { extracted } = await runRule(rule, mailWith({ body: 'Total: 1,204.50' }), hostWith({}));
    assert.equal(JSON.stringify(extracted), '{"total":1204.50}');
    assert.equal(JSON.stringify(exactValues(extracted)), '{"total":"1204.50"}');
  });
});

describe('steps', () => {
  it('are announced, performed and recorded one after the other', async () => {
    const log: string[] = [];
    const rule = ruleWith({
      steps: ['a', 'b'].map((say) =>
        step({ line: 1, action: probe(log), request: () => ({ say }) }),
      ),
    });
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
    const { outcome } = await runRule(
      rule,
      mailWith({}),
      hostWith({
        onAttempt: async ({ order, target }: Attempt) => {
          await pause();
          log.push(`attempt ${String(order)} ${target}`);
        },
        onResult: async ({ order, status, output }) => {
          await pause();
          log.push(`result ${String(order)} ${status} ${JSON.stringify(output)}`);
        },
      }),
    );
    assert.equal(outcome, 'success');
    assert.deepEqual(log, [
      'attempt 0 probe a',
      'a key-0',
      'result 0 success {"said":"a"}',
      'attempt 1 probe b',
      'b key-1',
      'result 1 success {"said":"b"}',
    ]);
  });

  it('that were done before are skipped', async () => {
    const log: string[] = [];
    const rule = ruleWith({
      steps: ['a', 'b'].map((say) =>
        step({ line: 1, action: probe(log), request: () => ({ say }) }),
      ),
    });
    await runRule(rule, mailWith({}), hostWith({ done: new Map([[0, null]]) }));
    assert.deepEqual(log, ['b key-1']);
  });

  it('get the idempotency key as a value', async () => {
    const log: string[] = [];
    const fill = ({ idempotencyKey }: Record<string, unknown>): { say: string } => ({
      say: text`${idempotencyKey}`,
    });
    const rule = ruleWith({ steps: [step({ line: 1, action: probe(log), request: fill })] });
    await runRule(rule, mailWith({}), hostWith({}));
    assert.deepEqual(log, ['key-0 key-0']);
  });

  it('stop the rule when one fails, unless it may', async () => {
    for (const continueOnError of [false, true]) {
      const log: string[] = [];
      const failing = probe(log, () => new ActionError('x_1', 'no', { recoverable: true }));
      const rule = ruleWith({
        steps: [
          step({ line: 1, continueOnError, action: failing, request: () => ({ say: 'a' }) }),
          step({ line: 2, action: probe(log), request: () => ({ say: 'b' }) }),
        ],
      });
      const { outcome, error, actions } = await runRule(rule, mailWith({}), hostWith({}));
      assert.deepEqual(log, continueOnError ? ['a key-0', 'b key-1'] : ['a key-0']);
      assert.equal(outcome, continueOnError ? 'success' : 'failed');
      const record = { code: 'x_1', message: 'no', recoverable: true };
      assert.deepEqual(actions[0]?.error, record);
      assert.deepEqual(error, continueOnError ? undefined : { ...record, step: 0 });
    }
  });

  it('whose effect is unknown say so', async () => {
    const failing = probe([], () => new ActionError('x', 'no', { effect: 'unknown' }));
    const rule = ruleWith({
      steps: [step({ line: 1, action: failing, request: () => ({ say: 'a' }) })],
    });
    const { actions } = await runRule(rule, mailWith({}), hostWith({}));
    assert.equal(actions[0]?.status, 'unknown');
  });

  it('turn any thrown thing into an error, also while their templates are filled in', async () => {
    const fills = (): never => {
      throw new TypeError('no such thing');
    };
    const rule = ruleWith({ steps: [step({ line: 1, action: probe([]), request: fills })] });
    const attempts: Attempt[] = [];
    const { error } = await runRule(
      rule,
      mailWith({}),
      hostWith({
        onAttempt: (attempt) => {
          attempts.push(attempt);
          return Promise.resolve();
        },
      }),
    );
    assert.equal(error?.code, 'internal_error');
    assert.match(error.stack ?? '', /no such thing/);
    assert.equal(attempts[0]?.target, 'probe');
  });

  it('are not begun once the run is told to stop', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const rule = ruleWith({
      steps: ['a', 'b'].map((say) =>
        step({ line: 1, continueOnError: true, action: probe(log), request: () => ({ say }) }),
      ),
    });
    const { outcome, error } = await runRule(
      rule,
      mailWith({}),
      hostWith({
        signal: controller.signal,
        onResult: () => {
          controller.abort('deadline');
          return Promise.resolve();
        },
      }),
    );
    assert.deepEqual(log, ['a key-0']);
    assert.equal(outcome, 'failed');
    assert.equal(error?.code, 'deadline');
    assert.equal(error.recoverable, true);
  });
});

describe('secrets', () => {
  it('cannot be read in errors or outputs, in any spelling', async () => {
    const password = 'p"ä ss/w0rd';
    const spellings = [
      password,
      encodeURIComponent(password),
      Buffer.from(password).toString('base64'),
      Buffer.from(password).toString('hex'),
      JSON.stringify(password),
    ].join(' | ');
    const leaky: Action<object> = {
      type: 'leaky',
      summary: () => 'leaky',
      content: () => '',
      perform: (_request, { connection }) => {
        connection('ERP', 'postgres');
        return Promise.resolve({ nested: [spellings] });
      },
    };
    const failing: Action<object> = {
      ...leaky,
      perform: (_request, { connection }) => {
        connection('ERP', 'postgres');
        return Promise.reject(new Error(spellings));
      },
    };
    const rule = ruleWith({
      steps: [
        step({ line: 1, action: leaky, request: () => ({}) }),
        step({ line: 2, action: failing, request: () => ({}) }),
      ],
    });
    const connection = connectionsIn({
      ERP: { service: 'postgres', host: 'h', port: 1, user: 'u', password },
    });
    const outcome = JSON.stringify(await runRule(rule, mailWith({}), hostWith({ connection })));
    for (const spelling of spellings.split(' | ')) {
      assert.ok(!outcome.includes(spelling), spelling);
    }
    assert.equal(outcome.match(/\[secret\]/g)?.length, 25);
  });

  it('leave everything else as it is', () => {
    const value = { a: 1, b: [null, true, 'text'], c: { d: 'x' } };
    assert.deepEqual(redact(value, ['secret', '']), value);
  });

  it('cannot hide in what only looks like a number', () => {
    const echoed = { toJSON: 1, inner: { said: 'my secret' } };
    assert.deepEqual(redact(echoed, ['secret']), { toJSON: 1, inner: { said: 'my [secret]' } });
    assert.equal(redact(decimal('1.50'), ['secret']).text, '1.50');
  });
});

describe('connections', () => {
  it('come from environment variables', () => {
    const find = connectionsFrom({
      ERP_URL: 'postgres://hub:p%40ss@db.example.com:5433/erp?tls=verify',
      OFFICE_MAIL_URL: 'smtp://robot:x@mail.example.com?from=robot@example.com',
      SECURE_URL: 'smtps://mail.example.com',
    });
    assert.deepEqual(find('ERP', 'postgres'), {
      service: 'postgres',
      host: 'db.example.com',
      port: 5433,
      user: 'hub',
      password: 'p@ss',
      database: 'erp',
      tls: 'verify',
    });
    assert.deepEqual(find('Office mail', 'smtp'), {
      service: 'smtp',
      host: 'mail.example.com',
      port: 587,
      user: 'robot',
      password: 'x',
      from: 'robot@example.com',
    });
    assert.deepEqual(find('secure', 'smtp'), {
      service: 'smtp',
      host: 'mail.example.com',
      port: 465,
      tls: 'implicit',
    });
  });

  it('are keys for services without a server of their own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'msghub-key-'));
    const file = join(folder, 'key.json');
    writeFileSync(file, '{"private_key":"pem"}');
    const find = connectionsFrom({
      LEDGER_KEY: file,
      LEDGER_SPREADSHEET: 'sheet-1',
      DRIVE_KEY: 'ya29.token',
      WORKSPACE_KEY: 'xoxb-1',
      OPENAI_KEY: 'sk-1',
      OPENAI_BASE_URL: 'http://127.0.0.1:8000/v1',
      GONE_KEY: join(folder, 'gone.json'),
    });
    assert.deepEqual(find('Ledger', 'google'), {
      service: 'google',
      serviceAccount: '{"private_key":"pem"}',
      spreadsheetId: 'sheet-1',
    });
    assert.deepEqual(find('Drive', 'google'), { service: 'google', accessToken: 'ya29.token' });
    assert.deepEqual(find('Workspace', 'slack'), { service: 'slack', token: 'xoxb-1' });
    assert.deepEqual(find('OpenAI', 'openai'), {
      service: 'openai',
      apiKey: 'sk-1',
      baseUrl: 'http://127.0.0.1:8000/v1',
    });
    assert.throws(() => find('Gone', 'google'), /GONE_KEY names cannot be read: ENOENT/);
    assert.throws(() => find('Other', 'slack'), /a bot's token, xoxb-…, into .* OTHER_KEY\.$/);
    rmSync(folder, { recursive: true });
  });

  it('have secrets, also within a key file', () => {
    const serviceAccount = '{"private_key":"pem"}';
    const google: Connection = { service: 'google', serviceAccount };
    assert.deepEqual(secretsOf(google), [serviceAccount, 'pem']);
    assert.deepEqual(secretsOf({ ...google, serviceAccount: 'rubbish' }), ['rubbish']);
    assert.deepEqual(secretsOf({ service: 'google', accessToken: 't' }), ['t']);
    assert.deepEqual(secretsOf({ service: 'slack', token: 't' }), ['t']);
    assert.deepEqual(secretsOf({ service: 'openai', apiKey: 'k' }), ['k']);
    assert.deepEqual(secretsOf({ service: 'smtp', host: 'h', port: 1 }), []);
  });

  it('of another service are refused with what to do', () => {
    const find = connectionsIn({ ERP: { service: 'smtp', host: 'h', port: 1 } });
    assert.throws(() => requireConnection(find, 'ERP', 'slack'), /name another connection/);
    assert.throws(() => requireConnection(find, 'Chat', 'slack'), /msghub connection add slack/);
  });

  it('name the variable when one is missing or wrong, and never its value', () => {
    assert.throws(() => connectionsFrom({})('Office mail', 'smtp'), /OFFICE_MAIL_URL/);
    for (const url of [
      's3cret',
      'ftp://u:s3cret@h',
      'postgres://u:s3cret@h?tls=s3cret',
      'smtp://u:%zzs3cret@h',
    ]) {
      assert.throws(
        () => connectionsFrom({ ERP_URL: url })('ERP', 'postgres'),
        (error: Error) => error.message.includes('ERP_URL') && !error.message.includes('s3cret'),
      );
    }
  });
});

describe('examples', () => {
  it('of the sample rule pass', async () => {
    for (const { title, failures } of await runExamples(sampleRule)) {
      assert.deepEqual(failures, [], title);
    }
  });

  it('name the line of each expectation that is not met', async () => {
    const [example] = sampleRule.examples;
    assert.ok(example);
    const expect = [
      { line: 1, matches: false },
      { line: 2, field: 'number', is: '1043' },
      { line: 3, field: 'total', is: '1204.5' }, // the same number
      { line: 4, field: 'nothing', is: '' },
      { line: 5, step: 1, sends: 'x' },
      { line: 6, step: 0, sends: '{"total": 1204.5, "number": "1042"}' }, // the same JSON
      { line: 7, step: 9, sends: 'x' },
      {
        line: 8,
        step: 2,
        sends: "insert into invoices (number, total) values ('1042', '1204.50')",
      },
    ];
    const [result] = await runExamples({ ...sampleRule, examples: [{ ...example, expect }] });
    assert.equal(result?.pass, false);
    assert.deepEqual(
      result.failures.map(({ line, message }) => `${String(line)} ${message}`),
      [
        '1 The rule matches this message.',
        '2 number is "1042", not "1043".',
        '4 "nothing" was not extracted.',
        '5 Step 2 sends "Invoice 1042 from acme.com: 1204.50.", not "x".',
        '7 Step 10 was not reached.',
      ],
    );
  });

  it('fail when the rule cannot run on their message', async () => {
    const example = {
      title: 'no total',
      line: 70,
      message: {
        kind: 'email' as const,
        raw: 'From: a@acme.com\nSubject: invoice INV-1\n\nhello\n',
      },
      expect: [{ line: 71, matches: true }],
    };
    const [result] = await runExamples({ ...sampleRule, examples: [example] });
    assert.equal(result?.pass, false);
    assert.match(result.failures[0]?.message ?? '', /an amount after "Total:" in the body/);
  });

  it('say why their message does not match', async () => {
    const example = {
      title: 'a newsletter',
      line: 70,
      message: { kind: 'email' as const, raw: 'From: a@other.com\nSubject: hi\n\n' },
      expect: [{ line: 71, field: 'total', is: '1' }],
    };
    const [result] = await runExamples({ ...sampleRule, examples: [example] });
    assert.deepEqual(result?.failures, [
      { line: 71, message: 'The rule does not match this message: line 9 saw "a@other.com".' },
    ]);
  });
});
