// A co_await is a whole statement: `co_await f(x);`, `const T x = co_await f(y);`, `x = co_await
// f(y);` or `co_return co_await f(x);`. Inside an argument, a condition, braces or an operator its
// temporaries live across a suspension, which compilers get wrong and readers overlook.
//
// This reads text, not syntax trees: it finds the statement around each co_await and looks at what
// stands before and behind. What it cannot place, it refuses.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, report, rootArgument } from './findings.ts';
import type { Finding } from './findings.ts';

/** The text with comments and the insides of literals blanked out, every offset kept. */
export function blankLiterals(text: string): string {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|R"([^(\s]*)\([\s\S]*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'/g;
  return text.replace(token, (found) => found.replace(/[^\n]/g, ' '));
}

const opening: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

/** Where the statement that holds `at` begins: behind the last `;`, brace or label around it. */
function statementStart(text: string, at: number): number {
  for (let i = at - 1; i >= 0; i--) {
    const c = text[i] ?? '';
    if (c === ')' || c === ']') {
      i = matchBack(text, i);
    } else if (c === ';' || c === '{' || c === '}') {
      return i + 1;
    } else if (c === '(' || c === '[') {
      return i; // co_await stands inside this bracket
    }
  }
  return 0;
}

/** Offset of the bracket that `text[close]` closes. */
function matchBack(text: string, close: number): number {
  const close_ = text[close] ?? '';
  const open = opening[close_] ?? '';
  let depth = 0;
  for (let i = close; i >= 0; i--) {
    if (text[i] === close_) depth++;
    if (text[i] === open && --depth === 0) return i;
  }
  return 0;
}

/** Without `if (…)`, `else`, `for (…)`, `while (…)`, `do`, `case x:` and labels in front. */
function withoutControl(before: string): string {
  let rest = before.trim();
  for (;;) {
    const word = /^(?:else\b|do\b|case\b(?:[^:]|::)*:(?!:)|default\s*:)\s*/.exec(rest);
    if (word !== null) {
      rest = rest.slice(word[0].length);
      continue;
    }
    const head = /^(?:if\s+constexpr|if|for|while)\s*\(/.exec(rest);
    if (head === null) return rest;
    let depth = 0;
    let i = head[0].length - 1;
    for (; i < rest.length; i++) {
      if (rest[i] === '(') depth++;
      if (rest[i] === ')' && --depth === 0) break;
    }
    rest = rest.slice(i + 1).trim();
  }
}

// A declaration or an assignment up to its "=": names, templates, references, structured bindings.
const target = /^[\w:<>,\s*&.[\]-]+(?<![=!<>+*/%&|^-])=$/;

/** The text from behind co_await to the end of its statement; nothing when it does not end there. */
function operand(text: string, from: number): string | undefined {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    const c = text[i] ?? '';
    if ('([{'.includes(c)) depth++;
    if (')]}'.includes(c) && --depth < 0) return undefined;
    if (c === ';' && depth === 0) return text.slice(from, i);
  }
  return undefined;
}

/** The operand with the insides of its brackets taken out, so that only its own operators are left. */
function outermost(expression: string): string {
  let depth = 0;
  let kept = '';
  for (const c of expression) {
    if (')]}'.includes(c)) depth--;
    if (depth === 0) kept += c;
    if ('([{'.includes(c)) depth++;
  }
  return kept;
}

export function awaitFindings(file: string, source: string): Finding[] {
  const text = blankLiterals(source);
  const findings: Finding[] = [];
  for (const match of text.matchAll(/\bco_await\b/g)) {
    const at = match.index;
    const start = statementStart(text, at);
    const inBracket = text[start] === '(' || text[start] === '[';
    const before = inBracket ? '(' : withoutControl(text.slice(start, at));
    const whole = before === '' || before === 'co_return' || target.test(before);
    const rest = operand(text, at + match[0].length);
    let message: string | undefined;
    if (inBracket || rest === undefined) {
      message = 'co_await inside a call, a condition or braces';
    } else if (!whole) {
      message = `co_await behind \`${before.replace(/\s+/g, ' ')}\``;
    } else if (/&&|\|\||[?+/%^|!,]|==|\s[-<>*&]=?\s/.test(outermost(rest))) {
      message = 'co_await as an operand';
    }
    if (message !== undefined) {
      const line = text.slice(0, at).split('\n').length;
      findings.push({ file, line, message: `${message}; give it a statement of its own` });
    }
  }
  return findings;
}

if (import.meta.main) {
  const root = rootArgument(process.argv);
  const files = ['src', 'bench', 'tests'].flatMap((folder) =>
    filesBelow(root, folder, (path) => /\.(h|cc)$/.test(path)),
  );
  const findings = files.flatMap((file) =>
    awaitFindings(file, readFileSync(join(root, file), 'utf8')),
  );
  report('check-await', findings, files.length);
}
