/** A mail server that keeps what it is given. The recipient's name says how it is to answer. */
import type { AddressInfo } from 'node:net';

import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';

export interface SunkMail {
  from: string;
  to: string[];
  user: string | undefined; // who signed in
  raw: string;
}

export interface SmtpSink {
  port: number;
  user: string;
  password: string;
  mails: SunkMail[];
  stop: () => Promise<void>;
}

/**
 * `status-451@…` is answered with that status; after a mail to `cut@…` was taken, the connection
 * is cut without an answer; one to `slow@…` is never answered.
 */
export async function startSmtpSink({ signIn = false, port = 0 } = {}): Promise<SmtpSink> {
  const mails: SunkMail[] = [];
  const account = { user: 'robot@example.com', password: 'r0bot-pa55"\\' };
  const server = new SMTPServer({
    authOptional: !signIn,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 100,
    logger: false,
    onAuth({ username, password }, _session, done) {
      if (username === account.user && password === account.password) {
        done(null, { user: account.user });
        return;
      }
      // Unkind servers exist that say back what they were given.
      done(refusal(535, `5.7.8 bad credentials ${String(password)}`));
    },
    onRcptTo({ address }, _session, done) {
      const status = /^status-(\d{3})@/.exec(address)?.[1];
      done(status === undefined ? null : refusal(Number(status), `scripted ${status}`));
    },
    onData(stream, session, done) {
      void keep(stream, session, mails).then((mail) => {
        const [to = ''] = mail.to;
        if (to.startsWith('cut@')) cut(server, session);
        else if (!to.startsWith('slow@')) done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    ...account,
    port: (server.server.address() as AddressInfo).port,
    mails,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
      }),
  };
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

async function keep(
  stream: SMTPServerDataStream,
  { envelope, user }: SMTPServerSession,
  mails: SunkMail[],
): Promise<SunkMail> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  const mail = {
    from: envelope.mailFrom ? envelope.mailFrom.address : '',
    to: envelope.rcptTo.map(({ address }) => address),
    user: user as string | undefined,
    raw: Buffer.concat(chunks).toString(),
  };
  mails.push(mail);
  return mail;
}

/** Cuts the connection of a session, without a word of SMTP. */
function cut(server: SMTPServer, { id }: SMTPServerSession): void {
  const connections = server.connections as Set<{ id: string; _socket: { destroy: () => void } }>;
  for (const connection of connections) {
    if (connection.id === id) connection._socket.destroy();
  }
}
