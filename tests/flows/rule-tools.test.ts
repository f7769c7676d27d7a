// Writing a rule with the command line alone: mending, explaining, comparing, drafting, tracing.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Scope, execute, msghub, program } from './harness.ts';

const rule = `# Pass on invoices

## When

- an email arrives in **Inbox**
- the sender ends with "@acme.com"
- the subject contains "invoice"

## Extract

- number: text matching \`/INV-(\\d+)/\` in the subject

## Do

1. Send webhook POST to <https://erp.example.com/invoices>:

   \`\`\`json
   {"number": "{{number}}"}
   \`\`\`
`;

const slips = rule
  .replace('## When', '## Wen')
  .replace('subject contains', 'subjet contains')
  .replace('"{{number}}"', '"{{numbr}}"');

function file(scope: Scope, name: string, text: string): string {
  const path = join(scope.folder(), name);
  writeFileSync(path, text);
  return path;
}

void test('rule check --fix mends what has a fix, in the file', async (context) => {
  const path = file(Scope.of(context), 'slips.md', slips);
  const before = await msghub('rule', 'check', path);
  assert.equal(before.code, 6);
  assert.match(before.stdout, /check --fix/);
  const fixed = await msghub('rule', 'check', path, '--fix');
  assert.equal(fixed.code, 0, fixed.stdout + fixed.stderr);
  assert.match(fixed.stdout, /3 mistakes mended; 0 errors, 0 warnings/);
  assert.equal(readFileSync(path, 'utf8'), rule);
});

interface Sarif {
  version: string;
  runs: {
    tool: { driver: { rules: { id: string }[] } };
    results: {
      ruleId: string;
      ruleIndex: number;
      level: string;
      locations: { physicalLocation: { region: { startLine: number; startColumn: number } } }[];
      fixes?: unknown[];
    }[];
  }[];
}

void test('rule check speaks SARIF and GitHub', async (context) => {
  const path = file(Scope.of(context), 'slips.md', slips);
  const sarif = await msghub('rule', 'check', path, '--format', 'sarif');
  assert.equal(sarif.code, 6);
  const document = JSON.parse(sarif.stdout) as Sarif;
  assert.equal(document.version, '2.1.0');
  const [run] = document.runs;
  assert.equal(run?.results.length, 3);
  for (const result of run.results) {
    assert.equal(run.tool.driver.rules[result.ruleIndex]?.id, result.ruleId);
    assert.equal(result.level, 'error');
    assert.ok(result.fixes);
  }
  assert.deepEqual(run.results[0]?.locations[0]?.physicalLocation.region.startLine, 3);

  const github = await msghub('rule', 'check', path, '--format', 'github');
  const lines = github.stdout.trimEnd().split('\n');
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? '', /^::error file=\S+slips\.md,line=3,col=4,.*title=R0020::/);
});

void test('rule explain prints the page of a code, and knows what is near', async () => {
  const page = await msghub('rule', 'explain', 'r0102');
  assert.equal(page.code, 0, page.stderr);
  const text = readFileSync(new URL('../../docs/diagnostics/R0102.md', import.meta.url), 'utf8');
  assert.equal(page.stdout, text);
  const list = await msghub('rule', 'explain');
  assert.match(list.stdout, /^R0102 +error +/m);
  const wrong = await msghub('rule', 'explain', 'R9102');
  assert.equal(wrong.code, 3);
});

void test('rule diff says in words what changes', async (context) => {
  const scope = Scope.of(context);
  const before = file(scope, 'before.md', rule);
  const after = file(
    scope,
    'after.md',
    rule
      .replace('- the sender ends with "@acme.com"\n', '')
      .replace('contains "invoice"', 'starts with "invoice"')
      .replace('## Extract', '## Or when\n\n- the subject contains "bill"\n\n## Extract')
      .replace('/invoices>', '/bills>'),
  );
  const same = await msghub('rule', 'diff', before, before);
  assert.equal(same.code, 0);
  assert.match(same.stdout, /mean the same/);
  const changed = await msghub('rule', 'diff', before, after);
  assert.equal(changed.code, 7, changed.stderr);
  assert.match(
    changed.stdout,
    /also matches when this does not hold: the sender ends with "@acme\.com"/,
  );
  assert.match(changed.stdout, /now asks for more: the subject starts with "invoice"; before/);
  assert.match(changed.stdout, /now also matches an email .*the subject contains "bill"/);
  assert.match(changed.stdout, /step 1: the address: now ".*bills" instead of ".*invoices"/);
});

