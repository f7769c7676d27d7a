// The whole corridor with real servers: a mail in a mailbox becomes a row, a call and a mail; and
// the same rule as a project of its own does the same under Node.js alone.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDovecot } from '../servers/dovecot.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startSmtpSink } from '../servers/smtp-sink.ts';
import { addInbox, addMailServer, addRule, executionsOf, message, query } from './fixtures.ts';
import { Hub, Scope, execute, msghub, repository, waitFor } from './harness.ts';

const example = readFileSync(join(repository, 'examples/acme-invoices.md'), 'utf8');

/** The mail of the rule's first example, as a mail server would deliver it. */
function exampleMail(): string {
  const text = /^## Example[\s\S]*?```email\n([\s\S]*?)```/m.exec(example)?.[1];
  assert.ok(text, 'examples/acme-invoices.md has an e-mail example');
  return `Message-ID: <inv-1042@acme.com>\n${text}`.replaceAll('\n', '\r\n');
}

interface Effects {
  rows: Record<string, unknown>[];
  call: { method: string; path: string; body: unknown };
  mail: { to: string[]; subject: string; text: string };
}

/** npm of this machine, on this machine's Node.js: what the owner of a project has. */
const machinePath = (process.env.PATH ?? '')
  .split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':');

void test('a mail becomes a row, a call and a mail, in the hub and without it', async (context) => {
  const scope = Scope.of(context);
  const dovecot = await scope.use(startDovecot());
  const database = await scope.use(startPostgres());
  const sink = await scope.use(startHttpSink());
  const smtp = await scope.use(startSmtpSink());
  const rule = example.replace(/<https?:\/\/[^/>]+/, `<${sink.url}`);
  await query(
    database,
    'create table invoices (number text not null, total numeric not null, vendor text not null)',
  );

  /** What has been done since the last call of this. */
  async function takeEffects(): Promise<Effects> {
    const rows = await query(database, 'select number, total::text as total, vendor from invoices');
    await query(database, 'delete from invoices');
    const [call, ...otherCalls] = sink.requests.splice(0);
    const [mail, ...otherMails] = smtp.mails.splice(0);
    assert.ok(call && mail, 'a call and a mail');
    assert.deepEqual([otherCalls, otherMails], [[], []], 'and no more of them');
    const [head = '', text = ''] = mail.raw.split('\r\n\r\n');
    return {
      rows,
      call: { method: call.method, path: call.path, body: JSON.parse(call.body) as unknown },
      mail: { to: mail.to, subject: /^Subject: (.*)$/m.exec(head)?.[1]?.trim() ?? '', text },
    };
  }

  const hub = await Hub.start(scope, {
    egressAllow: [sink.port, smtp.port, database.port].map((port) => `127.0.0.1:${String(port)}`),
    settings: { MSGHUB_SWEEP_MS: '2000' },
  });
  const inbox = await addInbox(hub, scope, dovecot, 'Billing inbox');
  const secret = join(scope.folder(), 'secret');
  writeFileSync(secret, database.password, { mode: 0o600 });
  await hub.cli(
    ...['connection', 'add', 'postgres', 'ERP', '--host', database.host],
    ...['--port', String(database.port), '--user', database.user],
    ...['--database', database.database, '--password-file', secret],
  );
  await addMailServer(hub, smtp.port, 'Office mail');
  const ruleId = await addRule(hub, rule);

  await dovecot.deliver('alice', exampleMail());
  const listed = await waitFor('the mail to be done', async () => {
    const found = await hub.all<{ id: string; status: string }>(`/v1/messages?channelId=${inbox}`);
    return found.find(({ status }) => status !== 'pending');
  });
  const [execution, ...others] = await executionsOf(hub, listed.id);
  assert.ok(execution);
  assert.deepEqual(others, []);
  assert.equal(execution.status, 'success', JSON.stringify(execution.error));
  assert.equal(execution.ruleId, ruleId);
  assert.deepEqual(execution.extractedData, {
    number: '1042',
    total: '1204.50',
    due: '2026-12-22',
    vendor: 'acme.com',
  });
  assert.deepEqual(
    execution.actionResults.map(({ order, actionType, status }) => [order, actionType, status]),
    [
      [0, 'webhook', 'success'],
      [1, 'database', 'success'],
      [2, 'email', 'success'],
    ],
  );
  assert.ok(execution.durationMs > 0);
  assert.ok(execution.completedAt);
  const stored = await message(hub, listed.id);
  assert.equal(stored.status, 'processed');
  assert.equal(stored.parsedContent.from, 'billing@acme.com');
  assert.deepEqual(stored.matchedRuleIds, [ruleId]);

  const effects = await takeEffects();
  assert.deepEqual(effects.rows, [{ number: '1042', total: '1204.50', vendor: 'acme.com' }]);
  assert.equal(effects.call.method, 'POST');
  assert.deepEqual(effects.call.body, { number: '1042', total: 1204.5, vendor: 'acme.com' });
  assert.deepEqual(effects.mail.to, ['ap@example.com']);
  assert.equal(effects.mail.subject, 'Invoice 1042 filed');
  assert.match(effects.mail.text, /^Invoice 1042 from acme\.com: 1204\.50\.\r\nDue: 2026-12-22/);

  // Without the hub: built, installed by npm, run by Node.js 24 on the same mail.
  assert.equal(await hub.stop(), 0);
  const folder = scope.folder();
  const project = join(folder, 'project');
  writeFileSync(join(folder, 'rule.md'), rule);
  writeFileSync(join(folder, 'mail.eml'), exampleMail());
  const built = await msghub('rule', 'build', join(folder, 'rule.md'), '-o', project);
  assert.equal(built.code, 0, built.stderr);
  const installed = await execute('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: project,
    env: { PATH: machinePath },
    limitMs: 600_000,
  });
  assert.equal(installed.code, 0, installed.stderr);
  const env = {
    ERP_URL: database.url,
    OFFICE_MAIL_URL: `smtp://127.0.0.1:${String(smtp.port)}?from=hub@example.com&tls=none`,
  };
  const examples = await execute(process.execPath, ['--test'], { cwd: project, env: { ...env } });
  assert.equal(examples.code, 0, examples.stdout);
  const ran = await execute(process.execPath, ['src/main.ts', join(folder, 'mail.eml')], {
    cwd: project,
    env,
  });
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  assert.deepEqual(await takeEffects(), effects);
});
