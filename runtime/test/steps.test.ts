import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { runExample } from '../project/src/lib/examples.ts';
import { fitJson } from '../project/src/lib/fit-json.ts';
import { isOver } from '../project/src/lib/guards.ts';
import { valueAt, type Json } from '../project/src/lib/json.ts';
import { step, type Action, type Expectation, type Rule } from '../project/src/lib/rule.ts';
import { runFailure } from '../project/src/lib/run.ts';
import { text } from '../project/src/lib/template.ts';
import { FILES, hostWith, mailWith, ruleWith, run, saying, type Log } from './support.ts';

describe('a step with a condition', () => {
  it('is skipped without an attempt when it does not hold', async () => {
    const log: Log = [];
    const attempts: number[] = [];
    const results: number[] = [];
    const { outcome, actions } = await run(
      {
        steps: [
          step({
            line: 1,
            onlyIf: ({ total }) => isOver(total, 1000),
            as: 'first',
            action: saying(log),
            request: () => ({ say: 'a' }),
          }),
          step({
            line: 2,
            onlyIf: (_values, { body }) => body === '',
            action: saying(log),
            request: ({ first }) => ({ say: text`b${first}` }),
          }),
        ],
        extract: { total: { line: 1, find: () => 999 } },
      },
      mailWith({}),
      {
        onAttempt: ({ order }) => Promise.resolve(void attempts.push(order)),
        onResult: ({ order }) => Promise.resolve(void results.push(order)),
      },
    );
    assert.equal(outcome, 'success');
    assert.deepEqual(log, ['b key-1']);
    assert.deepEqual(attempts, [1]);
    assert.deepEqual(results, [0, 1]);
    assert.deepEqual(actions[0]?.output, { skipped: true });
    assert.equal(actions[0].status, 'success');
  });

  it('fails when the condition cannot be decided', async () => {
    const log: Log = [];
    const guarded = step({
      line: 1,
      onlyIf: () => isOver('many', 1),
      action: saying(log),
      request: () => ({
        say: 'a',
      }),
    });
    const { error } = await run({ steps: [guarded] });
    assert.equal(error?.code, 'not_a_number');
    assert.equal(error.step, 0);
    assert.deepEqual(log, []);
  });
});

describe('a named output', () => {
  const steps = (log: Log) => [
    step({
      line: 1,
      as: 'lead',
      action: saying(log, () => ({ email: 'a@b.c' })),
      request: () => ({ say: 'ask' }),
    }),
    step({
      line: 2,
      action: saying(log),
      request: ({ lead }) => ({ say: text`to ${valueAt(lead, 'email')}` }),
    }),
  ];

  it('is seen by later steps', async () => {
    const log: Log = [];
    await run({ steps: steps(log) });
    assert.deepEqual(log, ['ask key-0', 'to a@b.c key-1']);
  });

  it('is there again when a run goes on', async () => {
    const log: Log = [];
    const done = new Map<number, Json>([[0, { email: 'old@b.c' }]]);
    await run({ steps: steps(log) }, mailWith({}), { done });
    assert.deepEqual(log, ['to old@b.c key-1']);
    log.length = 0;
    await run({ steps: steps(log) }, mailWith({}), { done: new Map([[0, { skipped: true }]]) });
    assert.deepEqual(log, ['to  key-1']);
  });

  it('is the part that the action names, of each item of a list too', async () => {
    const log: Log = [];
    const action: Action<{ say: string }> = {
      ...saying(log, (say) => ({ rows: [say] })),
      named: (output) => valueAt(output, 'rows[0]') ?? null,
    };
    const options = { line: 1, as: 'row' };
    const { outcome } = await run(
      {
        steps: [
          step({ ...options, action, request: () => ({ say: 'one' }) }),
          step({
            line: 2,
            action: saying(log),
            request: ({ row }) => ({ say: text`then ${row}` }),
          }),
          step({ ...options, forEach: 'attachment', action, request: () => ({ say: 'each' }) }),
          step({
            line: 3,
            action: saying(log),
            request: ({ row }) => ({ say: text`then ${row}` }),
          }),
        ],
      },
      FILES,
    );
    assert.equal(outcome, 'success');
    assert.equal(log[1], 'then one key-1');
    assert.equal(log.at(-1), 'then ["each","each","each"] key-3');
  });

  it('is the same now and when the run goes on, also when it is too large to be kept', async () => {
    const seen: number[] = [];
    const rule = {
      steps: [
        step({
          line: 1,
          as: 'big',
          action: saying([], () => 'x'.repeat(100_000)),
          request: () => ({ say: 'a' }),
        }),
        step({
          line: 2,
          action: saying([]),
          request: ({ big }) => {
            seen.push(text`${big}`.length);
            return { say: 'b' };
          },
        }),
      ],
    };
    const { actions } = await run(rule);
    const done = new Map([[0, actions[0]?.output ?? null]]);
    await run(rule, mailWith({}), { done });
    assert.deepEqual(seen, [16_382, 16_382]);
  });
});