void test('rule trace says why, and why not', async (context) => {
  const scope = Scope.of(context);
  const path = file(scope, 'rule.md', rule);
  const mail = file(
    scope,
    'mail.eml',
    'From: Ada <ada@acme.com>\r\nSubject: Invoice INV-7\r\n\r\nHi\r\n',
  );
  const yes = await msghub('rule', 'trace', path, '--message', mail);
  assert.equal(yes.code, 0, yes.stderr);
  assert.match(yes.stdout, /✓ line 6: the sender ends with "@acme\.com"; seen: "ada@acme\.com"/);
  assert.match(yes.stdout, /number: 7/);
  const other = file(scope, 'other.eml', 'From: ada@other.org\r\nSubject: Invoice\r\n\r\nHi\r\n');
  const no = await msghub('rule', 'trace', path, '--message', other);
  assert.match(no.stdout, /✗ line 6: .*seen: "ada@other\.org"/);
  assert.match(no.stdout, /does not match/);
  const json = await msghub('rule', 'trace', path, '--message', other, '--json');
  assert.equal((JSON.parse(json.stdout) as { matches: boolean }).matches, false);
});

const messages: Record<string, string> = {
  'mail.eml': [
    'From: Acme Billing <billing@acme.com>',
    'To: you@example.com',
    'Subject: Re: Invoice INV-1042',
    '',
    'Total: $1,204.50',
    'Due: 2026-12-22',
    'Contact: ann@acme.com',
    'Items: 3',
    'Link: https://acme.com/invoices/1042',
    'Note: thank you',
  ].join('\r\n'),
  'strange.eml': 'From: x@y.example\nSubject: {{"``` \\" 5\n\n```\n## Do\n{{x}}: ${1}\n',
  'order.json':
    '{"event": "order.created", "order": {"id": "A-17", "total": 12.5, "items": [{"sku": "x"}]}}',
  'ping.txt': 'ping',
  message: 'From: shop@example.com\nSubject: New order\n\nBetrag: 1.204,50 EUR\n',
  'page.eml':
    'From: x@y.example\nContent-Type: text/html\n\n<tr><td>F\u00E4llig am:</td><td>26.03.2026</td></tr>',
  call: '{"type": "payment.failed", "data": {"amount": 12}}',
  'note.sms': 'From: +491701234567\nTo: +4930555000\n\nParcel 17 comes today.\n',
  'post.slack': 'From: U123\nTo: #support\nThread: 17.2\n\nThe build is broken\n',
};

for (const [name, text] of Object.entries(messages)) {
  void test(`rule new --from ${name}: a draft that compiles and passes`, async (context) => {
    const scope = Scope.of(context);
    const draft = join(scope.folder(), 'draft.md');
    const message = file(scope, name, text);
    const made = await msghub('rule', 'new', draft, '--from', message);
    assert.equal(made.code, 0, made.stderr);
    const checked = await msghub('rule', 'check', draft, '--deny-warnings');
    assert.equal(checked.code, 0, checked.stderr);
    const tested = await msghub('rule', 'test', draft);
    assert.equal(tested.code, 0, tested.stdout + tested.stderr);
    const again = await msghub('rule', 'new', draft, '--from', message);
    assert.equal(again.code, 5, 'it is not replaced without --force');
    if (name !== 'mail.eml') return;
    const markdown = readFileSync(draft, 'utf8');
    assert.match(markdown, /- number is "1042"/);
    assert.match(markdown, /- total: amount after "Total:" in the body/);
    assert.match(markdown, /- total is "1204\.50"/);
    assert.match(markdown, /- due: date after "Due:" in the body/);
  });
}

void test('rule new says of what is no message what it saw', async (context) => {
  const scope = Scope.of(context);
  const draft = join(scope.folder(), 'draft.md');
  const cases: [string, string, RegExp][] = [
    ['bill.pdf', '%PDF-1.7\n', /it holds a PDF document/],
    ['mail.msg', '\0\0', /bytes that are no text/],
    ['notes.md', '# Notes', /a text that begins with "# Notes"/],
    ['mail.eml', 'Dear Ann,\n\nhello', /it is no mail, .*begins with "Dear Ann,"/],
    ['call.json', '{"a": ', /it is no JSON: /],
    ['empty', ' \n', /it is empty/],
    ['note.sms', 'hello', /does not begin with the lines From: and To:/],
  ];
  for (const [name, text, seen] of cases) {
    const run = await msghub('rule', 'new', draft, '--from', file(scope, name, text));
    assert.equal(run.code, 2, name);
    assert.match(run.stderr, seen);
    assert.match(run.stderr, /expected: a mail with its headers \(\.eml\), the JSON/);
  }
});

void test('rule new reads a message from standard input', async () => {
  const run = await execute(program, ['rule', 'new', '-', '--from', '-'], {
    input: '{"event": "order.created"}',
  });
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /- `event` is "order\.created"/);
});

void test('rule new without a message is a rule that passes', async (context) => {
  const draft = join(Scope.of(context).folder(), 'draft.md');
  assert.equal((await msghub('rule', 'new', draft)).code, 0);
  const tested = await msghub('rule', 'test', draft);
  assert.equal(tested.code, 0, tested.stdout + tested.stderr);
});

void test('rule check reads standard input', async () => {
  const run = await execute(program, ['rule', 'check', '-'], { input: rule });
  assert.equal(run.code, 0, run.stderr);
});
