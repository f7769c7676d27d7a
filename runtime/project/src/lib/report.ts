/** What a run did, for people and for machines. */
import type { Match, TraceEntry } from './conditions.ts';
import { isDecimal } from './decimal.ts';
import { textOf } from './json.ts';
import { cut } from './message.ts';
import { isSkipped } from './run-step.ts';
import { exactValues, type ActionResult, type Outcome } from './run.ts';

/** A whole run, as --json prints it. */
export interface Report extends Match, Omit<Outcome, 'outcome'> {
  outcome: Outcome['outcome'] | 'no match';
  tries: number;
  failure?: Outcome; // of the steps that the rule has for its failure
}

const MAX_SHOWN = 2_000; // characters of one value; files are longer

export function forMachines(report: Report): object {
  return { ...report, extracted: exactValues(report.extracted) };
}

/** Each condition with what it saw: a line each. */
export function describeTrace(trace: readonly TraceEntry[]): string[] {
  return ['Conditions', ...trace.map(describeCondition)];
}

/** The run as a person reads it, in the rule's order. */
export function describe(name: string, report: Report, dryRun: boolean): string {
  const { matched, trace, extracted, actions, outcome, error, tries, failure } = report;
  const lines = [`Rule: ${name}`, '', ...describeTrace(trace)];
  if (!matched) {
    return forTerminal([...lines, '', 'The rule does not match; nothing was done.', ''].join('\n'));
  }
  lines.push('', 'Extracted');
  for (const [field, value] of Object.entries(extracted)) {
    lines.push(`  ${field}: ${textOf(value)}`);
  }
  lines.push(...describeActions('Steps', actions, dryRun));
  if (failure) lines.push(...describeActions('If it fails', failure.actions, dryRun));
  const tried = tries > 1 ? ` after ${String(tries)} tries` : '';
  const why = error ? `: ${error.message}` : '';
  const ended = dryRun && !error ? 'dry run, nothing was done' : `${outcome}${tried}${why}`;
  return forTerminal([...lines, '', `Outcome: ${ended}`, ''].join('\n'));
}

/** Text of a message must not command the terminal that shows it. */
function forTerminal(text: string): string {
  return text.replaceAll(/[^\P{Cc}\t\n]/gu, '\ufffd');
}

function describeCondition(entry: TraceEntry): string {
  const { line, field, operator, value, alternatives = [], negated, caseSensitive, seen } = entry;
  const values = [value, ...alternatives].map((one) => JSON.stringify(one)).join(' or ');
  const condition = asksForContent(entry)
    ? `${field} is ${negated ? '' : 'not '}empty`
    : `${field} ${negated ? 'not ' : ''}${operator} ${values}`;
  const exact = caseSensitive && field !== 'channel' ? ' (exact case)' : '';
  const saw = seen === null ? 'nothing there' : `saw ${JSON.stringify(seen)}`;
  return `  ${entry.verdict ? 'yes' : 'NO '}  line ${String(line)}: ${condition}${exact}: ${saw}`;
}

/** The patterns with which the compiler says "is not empty"; of JSON, also of lists and objects. */
const HAS_CONTENT = [String.raw`\S`, String.raw`[^\s\[\]{}]|^\s*\S\s*$|\S\s*\S\s*\S`];

function asksForContent({ operator, value, alternatives }: TraceEntry): boolean {
  return operator === 'matches' && !alternatives && HAS_CONTENT.includes(value);
}

function describeActions(title: string, actions: ActionResult[], dryRun: boolean): string[] {
  if (actions.length === 0) return [];
  return ['', title, ...actions.flatMap((action) => describeAction(action, dryRun))];
}

function describeAction(action: ActionResult, dryRun: boolean): string[] {
  const { order, target, status, request, output = null, error } = action;
  const step = `  ${String(order + 1)}. ${target}`;
  if (isSkipped(output)) return [`${step}: not done, as what it depends on does not hold`];
  const result = error ? `${error.code}: ${error.message}` : dryRun ? '' : textOf(output);
  const requests = Array.isArray(request) ? (request as unknown[]) : [request];
  return [
    `${step}: ${dryRun && !error ? 'would be done' : status}`,
    ...requests.flatMap((one, index) => [
      ...(requests.length > 1 ? [`     ${String(index + 1)}:`] : []),
      ...describeRequest(one),
    ]),
    ...(result === '' ? [] : [`     result: ${cut(result, MAX_SHOWN)}`]),
  ];
}

/** A member a line; a text of several lines stands below its name, just as it would be sent. */
function describeRequest(request: unknown): string[] {
  if (typeof request !== 'object' || request === null) return [];
  return Object.entries(request)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => {
      const [first = '', ...others] = shown(value).split('\n');
      if (others.length === 0) return [`     ${name}: ${first}`];
      return [`     ${name}:`, ...[first, ...others].map((line) => `       | ${line}`)];
    });
}

/** As JSON, but for a plain text; a text within that is long, such as a file, is cut. */
function shown(value: unknown): string {
  if (typeof value === 'string') return shortened(value);
  return textOf(cutWithin(value));
}

function cutWithin(value: unknown): unknown {
  if (typeof value === 'string') return shortened(value);
  if (Array.isArray(value)) return value.map(cutWithin);
  if (typeof value !== 'object' || value === null || isDecimal(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, cutWithin(member)]),
  );
}

function shortened(text: string): string {
  if (text.length <= MAX_SHOWN) return text;
  return `${cut(text, MAX_SHOWN)}… (${String(text.length)} characters)`;
}
