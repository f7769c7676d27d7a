import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';

import { startHttpSink, type HttpSink } from '../../tests/servers/http-sink.ts';
import { startChild, type Child, type FrameHeader } from './child.ts';
import { mailWith } from './support.ts';

const library = new URL('../project/src/', import.meta.url);

let folder: string;
let sink: HttpSink;
let worker: Child;

before(async () => {
  // Outside of the workspace, as in the hub: no node_modules anywhere above.
  folder = mkdtempSync(join(tmpdir(), 'projects-'));
  sink = await startHttpSink();
});
after(async () => {
  await sink.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  sink.requests.length = 0;
  sink.answer((response) => response.end('ok'));
  worker = startChild('host/worker.ts');
});
afterEach(() => worker.stop());

let projects = 0;

/** A project with this body of rule; its parts are those of defineRule. */
function projectWith(parts: string, top = ''): string {
  const project = join(folder, `p${String(++projects)}`);
  mkdirSync(project);
  cpSync(library, join(project, 'src'), { recursive: true });
  const source = `
    import { runSql } from './actions/database.ts';
    import { sendWebhook } from './actions/webhook.ts';
    import { amountAfter } from './lib/extract.ts';
    import { jsonAt } from './lib/extract.ts';
    import { defineRule, step } from './lib/rule.ts';
    import { sql } from './lib/template.ts';
    ${top}
    const call = (line: number, path: string, more = {}) =>
      step({ line, ...more, action: sendWebhook, request: (values) => ({
        method: 'POST', url: '${sink.url}' + path, headers: {}, body: values,
      }) });
    export const rule = defineRule({
      name: 'r', source: { sha256: '0', compiler: '0' },
      triggers: [], extract: {}, steps: [], examples: [], ${parts}
    });`;
  writeFileSync(join(project, 'src', 'rule.ts'), source);
  return project;
}

let executions = 0;

function run(project: string, parts: Record<string, unknown> = {}): string {
  const executionId = `e${String(++executions)}`;
  worker.send({
    type: 'run',
    executionId,
    project,
    message: mailWith({ body: 'Total: $1,204.50' }),
    connections: {},
    keys: ['k0', 'k1', 'k2'],
    done: [],
    deadlineMs: 60_000,
    egress: { allow: [`127.0.0.1:${String(sink.port)}`] },
    ...parts,
  });
  return executionId;
}

/** Records whatever the worker wants recorded. */
function recordAll(): void {
  worker.onFrame(({ header: { type, executionId, seq } }) => {
    if (type === 'attempt' || type === 'items' || type === 'result')
      worker.send({ type: 'recorded', executionId, seq });
  });
}

async function doneOf(project: string, parts: Record<string, unknown> = {}): Promise<FrameHeader> {
  const executionId = run(project, parts);
  const { header } = await worker.next('done');
  assert.equal(header.executionId, executionId);
  return header;
}

