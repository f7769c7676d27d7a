// The language server, spoken to by the client library that editors use, over its real input and
// output.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import {
  CodeActionRequest,
  CompletionRequest,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentFormattingRequest,
  DocumentSymbolRequest,
  ExitNotification,
  HoverRequest,
  InitializeRequest,
  InitializedNotification,
  PublishDiagnosticsNotification,
  ShutdownRequest,
  createProtocolConnection,
} from 'vscode-languageserver-protocol/node';
import type {
  CodeAction,
  CompletionItem,
  Diagnostic,
  DocumentSymbol,
  MarkupContent,
  Position,
  ProtocolConnection,
  PublishDiagnosticsParams,
  Range,
  TextEdit,
} from 'vscode-languageserver-protocol/node';
import { Scope, execute, program, repository, waitFor } from './harness.ts';

const uri = 'file:///rules/rule.md';

// Deprecated, and required all the same.
const noFolder = { rootUri: null };

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

/** The lines of a text as the protocol counts them. */
function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}
/** What stands in the range, on one line. */
function textIn(text: string, range: Range): string {
  assert.equal(range.start.line, range.end.line);
  const line = linesOf(text)[range.start.line] ?? '';
  return line.slice(range.start.character, range.end.character);
}
/** The place behind the first occurrence of the words. */
function behind(text: string, words: string): Position {
  const before = linesOf(text.slice(0, text.indexOf(words) + words.length));
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

function offsetOf(text: string, position: Position): number {
  let at = 0;
  for (let line = 0; line < position.line; line += 1) {
    const end = /\r\n|\r|\n/.exec(text.slice(at));
    if (end === null) return text.length;
    at += end.index + end[0].length;
  }
  return at + position.character;
}
function applied(text: string, edits: TextEdit[]): string {
  let result = text;
  const last = (a: TextEdit, b: TextEdit): number =>
    offsetOf(text, b.range.start) - offsetOf(text, a.range.start);
  for (const edit of edits.toSorted(last)) {
    const [begin, end] = [offsetOf(text, edit.range.start), offsetOf(text, edit.range.end)];
    result = result.slice(0, begin) + edit.newText + result.slice(end);
  }
  return result;
}

class Editor {
  readonly server: ChildProcessWithoutNullStreams;
  readonly connection: ProtocolConnection;
  readonly #published: PublishDiagnosticsParams[] = [];
  #version = 0;

  private constructor(flags: string[]) {
    this.server = spawn(program, ['lsp', ...flags], { stdio: 'pipe' });
    this.connection = createProtocolConnection(this.server.stdout, this.server.stdin);
    this.connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
      this.#published.push(params);
    });
    this.connection.listen();
  }

  static async start(
    context: TestContext,
    flags: string[] = [],
    positionEncodings: string[] = ['utf-16'],
  ): Promise<Editor> {
    const editor = new Editor(flags);
    context.after(() => {
      editor.connection.dispose();
      editor.server.kill();
    });
    const answer = await editor.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      ...noFolder,
      capabilities: { general: { positionEncodings } },
    });
    assert.equal(answer.capabilities.positionEncoding, positionEncodings[0]);
    await editor.connection.sendNotification(InitializedNotification.type, {});
    return editor;
  }

  async open(text: string): Promise<void> {
    this.#version += 1;
    const textDocument = { uri, languageId: 'markdown', version: this.#version, text };
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
  }
  async change(text: string, range?: Range): Promise<void> {
    this.#version += 1;
    await this.connection.sendNotification(DidChangeTextDocumentNotification.type, {
      textDocument: { uri, version: this.#version },
      contentChanges: [range === undefined ? { text } : { range, text }],
    });
  }
  /** The diagnostics of the text as it is now. */
  async diagnostics(): Promise<Diagnostic[]> {
    const found = await waitFor('diagnostics', () =>
      this.#published.findLast((params) => params.version === this.#version),
    );
    return found.diagnostics;
  }
  async completions(position: Position): Promise<CompletionItem[]> {
    const answer = await this.connection.sendRequest(CompletionRequest.type, {
      textDocument: { uri },
      position,
    });
    return Array.isArray(answer) ? answer : (answer?.items ?? []);
  }
  async hover(position: Position): Promise<string> {
    const params = { textDocument: { uri }, position };
    const answer = await this.connection.sendRequest(HoverRequest.type, params);
    return answer === null ? '' : (answer.contents as MarkupContent).value;
  }
  async actions(range: Range, only?: string[]): Promise<CodeAction[]> {
    const context = { diagnostics: [], ...(only === undefined ? {} : { only }) };
    const answer = await this.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri },
      range,
      context,
    });
    return (answer ?? []) as CodeAction[];
  }
  async formatting(): Promise<TextEdit[]> {
    const answer = await this.connection.sendRequest(DocumentFormattingRequest.type, {
      textDocument: { uri },
      options: { tabSize: 2, insertSpaces: true },
    });
    return answer ?? [];
  }
  async quit(): Promise<number | null> {
    const exit = once(this.server, 'exit');
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    const [code] = (await exit) as [number | null];
    return code;
  }
}

function editOf(item: CompletionItem): TextEdit {
  return item.textEdit as TextEdit;
}

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
  const editor = await Editor.start(context, [], ['utf-8', 'utf-16']);
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
  const editor = await Editor.start(context, ['--directory', names]);
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
  const editor = await Editor.start(context, ['--message', mail]);
  await editor.open(rule);
  const condition = await editor.hover(behind(rule, 'the subject con'));
  assert.match(condition, /"operator": "contains"/);
  assert.match(condition, /Does not hold[^]*Spring sale/);
  assert.match(await editor.hover(behind(rule, 'Invoice {{num')), /text matching/);
  assert.match(await editor.hover(behind(rule, '## Extr')), /Names for values/);
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
