/**
 * Runs a rule on a message: extracts, then performs the steps in order. The hub's worker, the
 * command line and the examples all come through here; they differ in the Host they bring.
 */
import type { FindConnection } from './connections.ts';
import { isDecimal } from './decimal.ts';
import type { EgressPolicy } from './egress.ts';
import { ActionError, errorRecord, redact, type ErrorRecord } from './errors.ts';
import { lastSearch } from './extract.ts';
import type { Json } from './json.ts';
import { cut, fieldName, type Message } from './message.ts';
import type { ActionIo, Extraction, PreparedStep, Rule, Step, Values } from './rule.ts';
import { aborted, isSkipped, runStep } from './run-step.ts';

/** The surroundings of one run. Each callback is awaited before the run goes on. */
export interface Host {
  connection: FindConnection;
  egress?: EgressPolicy | undefined;
  signal: AbortSignal; // its reason, a string, becomes the error's code: 'deadline', 'cancelled'
  key: (order: number) => string;
  done?: ReadonlyMap<number, Json>; // steps that succeeded in an earlier run; they are skipped
  /** Outputs of the first items of a step for each attachment, from earlier runs; likewise. */
  doneItems?: ReadonlyMap<number, readonly Json[]>;
  /** What named steps are taken to have answered, whatever `perform` returns. For examples. */
  answers?: ReadonlyMap<number, Json>;
  /** Has the step's effect; a host that captures effects returns without any. */
  perform: (prepared: PreparedStep, io: ActionIo, order: number) => Promise<Json>;
  onExtracted?: (extracted: Record<string, Json>) => void;
  onAttempt?: (attempt: Attempt) => Promise<void>;
  /** The next items of a step for each attachment are done, and another is about to begin. */
  onItems?: (order: number, outputs: Json[]) => Promise<void>;
  onResult?: (result: ActionResult) => Promise<void>;
}

export interface Attempt {
  order: number;
  actionType: string;
  target: string;
  startedAt: string;
}

export interface ActionResult extends Attempt {
  completedAt: string;
  /** 'unknown': it failed in a way that leaves open whether it had its effect. */
  status: 'success' | 'failed' | 'unknown';
  request?: unknown; // a list for a step that runs for each attachment
  output?: Json; // `{ skipped: true }` when the step's condition did not hold
  error?: ErrorRecord;
}

export interface Outcome {
  outcome: 'success' | 'failed';
  error?: ErrorRecord;
  extracted: Record<string, Json>;
  actions: ActionResult[];
}

/** The host that has real effects. */
export const performStep: Host['perform'] = (prepared, io) => prepared.perform(io);

/** For dry runs: has no effect, and fails where the step would be sure to. */
export const checkStep: Host['perform'] = (prepared) => {
  prepared.check?.();
  return Promise.resolve(null);
};

/** Never rejects because of the rule or the world; only when a callback of the host does. */
export async function runRule(rule: Rule, message: Message, host: Host): Promise<Outcome> {
  const outcome: Outcome = { outcome: 'success', extracted: {}, actions: [] };
  try {
    extract(rule, message, outcome.extracted);
  } catch (thrown) {
    return { ...outcome, outcome: 'failed', error: errorRecord(thrown) };
  }
  host.onExtracted?.(outcome.extracted);

  const run: Run = { host, message, values: { ...outcome.extracted }, secrets: [] };
  for (const [order, step] of rule.steps.entries()) {
    const error = await perform(step, order, run, outcome.actions);
    const mayContinue = step.continueOnError === true && !host.signal.aborted;
    if (error && !mayContinue) return { ...outcome, outcome: 'failed', error };
  }
  return outcome;
}

/**
 * Performs the steps that the rule has for its failure, once it has failed for good. Their orders
 * begin at `rule.steps.length`. Each is tried, also when one before it failed; the outcome's error is
 * the first that may pass, else the first. What cannot be extracted is empty here, as that may be
 * the very failure.
 */
