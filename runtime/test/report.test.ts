import assert from 'node:assert/strict';
import { describe as suite, it } from 'node:test';

import { describe, describeTrace } from '../project/src/lib/report.ts';

suite('a report for people', () => {
  it('shows no character of a message that could command the terminal', () => {
    const clear = '\u001b[2J\u009b2J\r\u0007';
    const text = describe(
      'Rule',
      {
        matched: true,
        trace: [],
        extracted: { note: `a${clear}b\tc` },
        actions: [],
        outcome: 'failed',
        error: { code: 'x', message: clear, recoverable: false },
        tries: 1,
      },
      false,
    );
    assert.match(text, /note: a\ufffd\[2J\ufffd2J\ufffd\ufffdb\tc\n/);
    assert.doesNotMatch(text, /[^\P{Cc}\t\n]/u);
  });

  it('says emptiness in words', () => {
    const entry = {
      line: 6,
      field: 'subject',
      operator: 'matches',
      value: String.raw`\S`,
      negated: true,
      caseSensitive: false,
      seen: null,
      verdict: true,
    };
    assert.deepEqual(describeTrace([entry, { ...entry, negated: false, verdict: false }]), [
      'Conditions',
      '  yes  line 6: subject is empty: nothing there',
      '  NO   line 6: subject is not empty: nothing there',
    ]);
  });
});
