import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import { startHttpSink, type HttpSink } from '../../tests/servers/http-sink.ts';
import { startSlack, type Slack } from '../../tests/servers/slack.ts';
import { freePort } from '../../tests/servers/support.ts';
import { postToSlack, type SlackRequest } from '../project/src/actions/slack.ts';
import { connectionsIn, type SlackConnection } from '../project/src/lib/connections.ts';
import type { ActionError } from '../project/src/lib/errors.ts';
import type { ActionIo } from '../project/src/lib/rule.ts';
import { slack as escaped } from '../project/src/lib/template.ts';
import { ioWith, NASTY_TEXTS } from './support.ts';

let slack: Slack;
let sink: HttpSink; // for what the stand-in never does
before(async () => {
  [slack, sink] = await Promise.all([startSlack(), startHttpSink()]);
});
after(() => Promise.all([slack.stop(), sink.stop()]));
beforeEach(() => {
  sink.requests.length = 0;
});

function perform(
  request: Partial<SlackRequest>,
  account: Partial<SlackConnection> = {},
  io: Partial<ActionIo> = {},
) {
  const connection = connectionsIn({
    Work: { service: 'slack', token: slack.token, baseUrl: slack.url, ...account },
  });
  return postToSlack.perform(
    { connection: 'Work', channel: slack.channel, text: 'Hello', ...request },
    ioWith({ connection, ...io }),
  ) as Promise<{ channel: string; ts: string }>;
}

async function failureOf(...parts: Parameters<typeof perform>): Promise<ActionError> {
  try {
    await perform(...parts);
  } catch (error) {
    return error as ActionError;
  }
  throw new Error('the post was taken');
}

/** As Slack answers to a request that it understands but does not do. */
function refuse(error: string, more: object = {}): void {
  sink.answer((response) => response.end(JSON.stringify({ ok: false, error, ...more })));
}

describe('a post', () => {
  it('lands in its channel, and its answer in the thread', async () => {
    const { channel, ts } = await perform({ text: 'An invoice' });
    await perform({ text: 'Paid', thread: ts });
    assert.equal(channel, slack.channel);
    assert.deepEqual(
      (await slack.messages(channel, ts)).map(({ text }) => text),
      ['An invoice', 'Paid'],
    );
    const alone = await perform({ text: 'Alone', thread: '' });
    assert.deepEqual((await slack.messages(channel, alone.ts)).length, 1);
  });

  it('keeps each text, of which nothing calls people or links', async () => {
    for (const nasty of [...NASTY_TEXTS, '<!channel> <@U1> <http://x|y>']) {
      const { channel } = await perform({ text: escaped`> ${nasty}` });
      const [newest] = await slack.messages(channel);
      const seen = newest?.text
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&');
      assert.equal(seen, `> ${nasty}`);
      assert.ok(!newest?.text.includes('<'));
    }
  });

  it('carries token and key, and asks for no previews', async () => {
    sink.answer((response) => response.end('{"ok":true,"channel":"C1","ts":"1.2"}'));
    const output = await perform({}, { baseUrl: sink.url });
    assert.deepEqual(output, { channel: 'C1', ts: '1.2' });
    const [{ path, headers, body }] = sink.requests as [HttpSink['requests'][0]];
    assert.equal(path, '/chat.postMessage');
    assert.equal(headers.authorization, `Bearer ${slack.token}`);
    const form = new URLSearchParams(body);
    assert.deepEqual(JSON.parse(form.get('metadata') ?? ''), {
      event_type: 'msghub_step',
      event_payload: { key: 'key-1' },
    });
    assert.equal(form.get('unfurl_links'), 'false');
    assert.equal(form.get('unfurl_media'), 'false');
    assert.ok(!body.includes(slack.token));
  });

  it('needs a text that Slack takes whole', async () => {
    assert.equal((await failureOf({ text: ' \n' })).code, 'text_empty');
    assert.equal((await failureOf({ text: 'x'.repeat(40_001) })).code, 'text_too_long');
  });
});

describe('a failure', () => {
  it('of the channel is named by Slack', async () => {
    const error = await failureOf({ channel: '#nowhere' });
    assert.equal(error.code, 'slack_channel_not_found');
    assert.match(error.message, /There is no channel #nowhere/);
    assert.equal(error.recoverable, false);
  });

  it('says what to do', async () => {
    for (const [code, more, advice] of [
      ['invalid_auth', {}, /does not accept the token of "Work"/],
      ['token_revoked', {}, /does not accept the token of "Work"/],
      ['missing_scope', { needed: 'chat:write.public' }, /needs the scope chat:write\.public/],
      ['not_in_channel', {}, /Invite the app to C/],
    ] as const) {
      refuse(code, more);
      const error = await failureOf({}, { baseUrl: sink.url });
      assert.equal(error.code, `slack_${code}`);
      assert.match(error.message, advice);
      assert.equal(error.recoverable, false);
      assert.equal(error.effect, 'none');
    }
  });

  it('that may pass is tried again by whoever runs the rule, and only by them', async () => {
    refuse('internal_error');
    assert.equal((await failureOf({}, { baseUrl: sink.url })).recoverable, true);
    sink.answer((response) => response.writeHead(429, { 'retry-after': '30' }).end());
    const limited = await failureOf({}, { baseUrl: sink.url });
    assert.equal(limited.code, 'slack_ratelimited');
    assert.equal(limited.retryAfterMs, 30_000);
    assert.equal(limited.recoverable, true);
    for (const [status, recoverable] of [
      [503, true],
      [404, false],
      [302, false],
    ] as const) {
      sink.answer((response) => response.writeHead(status, { location: sink.url }).end('x'));
      const error = await failureOf({}, { baseUrl: sink.url });
      assert.equal(error.code, `http_${String(status)}`);
      assert.equal(error.recoverable, recoverable);
    }
    assert.equal(sink.requests.length, 5);
  });

  it('on the way tells what may have happened', async () => {
    sink.answer((response) => response.destroy());
    const lost = await failureOf({}, { baseUrl: sink.url });
    assert.deepEqual([lost.code, lost.effect, lost.recoverable], ['no_answer', 'unknown', true]);
    assert.equal(sink.requests.length, 1);
    const baseUrl = `http://127.0.0.1:${String(await freePort())}`;
    const dead = await failureOf({}, { baseUrl });
    assert.deepEqual([dead.code, dead.effect], ['connect_failed', 'none']);
    assert.match(dead.message, /ECONNREFUSED/);
    const odd = await failureOf({}, { baseUrl: 'http://127.0.0.1:1' });
    assert.match(odd.message, /could not be reached: bad port\.$/);
    const denied = await failureOf({}, {}, { egress: { allow: [] } });
    assert.equal(denied.code, 'egress_denied');
    const wrong = await failureOf({}, { baseUrl: 'file:///etc/passwd' });
    assert.equal(wrong.code, 'connection_wrong');
  });

  it('ends at once when the run is stopped', async () => {
    const controller = new AbortController();
    sink.answer(() => {
      controller.abort('deadline');
    });
    const error = await failureOf({}, { baseUrl: sink.url }, { signal: controller.signal });
    assert.equal(error.effect, 'unknown');
  });
});
