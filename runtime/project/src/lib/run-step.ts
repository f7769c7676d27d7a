/** Performs one step of a run: asks its condition, has its effects, and keeps its output. */
import { secretsOf } from './connections.ts';
import { ActionError, errorRecord, redact } from './errors.ts';
import { bytesOf, fitJson } from './fit-json.ts';
import type { Json } from './json.ts';
import type { Message } from './message.ts';
import type { ActionIo, PreparedStep, Step, Values } from './rule.ts';
import type { ActionResult, Attempt, Run } from './run.ts';

/** What is kept of an output, in bytes of JSON; later steps see the same, in each try. */
const MAX_OUTPUT_BYTES = 16 * 1024;

/** The step's request, or one for each attachment. Without `prepared`, the condition is false. */
interface Item {
  key: string;
  prepared: PreparedStep | undefined;
}

/**
 * Runs a step. A step that runs for each attachment has one attempt and one result: it performs
 * its items in order and ends at the first that fails. When it is tried again it begins with that
 * one, each with the same idempotency key as before.
 */
export async function runStep(step: Step, order: number, run: Run): Promise<ActionResult> {
  const { host, message, values, secrets } = run;
  let items: Item[] = [];
  let failure: { thrown: unknown } | undefined;
  try {
    items = itemsOf(step, host.key(order), values, message);
  } catch (thrown) {
    failure = { thrown };
  }
  const requests = items.flatMap(({ prepared }) => prepared ?? []);
  const attempt: Attempt = {
    order,
    actionType: step.type,
    target: targetOf(step, requests),
    startedAt: now(),
  };
  if (!failure && requests.length === 0) {
    return { ...attempt, completedAt: now(), status: 'success', output: { skipped: true } };
  }
  await host.onAttempt?.(attempt);

  const outputs: Json[] = [...(host.doneItems?.get(order) ?? [])];
  if (!failure) {
    try {
      await performItems(items, outputs, order, run);
    } catch (thrown) {
      const which = step.forEach && { index: outputs.length, count: items.length };
      failure = {
        thrown: host.signal.aborted ? aborted(host.signal, thrown) : inItem(thrown, which),
      };
    }
  }

  const shown = requests.map(({ request }) => request);
  const request = redact(step.forEach ? shown : shown[0], secrets);
  const ended = { ...attempt, completedAt: now(), request };
  if (!failure) {
    const output = step.forEach ? outputs : (outputs[0] ?? null);
    return { ...ended, status: 'success', output: fitJson(output, MAX_OUTPUT_BYTES) };
  }
  const { thrown } = failure;
  const status =
    thrown instanceof ActionError && thrown.effect === 'unknown' ? 'unknown' : 'failed';
  return { ...ended, status, error: redact(errorRecord(thrown), secrets) };
}

/** All requests are made before the first effect, so a mistake in the last one prevents them all. */
function itemsOf(step: Step, key: string, values: Values, message: Message): Item[] {
  const item = (itemKey: string, itemValues: Values): Item => {
    const all = { ...itemValues, idempotencyKey: itemKey };
    const runs = step.onlyIf === undefined || step.onlyIf(all, message);
    return { key: itemKey, prepared: runs ? step.prepare(all, message) : undefined };
  };
  if (step.forEach === undefined) return [item(key, values)];
  return (message.attachments ?? []).map(({ filename, contentType, size, content = '' }, index) => {
    const attachment = { name: filename, type: contentType, size, content };
    return item(`${key}-${String(index)}`, { ...values, attachment });
  });
}

function targetOf(step: Step, [first, ...others]: PreparedStep[]): string {
  if (!first) return step.type;
  return others.length === 0 ? first.summary : `${first.summary} and ${String(others.length)} more`;
}

/**
 * Performs the items behind those in `outputs`, and adds what they give there. What is done is
 * recorded before the next effect; with the last one, the step's result follows.
 */
async function performItems(
  items: Item[],
  outputs: Json[],
  order: number,
  run: Run,
): Promise<void> {
  let recorded = outputs.length;
  let isEffect = false; // one of those that are not recorded
  for (const item of items.slice(outputs.length)) {
    if (item.prepared && isEffect) {
      await run.host.onItems?.(order, outputs.slice(recorded));
      recorded = outputs.length;
      isEffect = false;
    }
    const output = redact(await performItem(item, order, run), run.secrets);
    isEffect ||= item.prepared !== undefined;
    const behind = items.length - outputs.length - 1;
    outputs.push(items.length === 1 ? output : fitJson(output, roomBehind(outputs, behind)));
  }
}

/** What the list has left for its next output, so that those behind that one can be null at least. */
function roomBehind(outputs: Json[], behind: number): number {
  return MAX_OUTPUT_BYTES - bytesOf(outputs) - ','.length - behind * ',null'.length;
}

async function performItem({ key, prepared }: Item, order: number, run: Run): Promise<Json> {
  const { host, message, secrets } = run;
  if (!prepared) return { skipped: true };
  // While the attempt was being recorded, or an item performed, time may have run out.
  if (host.signal.aborted) throw aborted(host.signal);
  const io: ActionIo = {
    key,
    message,
    signal: host.signal,
    egress: host.egress,
    connection(name, service) {
      const connection = host.connection(name, service);
      secrets.push(...secretsOf(connection));
      return connection;
    },
  };
  return host.perform(prepared, io, order);
}

/** The error of one of many items says which one. */
function inItem(thrown: unknown, which: { index: number; count: number } | undefined): unknown {
  if (!which || !(thrown instanceof ActionError)) return thrown;
  const { code, message, recoverable, effect, retryAfterMs } = thrown;
  const place = `Attachment ${String(which.index + 1)} of ${String(which.count)}`;
  return new ActionError(code, `${place}: ${message}`, { recoverable, effect, retryAfterMs });
}

/** The error of a run that was told to stop; whether the step had an effect stays as it was. */
export function aborted(signal: AbortSignal, thrown?: unknown): ActionError {
  const reason = typeof signal.reason === 'string' ? signal.reason : 'cancelled';
  const effect = thrown instanceof ActionError ? thrown.effect : 'none';
  const text = reason === 'deadline' ? 'The time for this execution ran out.' : 'Cancelled.';
  return new ActionError(reason, text, { recoverable: true, effect });
}

/** Whether an output says that the step, or one item of it, did not run. */
export function isSkipped(output: Json): boolean {
  return (
    typeof output === 'object' &&
    output !== null &&
    'skipped' in output &&
    output.skipped === true &&
    Object.keys(output).length === 1
  );
}

function now(): string {
  return new Date().toISOString();
}
