// The API against its document: the same routes, the same parameters, the same ways to say no.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startHttpSink } from '../servers/http-sink.ts';
import { document, documentedOperations } from './contract.ts';
import { addRule, addWebhook, deliver, finalExecution } from './fixtures.ts';
import type { Channel } from './fixtures.ts';
import { Hub, Scope, http, msghub } from './harness.ts';

interface Route {
  method: string;
  path: string;
  open: boolean;
  query: string[];
}

void describe('the API', () => {
  const scope = new Scope();
  after(() => scope.end());
  let hub: Hub;
  let routes: Route[];
  let channel: Channel;
  let rule: string;

  before(async () => {
    const sink = await scope.use(startHttpSink());
    hub = await Hub.start(scope, { egressAllow: [`127.0.0.1:${String(sink.port)}`] });
    routes = JSON.parse((await msghub('api', 'routes', '--json')).stdout) as Route[];
    channel = await addWebhook(hub, 'Door');
    rule = await addRule(
      hub,
      '# Ring\n\n## When\n\n- a webhook arrives at **Door**\n\n' +
        `## Do\n\n1. Send webhook POST to <${sink.url}/ring>\n`,
    );
  });

  void test('has the routes of the document and no others', () => {
    assert.deepEqual(
      routes.map(({ method, path }) => `${method} ${path}`).sort(),
      documentedOperations(),
    );
  });

  void test('knows the query parameters of the document and no others', () => {
    const named = (parameter: { $ref?: string; name?: string; in?: string }): string[] => {
      if (parameter.$ref !== undefined) {
        const key = parameter.$ref.split('/').at(-1) ?? '';
        return named(document.components.parameters?.[key] as { name: string; in: string });
      }
      return parameter.in === 'query' ? [parameter.name ?? ''] : [];
    };
    for (const { method, path, query } of routes) {
      const operation = document.paths[path]?.[method.toLowerCase()];
      const documented = (operation?.parameters ?? []).flatMap(named);
      assert.deepEqual(documented.sort(), query.toSorted(), `${method} ${path}`);
    }
  });

  void test('answers others while it compiles a large rule', async () => {
    const links = Array.from({ length: 60_000 }, (_, i) => `[l${String(i)}]: /x`).join('\n');
    const still = { compiling: true };
    const compiled = hub
      .api('POST', '/v1/rules:compile', { markdown: `# Long\n\n${links}\n` })
      .finally(() => (still.compiling = false));
    let answers = 0;
    for (; still.compiling; answers++)
      assert.equal((await hub.api('GET', '/v1/status')).status, 200);
    assert.equal((await compiled).status, 200);
    // A few are answered before the rule has arrived, and none while its thread is held.
    assert.ok(answers > 5, `${String(answers)} answers`);
  });

  void test('asks for the token everywhere but where the document says so', async () => {
    for (const { method, path, open } of routes) {
      const url = hub.url + path.replace(/\{\w+\}/g, 'x');
      const documented = document.paths[path]?.[method.toLowerCase()]?.security;
      assert.equal(open, documented?.length === 0, `${method} ${path} in the document`);
      if (open) continue;
      for (const authorization of [
        undefined,
        'Bearer wrong',
        'Basic eDp5',
        `Bearer ${hub.token}x`,
      ]) {
        const reply = await http(url, {
          method,
          headers: { ...(authorization && { authorization }) },
        });
        assert.equal(reply.status, 401, `${method} ${path} with ${String(authorization)}`);
        assert.equal(reply.headers['www-authenticate'], 'Bearer');
        assert.equal(reply.headers['content-type'], 'application/problem+json');
      }
    }
  });

  void test('says no as RFC 9457 has it', async () => {
    const cases: [string, string, unknown, number][] = [
      ['GET', '/v1/nothing', undefined, 404],
      ['PATCH', '/v1/rules', {}, 405],
      ['GET', '/v1/rules/unknown', undefined, 404],
      ['GET', '/v1/rules?limit=0', undefined, 400],
      ['GET', '/v1/rules?limit=101', undefined, 400],
      ['GET', '/v1/rules?cursor=!', undefined, 400],
      ['GET', '/v1/rules?colour=red', undefined, 400],
      ['GET', '/v1/rules?status=sleeping', undefined, 400],
      ['GET', '/v1/messages?status=sleeping', undefined, 400],
      ['GET', '/v1/executions?status=sleeping', undefined, 400],
      ['GET', '/v1/messages/unknown', undefined, 404],
      ['GET', '/v1/messages/unknown/raw', undefined, 404],
      ['GET', '/v1/messages/unknown/trace', undefined, 404],
      ['GET', '/v1/executions/unknown', undefined, 404],
      ['GET', '/v1/channels/unknown', undefined, 404],
      ['DELETE', '/v1/channels/unknown', undefined, 404],
      ['GET', '/v1/connections/unknown', undefined, 404],
      ['DELETE', '/v1/connections/unknown', undefined, 404],
      ['DELETE', '/v1/rules/unknown', undefined, 404],
      ['POST', '/v1/rules/unknown:activate', undefined, 404],
      ['POST', '/v1/rules/unknown:pause', undefined, 404],
      ['POST', '/v1/rules', 'no object', 400],
      ['POST', '/v1/rules', { markdown: '# Nothing\n' }, 422],
      ['POST', '/v1/rules', { markdown: 7 }, 400],
      ['POST', '/v1/rules', { markdwon: '' }, 400],
      ['POST', '/v1/rules', { markdown: '# A', filename: 'a.md' }, 400],
      ['POST', '/v1/channels', { type: 'webhook', name: '' }, 400],
      ['POST', '/v1/channels', { type: 'webhook', name: 'S', signatur: 'standard' }, 400],
      ['POST', '/v1/channels', { type: 'webhook', name: 'S', password: 'x' }, 400],
      ['POST', '/v1/channels', { type: 'webhook', name: 'S', config: { imapHost: 'x' } }, 400],
      ['POST', '/v1/channels', { type: 'email', name: 'M', config: { imapHots: 'x' } }, 400],
      ['POST', '/v1/channels', { type: 'webhook', name: ' Back door ' }, 400],
      ['POST', '/v1/channels', { type: 'webhook', name: 'a\u0000b' }, 400],
      ['POST', '/v1/channels', { type: 'webhook', name: 'a**b' }, 400],
      ['POST', '/v1/channels', { type: 'webhook', name: 'Door' }, 409],
      ['POST', '/v1/channels', { type: 'webhook', name: 'DOOR' }, 409],
      ['POST', '/v1/channels', { type: 'pigeon', name: 'Loft' }, 400],
      [
        'POST',
        '/v1/channels',
        { type: 'webhook', name: 'S', signature: 'standard', secret: 'x' },
        400,
      ],
      ['POST', '/v1/channels', { type: 'email', name: 'Mail' }, 400],
      [
        'POST',
        '/v1/connections',
        { service: 'postgres', displayName: 'P', settings: {}, credentials: {} },
        400,
      ],
      [
        'POST',
        '/v1/connections',
        { service: 'slack', displayName: 'S', settings: { token: 'xoxb' }, credentials: {} },
        400,
      ],
      [
        'POST',
        '/v1/connections',
        { service: 'twilio', displayName: 'T', settings: {}, credentials: {} },
        400,
      ],
    ];
    for (const [method, path, body, status] of cases) {
      const reply = await hub.api(method, path, body);
      const told = `${method} ${path} ${JSON.stringify(body)}: ${reply.text}`;
      assert.equal(reply.status, status, told);
      assert.equal(reply.headers['content-type'], 'application/problem+json', told);
      const problem = reply.json() as Record<string, unknown>;
      assert.equal(problem.status, status, told);
      for (const member of ['type', 'title', 'detail', 'code']) {
        assert.equal(typeof problem[member], 'string', `${member} of ${told}`);
      }
    }
  });

  void test('answers each route as the document says', async () => {
    const id = await deliver(channel, { ring: 1 });
    const execution = await finalExecution(hub, id);
    const connection = await hub.api('POST', '/v1/connections', {
      service: 'smtp',
      displayName: 'Office mail',
      settings: { host: '127.0.0.1', port: 2525, from: 'hub@example.com' },
      credentials: { password: 'very secret' },
    });
    assert.equal(connection.status, 201, connection.text);
    assert.doesNotMatch(connection.text, /very secret/);
    const connectionId = (connection.json() as { id: string }).id;
    const markdown = (await hub.get<{ markdownSource: string }>(`/v1/rules/${rule}`))
      .markdownSource;
    // The harness holds every one of these answers against the document.
    const calls: [string, string, unknown?][] = [
      ['GET', '/healthz'],
      ['GET', '/readyz'],
      ['GET', '/v1/status'],
      ['GET', '/v1/rules'],
      ['GET', '/v1/rules?status=active'],
      ['GET', '/v1/channels'],
      ['GET', `/v1/channels/${channel.id}`],
      ['GET', '/v1/connections'],
      ['GET', `/v1/connections/${connectionId}`],
      ['GET', '/v1/messages'],
      ['GET', `/v1/messages/${id}`],
      ['GET', `/v1/messages/${id}/raw`],
      ['GET', `/v1/messages/${id}/trace`],
      ['GET', `/v1/messages/${id}/trace?ruleId=${rule}`],
      ['GET', '/v1/executions'],
      ['GET', `/v1/executions?ruleId=${rule}`],
      ['GET', `/v1/executions?messageId=${id}`],
      ['GET', `/v1/executions/${execution.id}`],
      ['POST', '/v1/rules:compile', { markdown }],
      ['POST', '/v1/rules:compile', { markdown: '# Broken\n\n## When\n\n- nonsense\n' }],
      ['PUT', `/v1/rules/${rule}`, { markdown: `${markdown}\nA word more.\n` }],
      ['GET', `/v1/rules/${rule}/versions/1`],
      ['POST', `/v1/rules/${rule}:pause`],
      ['POST', `/v1/rules/${rule}:activate`],
      ['POST', `/v1/rules/${rule}:activate`],
    ];
    for (const [method, path, body] of calls) {
      const reply = await hub.api(method, path, body);
      assert.equal(reply.status, 200, `${method} ${path}: ${reply.text}`);
    }
    for (const path of [
      `/v1/rules/${rule}`,
      `/v1/connections/${connectionId}`,
      `/v1/channels/${channel.id}`,
    ]) {
      assert.equal((await hub.api('DELETE', path)).status, 204, path);
      assert.equal((await hub.api('GET', path)).status, 404, path);
    }
    assert.equal(
      (await hub.get<{ id: string }>(`/v1/executions/${execution.id}`)).id,
      execution.id,
    );
  });

  void test('gives lists page by page, without gaps and repeats', async () => {
    const box = await addWebhook(hub, 'Box');
    const ids: string[] = [];
    for (let number = 0; number < 7; number++) ids.push(await deliver(box, { number }));
    const got: string[] = [];
    let cursor = '';
    do {
      const page = await hub.get<{ data: { id: string }[]; nextCursor?: string }>(
        `/v1/messages?channelId=${box.id}&limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      assert.ok(page.data.length <= 3);
      got.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    assert.deepEqual(got, ids.toReversed(), 'newest first');
  });
});
