import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';

import PostalMime from 'postal-mime';

import { startSmtpSink, type SmtpSink, type SunkMail } from '../../tests/servers/smtp-sink.ts';
import { sendEmail, type EmailRequest } from '../project/src/actions/email.ts';
import { connectionsIn, type SmtpConnection } from '../project/src/lib/connections.ts';
import type { ActionError } from '../project/src/lib/errors.ts';
import { fileOf } from '../project/src/lib/files.ts';
import type { Attachment } from '../project/src/lib/message.ts';
import type { ActionIo } from '../project/src/lib/rule.ts';
import { runExample } from '../project/src/lib/examples.ts';
import { checkStep, runRule } from '../project/src/lib/run.ts';
import { step } from '../project/src/lib/rule.ts';
import { ioWith as hostIo, hostWith, mailWith, NASTY_TEXTS, ruleWith } from './support.ts';

let sink: SmtpSink;
before(async () => {
  sink = await startSmtpSink();
});
after(() => sink.stop());
beforeEach(() => {
  sink.mails.length = 0;
});

function accountWith(parts: Partial<SmtpConnection> = {}): SmtpConnection {
  return { service: 'smtp', host: '127.0.0.1', port: sink.port, from: 'hub@example.com', ...parts };
}

function ioWith(account = accountWith(), signal = new AbortController().signal): ActionIo {
  return hostIo({ connection: connectionsIn({ Office: account }), signal });
}

function requestWith(parts: Partial<EmailRequest> = {}): EmailRequest {
  return { connection: 'Office', to: ['ap@example.com'], subject: 'Hello', text: 'Body', ...parts };
}

async function failureOf(request: EmailRequest, io = ioWith()): Promise<ActionError> {
  try {
    await sendEmail.perform(request, io);
  } catch (error) {
    return error as ActionError;
  }
  throw new Error('the mail was sent');
}

