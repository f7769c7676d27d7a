/**
 * The hub's worker: runs one execution at a time, as the hub tells it on file descriptor 3. Each
 * action is announced and waits until the hub has it on disk; only then does anything happen
 * outside. See protocol/frames.md.
 */
import { Console } from 'node:console';

import { secretsOf } from '../project/src/lib/connections.ts';
import { redact, type ErrorRecord } from '../project/src/lib/errors.ts';
import { parseJson } from '../project/src/lib/json.ts';
import type { Host, Outcome } from '../project/src/lib/run.ts';
import type {
  AttemptFrame,
  Examples,
  Frame,
  HubToWorker,
  ItemsFrame,
  ResultFrame,
  Run,
  WorkerToHub,
} from '../protocol.ts';
import { openHubSocket } from './hub-socket.ts';
import { loadedProjects, loadProject, ProjectError, type Project } from './projects.ts';

const MAX_LOG_LINES = 1_000;
const MAX_LOG_CHARACTERS = 1_000;
/** A worker that has loaded this many projects makes room for a fresh one when it is idle. */
const MAX_PROJECTS = 500;
const IDLE_MS = 2_000;

/** The execution under way. */
interface Execution {
  id: string;
  controller: AbortController;
  seq: number;
  awaiting: Map<number, () => void>; // by seq, what goes on when the hub has recorded it
  logLines: number;
  secrets: string[]; // must not be readable in anything that leaves the worker
}

let current: Execution | undefined;

// Standard output is nobody's; a library that prints must not fill a pipe that no one reads.
globalThis.console = new Console(process.stderr);

const send = openHubSocket<WorkerToHub>(onFrame, parseJson);

function onFrame({ header }: Frame): void {
  const frame = header as HubToWorker;
  switch (frame.type) {
    case 'run':
      void execute(frame);
      break;
    case 'recorded':
      if (frame.executionId === current?.id) settle(current, frame.seq);
      break;
    case 'cancel':
      if (frame.executionId === current?.id) current.controller.abort(frame.reason);
      break;
    case 'examples':
      void runExamples(frame);
      break;
  }
}

function settle(execution: Execution, seq: number): void {
  execution.awaiting.get(seq)?.();
  execution.awaiting.delete(seq);
}

async function execute(run: Run): Promise<void> {
  const { executionId } = run;
  if (current) {
    const error = { code: 'worker_busy', message: 'The worker is busy.', recoverable: true };
    send({ type: 'done', executionId, outcome: 'failed', error });
    return;
  }
  const execution: Execution = {
    id: executionId,
    controller: new AbortController(),
    seq: 0,
    awaiting: new Map(),
    logLines: 0,
    secrets: Object.values(run.connections).flatMap(secretsOf),
  };
  current = execution;
  const deadline = setTimeout(() => {
    execution.controller.abort('deadline');
  }, run.deadlineMs);
  try {
    const project = await loadProject(run.project);
    const outcome = await runProject(project, run, execution);
    finish(execution, outcome.error);
  } catch (thrown) {
    finish(execution, unexpected(thrown, execution.secrets));
  } finally {
    clearTimeout(deadline);
  }
}

