import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startHttpSink, type HttpSink } from '../../tests/servers/http-sink.ts';

let folder: string;
let sink: HttpSink;

before(async () => {
  sink = await startHttpSink();
  folder = mkdtempSync(join(tmpdir(), 'each-'));
  cpSync(new URL('../project/src', import.meta.url), join(folder, 'src'), { recursive: true });
  symlinkSync(
    fileURLToPath(new URL('../../node_modules', import.meta.url)),
    join(folder, 'node_modules'),
  );
  writeFileSync(
    join(folder, 'src', 'rule.ts'),
    `import { sendWebhook } from './actions/webhook.ts';
    import { defineRule } from './lib/rule.ts';
    export const rule = defineRule({
      name: 'Each', source: { sha256: 'abc', compiler: '0.1.0' },
      triggers: [{ channel: { type: 'email', name: 'Inbox', line: 1 }, conditions: [] }],
      extract: {},
      steps: [
        { line: 2, forEach: 'attachment', type: 'webhook', named: (output) => output,
          prepare: ({ attachment }) => ({
            request: null, summary: 'POST', content: '',
            perform: (io) => sendWebhook.perform(
              { method: 'POST', url: '${sink.url}', headers: {}, body: attachment }, io) }) },
      ],
      onFailure: { line: 3, retry: { times: 2, overMs: 100 }, steps: [] },
      examples: [],
    });`,
  );
  const parts = ['a', 'b', 'c'].map(
    (name) => `--x\nContent-Disposition: attachment; filename=${name}\n\n${name}\n`,
  );
  writeFileSync(
    join(folder, 'mail.eml'),
    `From: a@b.c\nContent-Type: multipart/mixed; boundary=x\n\n${parts.join('')}--x--\n`,
  );
});
after(async () => {
  await sink.stop();
  rmSync(folder, { recursive: true });
});

it('a project that tries again does not send twice what it has sent', async () => {
  let refusals = 2;
  sink.answer((response, { body }) => {
    response.writeHead(body.includes('"b"') && refusals-- > 0 ? 503 : 200).end();
  });
  const child = spawn(process.execPath, ['src/main.ts', 'mail.eml', '--retry', '--json'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  assert.deepEqual(await once(child, 'close'), [0, null]);
  const sent = sink.requests.map(({ body }) => (JSON.parse(body) as { name: string }).name);
  assert.deepEqual(sent, ['a', 'b', 'b', 'b', 'c']);
});
