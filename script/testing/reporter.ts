// A reporter for node --test: one JSON object a line for each test that ended, for the sum at the
// end, and for each thing that a test printed. Suites are not counted, only what is in them.

import type { TestEvent } from 'node:test/reporters';

export interface Line {
  kind: 'pass' | 'fail' | 'print';
  name: string;
  text: string;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  return cause instanceof Error ? (cause.stack ?? cause.message) : (error.stack ?? error.message);
}

function lineOf(event: TestEvent): Line | undefined {
  switch (event.type) {
    case 'test:pass':
    case 'test:fail': {
      const { data } = event;
      if (data.details.type === 'suite') return undefined;
      const name = data.file === undefined ? data.name : `${data.file}: ${data.name}`;
      if (event.type === 'test:fail') {
        return { kind: 'fail', name, text: describe(event.data.details.error) };
      }
      const skipped = data.skip !== undefined || data.todo !== undefined;
      // A file without tests is reported as one passing test that is named like the file.
      const empty = data.name === data.file;
      if (!skipped && !empty) return { kind: 'pass', name, text: '' };
      return {
        kind: 'fail',
        name,
        text: skipped ? 'the test was skipped' : 'no test in this file',
      };
    }
    case 'test:stdout':
    case 'test:stderr':
      return { kind: 'print', name: event.data.file, text: event.data.message };
    default:
      return undefined;
  }
}

export async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const line = lineOf(event);
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}

export { report as default };