function runProject(project: Project, run: Run, execution: Execution): Promise<Outcome> {
  const { exactValues, performStep, runFailure, runRule } = project.run;
  const { executionId, failure } = run;
  const host: Host = {
    connection: project.connections.connectionsIn(run.connections),
    // A hub that names no policy gets the strictest.
    egress: run.egress ?? { allow: [] },
    signal: execution.controller.signal,
    key: (order) => keyOf(run.keys, order),
    // `run.extracted` is not needed: the same message and rule give the same values again.
    done: new Map(run.done.map(({ order, output }) => [order, output])),
    doneItems: new Map(run.doneItems?.map(({ order, outputs }) => [order, outputs])),
    perform: performStep,
    onExtracted(extracted) {
      report(execution, { type: 'extracted', executionId, data: exactValues(extracted) });
    },
    onAttempt: (attempt) => recorded(execution, { type: 'attempt', executionId, ...attempt }),
    onItems: (order, outputs) =>
      recorded(execution, { type: 'items', executionId, order, outputs }),
    onResult(result) {
      const { order, actionType, status, startedAt, completedAt, output, error } = result;
      // A step for a failed rule is not repeated because another one is.
      const isDone = failure !== undefined && error?.recoverable === false;
      const continues = isDone || project.rule.steps[order]?.continueOnError === true;
      logLine(execution, `${String(order + 1)}. ${result.target}: ${status}`);
      return recorded(execution, {
        type: 'result',
        executionId,
        order,
        actionType,
        status,
        startedAt,
        completedAt,
        ...(output !== undefined && { output }),
        ...(error && { error }),
        ...(error && continues && { continues }),
      });
    },
  };
  return failure === undefined
    ? runRule(project.rule, run.message, host)
    : runFailure(project.rule, run.message, failure, host);
}

function keyOf(keys: string[], order: number): string {
  const key = keys[order];
  // Without a key a repeated attempt could not be told from a new one.
  if (key === undefined)
    throw new Error(`the hub gave no idempotency key for action ${String(order)}`);
  return key;
}

/** Sends what the hub must write down, and waits until it has. */
function recorded(
  execution: Execution,
  frame: Omit<AttemptFrame, 'seq'> | Omit<ItemsFrame, 'seq'> | Omit<ResultFrame, 'seq'>,
): Promise<void> {
  const seq = ++execution.seq;
  return new Promise((resolve) => {
    execution.awaiting.set(seq, resolve);
    report(execution, { ...frame, seq });
  });
}

/** Sends a frame of an execution, unless that one is already over. */
function report(execution: Execution, frame: WorkerToHub): void {
  if (execution === current) send(frame);
}

function logLine(execution: Execution, line: string): void {
  if (++execution.logLines > MAX_LOG_LINES) return;
  report(execution, {
    type: 'log',
    executionId: execution.id,
    line: Array.from(line.slice(0, 2 * MAX_LOG_CHARACTERS))
      .slice(0, MAX_LOG_CHARACTERS)
      .join(''),
  });
}

function finish(execution: Execution, error: ErrorRecord | undefined): void {
  report(execution, {
    type: 'done',
    executionId: execution.id,
    outcome: error ? 'failed' : 'success',
    ...(error && { error }),
  });
  if (execution !== current) return;
  current = undefined;
  if (loadedProjects() > MAX_PROJECTS) setTimeout(leaveIfIdle, IDLE_MS);
}

function leaveIfIdle(): void {
  if (!current) process.exit(0);
}

function unexpected(thrown: unknown, secrets: string[] = []): ErrorRecord {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = error instanceof ProjectError ? error.code : 'internal_error';
  const { message, stack } = error;
  const record: ErrorRecord = { code, message, recoverable: false };
  if (stack !== undefined && code === 'internal_error') record.stack = stack;
  return redact(record, secrets);
}

async function runExamples({ id, project: folder }: Examples): Promise<void> {
  try {
    const project = await loadProject(folder);
    const examples = await project.examples.runExamples(project.rule);
    send({ type: 'examplesDone', id, examples });
  } catch (thrown) {
    const { code, message } = unexpected(thrown);
    send({ type: 'examplesDone', id, error: { code, message } });
  }
}

// Code that runs beside the rule (a forgotten promise, an event listener) may throw where nobody
// catches. That ends the execution, not the worker.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (thrown: unknown) => {
    if (!current) {
      process.stderr.write(`${event} while idle: ${JSON.stringify(unexpected(thrown))}\n`);
      return;
    }
    current.controller.abort('internal_error');
    finish(current, unexpected(thrown, current.secrets));
  });
}
