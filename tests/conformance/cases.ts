/** Reads spec/cases: rules, messages, and what must come of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Expected {
  matches: boolean;
  /** Values as they read. */
  extracted?: Record<string, string>;
  /** The code of the error that the run ends with. */
  error?: string;
  /** By step from 1: what it would send; null: it does not run. */
  sends?: Record<string, string | string[] | null>;
  /** By step from 1: where it would go, without secrets. */
  targets?: Record<string, string>;
  /** What the outside world answers, by step from 1. */
  answers?: Record<string, unknown>;
}

export interface CaseMessage {
  kind: string;
  raw: string;
  line: number;
  expected: Expected;
}

export interface Case {
  id: string;
  rule: string;
  diagnostics: string;
  messages: CaseMessage[];
}

interface Fence {
  info: string;
  text: string;
  line: number;
  heading: string;
}

export function allCases(folder: string): Case[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .flatMap((name) => casesOf(join(folder, name), name.replace(/\.md$/, '')));
}

function casesOf(file: string, area: string): Case[] {
  const cases: Case[] = [];
  for (const { info, text, line, heading } of fencesOf(readFileSync(file, 'utf8'))) {
    const current = cases.at(-1);
    if (info === 'markdown') {
      cases.push({ id: `${area}: ${heading}`, rule: text, diagnostics: '', messages: [] });
    } else if (!current) {
      throw new Error(`${file}:${String(line)}: a block before the first rule`);
    } else if (info === 'text diagnostics') {
      current.diagnostics = text;
    } else if (info === 'json expect') {
      const message = current.messages.at(-1);
      if (!message) throw new Error(`${file}:${String(line)}: nothing to expect of`);
      message.expected = JSON.parse(text) as Expected;
    } else {
      current.messages.push({ kind: info, raw: text, line, expected: { matches: true } });
    }
  }
  return cases;
}

function fencesOf(document: string): Fence[] {
  const fences: Fence[] = [];
  let closing = '';
  let heading = '';
  for (const [index, text] of document.split('\n').entries()) {
    const marks = /^`{3,}/.exec(text)?.[0];
    const current = fences.at(-1);
    if (closing === '') {
      if (text.startsWith('## ')) heading = text.slice(3);
      if (marks === undefined) continue;
      closing = marks;
      fences.push({ info: text.slice(marks.length), text: '', line: index + 1, heading });
    } else if (text === closing) {
      closing = '';
    } else if (current) {
      current.text += `${text}\n`;
    }
  }
  return fences;
}