export async function runFailure(
  rule: Rule,
  message: Message,
  error: ErrorRecord,
  host: Host,
): Promise<Outcome> {
  const outcome: Outcome = { outcome: 'success', extracted: {}, actions: [] };
  extractSome(rule, message, outcome.extracted);
  const { code, message: text, step } = error;
  const failed = { code, message: text, step: step === undefined ? '' : step + 1 };
  const run: Run = { host, message, values: { ...outcome.extracted }, secrets: [] };
  for (const [order, step] of rule.steps.entries()) {
    const output = host.done?.get(order);
    if (output !== undefined) nameOutput(step, order, output, run);
  }
  run.values.error = failed;
  for (const [index, step] of (rule.onFailure?.steps ?? []).entries()) {
    const problem = await perform(step, rule.steps.length + index, run, outcome.actions);
    const counts = !outcome.error || (problem?.recoverable === true && !outcome.error.recoverable);
    if (problem && counts) Object.assign(outcome, { outcome: 'failed', error: problem });
    if (host.signal.aborted) break;
  }
  return outcome;
}

/** A run under way. */
export interface Run {
  host: Host;
  message: Message;
  values: Values; // what was extracted, and the outputs of the named steps so far
  secrets: string[]; // grows by the secrets of each connection that a step uses
}

/** One step, unless it was done in an earlier run; its error when it fails. */
async function perform(
  step: Step,
  order: number,
  run: Run,
  actions: ActionResult[],
): Promise<ErrorRecord | undefined> {
  const { host, secrets } = run;
  const done = host.done?.get(order);
  if (done !== undefined) {
    nameOutput(step, order, done, run);
    return undefined;
  }
  if (host.signal.aborted) return redact(errorRecord(aborted(host.signal)), secrets);
  const result = await runStep(step, order, run);
  actions.push(result);
  await host.onResult?.(result);
  if (result.error) return { ...result.error, step: order };
  nameOutput(step, order, result.output ?? null, run);
  return undefined;
}

/** Gives the step's output to later steps under its name. What was skipped stays empty there. */
function nameOutput(step: Step, order: number, output: Json, { host, values }: Run): void {
  if (step.as === undefined || isSkipped(output)) return;
  const named = (one: Json): Json => (isSkipped(one) ? null : step.named(one));
  const each = step.forEach !== undefined && Array.isArray(output);
  values[step.as] = host.answers?.get(order) ?? (each ? output.map(named) : named(output));
}

/** Fills `values` in the rule's order; throws an ActionError for a value that is required. */
function extract(rule: Rule, message: Message, values: Record<string, Json>): void {
  for (const [name, extraction] of Object.entries(rule.extract)) {
    const found = extraction.find(message) ?? extraction.otherwise;
    if (found === undefined && extraction.optional !== true) {
      throw new ActionError('extract_missing', missing(name, extraction, message));
    }
    values[name] = found ?? '';
  }
}

/** The same for a rule that has failed: what cannot be had is empty. */
function extractSome(rule: Rule, message: Message, values: Record<string, Json>): void {
  for (const [name, extraction] of Object.entries(rule.extract)) {
    try {
      values[name] = extraction.find(message) ?? extraction.otherwise ?? '';
    } catch {
      values[name] = '';
    }
  }
}

function missing(name: string, { line }: Extraction, message: Message): string {
  const what = `Nothing found for "${name}" (line ${String(line)})`;
  const search = lastSearch(message);
  if (!search) return `${what}.`;
  const field = fieldName(search.field);
  if (search.text === undefined) {
    return `${what}: looked for ${search.wanted}, but the message has no ${field}.`;
  }
  if (search.why !== undefined) {
    return `${what}: looked for ${search.wanted} in the ${field}, but ${search.why}.`;
  }
  const excerpt = cut(search.text.replace(/\s+/g, ' ').trim(), 120);
  return `${what}: looked for ${search.wanted} in the ${field}, which reads "${excerpt}".`;
}

/** Extracted values for a record: a decimal as a string, which keeps its digits for any reader. */
export function exactValues(values: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isDecimal(value) ? value.text : value]),
  );
}
