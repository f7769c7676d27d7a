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

void test('rule trace reads a message as the project does', async (context) => {
  const scope = Scope.of(context);
  const sms = rule
    .replace('an email arrives in **Inbox**', 'an SMS arrives at **Line**')
    .replace('the sender ends with "@acme.com"', 'the sender starts with "+49"')
    .replace('the subject contains', 'the text contains')
    .replace('in the subject', 'in the text');
  const path = file(scope, 'sms.md', sms);
  for (const [name, text] of [
    ['note.sms', 'From: +49170\r\nTo: +4930\r\n\r\nThe invoice INV-7\r\n'],
    ['alone.SMS', 'From: +49170\n\nThe invoice INV-7'],
    ['post.slack', 'From: +49170\nTo: #x\n\nThe invoice INV-7\n'],
  ] as const) {
    const message = file(scope, name, text);
    const traced = await msghub('rule', 'trace', path, '--message', message);
    assert.equal(traced.code, 0, traced.stderr);
    const other = name === 'post.slack';
    assert.match(traced.stdout, other ? /this is a message of another kind/ : /number: 7/, name);
    assert.match(traced.stdout, /✓ line 6: .*seen: "\+49170"/);
  }
});

void test('rule trace reads a call with its headers', async (context) => {
  const scope = Scope.of(context);
  const pushes = rule
    .replace(
      /an email [^]*?(?=## Do)/,
      'a webhook arrives at **Hook**\n- the header "X-GitHub-Event" is "push"\n\n',
    )
    .replace('{{number}}', '{{`ref`}}');
  const path = file(scope, 'pushes.md', pushes);
  const trace = (name: string, text: string) =>
    msghub('rule', 'trace', path, '-m', file(scope, name, text));
  const head = 'POST /x HTTP/1.1\r\nContent-Type: application/json\r\n';
  const push = await trace('push.http', `${head}X-GitHub-Event: push\r\n\r\n{"ref": "main"}\r\n`);
  assert.equal(push.code, 0, push.stderr);
  assert.match(push.stdout, /✓ line 6: .*seen: "push"/);
  assert.match(push.stdout, /The rule matches/);
  const other = await trace('other.HTTP', `${head}\r\n{"ref": "main"}`);
  assert.match(other.stdout, /✗ line 6: .*the message has none/);
  const broken = await trace('broken.http', `${head}\r\n{"ref": }`);
  assert.equal(broken.code, 2, broken.stdout);
  assert.match(broken.stderr, /broken\.http: The body is .*line 1, column 9/);
});

void test('rule trace says where JSON is broken', async (context) => {
  const scope = Scope.of(context);
  const orders = rule
    .replace(/an email [^]*?(?=## Do)/, 'a webhook arrives at **Hook**\n- `total` is "7"\n\n')
    .replace('{{number}}', '7');
  const path = file(scope, 'orders.md', orders);
  const broken = '{"total": 7,\n "b" }';
  const json = await msghub('rule', 'trace', path, '-m', file(scope, 'order.json', broken));
  assert.equal(json.code, 2, json.stdout);
  assert.match(json.stderr, /order\.json: .*line 2, column 6/);
  const text = await msghub('rule', 'trace', path, '-m', file(scope, 'order.txt', broken));
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stderr, /order\.txt: it is read as text, .*line 2, column 6/);
  assert.match(text.stdout, /the message has none/);
});

void test('rule build writes a new folder, whose project knows its Node.js', async (context) => {
  const scope = Scope.of(context);
  const path = file(scope, 'rule.md', rule);
  const nowhere = await msghub('rule', 'build', path, '-o', '');
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.stderr, /-o is empty; name a new folder/);
  const folder = join(scope.folder(), 'project');
  assert.equal((await msghub('rule', 'build', path, '-o', folder)).code, 0);
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  assert.deepEqual([scripts.prestart, scripts.pretest], Array(2).fill('node check-node.cjs'));
  const check = join(folder, 'check-node.cjs');
  assert.deepEqual(await execute(process.execPath, [check]), { code: 0, stdout: '', stderr: '' });
  const older = file(
    scope,
    'older.cjs',
    "for (const [name, value] of [['version', 'v20.1.0'], ['versions', { node: '20.1.0' }]])\n" +
      '  Object.defineProperty(process, name, { value });\n',
  );
  const refused = await execute(process.execPath, ['--require', older, check]);
  assert.equal(refused.code, 1);
  assert.equal(refused.stderr, 'This project needs Node.js 24 or newer; this is v20.1.0.\n');
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
  'push.http':
    'POST /in HTTP/1.1\r\nX-GitHub-Event: push\r\nAuthorization: Bearer x\r\nContent-Type: application/json\r\n\r\n{"ref": "main"}\r\n',
  'form.http': 'Content-Type: application/x-www-form-urlencoded\n\ncommand=%2Fgo&text=a+b',
  request: 'X-Shop-Topic: orders\nContent-Type: application/json\n\n{"id": 7}',
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
    ['call.json', '{"a": 1,\n "b" }', /it is no JSON: .*line 2, column 6/],
    ['call', '{"a": 1,\n "b" }', /its JSON is broken: .*line 2, column 6/],
    ['empty', ' \n', /it is empty/],
    ['call.http', 'hello', /it is no call of a webhook: A line before the body is no header/],
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
