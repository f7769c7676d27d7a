/** The shape of a rule: when it applies, what it extracts, what it does, and its examples. */
import type { Condition } from './conditions.ts';
import type { FindConnection } from './connections.ts';
import type { EgressPolicy } from './egress.ts';
import { atLine } from './errors.ts';
import type { Json } from './json.ts';
import type { Message } from './message.ts';

/** A value that the rule extracted; undefined is only seen before the default is put in. */
export type Value = Json | undefined;

/** Extracted values by name, and `idempotencyKey`, which is constant over retries of a step. */
export type Values = Record<string, Value>;

export interface Rule {
  name: string;
  source: { sha256: string; compiler: string };
  triggers: Trigger[];
  extract: Record<string, Extraction>;
  steps: Step[];
  onFailure?: OnFailure;
  settings?: Settings;
  examples: Example[];
}

/** What happens when a run fails. */
export interface OnFailure {
  line: number;
  /** Absent: whoever runs the rule decides. `overMs`: the time that the retries are spread over. */
  retry?: { times: number; overMs?: number };
  steps: Step[]; // performed once it has failed for good
}

export interface Settings {
  timeZone?: string; // of the IANA database; absent: UTC
  timeLimitMs?: number; // for one try
  concurrency?: number; // runs of this rule at a time
}

export interface Trigger {
  channel: { type: string; name: string; line: number };
  conditions: Condition[];
}

export interface Extraction {
  line: number;
  find: (message: Message) => Value;
  otherwise?: Json; // taken when nothing is found
  optional?: boolean; // then empty text when nothing is found
}

/** One kind of effect on the outside world. */
export interface Action<Request> {
  type: string;
  /** Where the request goes, without secrets: `POST https://erp.example.com`. */
  summary: (request: Request) => string;
  /** What goes there, as text; an example's `step 1 sends "…"` is compared with it. */
  content: (request: Request) => string;
  /** Throws an ActionError for a request that can only fail; dry runs and examples ask for it. */
  check?: (request: Request) => void;
  /** Has the effect and returns the step's output, or throws an ActionError. */
  perform: (request: Request, io: ActionIo) => Promise<Json>;
  /** The part of the output that later steps see under the step's name; absent: all of it. */
  named?: (output: Json) => Json;
}

/** What an action may use of its surroundings. */
export interface ActionIo {
  connection: FindConnection;
  message: Message; // holds the content of the attachments that a request names
  key: string; // idempotency key: the same for each attempt of this step on this message
  signal: AbortSignal; // when aborted, the action ends at once
  egress?: EgressPolicy | undefined; // absent: any address may be called
}

export interface StepOptions {
  line: number;
  continueOnError?: boolean;
  /** The step runs only where this holds; for each attachment it is asked for each. */
  onlyIf?: (values: Values, message: Message) => boolean;
  /** Once for each attachment, which is `values.attachment` then; the output is a list. */
  forEach?: 'attachment';
  as?: string; // what later steps call the output
}

export interface Step extends StepOptions {
  type: string;
  prepare: (values: Values, message: Message) => PreparedStep;
  named: (output: Json) => Json;
}

/** A step with its templates filled in, ready to be performed, shown or captured. */
export interface PreparedStep {
  request: unknown;
  summary: string;
  content: string;
  check?: () => void;
  perform: (io: ActionIo) => Promise<Json>;
}

export interface Example {
  title: string;
  line: number;
  message: { kind: 'email' | 'http' | 'json' | 'text' | 'sms' | 'slack'; raw: string };
  /** What the outside world answers, by step from 0: what that step's name then stands for. */
  answers?: Record<number, Json>;
  expect: Expectation[];
}

export type Expectation =
  | { line: number; matches: boolean }
  | { line: number; field: string; is: string }
  | { line: number; step: number; sends: string }
  | { line: number; step: number; runs: false };

/** Gives a rule its type; the rule itself is plain data. */
export function defineRule(rule: Rule): Rule {
  return rule;
}

export interface StepDefinition<Request> extends StepOptions {
  action: Action<Request>;
  /** Fills in what the action is given. */
  request: (values: Values, message: Message) => Request;
}

/** A step of a rule: an action, and the function that fills in its request. */
export function step<const Request>({
  action,
  request: requestFor,
  ...options
}: StepDefinition<Request>): Step {
  return {
    ...options,
    type: action.type,
    named: action.named ?? ((output) => output),
    prepare(values, message) {
      const request = atLine(options.line, () => requestFor(values, message));
      return {
        request,
        summary: action.summary(request),
        content: action.content(request),
        check: () => action.check?.(request),
        perform: (io) => action.perform(request, io),
      };
    },
  };
}