describe('a rule that has failed', () => {
  const rule = (log: Log): Rule =>
    ruleWith({
      extract: {
        number: { line: 1, find: () => 'INV-1' },
        gone: { line: 2, find: () => undefined },
        broken: {
          line: 3,
          find: () => {
            throw new Error('broken');
          },
        },
      },
      steps: [
        step({ line: 4, as: 'first', action: saying(log), request: () => ({ say: 'never' }) }),
        step({ line: 5, action: saying(log), request: () => ({ say: 'never' }) }),
      ],
      onFailure: {
        line: 6,
        steps: [
          step({ line: 7, action: saying(log), request: () => ({ say: 'fail' }) }),
          step({
            line: 8,
            as: 'told',
            action: saying(log),
            request: (values) => ({
              say: text`${values.number}|${values.gone}|${values.broken}|${values.first}|${values.error}`,
            }),
          }),
          step({
            line: 9,
            action: saying(log),
            request: ({ told }) => ({ say: text`told ${told}` }),
          }),
        ],
      },
    });
  const error = { code: 'http_500', message: 'It broke.', recoverable: true, step: 1 };

  it('does each of its steps for that, with what is known', async () => {
    const log: Log = [];
    const done = new Map<number, Json>([[0, 'one']]);
    const {
      outcome,
      error: problem,
      actions,
    } = await runFailure(rule(log), mailWith({}), error, hostWith({ done }));
    const told = 'INV-1|||one|{"code":"http_500","message":"It broke.","step":2}';
    assert.deepEqual(log, ['fail key-2', `${told} key-3`, `told ${told} key-4`]);
    assert.equal(outcome, 'failed');
    assert.deepEqual([problem?.code, problem?.step], ['said_no', 2]);
    assert.deepEqual(
      actions.map(({ order, status }) => [order, status]),
      [
        [2, 'unknown'],
        [3, 'success'],
        [4, 'success'],
      ],
    );
  });

  it('does not again what was done before', async () => {
    const log: Log = [];
    const done = new Map<number, Json>([
      [2, null],
      [3, 'said'],
    ]);
    const { outcome } = await runFailure(rule(log), mailWith({}), error, hostWith({ done }));
    assert.deepEqual(log, ['told said key-4']);
    assert.equal(outcome, 'success');
  });

  it('says no step when none was reached', async () => {
    const log: Log = [];
    const failing = ruleWith({
      onFailure: {
        line: 1,
        steps: [
          step({
            line: 2,
            action: saying(log),
            request: (values) => ({ say: text`${values.error}` }),
          }),
        ],
      },
    });
    const early = { code: 'extract_missing', message: 'Nothing found.', recoverable: false };
    await runFailure(failing, mailWith({}), early, hostWith({}));
    assert.match(log[0] ?? '', /"step":""/);
  });
});