describe('an execution', () => {
  it('waits for the hub to record each attempt and each result', async () => {
    const project = projectWith(`
      extract: { total: { line: 1, find: (m) => amountAfter(m, 'body', 'Total:') } },
      steps: [call(2, '/a'), call(3, '/b')]`);
    const ready = await worker.next('ready');
    assert.equal(ready.header.pid, worker.process.pid);
    assert.equal(ready.header.node, process.versions.node);

    const executionId = run(project);
    assert.deepEqual((await worker.next('extracted')).header.data, { total: '1204.50' });
    const attempt = (await worker.next('attempt')).header;
    assert.equal(attempt.target, `POST ${sink.url}`);
    assert.equal(attempt.order, 0);
    assert.equal(attempt.actionType, 'webhook');
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(sink.requests.length, 0, 'nothing happens before the attempt is on disk');

    worker.send({ type: 'recorded', executionId: 'another', seq: attempt.seq });
    worker.send({ type: 'recorded', executionId, seq: 99 });
    worker.send({ type: 'recorded', executionId, seq: attempt.seq });
    const result = (await worker.next('result')).header;
    assert.equal(result.status, 'success');
    assert.deepEqual(result.output, { status: 200, body: 'ok' });
    assert.equal(sink.requests[0]?.body, '{"total":1204.50,"idempotencyKey":"k0"}');
    assert.equal(sink.requests[0].headers['idempotency-key'], 'k0');
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(sink.requests.length, 1, 'nothing happens before the result is on disk');

    recordAll();
    worker.send({ type: 'recorded', executionId, seq: result.seq });
    assert.equal((await worker.next('done')).header.outcome, 'success');
    assert.deepEqual(
      sink.requests.map(({ path }) => path),
      ['/a', '/b'],
    );
    assert.equal((await worker.next('log')).header.line, `1. POST ${sink.url}: success`);
    assert.equal(worker.output.stdout, '');
  });

  it('skips what was done, and goes on after what may fail', async () => {
    sink.answer((response, { path }) => response.writeHead(path === '/b' ? 404 : 200).end());
    recordAll();
    const project = projectWith(
      `steps: [call(1, '/a'), call(2, '/b', { continueOnError: true }), call(3, '/c')]`,
    );
    const done = await doneOf(project, { done: [{ order: 0, output: { status: 200 } }] });
    assert.equal(done.outcome, 'success');
    assert.deepEqual(
      sink.requests.map(({ path }) => path),
      ['/b', '/c'],
    );
    const failed = (await worker.next('result')).header;
    assert.equal(failed.status, 'failed');
    assert.equal(failed.continues, true);
    assert.equal(failed.error.code, 'http_404');
  });

  it('waits for the hub to record each attachment, and skips those that are done', async () => {
    const project = projectWith(`steps: [call(1, '/each', { forEach: 'attachment' })]`);
    const attachments = ['a', 'b', 'c'].map((filename) => ({
      ...{ filename, contentType: 'text/plain', size: 1 },
    }));
    const message = mailWith({ attachments });
    const keys = () => sink.requests.map(({ headers }) => headers['idempotency-key']);
    const executionId = run(project, { message });
    const attempt = (await worker.next('attempt')).header;
    worker.send({ type: 'recorded', executionId, seq: attempt.seq });
    const items = (await worker.next('items')).header;
    assert.equal(items.order, 0);
    assert.deepEqual(items.outputs, [{ status: 200, body: 'ok' }]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.deepEqual(keys(), ['k0-0'], 'nothing happens before it is on disk');
    recordAll();
    worker.send({ type: 'recorded', executionId, seq: items.seq });
    assert.equal((await worker.next('done')).header.outcome, 'success');
    assert.deepEqual(keys(), ['k0-0', 'k0-1', 'k0-2']);

    sink.requests.length = 0;
    await doneOf(project, { message, doneItems: [{ order: 0, outputs: ['A', { b: 1 }] }] });
    assert.deepEqual(keys(), ['k0-2']);
    await worker.next('result');
    const { output } = (await worker.next('result')).header;
    assert.deepEqual(output, ['A', { b: 1 }, { status: 200, body: 'ok' }]);
  });

  it('is cancelled within a second, and the worker is free again', async () => {
    recordAll();
    const project = projectWith(`steps: [call(1, '/slow'), call(2, '/never')]`);
    for (const way of ['cancel', 'deadlineMs']) {
      sink.requests.length = 0;
      const start = performance.now();
      sink.answer(() => {
        if (way === 'cancel') worker.send({ type: 'cancel', executionId, reason: 'deadline' });
      });
      const executionId = run(project, way === 'cancel' ? {} : { deadlineMs: 3_000 });
      const result = (await worker.next('result')).header;
      assert.equal(result.status, 'unknown');
      const done = (await worker.next('done')).header;
      assert.equal(done.outcome, 'failed');
      assert.equal(done.error.code, 'deadline');
      assert.ok(performance.now() - start < 30_000);
      assert.equal(sink.requests.length, 1);
    }
    sink.answer((response) => response.end());
    assert.equal((await doneOf(project)).outcome, 'success');
  });

  it('may not call the private network unless the operator allows it', async () => {
    recordAll();
    const project = projectWith(`steps: [call(1, '/a')]`);
    for (const egress of [undefined, { allow: [] }]) {
      const done = await doneOf(project, { egress });
      assert.equal(done.error.code, 'egress_denied');
    }
    assert.equal(sink.requests.length, 0);
  });

  it('keeps the digits of numbers in a payload', async () => {
    recordAll();
    const project = projectWith(`
      extract: { id: { line: 1, find: (m) => jsonAt(m, 'id') } }, steps: [call(1, '/a')]`);
    // Written by hand: JSON.stringify would round it here already.
    const message = JSON.stringify(mailWith({})).replace(
      /\}$/,
      ',"payload":{"id":12345678901234567890}}',
    );
    const frame = JSON.stringify({
      ...{ type: 'run', executionId: 'digits', project, connections: {}, keys: ['k0'] },
      ...{ done: [], deadlineMs: 60_000, egress: { allow: [`127.0.0.1:${String(sink.port)}`] } },
    }).replace(/\}$/, `,"message":${message}}`);
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(Buffer.byteLength(frame), 0);
    worker.sendRaw(Buffer.concat([lengths, Buffer.from(frame)]));
    await worker.next('done');
    assert.match(sink.requests[0]?.body ?? '', /"id":12345678901234567890/);
  });

  it('does not show a password anywhere', async () => {
    recordAll();
    const project = projectWith(
      `steps: [step({ line: 1, action: runSql, request: () => ({ connection: 'ERP', statement: sql\`select 1\` }) })]`,
    );
    const password = 's3cret-pa55';
    const ERP = { service: 'postgres', host: '127.0.0.1', port: 1, user: 'hub', password };
    const done = await doneOf(project, { connections: { ERP } });
    assert.equal(done.error.code, 'connect_failed');
    assert.equal(done.error.recoverable, true);
    const missing = await doneOf(project, { connections: {} });
    assert.equal(missing.error.code, 'connection_missing');
    assert.ok(!JSON.stringify(worker.frames).includes(password));
    assert.ok(!worker.output.stderr.includes(password));
  });
});

