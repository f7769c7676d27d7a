/** Runs the examples of a rule. Every effect is captured, so nothing leaves the process. */
import { isDeepStrictEqual } from 'node:util';

import { matchRule } from './conditions.ts';
import { isDecimal, sameNumber } from './decimal.ts';
import { messageFromEmail, messageFromWebhook } from './incoming.ts';
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
  const seen = await observe(rule, await messageOf(example));
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

function messageOf({ message: { kind, raw } }: Example): Promise<Message> | Message {
  const bytes = Buffer.from(raw);
  return kind === 'email' ? messageFromEmail(bytes) : messageFromWebhook(bytes);
}

/** What happened: whether the rule matched, and, if it did, its run and what it would send. */
interface Observation {
  matched: boolean;
  whyNot: string;
  outcome?: Outcome;
  sent: Map<number, string>;
}

async function observe(rule: Rule, message: Message): Promise<Observation> {
  const { matched, trace } = matchRule(rule, message);
  const sent = new Map<number, string>();
  const failed = trace.find(({ verdict }) => !verdict);
  const whyNot = failed
    ? `line ${String(failed.line)} saw ${failed.seen === null ? 'nothing' : JSON.stringify(failed.seen)}`
    : 'no condition holds';
  if (!matched) return { matched, whyNot, sent };

  let order = 0;
  const outcome = await runRule(rule, message, {
    connection: () => {
      throw new Error('an example uses no connection');
    },
    signal: new AbortController().signal,
    key: (index) => {
      order = index;
      return `example-${String(index)}`;
    },
    perform: (prepared) => {
      sent.set(order, prepared.content);
      return Promise.resolve(null);
    },
  });
  return { matched, whyNot, outcome, sent };
}

/** What is wrong with an expectation; undefined when it is met. */
function failureOf(expectation: Expectation, seen: Observation): string | undefined {
  if ('matches' in expectation) {
    if (expectation.matches === seen.matched) return undefined;
    return seen.matched
      ? 'The rule matches this message.'
      : `The rule does not match this message: ${seen.whyNot}.`;
  }
  if (!seen.outcome) return `The rule does not match this message: ${seen.whyNot}.`;
  if ('field' in expectation) {
    const found = seen.outcome.extracted[expectation.field];
    if (found === undefined) {
      return seen.outcome.error?.message ?? `"${expectation.field}" was not extracted.`;
    }
    return equals(found, expectation.is)
      ? undefined
      : `${expectation.field} is ${JSON.stringify(textOf(found))}, not ${JSON.stringify(expectation.is)}.`;
  }
  const found = seen.sent.get(expectation.step);
  const step = `Step ${String(expectation.step + 1)}`;
  if (found === undefined) {
    const why = seen.outcome.error?.message;
    return why === undefined ? `${step} was not reached.` : `${step} was not reached: ${why}`;
  }
  return sends(found, expectation.sends)
    ? undefined
    : `${step} sends ${JSON.stringify(found)}, not ${JSON.stringify(expectation.sends)}.`;
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
