// An editor that talks to the language server, by the client library that editors use, over its
// real input and output.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import {
  CodeActionRequest,
  CompletionRequest,
  DidChangeTextDocumentNotification,
  DidOpenTextDocumentNotification,
  DocumentFormattingRequest,
  ExitNotification,
  HoverRequest,
  InitializeRequest,
  InitializedNotification,
  LogMessageNotification,
  PublishDiagnosticsNotification,
  ReferencesRequest,
  ShowMessageNotification,
  ShutdownRequest,
  createProtocolConnection,
} from 'vscode-languageserver-protocol/node';
import type {
  CodeAction,
  CompletionItem,
  Diagnostic,
  Location,
  MarkupContent,
  Position,
  ProtocolConnection,
  PublishDiagnosticsParams,
  Range,
  TextEdit,
} from 'vscode-languageserver-protocol/node';
import { program, waitFor } from './harness.ts';

export const uri = 'file:///rules/rule.md';

// Deprecated, and required all the same.
const noFolder = { rootUri: null };

/** The lines of a text as the protocol counts them. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}
/** What stands in the range, on one line. */
export function textIn(text: string, range: Range): string {
  assert.equal(range.start.line, range.end.line);
  const line = linesOf(text)[range.start.line] ?? '';
  return line.slice(range.start.character, range.end.character);
}
/** The place behind the first occurrence of the words. */
export function behind(text: string, words: string): Position {
  const before = linesOf(text.slice(0, text.indexOf(words) + words.length));
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

export function offsetOf(text: string, position: Position): number {
  let at = 0;
  for (let line = 0; line < position.line; line += 1) {
    const end = /\r\n|\r|\n/.exec(text.slice(at));
    if (end === null) return text.length;
    at += end.index + end[0].length;
  }
  return at + position.character;
}
export function applied(text: string, edits: TextEdit[]): string {
  let result = text;
  const last = (a: TextEdit, b: TextEdit): number =>
    offsetOf(text, b.range.start) - offsetOf(text, a.range.start);
  for (const edit of edits.toSorted(last)) {
    const [begin, end] = [offsetOf(text, edit.range.start), offsetOf(text, edit.range.end)];
    result = result.slice(0, begin) + edit.newText + result.slice(end);
  }
  return result;
}

export interface Setup {
  flags?: string[];
  positionEncodings?: string[];
  options?: unknown; // initializationOptions
  data?: string; // folder of the hub that commands would ask
}

export class Editor {
  readonly server: ChildProcessWithoutNullStreams;
  readonly connection: ProtocolConnection;
  readonly #published: PublishDiagnosticsParams[] = [];
  readonly logged: string[] = [];
  readonly shown: string[] = [];
  #version = 0;

  private constructor({ flags = [], data = '/nonexistent' }: Setup) {
    const env = { ...process.env, MSGHUB_DATA: data };
    this.server = spawn(program, ['lsp', ...flags], { stdio: 'pipe', env });
    this.connection = createProtocolConnection(this.server.stdout, this.server.stdin);
    this.connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
      this.#published.push(params);
    });
    this.connection.onNotification(LogMessageNotification.type, ({ message }) => {
      this.logged.push(message);
    });
    this.connection.onNotification(ShowMessageNotification.type, ({ message }) => {
      this.shown.push(message);
    });
    this.connection.listen();
  }

  static async start(context: TestContext, setup: Setup = {}): Promise<Editor> {
    const { positionEncodings = ['utf-16'], options } = setup;
    const editor = new Editor(setup);
    context.after(() => {
      editor.connection.dispose();
      editor.server.kill();
    });
    const answer = await editor.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      ...noFolder,
      initializationOptions: options,
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
  async labels(text: string, words: string): Promise<string[]> {
    return (await this.completions(behind(text, words))).map((item) => item.label);
  }
  /** The text once the completion behind the words was taken. */
  async taken(text: string, words: string, label: string): Promise<string> {
    const items = await this.completions(behind(text, words));
    const item = items.find((one) => one.label === label);
    assert.ok(item !== undefined, `${label} is none of ${items.map((one) => one.label).join()}`);
    return applied(text, [editOf(item)]);
  }
  async uses(position: Position): Promise<Location[]> {
    const params = { textDocument: { uri }, position, context: { includeDeclaration: true } };
    return (await this.connection.sendRequest(ReferencesRequest.type, params)) ?? [];
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

export function editOf(item: CompletionItem): TextEdit {
  return item.textEdit as TextEdit;
}