describe('a rule that has failed for good', () => {
  const failure = { code: 'http_503', message: 'Service Unavailable', recoverable: true, step: 0 };

  it('has its steps for that run, with orders behind those of the rule', async () => {
    const project = projectWith(`
      steps: [call(2, '/rule')],
      onFailure: { line: 5, steps: [call(6, '/first'), call(7, '/second')] }`);
    recordAll();
    const executionId = run(project, { failure });
    const orders = [await worker.next('attempt'), await worker.next('attempt')];
    assert.deepEqual(
      orders.map(({ header }) => header.order),
      [1, 2],
    );
    assert.equal((await worker.next('done')).header.executionId, executionId);
    assert.deepEqual(
      sink.requests.map(({ path, headers }) => [path, headers['idempotency-key']]),
      [
        ['/first', 'k1'],
        ['/second', 'k2'],
      ],
    );
    const { error } = JSON.parse(sink.requests[0]?.body ?? '') as { error: unknown };
    assert.deepEqual(error, { code: 'http_503', message: 'Service Unavailable', step: 1 });
  });

  it('says what may be tried again, and that the rest is over', async () => {
    const project = projectWith(`
      onFailure: { line: 5, steps: [call(6, '/refuses'), call(7, '/rests')] }`);
    sink.answer((response, { path }) => response.writeHead(path === '/rests' ? 503 : 400).end());
    recordAll();
    const executionId = run(project, { failure });
    const results = [await worker.next('result'), await worker.next('result')];
    assert.deepEqual(
      results.map(({ header }) => header.continues),
      [true, undefined],
    );
    const done = (await worker.next('done')).header;
    assert.equal(done.executionId, executionId);
    assert.partialDeepStrictEqual(done.error, { code: 'http_503', recoverable: true });
  });
});

