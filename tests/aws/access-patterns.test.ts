// What the hub has written is found by anybody who reads the data model: each of its access patterns,
// as it stands there, given to the AWS command line, finds what the hub's own API shows.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startAwsHome } from '../flows/aws.ts';
import { addRule, addWebhook, deliver, finalExecution, settled } from '../flows/fixtures.ts';
import { Hub, Scope, waitFor } from '../flows/harness.ts';
import { startHttpSink } from '../servers/http-sink.ts';
import { awsCli } from './client.ts';
import { accessPatterns, parseQuery } from './data-model.ts';

type Item = Record<string, { S?: string; N?: string }>;

const text = (item: Item | undefined, name: string): string => {
  const value = item?.[name];
  return value?.S ?? value?.N ?? '';
};
/** Beside entities lie the hub's own items, under other sort keys. */
const isEntity = (item: Item): boolean => /^(METADATA|VERSION#\d+)$/.test(text(item, 'SK'));

interface Listed {
  id: string;
  updatedAt: string;
  receivedAt: string;
  startedAt: string;
  status: string;
  type: string;
  service: string;
}

const rule = (name: string, kind: string, url: string): string => `# ${name}

## When

- a webhook arrives at **Orders**
- \`kind\` is "${kind}"

## Do

1. Send webhook POST to <${url}>:

   \`\`\`json
   {"id": "{{message.id}}"}
   \`\`\`
`;

for (const layout of ['multi-table', 'single-table']) {
  void describe(`a hub's data in ${layout} DynamoDB`, () => {
    const scope = new Scope();
    const entities: Record<string, string> = {
      ...{ Users: 'User', Rules: 'Rule', Channels: 'Channel', Messages: 'Message' },
      ...{ Executions: 'Execution', RuleProjects: 'RuleProject', Integrations: 'Integration' },
    };
    let url = '';
    let hub: Hub;
    let paths: string[] = []; // of objects that have to be there
    const known: Record<string, Record<string, string>> = {};
    const shown: Record<string, string[]> = {};

    const tableNamed = (table: string): string =>
      layout === 'single-table' ? 'test-MessageAutomationHub' : `test-${table}`;

    async function queried(query: string, values: Record<string, string>): Promise<Item[]> {
      const parsed = parseQuery(query, values);
      const names = parsed.values.map((value, i) => [`:v${String(i)}`, { S: value }] as const);
      const attributes: Record<string, { S: string }> = Object.fromEntries(names);
      const args = ['--table-name', tableNamed(parsed.table)];
      args.push('--key-condition-expression', parsed.expression);
      if (parsed.index !== undefined) args.push('--index-name', parsed.index);
      if (parsed.descending) args.push('--no-scan-index-forward');
      if (parsed.limit !== undefined) args.push('--max-items', String(parsed.limit));
      if (layout === 'single-table') {
        // Entities of several kinds have the keys USER#… and RULE#… in one index.
        attributes[':entity'] = { S: entities[parsed.table] ?? '' };
        args.push('--filter-expression', 'EntityType = :entity');
      }
      args.push('--expression-attribute-values', JSON.stringify(attributes));
      const found = JSON.parse(await awsCli(url, ['dynamodb', 'query', ...args])) as {
        Items: Item[];
      };
      return found.Items;
    }

    /** A Google account beside the hub's own connection: this version's API makes none. */
    async function addGoogle(connection: string): Promise<string> {
      const [item] = await queried('Query Integrations where PK = INTEGRATION#<id>', {
        id: connection,
      });
      assert.ok(item);
      const id = 'a0000000-0000-4000-8000-000000000001';
      const google = {
        ...item,
        PK: { S: `INTEGRATION#${id}` },
        GSI1SK: { S: `SERVICE#google#${text(item, 'createdAt')}` },
        id: { S: id },
        service: { S: 'google' },
        displayName: { S: 'Sheets' },
      };
      const where = ['--table-name', tableNamed('Integrations')];
      await awsCli(url, ['dynamodb', 'put-item', ...where, '--item', JSON.stringify(google)]);
      return id;
    }

    before(async () => {
      const home = await startAwsHome(scope, layout);
      url = home.aws.url;
      const sink = await scope.use(startHttpSink());
      sink.answer((response, { path }) => {
        if (path === '/hold') return; // its message stays pending
        response.statusCode = path === '/fail' ? 400 : 200;
        response.end('{}');
      });
      hub = await Hub.start(scope, {
        egressAllow: [`127.0.0.1:${String(sink.port)}`],
        settings: { ...home.settings, MSGHUB_WORKERS_COUNT: '3' },
      });
      const orders = await addWebhook(hub, 'Orders');
      await addWebhook(hub, 'Other');
      const mail = await hub.api('POST', '/v1/channels', {
        ...{ type: 'email', name: 'Mail', password: 'secret' },
        config: { imapHost: '127.0.0.1', imapPort: 1, imapUser: 'anna', imapTls: 'none' },
      });
      assert.equal(mail.status, 201, mail.text);
      const erp = await hub.api('POST', '/v1/connections', {
        ...{ service: 'postgres', displayName: 'ERP', credentials: { password: 'secret' } },
        settings: { host: '127.0.0.1', port: 1, database: 'erp', user: 'anna' },
      });
      assert.equal(erp.status, 201, erp.text);
      const { id: connection } = erp.json() as { id: string };
      const google = await addGoogle(connection);

      const good = await addRule(hub, rule('Good', 'good', `${sink.url}/good`));
      const bad = await addRule(hub, rule('Bad', 'bad', `${sink.url}/fail`));
      await addRule(hub, rule('Hold', 'hold', `${sink.url}/hold`));
      const paused = await addRule(hub, rule('Paused', 'good', `${sink.url}/paused`));
      assert.equal((await hub.api('POST', `/v1/rules/${paused}:pause`)).status, 200);
      const markdown = rule('Good', 'good', `${sink.url}/better`);
      const replaced = await hub.api('PUT', `/v1/rules/${good}`, { markdown });
      assert.equal(replaced.status, 200, replaced.text);
      await hub.api('POST', `/v1/rules/${good}:activate`);

      const goodMessages = [
        await deliver(orders, { kind: 'good', n: 1 }),
        await deliver(orders, { kind: 'good', n: 2 }),
      ];
      for (const id of goodMessages) await settled(hub, id);
      for (const n of [3, 4]) await settled(hub, await deliver(orders, { kind: 'bad', n }));
      await settled(hub, await deliver(orders, { kind: 'nobody', n: 5 }));
      const large = await deliver(orders, { kind: 'nobody', text: 'x'.repeat(6000) });
      await settled(hub, large);
      for (const n of [6, 7]) await deliver(orders, { kind: 'hold', n });
      const [aMessage = ''] = goodMessages;
      const { id: anExecution } = await finalExecution(hub, aMessage);

      const listed = async (path: string): Promise<Listed[]> => await hub.all<Listed>(path);
      await waitFor('both held messages to be at the sink', () =>
        sink.requests.filter(({ path }) => path === '/hold').length === 2 ? true : undefined,
      );
      const idsOf = (all: readonly { id: string }[]): string[] => all.map(({ id }) => id);
      const rules = await listed('/v1/rules');
      const channels = await listed('/v1/channels');
      const connections = await listed('/v1/connections');
      const { userId } = await hub.get<{ userId: string }>(`/v1/rules/${good}`);
      const { codeVersion } = await hub.get<{ codeVersion: number }>(`/v1/rules/${good}`);
      assert.equal(codeVersion, 2);
      paths = [
        `users/${userId}/messages/${large}/raw.txt`,
        `users/${userId}/projects/${good}/1/project.tar.gz`,
        `users/${userId}/projects/${good}/2/project.tar.gz`,
      ];

      const expect = (name: string, values: Record<string, string>, ids: string[]): void => {
        known[name] = values;
        shown[name] = ids;
      };
      expect('user by ID', { id: userId }, [userId]);
      expect('user by email', { userId }, [userId]); // the key: see the test
      expect('rule by ID', { id: good }, [good]);
      expect("user's rules", { userId }, idsOf(rules));
      expect("user's active rules", { userId }, idsOf(await listed('/v1/rules?status=active')));
      const newest = rules.toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt));
      expect('recently updated rules', { userId }, idsOf(newest));
      expect('channel by ID', { id: orders.id }, [orders.id]);
      expect("user's channels", { userId }, idsOf(channels));
      const mails = channels.filter(({ type }) => type === 'email');
      expect("user's email channels", { userId }, idsOf(mails));
      const ofOrders = await listed(`/v1/messages?channelId=${orders.id}`);
      expect('message by ID', { id: aMessage }, [aMessage]);
      expect('channel messages', { channelId: orders.id }, idsOf(ofOrders));
      expect('pending messages', {}, idsOf(await listed('/v1/messages?status=pending')));
      expect('execution by ID', { id: anExecution }, [anExecution]);
      const ofRule = await listed(`/v1/executions?ruleId=${bad}`);
      expect('rule executions', { ruleId: bad }, idsOf(ofRule));
      const ofMessage = await listed(`/v1/executions?messageId=${aMessage}`);
      expect('message executions', { messageId: aMessage }, idsOf(ofMessage));
      expect('failed executions', {}, idsOf(await listed('/v1/executions?status=failed')));
      expect('latest project version', { ruleId: good }, ['2']);
      expect('specific project version', { ruleId: good, version: '1' }, ['1']);
      expect('all project versions', { ruleId: good }, ['1', '2']);
      expect('integration by ID', { id: connection }, [connection]);
      expect('user integrations', { userId }, idsOf(connections));
      const ofGoogle = connections.filter(({ service }) => service === 'google');
      expect("user's Google integration", { userId }, idsOf(ofGoogle));
      assert.deepEqual(idsOf(ofGoogle), [google]);
      const counts = Object.fromEntries(Object.entries(shown).map(([k, ids]) => [k, ids.length]));
      assert.deepEqual(
        [counts["user's rules"], counts["user's active rules"], counts["user's channels"]],
        [4, 3, 3],
      );
      assert.deepEqual(
        [counts['channel messages'], counts['pending messages'], counts['failed executions']],
        [8, 2, 2],
      );
    });
    after(() => scope.end());

    for (const { name, query } of accessPatterns) {
      void test(`${layout}, ${name}: ${query}`, async () => {
        const values = known[name];
        assert.ok(values, 'the hub was asked for it, too');
        if (name === 'user by email') {
          // The address is sealed and its key a keyed hash, so that neither tells it.
          const user = (await queried('Query Users where PK = USER#<userId>', values)).find(
            isEntity,
          );
          const key = text(user, 'GSI1PK');
          assert.match(key, /^EMAIL#[\w-]{20,}$/);
          assert.doesNotMatch(JSON.stringify(user), /owner@localhost/);
          values.email = key.slice('EMAIL#'.length);
        }
        const items = await queried(query, values);
        const rest = items.filter((item) => !isEntity(item));
        for (const item of rest) assert.match(text(item, 'SK'), /^(AUDIT|NAME#|CURSOR#)/);
        const found = items
          .filter(isEntity)
          .map((item) => text(item, query.includes(' RuleProjects') ? 'version' : 'id'));
        const isOrdered = query.includes(' desc');
        const expected = shown[name] ?? [];
        assert.ok(expected.length > 0, 'there is something to be found');
        if (isOrdered) assert.deepEqual(found, expected);
        else assert.deepEqual(found.sort(), [...expected].sort());
      });
    }

    void test(`${layout}, large contents are objects under the paths of the data model`, async () => {
      await waitFor('the objects to be there', async () => {
        const listed = await awsCli(url, ['s3api', 'list-objects-v2', '--bucket', 'hub-blobs']);
        const { Contents } = JSON.parse(listed) as { Contents: { Key: string }[] };
        const keys = new Set(Contents.map(({ Key }) => Key));
        return paths.every((path) => keys.has(path)) ? true : undefined;
      });
    });
  });
}
