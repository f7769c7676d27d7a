// The language server as an editor sees it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  DefinitionRequest,
  DidChangeConfigurationNotification,
  DidCloseTextDocumentNotification,
  DocumentSymbolRequest,
  PrepareRenameRequest,
  RenameRequest,
} from 'vscode-languageserver-protocol/node';
import type {
  DocumentSymbol,
  Location,
  Position,
  TextEdit,
} from 'vscode-languageserver-protocol/node';
import { Editor, applied, behind, editOf, linesOf, textIn, uri } from './editor.ts';
import { Hub, Scope, execute, program, repository, waitFor } from './harness.ts';

const rule = `# File invoices 😀

## When

- an email arrives in **Billing inbox**
- the subject contains "invoice 😀" (exact case)

## Extract

- number: text matching \`/INV-(\\d+)/\` in the subject

## Do

1. Email "ap@example.com" with subject "😀 {{nubmer}}" using **Office mail**:

   > Invoice {{number}} arrived.
`;

test('shows mistakes where they are, among emoji and CRLF', async (context) => {
  const editor = await Editor.start(context);
  for (const text of [rule, rule.replaceAll('\n', '\r\n')]) {
    await editor.open(text);
    const [wrong, ...others] = await editor.diagnostics();
    assert.ok(wrong !== undefined);
    assert.deepEqual(others, []);
    assert.equal(textIn(text, wrong.range), '{{nubmer}}');
    assert.equal(wrong.code, 'R0401');
    assert.equal(wrong.severity, 1);
    const href = wrong.codeDescription?.href ?? '';
    assert.match(readFileSync(new URL(href), 'utf8'), /^# R0401/);
    assert.match(JSON.stringify(wrong.relatedInformation), /number/);
  }
  assert.equal(await editor.quit(), 0);
});

test('counts bytes for an editor that asks for them', async (context) => {
  const editor = await Editor.start(context, { positionEncodings: ['utf-8', 'utf-16'] });
  await editor.open(rule);
  const [wrong] = await editor.diagnostics();
  const line = Buffer.from(linesOf(rule)[wrong?.range.start.line ?? 0] ?? '');
  const seen = line.subarray(wrong?.range.start.character, wrong?.range.end.character);
  assert.equal(seen.toString(), '{{nubmer}}');
});

test('follows changes, and forgets what is closed', async (context) => {
  const editor = await Editor.start(context);
  await editor.open(rule);
  const [wrong] = await editor.diagnostics();
  assert.ok(wrong !== undefined);
  await editor.change('{{number}}', wrong.range);
  assert.deepEqual(await editor.diagnostics(), []);
  await editor.change(rule.replace('## When', '## Wen'));
  assert.ok((await editor.diagnostics()).some((one) => one.code === 'R0020'));
  await editor.connection.sendNotification(DidCloseTextDocumentNotification.type, {
    textDocument: { uri },
  });
  assert.equal(await editor.hover({ line: 4, character: 6 }), '');
});

test('offers what may come next', async (context) => {
  const folder = Scope.of(context).folder();
  const names = join(folder, 'names.json');
  writeFileSync(
    names,
    JSON.stringify({
      channels: [{ id: 'c1', name: 'Büro 😀', type: 'email' }],
      connections: [{ id: 'i1', name: 'Ledger', service: 'google' }],
    }),
  );
  const editor = await Editor.start(context, { flags: ['--directory', names] });
  const text = `${rule}\n## Or when\n\n- an email arrives in **Bü\n- the subject does not \n`;
  await editor.open(text);

  const channels = await editor.completions(behind(text, '**Bü'));
  assert.deepEqual(
    channels.map((item) => item.label),
    ['**Büro 😀**'],
  );
  const [channel] = channels;
  assert.ok(channel !== undefined);
  assert.equal(textIn(text, editOf(channel).range), '**Bü');

  const phrases = await editor.completions(behind(text, 'subject does not '));
  assert.ok(phrases.some((item) => item.label === 'start with'));

  const values = await editor.completions(behind(text, '"😀 {{'));
  assert.ok(values.some((item) => item.label === 'number'));
  const sections = await editor.completions(behind(text, '\n## '));
  const labels = sections.map((item) => item.label);
  assert.ok(labels.includes('When') && labels.includes('Example: ') && !labels.includes('Do'));
});

test('explains sentences, with what a message has', async (context) => {
  const mail = join(Scope.of(context).folder(), 'mail.eml');
  writeFileSync(mail, 'From: a@example.com\r\nSubject: Spring sale\r\n\r\nHello\r\n');
  const editor = await Editor.start(context, { flags: ['--message', mail] });
  await editor.open(rule);
  const condition = await editor.hover(behind(rule, 'the subject con'));
  assert.match(condition, /"operator": "contains"/);
  assert.match(condition, /Does not hold[^]*Spring sale/);
  assert.match(await editor.hover(behind(rule, 'Invoice {{num')), /text matching/);
  assert.match(await editor.hover(behind(rule, '## Extr')), /Names for values/);
});

const order = `# Tell of orders

## When

- a webhook arrives at **Order hook**
- \`event\` is "order.created"

## Extract

- id: \`order.id\`
- order: \`order\`

## Do

1. Ask ChatGPT \`gpt-4o-mini\` for **lead**:

   > Who wrote {{\`order.note\`}}?

   | Field | Type |
   |-------|------|
   | email | text |

2. Email "{{lead.email}}" with subject "Order {{id}}", only if id is not "0":

   > {{id}} of {{order.items[0].sku}}

## Example: a big order

\`\`\`json
{
  "event": "order.created",
  "order": { "id": "A-17", "note": "😀", "items": [{ "sku": "x-1" }, { "sku": "x-2" }] }
}
\`\`\`

- matches
- id is "A-17"
- step 1 answers \`{"email": "ann@example.com"}\`

## Example: another event

\`\`\`json
{ "event": "order.paid" }
\`\`\`

- does not match
`;

test('offers the paths that the examples have, with their values', async (context) => {
  const editor = await Editor.start(context);
  const text = order.replace('## Extract', '- `order.i\n\n## Extract');
  await editor.open(text);
  const items = await editor.completions(behind(text, '- `order.i'));
  assert.deepEqual(
    items.map((item) => [item.label, item.detail]),
    [
      ['`order.id`', '"A-17"'],
      ['`order.items`', 'a list of 2'],
      ['`order.items[0]`', 'an object of 1'],
      ['`order.items[0].sku`', '"x-1"'],
    ],
  );
  assert.equal(
    await editor.taken(text, '- `order.i', '`order.id`'),
    text.replace('- `order.i\n', '- `order.id`\n'),
  );

  // Editors close marks themselves.
  const closed = order.replace('`event` is "order.created"', '`event` is ""');
  await editor.change(closed);
  assert.equal(await editor.taken(closed, 'is "', '"order.created"'), order);
  const template = order.replace('{{`order.note`}}', '{{`order.n`}}');
  await editor.change(template);
  assert.equal(await editor.taken(template, '{{`order.n', '`order.note`'), order);
});

test('offers names with their parts, filters, and numbers of steps', async (context) => {
  const editor = await Editor.start(context);
  const text = `${order}- i\n- step \n`
    .replace('{{lead.email}}', '{{lead.}}')
    .replace('> {{id}} of', '> {{id | m}} of')
    .replace('only if id is not "0"', 'only if ');
  await editor.open(text);
  const parts = await editor.completions(behind(text, '{{lead.'));
  assert.deepEqual(
    parts.map((item) => [item.label, item.detail]),
    [['lead.email', '"ann@example.com"']],
  );
  assert.equal((await editor.labels(text, 'only if ')).includes('id'), true);
  const [money] = await editor.completions(behind(text, '{{id | m'));
  assert.deepEqual([money?.label, money?.detail], ['money', 'money "EUR"']);
  assert.ok((await editor.labels(text, 'does not match\n- i')).includes('id'));
  const numbers = await editor.completions(behind(text, '\n- step '));
  const second = numbers.find((item) => item.label === '2');
  assert.match(second?.detail ?? '', /^Email /);
});

test('offers languages of blocks and values of settings', async (context) => {
  const editor = await Editor.start(context);
  const text = `${order}
## Settings

- time zone: europe/ber

## Example: third

\`\`\`
`;
  await editor.open(text);
  assert.deepEqual(await editor.labels(text, 'third\n\n```'), ['http', 'json', 'text']);
  assert.deepEqual(await editor.labels(text, 'europe/ber'), ['Europe/Berlin']);
  assert.equal(
    await editor.taken(text, 'europe/ber', 'Europe/Berlin'),
    text.replace('europe/ber', 'Europe/Berlin'),
  );
});

test('shows what comes of the examples', async (context) => {
  const editor = await Editor.start(context);
  await editor.open(order);
  const condition = await editor.hover(behind(order, '`event` is'));
  assert.match(condition, /Holds in the examples: \*a big order\*\n/);
  assert.match(condition, /Does not hold in the examples: \*another event\*/);
  for (const words of ['Order {{i', 'only if i', '- i'])
    assert.match(
      await editor.hover(behind(order, words)),
      /In the example \*a big order\*: `A-17`/,
    );
  assert.match(
    await editor.hover(behind(order, '{{lead.em')),
    /In the example \*a big order\*: `\{"email": "ann@example.com"\}`/,
  );
});

test('finds and changes the names of values', async (context) => {
  const editor = await Editor.start(context);
  // Characters of two units, and writing from right to left, before a name on its line.
  const text = order.replace('> {{id}} of', '> 😀 שלום {{id}} of');
  await editor.open(text);
  const here = behind(text, 'שלום {{i');
  const definition = await editor.connection.sendRequest(DefinitionRequest.type, {
    textDocument: { uri },
    position: here,
  });
  const [line] = definition as Location[];
  assert.deepEqual(line?.range.start, { line: behind(text, '- id: ').line, character: 2 });
  const uses = await editor.uses(here);
  assert.deepEqual(
    uses.map(({ range }) => textIn(text, range)),
    ['id', 'id', 'id', 'id', 'id'],
  );
  const prepared = await editor.connection.sendRequest(PrepareRenameRequest.type, {
    textDocument: { uri },
    position: here,
  });
  assert.equal((prepared as { placeholder: string }).placeholder, 'id');
  const rename = async (newName: string, position = here): Promise<TextEdit[]> => {
    const params = { textDocument: { uri }, position, newName };
    const answer = await editor.connection.sendRequest(RenameRequest.type, params);
    return answer?.changes?.[uri] ?? [];
  };
  const renamed = applied(text, await rename('number'));
  assert.equal(
    renamed,
    text
      .replace('- id: ', '- number: ')
      .replaceAll('{{id}}', '{{number}}')
      .replace('only if id', 'only if number')
      .replace('- id is', '- number is'),
  );
  await editor.change(renamed);
  assert.deepEqual(await editor.diagnostics(), []);
  await editor.change(text);
  await assert.rejects(rename('order'), /the name of another value/);
  await assert.rejects(rename('two words'), /no name/);
  await assert.rejects(rename('subject'), /every rule has/);
});

test('follows typing among emoji and writing from right to left', async (context) => {
  const editor = await Editor.start(context);
  let text = rule.replace('{{nubmer}}', '{{number}}');
  await editor.open(text);
  const type = async (at: Position, piece: string, characters = 0): Promise<void> => {
    const range = { start: at, end: { line: at.line, character: at.character + characters } };
    text = applied(text, [{ range, newText: piece }]);
    await editor.change(piece, range);
  };
  await type(behind(text, '> '), '👩‍👩‍👧 שלום e\u0301 ');
  await type(behind(text, 'e\u0301 '), 'سلام 😀');
  await type(behind(text, '> '), '𝒳');
  await type(behind(text, 'سلام '), '🇩🇪', 2);
  await type(behind(text, 'سلام 🇩🇪Invoice {{n'), 'X', 1);
  assert.match(text, /> 𝒳👩‍👩‍👧 שלום e\u0301 سلام 🇩🇪Invoice \{\{nXmber\}\}/u);
  const [wrong, ...others] = await editor.diagnostics();
  assert.deepEqual(others, []);
  assert.ok(wrong !== undefined);
  assert.equal(textIn(text, wrong.range), '{{nXmber}}');
  assert.match(await editor.hover(behind(text, '"😀 {{num')), /text matching/);
});

test('takes names from a running hub, and lives without one', async (context) => {
  const scope = Scope.of(context);
  const hub = await Hub.start(scope);
  const channel = { name: 'Orders 😀', type: 'webhook' };
  const created = await hub.api('POST', '/v1/channels', channel);
  assert.equal(created.status, 201, created.text);
  const text = '# R\n\n## When\n\n- a webhook arrives at **Or\n';

  const offered = async (editor: Editor): Promise<void> => {
    await editor.open(text);
    const items = await waitFor('the names of the hub', async () => {
      const all = await editor.completions(behind(text, '**Or'));
      const found = all.filter((item) => item.label.startsWith('**'));
      return found.length > 0 ? found : undefined;
    });
    assert.deepEqual(
      items.map((item) => [item.label, item.detail]),
      [['**Orders 😀**', 'webhook']],
    );
    assert.deepEqual([...editor.logged, ...editor.shown], []);
    assert.equal(await editor.quit(), 0);
  };
  await offered(await Editor.start(context, { data: hub.data }));
  await offered(await Editor.start(context, { data: hub.data, options: { hub: hub.url } }));

  const told = await Editor.start(context, { data: hub.data, options: { hub: false } });
  await told.connection.sendNotification(DidChangeConfigurationNotification.type, {
    settings: { msghub: { hub: `${hub.url}/` } },
  });
  await offered(told);

  // Diagnostics come again once the names are known, without a keystroke.
  const waiting = await Editor.start(context, { data: hub.data });
  await waiting.open(order);
  await waitFor('a diagnostic of a name', async () =>
    (await waiting.diagnostics()).find((one) => JSON.stringify(one).includes('Order hook')),
  );

  // A token goes to no other machine than the one that the user chose.
  const foreign = await Editor.start(context, {
    data: hub.data,
    options: { hub: 'http://hub.example.com' },
  });
  await waitFor('a word in the log', () => foreign.logged[0]);
  assert.match(foreign.logged.join(), /no token is sent/);
  assert.deepEqual(foreign.shown, []);

  await hub.kill9();
  const alone = await Editor.start(context, { data: hub.data });
  await alone.open(rule);
  await waitFor('a word in the log', () => alone.logged[0]);
  assert.equal((await alone.diagnostics()).length, 1);
  assert.equal(alone.logged.length, 1);
  assert.deepEqual(alone.shown, []);
  assert.equal(await alone.quit(), 0);
});

test('outlines and formats a rule', async (context) => {
  const editor = await Editor.start(context);
  const messy = rule
    .replace('## When\n\n', '##  when\n')
    .replace('- the subject', '*   the   subject')
    .replaceAll('\n', '\r\n');
  await editor.open(messy);
  const symbols = await editor.connection.sendRequest(DocumentSymbolRequest.type, {
    textDocument: { uri },
  });
  assert.deepEqual(
    (symbols as DocumentSymbol[]).map((symbol) => [symbol.name, symbol.children?.length]),
    [
      ['File invoices 😀', 0],
      ['when', 2],
      ['Extract', 1],
      ['Do', 1],
    ],
  );
  assert.equal(applied(messy, await editor.formatting()), rule.replaceAll('\n', '\r\n'));
  await editor.change(rule);
  assert.deepEqual(await editor.formatting(), []);
});

test('mends mistakes', async (context) => {
  const editor = await Editor.start(context);
  const wrong = rule.replace('## When', '## Wen');
  await editor.open(wrong);
  const heading = behind(wrong, '## We');
  const [fix, ...others] = await editor.actions({ start: heading, end: heading }, ['quickfix']);
  assert.ok(fix !== undefined);
  assert.deepEqual(others, []);
  assert.equal(fix.diagnostics?.[0]?.code, 'R0020');
  const once = applied(wrong, fix.edit?.changes?.[uri] ?? []);
  assert.equal(once, rule);

  const whole = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
  const [all] = await editor.actions(whole, ['source.fixAll']);
  const mended = applied(wrong, all?.edit?.changes?.[uri] ?? []);
  assert.equal(mended, rule.replace('nubmer', 'number'));
  await editor.change(mended);
  assert.deepEqual(await editor.diagnostics(), []);
});

test('says what it cannot read, and ends', async () => {
  const server = spawn(program, ['lsp'], { stdio: 'pipe' });
  const chunks: Buffer[] = [];
  const errors: Buffer[] = [];
  server.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  server.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  server.stdin.write('Content-Length: 1\r\n\r\n{Content-Length: many\r\n\r\n');
  const [code] = (await once(server, 'close')) as [number];
  assert.equal(code, 1);
  assert.equal(
    Buffer.concat(chunks)
      .toString()
      .match(/-32700/g)?.length,
    2,
  );
  assert.match(Buffer.concat(errors).toString(), /Content-Length is no number/);
});

test('formats files in place, and names those that are not formatted', async (context) => {
  const file = join(Scope.of(context).folder(), 'rule.md');
  writeFileSync(file, rule.replace('- the subject', '*  the subject'));
  const checked = await execute(program, ['rule', 'fmt', '--check', file]);
  assert.deepEqual([checked.code, checked.stdout], [7, `${file}\n`]);
  assert.equal((await execute(program, ['rule', 'fmt', file])).code, 0);
  assert.equal(readFileSync(file, 'utf8'), rule);
  assert.equal((await execute(program, ['rule', 'fmt', '--check', file])).code, 0);
  const example = join(repository, 'examples', 'acme-invoices.md');
  assert.equal((await execute(program, ['rule', 'fmt', '--check', example])).code, 0);
});
