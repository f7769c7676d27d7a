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

/** The surroundings of one run. Each callback is awaited before the run goes on. */
export interface Host {
  connection: FindConnection;
  egress?: EgressPolicy | undefined;
  signal: AbortSignal; // its reason, a string, becomes the error's code: 'deadline', 'cancelled'
  key: (order: number) => string;
  done?: ReadonlyMap<number, Json>; // steps that succeeded in an earlier run; they are skipped
  /** Has the step's effect; a host that captures effects returns without any. */
  perform: (prepared: PreparedStep, io: ActionIo) => Promise<Json>;
  onExtracted?: (extracted: Record<string, Json>) => void;
  onAttempt?: (attempt: Attempt) => Promise<void>;
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
  request?: unknown;
  output?: Json;
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

/** Never rejects because of the rule or the world; only when a callback of the host does. */
export async function runRule(rule: Rule, message: Message, host: Host): Promise<Outcome> {
  const secrets: string[] = [];
  const outcome: Outcome = { outcome: 'success', extracted: {}, actions: [] };
  const fail = (thrown: unknown): Outcome => ({
    ...outcome,
    outcome: 'failed',
    error: redact(errorRecord(thrown), secrets),
  });

  try {
    extract(rule, message, outcome.extracted);
  } catch (thrown) {
    return fail(thrown);
  }
  host.onExtracted?.(outcome.extracted);

  for (const [order, step] of rule.steps.entries()) {
    if (host.done?.has(order)) continue;
    if (host.signal.aborted) return fail(aborted(host.signal));
    const { result, thrown } = await runStep(step, order, {
      host,
      message,
      values: outcome.extracted,
      secrets,
    });
    outcome.actions.push(result);
    await host.onResult?.(result);
    const mayContinue = step.continueOnError && !host.signal.aborted;
    if (result.status !== 'success' && !mayContinue) return fail(thrown);
  }
  return outcome;
}

interface StepContext {
  host: Host;
  message: Message;
  values: Values;
  secrets: string[]; // grows by the password of each connection that the step uses
}

async function runStep(
  step: Step,
  order: number,
  { host, message, values, secrets }: StepContext,
): Promise<{ result: ActionResult; thrown?: unknown }> {
  const key = host.key(order);
  const io: ActionIo = {
    key,
    signal: host.signal,
    egress: host.egress,
    connection(name) {
      const connection = host.connection(name);
      if (connection.password !== undefined) secrets.push(connection.password);
      return connection;
    },
  };

  let prepared: PreparedStep | undefined;
  let failure: { thrown: unknown } | undefined;
  try {
    prepared = step.prepare({ ...values, idempotencyKey: key }, message);
  } catch (thrown) {
    failure = { thrown };
  }
  const attempt: Attempt = {
    order,
    actionType: step.type,
    target: prepared?.summary ?? step.type,
    startedAt: now(),
  };
  await host.onAttempt?.(attempt);

  let output: Json | undefined;
  if (prepared) {
    try {
      // While the attempt was being recorded, time may have run out.
      if (host.signal.aborted) throw aborted(host.signal);
      output = await host.perform(prepared, io);
    } catch (thrown) {
      failure = { thrown: host.signal.aborted ? aborted(host.signal, thrown) : thrown };
    }
  }

  const ended = { ...attempt, completedAt: now(), request: redact(prepared?.request, secrets) };
  if (!failure) {
    return { result: { ...ended, status: 'success', output: redact(output ?? null, secrets) } };
  }
  const { thrown } = failure;
  const status =
    thrown instanceof ActionError && thrown.effect === 'unknown' ? 'unknown' : 'failed';
  const error = redact(errorRecord(thrown), secrets);
  return { result: { ...ended, status, error }, thrown };
}

/** The error of a run that was told to stop; whether the step had an effect stays as it was. */
function aborted(signal: AbortSignal, thrown?: unknown): ActionError {
  const reason = typeof signal.reason === 'string' ? signal.reason : 'cancelled';
  const effect = thrown instanceof ActionError ? thrown.effect : 'none';
  const text = reason === 'deadline' ? 'The time for this execution ran out.' : 'Cancelled.';
  return new ActionError(reason, text, { recoverable: true, effect });
}

/** Fills `values` in the rule's order; throws an ActionError for a value that is required. */
function extract(rule: Rule, message: Message, values: Values): void {
  for (const [name, extraction] of Object.entries(rule.extract)) {
    const found = extraction.find(message) ?? extraction.otherwise;
    if (found === undefined && extraction.optional !== true) {
      throw new ActionError('extract_missing', missing(name, extraction, message));
    }
    values[name] = found ?? '';
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
  const excerpt = cut(search.text.replace(/\s+/g, ' ').trim(), 120);
  return `${what}: looked for ${search.wanted} in the ${field}, which reads "${excerpt}".`;
}

/** Extracted values for a record: a decimal as a string, which keeps its digits for any reader. */
export function exactValues(values: Record<string, Json>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isDecimal(value) ? value.text : value]),
  );
}

function now(): string {
  return new Date().toISOString();
}