describe('a mail', () => {
  it('has a constant Message-ID and says that a machine sent it', async () => {
    const output = (await sendEmail.perform(requestWith(), ioWith())) as Record<string, unknown>;
    assert.deepEqual(output.accepted, ['ap@example.com']);
    assert.equal(output.messageId, '<key-1@msghub>');
    await sendEmail.perform(requestWith(), ioWith());
    for (const { raw, from, to } of sink.mails) {
      assert.equal(from, 'hub@example.com');
      assert.deepEqual(to, ['ap@example.com']);
      assert.match(raw, /^Message-ID: <key-1@msghub>\r$/m);
      assert.match(raw, /^X-Msghub-Key: key-1\r$/m);
      assert.match(raw, /^Auto-Submitted: auto-generated\r$/m);
    }
    assert.equal(sink.mails.length, 2);
  });

  it('brings every text over unchanged, as subject and as body', async () => {
    for (const nasty of NASTY_TEXTS) {
      const subject = nasty.replace(/[\n\t]/g, ' ');
      await sendEmail.perform(requestWith({ subject, text: nasty }), ioWith());
      const mail = await PostalMime.parse(sink.mails.at(-1)?.raw ?? '');
      assert.equal(mail.text?.replace(/\n$/, ''), nasty);
      assert.equal(mail.subject, subject);
      assert.equal(mail.attachments.length, 0);
    }
  });

  it('goes to copies too, and shows no blind one', async () => {
    const request = requestWith({ cc: ['cc@example.com'], bcc: ['hidden@example.com'] });
    await sendEmail.perform(request, ioWith());
    const [{ raw, to }] = sink.mails as [SunkMail];
    assert.deepEqual(to, ['ap@example.com', 'cc@example.com', 'hidden@example.com']);
    assert.match(raw, /^Cc: cc@example\.com\r$/m);
    assert.ok(!raw.includes('hidden'));
    assert.equal(
      sendEmail.summary(request),
      'Office: mail to ap@example.com, cc@example.com, hidden@example.com',
    );
    const bad = await failureOf(requestWith({ bcc: ['x@example.com, y@example.com'] }));
    assert.equal(bad.code, 'address_invalid');
  });

  it('of HTML has a text beside it', async () => {
    const html = '<h1>Hello</h1><p>Zoë &amp; you</p>';
    await sendEmail.perform(requestWith({ text: undefined, html }), ioWith());
    await sendEmail.perform(requestWith({ text: 'Own words', html }), ioWith());
    const [made, own] = await Promise.all(sink.mails.map(({ raw }) => PostalMime.parse(raw)));
    assert.equal(made?.html?.trim(), html);
    assert.equal(made.text?.trim(), 'Hello\n\nZoë & you');
    assert.equal(own?.text?.trim(), 'Own words');
    assert.equal(sendEmail.content(requestWith({ text: undefined, html })), html);
  });

  it('passes files on, however they are named', async () => {
    const bytes = Buffer.from([0, 1, 2, 255, 13, 10, 46, 13, 10]);
    const content = bytes.toString('base64');
    const given = { contentType: 'application/pdf', size: bytes.length, content };
    const message = mailWith({
      attachments: [
        { ...given, filename: 'invoice.pdf' },
        { ...given, filename: '../Zoë\r\nX: y".pdf', contentType: 'message/rfc822' },
        { filename: 'empty.txt', contentType: 'text/plain', size: 0 },
      ],
    });
    const [first, second] = message.attachments as [Attachment, Attachment];
    const each = { name: first.filename, type: first.contentType, size: first.size, content };
    const attachments = [fileOf(second, 1), each, '', undefined, ...(message.attachments ?? [])];
    await sendEmail.perform(requestWith({ attachments }), { ...ioWith(), message });
    const mail = await PostalMime.parse(sink.mails[0]?.raw ?? '');
    assert.deepEqual(
      mail.attachments.map(({ filename, mimeType }) => [filename, mimeType]),
      [
        ['_Zoë__X_ y_.pdf', 'application/octet-stream'],
        ['invoice.pdf', 'application/pdf'],
        ['invoice.pdf', 'application/pdf'],
        ['_Zoë__X_ y_.pdf', 'application/octet-stream'],
        ['empty.txt', 'text/plain'],
      ],
    );
    for (const { content } of mail.attachments.slice(0, 4)) {
      assert.deepEqual(Buffer.from(content as ArrayBuffer), bytes);
    }
  });

  it('is refused when a file is not there or all is too large', async () => {
    const file = { filename: 'a.pdf', contentType: 'application/pdf', size: 5 };
    const missing = await failureOf(requestWith({ attachments: [file] }));
    assert.equal(missing.code, 'attachment_missing');
    assert.match(missing.message, /"a\.pdf"/);
    const wrong = await failureOf(requestWith({ attachments: ['a.pdf'] }));
    assert.equal(wrong.code, 'attachment_invalid');
    const large = { ...file, content: 'A'.repeat(25_000_000) };
    const error = await failureOf(requestWith({ attachments: [large] }));
    assert.equal(error.code, 'mail_too_large');
    assert.match(error.message, /has 18\.8 MB; at most 18\.0 MB/);
    assert.equal(error.recoverable, false);
    assert.equal(sink.mails.length, 0);
  });

  it('signs in, and not in the clear when TLS is asked for', async () => {
    const guarded = await startSmtpSink({ signIn: true });
    const { port, user, password } = guarded;
    const account = accountWith({ port, user, password });
    await sendEmail.perform(requestWith(), ioWith(account));
    assert.equal(guarded.mails[0]?.user, user);
    // The sink speaks no STARTTLS, so nothing may be sent to it that asks for it.
    const refused = await failureOf(requestWith(), ioWith({ ...account, tls: 'starttls' }));
    assert.equal(refused.effect, 'none');
    assert.equal(guarded.mails.length, 1);
    await guarded.stop();
  });
});

