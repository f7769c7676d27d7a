/** Runs the examples of a rule. Every effect is captured, so nothing leaves the process. */
import { isDeepStrictEqual } from 'node:util';

import { matchRule } from './conditions.ts';
import { isDecimal, sameNumber } from './decimal.ts';
import { messageOf as reasonOf } from './errors.ts';
import {
  messageFromChat,
  messageFromEmail,
  messageFromHttp,
  messageFromWebhook,
} from './incoming.ts';
import { textOf, type Json } from './json.ts';
import type { Message } from './message.ts';
import type { Example, Expectation, Rule } from './rule.ts';
import { runRule, type Outcome } from './run.ts';

export interface ExampleResult {
  title: string;
  line: number;
  pass: boolean;
  failures: { line: number; message: string }[];
}

export async function runExamples(rule: Rule): Promise<ExampleResult[]> {
  const results: ExampleResult[] = [];
  for (const example of rule.examples) results.push(await runExample(rule, example));
  return results;
}

export async function runExample(rule: Rule, example: Example): Promise<ExampleResult> {
  const { title, line } = example;
  const failures: ExampleResult['failures'] = [];
  let message: Message;
  try {
    message = messageOf(example);
  } catch (thrown) {
    failures.push({ line, message: `The message is ${reasonOf(thrown)}.` });
    return { title, line, pass: false, failures };
  }
  const seen = await observe(rule, message, answersOf(example));
  for (const expectation of example.expect) {
    const message = failureOf(expectation, seen);
    if (message !== undefined) failures.push({ line: expectation.line, message });
  }
  // An example of a message that fails to run is no proof of anything.
  if (seen.outcome?.error && failures.length === 0) {
    failures.push({ line, message: seen.outcome.error.message });
  }
  return { title, line, pass: failures.length === 0, failures };
}

function messageOf({ message: { kind, raw } }: Example): Message {
  const bytes = Buffer.from(raw);
  switch (kind) {
    case 'email':
      return messageFromEmail(bytes);
    case 'http':
      return messageFromHttp(bytes);
    case 'sms':
    case 'slack':
      return messageFromChat(bytes, kind);
    default:
      return messageFromWebhook(bytes, { isJson: kind === 'json' });
  }
}

/** What happened: whether the rule matched, and, if it did, its run and what it would send. */
interface Observation {
  matched: boolean;
  whyNot: string;
  outcome?: Outcome;
  sent: Map<number, string[]>; // by step; several for a step that runs for each attachment
}

async function observe(rule: Rule, message: Message, answers: Answers): Promise<Observation> {
  const { matched, trace } = matchRule(rule, message);
  const sent = new Map<number, string[]>();
  const failed = trace.find(({ verdict }) => !verdict);
  const whyNot = failed
    ? `line ${String(failed.line)} saw ${failed.seen === null ? 'nothing' : JSON.stringify(failed.seen)}`
    : 'no condition holds';
  if (!matched) return { matched, whyNot, sent };

  const outcome = await runRule(rule, message, {
    connection: () => {
      throw new Error('an example uses no connection');
    },
    signal: new AbortController().signal,
    key: (order) => `example-${String(order)}`,
    answers,
    perform: ({ content, check }, _io, order) => {
      check?.();
      sent.set(order, [...(sent.get(order) ?? []), content]);
      return Promise.resolve(null);
    },
  });
  return { matched, whyNot, outcome, sent };
}

type Answers = ReadonlyMap<number, Json>;

function answersOf({ answers = {} }: Example): Answers {
  return new Map(Object.entries(answers).map(([order, answer]) => [Number(order), answer]));
}

/** What is wrong with an expectation; undefined when it is met. */
function failureOf(expectation: Expectation, seen: Observation): string | undefined {
  if ('matches' in expectation) {
    if (expectation.matches === seen.matched) return undefined;
    return seen.matched
      ? 'The rule matches this message.'
      : `The rule does not match this message: ${seen.whyNot}.`;
  }
  const { outcome, sent } = seen;
  if (!outcome) return `The rule does not match this message: ${seen.whyNot}.`;
  if ('field' in expectation) return fieldFailure(expectation, outcome);
  const found = sent.get(expectation.step) ?? [];
  const step = `Step ${String(expectation.step + 1)}`;
  const texts = found.map((text) => JSON.stringify(text)).join(' and ');
  if ('runs' in expectation) {
    return found.length === 0 ? undefined : `${step} runs, and sends ${texts}.`;
  }
  if (found.length === 0) {
    if (outcome.actions.some(({ order }) => order === expectation.step && !outcome.error)) {
      return `${step} did not run: what it depends on does not hold.`;
    }
    const why = outcome.error?.message;
    return why === undefined ? `${step} was not reached.` : `${step} was not reached: ${why}`;
  }
  return found.some((text) => sends(text, expectation.sends))
    ? undefined
    : `${step} sends ${texts}, not ${JSON.stringify(expectation.sends)}.`;
}

function fieldFailure(
  { field, is }: { field: string; is: string },
  { extracted, error }: Outcome,
): string | undefined {
  const found = extracted[field];
  if (found === undefined) return error?.message ?? `"${field}" was not extracted.`;
  return equals(found, is)
    ? undefined
    : `${field} is ${JSON.stringify(textOf(found))}, not ${JSON.stringify(is)}.`;
}

/** Numbers are compared by value, all else as text. */
function equals(found: Json, wanted: string): boolean {
  if (isDecimal(found) || typeof found === 'number') return sameNumber(textOf(found), wanted);
  return textOf(found) === wanted;
}

/** Texts are compared without the white space around them; JSON by its values. */
function sends(found: string, wanted: string): boolean {
  if (found.trim() === wanted.replaceAll('\r\n', '\n').trim()) return true;
  const [left, right] = [jsonOrUndefined(found), jsonOrUndefined(wanted)];
  return left !== undefined && isDeepStrictEqual(left, right);
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
