/**
 * Does a message match a rule? The hub decides the same for many rules at once in its matcher;
 * this is the stand-alone twin, and both must give the same verdicts.
 */
import { RE2JS } from 're2js';

import { cut, fieldValues, type Field, type Message } from './message.ts';
import type { Rule, Trigger } from './rule.ts';

export type Operator = 'contains' | 'equals' | 'matches' | 'startsWith' | 'endsWith';

export interface Condition {
  line: number; // of the rule's Markdown
  field: Field;
  operator: Operator;
  value: string;
  alternatives?: string[]; // one that fits in place of `value` does
  negated?: boolean;
  caseSensitive?: boolean;
}

/** What one condition saw and decided. */
export interface TraceEntry {
  line: number;
  field: string;
  operator: string;
  value: string;
  alternatives?: string[];
  negated: boolean;
  caseSensitive: boolean;
  seen: string | null; // at most 200 characters; null: the message has no such field
  verdict: boolean;
}

export interface Match {
  matched: boolean;
  trace: TraceEntry[];
}

/** Triggers are alternatives; within one, every condition must hold. */
export function matchRule(rule: Rule, message: Message): Match {
  const matches = rule.triggers.map((trigger) => matchTrigger(trigger, message));
  return {
    matched: matches.some(({ matched }) => matched),
    trace: matches.flatMap(({ trace }) => trace),
  };
}

function matchTrigger({ channel, conditions }: Trigger, message: Message): Match {
  if (channel.type !== message.channelType) {
    return { matched: false, trace: [wrongChannel(channel, message)] };
  }
  // Every condition is evaluated, also after the first failure: the trace shows them all.
  const trace = conditions.map((condition) => evaluate(condition, message));
  return { matched: trace.every(({ verdict }) => verdict), trace };
}

function wrongChannel(channel: Trigger['channel'], message: Message): TraceEntry {
  return {
    line: channel.line,
    field: 'channel',
    operator: 'equals',
    value: channel.type,
    negated: false,
    caseSensitive: true,
    seen: message.channelType,
    verdict: false,
  };
}

/**
 * One condition on one message. An absent field fails the positive form and fulfils the negated
 * one. A field with several values (recipients, attachments, a repeated header) holds when any of
 * them fits one of the condition's values; its negation when none does.
 */
export function evaluate(condition: Condition, message: Message): TraceEntry {
  const { line, field, operator, value, alternatives } = condition;
  const { negated = false, caseSensitive = false } = condition;
  const seen = fieldValues(message, field);
  const asWritten = caseSensitive || operator === 'matches';
  const texts = asWritten ? seen : seen.map(fold);
  const fits = [value, ...(alternatives ?? [])].some((wanted) =>
    texts.some(tester(operator, wanted, caseSensitive)),
  );
  return {
    line,
    field,
    operator,
    value,
    ...(alternatives && { alternatives }),
    negated,
    caseSensitive,
    seen: seen.length === 0 ? null : cut(seen.join(', '), 200),
    verdict: fits !== negated,
  };
}

/** Where case is ignored, the text that is tried is folded already. */
function tester(
  operator: Operator,
  value: string,
  caseSensitive: boolean,
): (text: string) => boolean {
  if (operator === 'matches') {
    const pattern = compilePattern(value, caseSensitive);
    return (text) => pattern.test(text);
  }
  const wanted = caseSensitive ? value : fold(value);
  switch (operator) {
    case 'contains':
      return (text) => text.includes(wanted);
    case 'startsWith':
      return (text) => text.startsWith(wanted);
    case 'endsWith':
      return (text) => text.endsWith(wanted);
    case 'equals':
      return (text) => trimmed(text) === trimmed(wanted);
  }
}

/**
 * Lower case, character by character. A character whose lower case is more than one character
 * (only U+0130) stays as it is, so a text never changes its length.
 */
export function fold(text: string): string {
  let folded = '';
  for (const character of text) {
    const lower = character.toLowerCase();
    folded += lower.length === character.length ? lower : character;
  }
  return folded;
}

/**
 * Without the spaces, tabs and line ends around it; other white space counts as text. A loop, as
 * a native pattern for the end takes quadratic time on long runs of spaces.
 */
function trimmed(text: string): string {
  const blank = (index: number): boolean => ' \t\r\n'.includes(text.charAt(index));
  let begin = 0;
  let end = text.length;
  while (begin < end && blank(begin)) begin += 1;
  while (end > begin && blank(end - 1)) end -= 1;
  return text.slice(begin, end);
}

const patterns = new Map<string, RE2JS>();

/** An RE2 pattern: linear time on any text, and the same meaning as in the hub. */
export function compilePattern(source: string, caseSensitive: boolean): RE2JS {
  const key = `${caseSensitive ? 's' : 'i'}${source}`;
  let pattern = patterns.get(key);
  if (!pattern) {
    pattern = RE2JS.compile(source, caseSensitive ? 0 : RE2JS.CASE_INSENSITIVE);
    patterns.set(key, pattern);
  }
  return pattern;
}