describe('an example', () => {
  const rule = ruleWith({
    triggers: [{ channel: { type: 'email', name: 'A', line: 1 }, conditions: [] }],
    extract: { n: { line: 2, find: ({ subject }) => subject } },
    steps: [
      step({ line: 3, as: 'summary', action: saying([]), request: () => ({ say: 'ask' }) }),
      step({
        line: 4,
        onlyIf: ({ n }) => n === 'big',
        action: saying([]),
        request: ({ summary }) => ({
          say: text`got ${summary}`,
        }),
      }),
      step({
        line: 5,
        forEach: 'attachment',
        action: saying([]),
        request: ({ attachment }) => ({
          say: text`${valueAt(attachment, 'name')}`,
        }),
      }),
    ],
  });

  async function failures(
    raw: string,
    expect: Expectation[],
    answers?: Record<number, Json>,
  ): Promise<string[]> {
    const message = { kind: 'email', raw } as const;
    const example = { title: 't', line: 1, message, expect, ...(answers && { answers }) };
    return (await runExample(rule, example)).failures.map(({ message: why }) => why);
  }
  const MAIL = [
    'Subject: big',
    'Content-Type: multipart/mixed; boundary=x',
    '',
    '--x\nContent-Disposition: attachment; filename=a.txt\n\na',
    '--x\nContent-Disposition: attachment; filename=b.txt\n\nb',
    '--x--',
  ].join('\n');

  it('has empty outputs, or the answers that it gives', async () => {
    const sends = (text: string): Expectation => ({ line: 9, step: 1, sends: text });
    assert.deepEqual(await failures('Subject: big\n\n', [sends('got ')]), []);
    assert.deepEqual(await failures('Subject: big\n\n', [sends('got it')], { 0: 'it' }), []);
    assert.deepEqual(
      await failures('Subject: big\n\n', [sends('got {"a":1.50}')], { 0: { a: 1.5 } }),
      ['Step 2 sends "got {\\"a\\":1.5}", not "got {\\"a\\":1.50}".'],
    );
  });

  it('says that a step does not run', async () => {
    const stays: Expectation = { line: 9, step: 1, runs: false };
    assert.deepEqual(await failures('Subject: small\n\n', [stays]), []);
    assert.deepEqual(await failures('Subject: big\n\n', [stays]), [
      'Step 2 runs, and sends "got ".',
    ]);
    assert.deepEqual(await failures('Subject: small\n\n', [{ line: 9, step: 1, sends: 'x' }]), [
      'Step 2 did not run: what it depends on does not hold.',
    ]);
  });

  it('knows what each attachment sends', async () => {
    const sends = (text: string): Expectation => ({ line: 9, step: 2, sends: text });
    assert.deepEqual(await failures(MAIL, [sends('a.txt'), sends('b.txt')]), []);
    assert.deepEqual(await failures(MAIL, [sends('c.txt')]), [
      'Step 3 sends "a.txt" and "b.txt", not "c.txt".',
    ]);
    assert.deepEqual(await failures('Subject: big\n\n', [{ line: 9, step: 2, runs: false }]), []);
  });
});

describe('an output that is kept', () => {
  const bytes = (value: Json): number => Buffer.byteLength(JSON.stringify(value));

  it('stays as it is as long as it fits', () => {
    const value = { a: [1, 'x', null, { b: true }] };
    assert.equal(fitJson(value, 100), value);
  });

  it('is cut to size, its shape kept', () => {
    const long = 'é"\n🧾'.repeat(1000);
    for (const value of [
      long,
      [long, long],
      { a: long, b: 1, c: [long] },
      Array.from({ length: 5000 }, (_item, index) => index),
      Object.fromEntries(
        Array.from({ length: 500 }, (_item, index) => [`key${String(index)}`, [index, 'x']]),
      ),
    ] as Json[]) {
      for (const limit of [10, 64, 1000]) {
        const cut = fitJson(value, limit);
        assert.ok(bytes(cut) <= limit, `${String(bytes(cut))} of ${String(limit)}`);
        assert.equal(Array.isArray(cut), Array.isArray(value));
        assert.equal(typeof cut, typeof value);
      }
    }
    assert.deepEqual(fitJson({ a: 1, b: 'x'.repeat(50) }, 30), { a: 1, b: 'x'.repeat(15) });
  });

  it('is never too deep, however deep it came', () => {
    let deep: Json = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    assert.equal(JSON.stringify(fitJson(deep, 1000)), `${'['.repeat(16)}null${']'.repeat(16)}`);
  });
});
