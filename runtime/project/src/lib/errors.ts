/** Why an action, or the whole rule, did not succeed; and how secrets are kept out of texts. */
import { isDecimal } from './decimal.ts';

/**
 * An action's failure. `recoverable`: trying again later may help. `effect` says whether the
 * outside world may have changed: 'none' is certain, 'unknown' means that it might have.
 */
export class ActionError extends Error {
  override readonly name = 'ActionError';
  readonly code: string;
  readonly recoverable: boolean;
  readonly effect: 'none' | 'unknown';
  readonly retryAfterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    { recoverable = false, effect = 'none', retryAfterMs }: ActionErrorOptions = {},
  ) {
    super(message);
    this.code = code;
    this.recoverable = recoverable;
    this.effect = effect;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ActionErrorOptions {
  recoverable?: boolean;
  effect?: 'none' | 'unknown';
  retryAfterMs?: number | undefined;
}

/** Runs `work`; an ActionError out of it then says on which line of the rule it happened. */
export function atLine<T>(line: number, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof ActionError)) throw thrown;
    throw new ActionError(thrown.code, `Line ${String(line)}: ${thrown.message}`, thrown);
  }
}

/** A failure as it is recorded and sent: plain data. */
export interface ErrorRecord {
  code: string;
  message: string;
  recoverable: boolean;
  stack?: string;
  retryAfterMs?: number;
  step?: number; // the step that failed, from 0 as ActionResult.order; absent: none was reached
}

/** Any thrown thing as a record. Only an unexpected error carries its stack. */
export function errorRecord(thrown: unknown): ErrorRecord {
  if (thrown instanceof ActionError) {
    const { code, message, recoverable, retryAfterMs } = thrown;
    return { code, message, recoverable, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  return {
    code: 'internal_error',
    message: error.message,
    recoverable: false,
    ...(error.stack !== undefined && { stack: error.stack }),
  };
}

/** The code of a system or library error (`ECONNREFUSED`, `UND_ERR_SOCKET`, `23505`), or ''. */
export function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  if (typeof code === 'string') return code;
  // Node reports a dial that failed on every address of a host as one error of errors.
  return thrown instanceof AggregateError ? codeOf(thrown.errors[0]) : '';
}

export function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  if (thrown.message !== '') return thrown.message;
  return thrown instanceof AggregateError ? messageOf(thrown.errors[0]) : thrown.name;
}

/** An error, what caused it, what caused that, and so on; clients wrap in more than one way. */
export function causesOf(error: unknown): unknown[] {
  const chain: unknown[] = [];
  let next: unknown = error;
  while (next !== undefined && next !== null && chain.length < 8 && !chain.includes(next)) {
    chain.push(next);
    const { cause, original } = next as { cause?: unknown; original?: unknown };
    next = cause ?? original;
  }
  return chain;
}

/**
 * A copy of `value` in which no secret can be read: neither as it is, nor in the forms that
 * protocols give it (percent-encoded, base64). Strings inside lists and objects are covered.
 */
export function redact<T>(value: T, secrets: readonly string[]): T {
  const spellings = secrets
    .filter((secret) => secret !== '')
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
    ]);
  if (spellings.length === 0) return value;
  // The longest first, so that no tail of a longer spelling is left over.
  const sorted = [...new Set(spellings)].sort((a, b) => b.length - a.length);
  const clean = (item: unknown): unknown => {
    if (typeof item === 'string') {
      return sorted.reduce((text, spelling) => text.replaceAll(spelling, '[secret]'), item);
    }
    if (Array.isArray(item)) return item.map(clean);
    if (typeof item !== 'object' || item === null || isDecimal(item)) return item;
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, clean(inner)]));
  };
  return clean(value) as T;
}
