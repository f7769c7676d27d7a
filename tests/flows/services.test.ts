// A rule that uses Google Sheets, ChatGPT and Slack with a real hub: connections from the command
// line, each with the official client against a stand-in, and no secret anywhere to be read.

import { LLMock } from '@copilotkit/aimock';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGoogleSheets } from '../servers/google-sheets.ts';
import { startSlack } from '../servers/slack.ts';
import { addRule, addWebhook, deliver, finalExecution } from './fixtures.ts';
import { Hub, Scope } from './harness.ts';

const rule = (channel: string): string => `# File leads

## When

- a webhook arrives at **Leads**

## Extract

- company: json \`company\`

## Do

1. Ask ChatGPT \`gpt-4o-mini\` for **lead** using **Model**, temperature 0.2:

   > Who writes, and how many seats do they want?
   >
   > {{body}}

   | Field | Type   | Meaning         |
   |-------|--------|-----------------|
   | email | text   | where to answer |
   | seats | number |                 |

2. Append a row to Google Sheet **Ledger** tab "Leads":

   | Company     | Email          | Seats          |
   |-------------|----------------|----------------|
   | {{company}} | {{lead.email}} | {{lead.seats}} |

3. Post to Slack **${channel}** using **Workspace**, only if lead.seats is over 10:

   > {{company}} wants {{lead.seats}} seats.
`;

void test('a message goes through Google Sheets, ChatGPT and Slack', async (context) => {
  const scope = Scope.of(context);
  const google = await scope.use(startGoogleSheets());
  const slack = await scope.use(startSlack());
  const model = new LLMock({ port: 0, host: '127.0.0.1' });
  await scope.use(model.start().then(() => model));
  google.tabs.set('Leads', [['Company', 'Seats', 'Email']]);
  const hosts = [google.url, slack.url, model.url].map((url) => new URL(url).host);
  const hub = await Hub.start(scope, { egressAllow: hosts });

  const folder = scope.folder();
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const add = (...args: string[]): Promise<unknown> => hub.cli('connection', 'add', ...args);
  const address = `https://docs.google.com/spreadsheets/d/${google.spreadsheetId}/edit#gid=0`;
  await add(
    ...['google', 'Ledger', '--key-file', file('key.json', google.serviceAccount)],
    ...['--spreadsheet', address, '--base-url', google.url],
  );
  await add(
    ...['slack', 'Workspace', '--token-file', file('token', `${slack.token}\n`)],
    ...['--base-url', slack.url],
  );
  await add(
    ...['openai', 'Model', '--key-file', file('openai', 'sk-very-secret\n')],
    ...['--base-url', `${model.url}/v1`],
  );

  const channel = await addWebhook(hub, 'Leads');
  await addRule(hub, rule(slack.channel));
  const answer = (company: string, fields: object): void => {
    model.onMessage(company, { content: JSON.stringify(fields) });
  };
  answer('Acme', { email: 'ann@acme.com', seats: 12 });
  answer('Small', { email: null, seats: 2 });
  for (const company of ['Acme', 'Small']) {
    const execution = await finalExecution(hub, await deliver(channel, { company }));
    assert.equal(execution.status, 'success', JSON.stringify(execution));
  }

  assert.deepEqual(google.violations, []);
  assert.deepEqual(google.tabs.get('Leads'), [
    ['Company', 'Seats', 'Email'],
    ['Acme', 12, 'ann@acme.com'],
    ['Small', 2, ''],
  ]);
  const posts = await slack.messages(slack.channel);
  assert.deepEqual(
    posts.map(({ text }) => text),
    ['Acme wants 12 seats.'],
  );
  const asked = model.getLastRequest()?.body as unknown as { temperature: number; store: boolean };
  assert.deepEqual([asked.temperature, asked.store], [0.2, false]);

  const shown = (await hub.api('GET', '/v1/connections')).text;
  const { private_key: pem } = JSON.parse(google.serviceAccount) as { private_key: string };
  const secrets = [slack.token, 'sk-very-secret', pem.split('\n')[1] ?? pem];
  for (const secret of secrets) assert.ok(!shown.includes(secret));
  await hub.stop();
  for (const path of readdirSync(hub.data, { recursive: true }) as string[]) {
    const full = join(hub.data, path);
    if (path.includes('node_modules') || !statSync(full).isFile()) continue;
    const bytes = readFileSync(full);
    for (const secret of secrets) assert.ok(!bytes.includes(secret), `${path} has a secret`);
  }
});