describe('a failure', () => {
  for (const [status, recoverable] of [
    [421, true],
    [451, true],
    [550, false],
    [554, false],
  ] as const) {
    it(`with status ${String(status)} is ${recoverable ? '' : 'not '}tried again`, async () => {
      const to = [`status-${String(status)}@example.com`];
      const error = await failureOf(requestWith({ to }));
      assert.equal(error.code, `smtp_${String(status)}`);
      assert.equal(error.recoverable, recoverable);
      assert.equal(error.effect, 'none');
    });
  }

  it('of one recipient among others is named and not tried again', async () => {
    const to = ['ap@example.com', 'status-451@example.com'];
    const error = await failureOf(requestWith({ to }));
    assert.equal(error.code, 'mail_partly_refused');
    assert.equal(error.recoverable, false);
    assert.match(error.message, /status-451@example\.com/);
    assert.ok(!error.message.includes('ap@'));
  });

  it('is unknown when the connection is lost after the mail was sent', async () => {
    const error = await failureOf(requestWith({ to: ['cut@example.com'] }));
    assert.equal(error.code, 'no_answer');
    assert.equal(error.effect, 'unknown');
    assert.equal(error.recoverable, true);
    assert.equal(sink.mails.length, 1);
  });

  it('is unknown when the run is stopped while the server thinks', async () => {
    const controller = new AbortController();
    const io = ioWith(accountWith(), controller.signal);
    const failure = failureOf(requestWith({ to: ['slow@example.com'] }), io);
    while (sink.mails.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort('deadline');
    assert.equal((await failure).effect, 'unknown');
  });

  it('had no effect when the connection is lost before the mail', async () => {
    const server = createServer((socket) => socket.end('220 hello\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const error = await failureOf(requestWith(), ioWith(accountWith({ port })));
    server.close();
    assert.equal(error.code, 'connect_failed');
    assert.equal(error.effect, 'none');
    assert.equal(error.recoverable, true);
  });

  it('to sign in is final, and no password is in what is recorded of it', async () => {
    const guarded = await startSmtpSink({ signIn: true });
    const account = accountWith({
      port: guarded.port,
      user: 'robot@example.com',
      password: 'wr0ng-pa55',
    });
    const rule = ruleWith({
      steps: [step({ line: 1, action: sendEmail, request: () => requestWith() })],
    });
    const outcome = await runRule(
      rule,
      mailWith({}),
      hostWith({ connection: connectionsIn({ Office: account }) }),
    );
    await guarded.stop();
    assert.equal(outcome.error?.code, 'smtp_535');
    assert.equal(outcome.error.recoverable, false);
    assert.match(outcome.error.message, /bad credentials \[secret\]/);
    assert.ok(!JSON.stringify(outcome).includes('wr0ng-pa55'));
  });
});

describe('what is refused before anything is sent', () => {
  const addresses = [
    '',
    'nobody',
    'a@b@c.d',
    'a b@example.com',
    'Name <a@example.com>',
    'a@example.com, b@example.com',
    'a@example.com;b@example.com',
    '"a"@example.com',
    'a(comment)@example.com',
    'a@example.com\r\nBcc: b@example.com',
    'a@example.com\0',
    '.a@example.com',
    'a..b@example.com',
    'a@-example.com',
    'a@example..com',
    'a@[127.0.0.1]',
    `${'a'.repeat(65)}@example.com`,
    `a@${'b'.repeat(64)}.com`,
    `a@${'b.'.repeat(130)}com`,
    'ä@example.com',
  ];
  for (const address of addresses) {
    it(`the address ${JSON.stringify(address.slice(0, 40))}`, async () => {
      const error = await failureOf(requestWith({ to: ['ok@example.com', address] }));
      assert.equal(error.code, 'address_invalid');
      assert.equal(error.recoverable, false);
      assert.equal(sink.mails.length, 0);
    });
  }

  it('a line end or NUL in the subject', async () => {
    for (const subject of ['a\r\nBcc: x@example.com', 'a\nb', 'a\rb', 'a\0b']) {
      assert.equal((await failureOf(requestWith({ subject }))).code, 'header_invalid');
    }
    assert.equal(sink.mails.length, 0);
  });

  it('no recipient, or too many', async () => {
    const many = Array.from({ length: 101 }, (_unused, index) => `a${String(index)}@example.com`);
    for (const to of [[], many]) {
      assert.equal((await failureOf(requestWith({ to }))).code, 'recipients_invalid');
    }
  });

  it('a connection without a sender', async () => {
    const account: SmtpConnection = { service: 'smtp', host: '127.0.0.1', port: sink.port };
    assert.equal((await failureOf(requestWith(), ioWith(account))).code, 'sender_missing');
  });
});

describe('a dry run and an example', () => {
  const rule = ruleWith({
    triggers: [{ channel: { type: 'email', name: 'Inbox', line: 1 }, conditions: [] }],
    steps: [
      step({
        line: 2,
        action: sendEmail,
        request: (_values, { body }) => requestWith({ to: ['ok@example.com', body] }),
      }),
    ],
  });
  for (const address of ['x@y.example, evil@z.example', '..', '=1+1', 'ann@example.com', '']) {
    const refused = !/^(?:ann@.*)?$/.test(address);
    it(`${refused ? 'refuse' : 'take'} the address ${JSON.stringify(address)}`, async () => {
      const host = hostWith({ perform: checkStep });
      const { error } = await runRule(rule, mailWith({ body: address }), host);
      assert.equal(error?.code, refused ? 'address_invalid' : undefined);
      const { failures } = await runExample(rule, {
        title: 'one',
        line: 5,
        message: { kind: 'email', raw: `From: a@example.com\n\n${address}` },
        expect: [{ line: 6, step: 0, sends: 'Body' }],
      });
      assert.match(
        failures.map(({ message }) => message).join(),
        refused ? /is not an e-mail address/ : /^$/,
      );
      assert.equal(sink.mails.length, 0);
    });
  }
});
