import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { ActionError } from '../project/src/lib/errors.ts';
import { bytesOf } from '../project/src/lib/fit-json.ts';
import { valueAt, type Json } from '../project/src/lib/json.ts';
import { step, type Rule } from '../project/src/lib/rule.ts';
import { text } from '../project/src/lib/template.ts';
import { FILES, mailWith, run, saying, type Log } from './support.ts';

describe('a step for each attachment', () => {
  const forEach = 'attachment';
  const name = (values: Record<string, unknown>): string =>
    text`${valueAt(values.attachment as Json, 'name')}`;

  it('runs in order, each with its own key, and gives a list', async () => {
    const log: Log = [];
    const { actions } = await run(
      {
        steps: [
          step({
            line: 1,
            forEach,
            as: 'files',
            action: saying(log, (say) => ({ said: say })),
            request: (values) => ({ say: name(values) }),
          }),
          step({ line: 2, action: saying(log), request: ({ files }) => ({ say: text`${files}` }) }),
        ],
      },
      FILES,
    );
    assert.deepEqual(log, [
      'a.pdf key-0-0',
      'b.png key-0-1',
      'c.pdf key-0-2',
      '[{"said":"a.pdf"},{"said":"b.png"},{"said":"c.pdf"}] key-1',
    ]);
    assert.equal(actions[0]?.target, 'say a.pdf and 2 more');
    assert.deepEqual(actions[0].request, [{ say: 'a.pdf' }, { say: 'b.png' }, { say: 'c.pdf' }]);
  });

  it('sees name, type, size and content', async () => {
    const log: Log = [];
    const each = step({
      line: 1,
      forEach,
      action: saying(log),
      request: ({ attachment }) => ({
        say: text`${attachment}`,
      }),
    });
    await run({ steps: [each] }, FILES);
    assert.equal(
      log[0],
      '{"name":"a.pdf","type":"application/pdf","size":1,"content":"QQ=="} key-0-0',
    );
    assert.equal(log[1], '{"name":"b.png","type":"image/png","size":2,"content":""} key-0-1');
  });

  it('asks its condition for each, and without any it does not run', async () => {
    const log: Log = [];
    const onlyIf = (values: Record<string, unknown>): boolean => name(values).endsWith('.pdf');
    const each = step({
      line: 1,
      forEach,
      onlyIf,
      action: saying(log),
      request: (values) => ({
        say: name(values),
      }),
    });
    const some = await run({ steps: [each] }, FILES);
    assert.deepEqual(some.actions[0]?.output, ['a.pdf', { skipped: true }, 'c.pdf']);
    assert.deepEqual(log, ['a.pdf key-0-0', 'c.pdf key-0-2']);
    const none = await run({ steps: [each] }, mailWith({}));
    assert.deepEqual(none.actions[0]?.output, { skipped: true });
    assert.equal(none.outcome, 'success');
  });

  it('ends at the first failure, which it names', async () => {
    const log: Log = [];
    const each = step({
      line: 1,
      forEach,
      action: saying(log),
      request: (values) => ({
        say: name(values) === 'b.png' ? 'fail' : name(values),
      }),
    });
    const { actions } = await run({ steps: [each] }, FILES);
    assert.deepEqual(log, ['a.pdf key-0-0', 'fail key-0-1']);
    assert.equal(actions[0]?.status, 'unknown');
    assert.deepEqual(actions[0].error, {
      code: 'said_no',
      message: 'Attachment 2 of 3: No.',
      recoverable: true,
      retryAfterMs: 5,
    });
  });

  /** Runs again and again until it succeeds, each time with what was recorded before. */
  async function untilDone(rule: Partial<Rule>, message = FILES) {
    const done = new Map<number, Json>();
    const doneItems = new Map<number, Json[]>();
    const records: Json[] = [];
    for (let tries = 1; ; tries += 1) {
      const { outcome, actions } = await run(rule, message, {
        done,
        doneItems,
        onItems(order, outputs) {
          records.push(outputs);
          doneItems.set(order, [...(doneItems.get(order) ?? []), ...outputs]);
          return Promise.resolve();
        },
        onResult({ order, status, output }) {
          if (status === 'success') done.set(order, output ?? null);
          return Promise.resolve();
        },
      });
      if (outcome === 'success') return { tries, actions, records };
    }
  }

  it('goes on at the one that failed, with the outputs of those before it', async () => {
    const log: Log = [];
    let failures = 2;
    const each = step({
      line: 1,
      forEach,
      as: 'files',
      action: saying(log),
      request: (values) => ({
        say: name(values) === 'b.png' && failures-- > 0 ? 'fail' : name(values),
      }),
    });
    const all = step({
      line: 2,
      action: saying(log),
      request: ({ files }) => ({ say: text`${files}` }),
    });
    const { tries, actions, records } = await untilDone({ steps: [each, all] });
    assert.equal(tries, 3);
    assert.deepEqual(log, [
      'a.pdf key-0-0',
      'fail key-0-1',
      'fail key-0-1',
      'b.png key-0-1',
      'c.pdf key-0-2',
      '["a.pdf","b.png","c.pdf"] key-1',
    ]);
    assert.deepEqual(records, [['a.pdf'], ['b.png']], 'the last is told of by the result');
    assert.deepEqual(actions[0]?.output, ['a.pdf', 'b.png', 'c.pdf']);
  });

  it('has each effect recorded before the next one, and what was skipped with it', async () => {
    const order: string[] = [];
    const files = ['a', 'b.pdf', 'c', 'd.pdf', 'e', 'f'].map((filename) => ({
      ...{ filename, contentType: 'application/pdf', size: 1 },
    }));
    const onlyIf = (values: Record<string, unknown>): boolean => name(values).endsWith('.pdf');
    const each = step({
      line: 1,
      forEach,
      onlyIf,
      action: saying(order),
      request: (values) => ({
        say: name(values),
      }),
    });
    await run({ steps: [each] }, mailWith({ attachments: files }), {
      onItems: (_order, outputs) => Promise.resolve(void order.push(JSON.stringify(outputs))),
    });
    assert.deepEqual(order, [
      'b.pdf key-0-1',
      '[{"skipped":true},"b.pdf",{"skipped":true}]',
      'd.pdf key-0-3',
    ]);
  });

  it('keeps the outputs of a thousand within the limit, and each has its place', async () => {
    const attachments = Array.from({ length: 1000 }, (_, n) => ({
      ...{ filename: `f${String(n)}`, contentType: 'text/plain', size: 1 },
    }));
    const log: Log = [];
    let failures = 1;
    const long = saying(log, (say) => ({ said: say, more: 'x'.repeat(100) }));
    const each = step({
      line: 1,
      forEach,
      action: long,
      request: (values) => ({
        say: name(values) === 'f900' && failures-- > 0 ? 'fail' : name(values),
      }),
    });
    const { tries, actions, records } = await untilDone(
      { steps: [each] },
      mailWith({ attachments }),
    );
    assert.equal(tries, 2);
    assert.equal(log.length, 1001);
    assert.equal(new Set(log).size, 1001, 'each once, beside the one that failed');
    const output = actions[0]?.output as Json[];
    assert.equal(output.length, 1000);
    assert.ok(bytesOf(output) <= 16 * 1024);
    assert.deepEqual(output[0], { said: 'f0', more: 'x'.repeat(100) });
    assert.deepEqual(output[999], {}, 'as much of it as has room');
    assert.deepEqual(records.flat(), output.slice(0, 999), 'in each try the same');
  });

  it('makes every request before the first effect', async () => {
    const log: Log = [];
    const each = step({
      line: 1,
      forEach,
      action: saying(log),
      request: (values) => {
        if (name(values) === 'c.pdf') throw new ActionError('template_wrong', 'No such filter.');
        return { say: 'x' };
      },
    });
    const { error } = await run({ steps: [each] }, FILES);
    assert.equal(error?.code, 'template_wrong');
    assert.deepEqual(log, []);
  });
});