describe('the worker lives on', () => {
  const broken: [string, () => string, string][] = [
    ['a folder that is not there', () => join(folder, 'nowhere'), 'project_broken'],
    ['a rule that is no TypeScript', () => projectWith('steps: ['), 'project_broken'],
    [
      'a rule that throws when it is loaded',
      () => projectWith('', `if (Date.now()) throw new Error('oops');`),
      'project_broken',
    ],
    [
      'a rule that throws',
      () => projectWith(`extract: { a: { line: 1, find: () => { throw new Error('oops'); } } }`),
      'internal_error',
    ],
    [
      'an error that nobody catches',
      () =>
        projectWith(
          `extract: { a: { line: 1, find: () => { setTimeout(() => { throw new Error('oops'); }, 1); return 1; } } },
           steps: [call(1, '/slow')]`,
        ),
      'internal_error',
    ],
    [
      'a promise that nobody catches',
      () =>
        projectWith(
          `extract: { a: { line: 1, find: () => { void Promise.reject(new Error('oops')); return 1; } } },
           steps: [call(1, '/slow')]`,
        ),
      'internal_error',
    ],
  ];
  for (const [what, make, code] of broken) {
    it(`after ${what}`, async () => {
      recordAll();
      sink.answer((response, { path }) => {
        if (path !== '/slow') response.end();
      });
      const done = await doneOf(make());
      assert.equal(done.outcome, 'failed');
      assert.equal(done.error.code, code);
      assert.equal(done.error.recoverable, false);
      assert.equal((await doneOf(projectWith(`steps: [call(1, '/a')]`))).outcome, 'success');
    });
  }

  it('and keeps what a rule prints off standard output', async () => {
    recordAll();
    const project = projectWith(
      `extract: { a: { line: 1, find: () => { console.log('printed'); return 1; } } }`,
    );
    assert.equal((await doneOf(project)).outcome, 'success');
    assert.equal(worker.output.stdout, '');
    assert.match(worker.output.stderr, /printed/);
  });

  it('and refuses a second execution while it is busy', async () => {
    const project = projectWith(`steps: [call(1, '/a')]`);
    run(project);
    await worker.next('attempt');
    const done = await doneOf(project);
    assert.equal(done.error.code, 'worker_busy');
  });
});

describe('examples', () => {
  it('run with all effects captured', async () => {
    const project = projectWith(`
      triggers: [{ channel: { type: 'webhook', name: 'W', line: 1 }, conditions: [] }],
      steps: [call(2, '/a')],
      examples: [{ title: 't', line: 5, message: { kind: 'json', raw: '{"a":1}' }, expect: [
        { line: 6, matches: true }, { line: 7, step: 0, sends: 'x' } ] }]`);
    worker.send({ type: 'examples', id: 'x1', project });
    const { header } = await worker.next('examplesDone');
    assert.equal(header.id, 'x1');
    assert.deepEqual(header.examples, [
      {
        title: 't',
        line: 5,
        pass: false,
        failures: [
          { line: 7, message: 'Step 1 sends "{\\"idempotencyKey\\":\\"example-0\\"}", not "x".' },
        ],
      },
    ]);
    assert.equal(sink.requests.length, 0);
  });

  it('of a broken project give an error', async () => {
    worker.send({ type: 'examples', id: 'x2', project: join(folder, 'nowhere') });
    const { header } = await worker.next('examplesDone');
    assert.equal(header.error.code, 'project_broken');
  });
});

describe('the end', () => {
  it('comes at once, with code 0, when the hub is gone', async () => {
    run(projectWith(`steps: [call(1, '/a')]`));
    await worker.next('attempt');
    worker.hangUp();
    assert.equal(await worker.exitCode(), 0);
  });

  it('comes with code 1 when the hub sends what is no frame', async () => {
    await worker.next('ready');
    worker.sendRaw(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    assert.equal(await worker.exitCode(), 1);
  });

  it('does not come because of a frame of a newer hub', async () => {
    worker.send({ type: 'somethingNew' });
    recordAll();
    assert.equal((await doneOf(projectWith(''))).outcome, 'success');
  });
});
