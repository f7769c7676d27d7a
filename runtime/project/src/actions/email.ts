/** Sends one mail by SMTP. The Message-ID is made of the key, so it stays constant. */
import { PassThrough } from 'node:stream';

import type { SendMailOptions } from 'nodemailer';

import { requireConnection, type SmtpConnection } from '../lib/connections.ts';
import { ActionError, codeOf, messageOf } from '../lib/errors.ts';
import { textOfHtml } from '../lib/html-text.ts';
import type { Json } from '../lib/json.ts';
import { filesOf, type MailFile } from '../lib/mail-files.ts';
import type { Action } from '../lib/rule.ts';

export interface EmailRequest {
  connection: string;
  to: readonly string[];
  cc?: readonly string[];
  bcc?: readonly string[];
  subject: string;
  text?: string; // absent: made of the HTML
  html?: string;
  attachments?: readonly unknown[]; // files of the message; empty values are left out
}

const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 30_000;
const MAX_RECIPIENTS = 100;
const MAX_MAIL_BYTES = 18_000_000;

/** Output: `{ messageId, accepted, response }`. */
export const sendEmail: Action<EmailRequest> = {
  type: 'email',
  summary: ({ connection, ...mail }) => `${connection}: mail to ${recipientsOf(mail).join(', ')}`,
  content: ({ text, html = '' }) => text ?? html,
  // What stays empty may be the answer of an earlier step, which a dry run does not ask.
  check: (request) => {
    checkAddresses(recipientsOf(request).filter((address) => address !== ''));
    checkHeader('subject', request.subject);
  },
  perform: async (request, io) => {
    const account = requireConnection(io.connection, request.connection, 'smtp');
    const from = account.from ?? account.user ?? '';
    if (!isAddress(from)) {
      throw new ActionError(
        'sender_missing',
        `The connection "${request.connection}" has no sender address; set its "from".`,
      );
    }
    checkRecipients(recipientsOf(request));
    checkHeader('subject', request.subject);
    const files = filesOf(request.attachments ?? [], io.message);
    checkSize(request, files);
    return deliver(account, { ...request, from, key: io.key, files }, io.signal);
  },
};

interface Mail extends EmailRequest {
  from: string;
  key: string;
  files: MailFile[];
}

function recipientsOf({ to, cc = [], bcc = [] }: Omit<EmailRequest, 'connection'>): string[] {
  return [...to, ...cc, ...bcc];
}

async function deliver(account: SmtpConnection, mail: Mail, signal: AbortSignal): Promise<Json> {
  const { createTransport } = await import('nodemailer');
  const transport = createTransport({
    ...transportOptions(account),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // Up to the last byte of the mail, the server cannot have accepted it.
  let sent = false;
  transport.use('stream', ({ message }, next) => {
    const watch = new PassThrough({
      flush(done) {
        sent = true;
        done();
      },
    });
    message.processFunc((stream: NodeJS.ReadableStream) => stream.pipe(watch));
    next();
  });
  try {
    const info = await Promise.race([transport.sendMail(messageOptions(mail)), stopped(signal)]);
    if (info.rejected.length > 0) {
      const addresses = info.rejected.map(String).join(', ');
      throw new ActionError(
        'mail_partly_refused',
        `The mail was sent, but not to ${addresses}: the server refused the address.`,
      );
    }
    return {
      messageId: messageIdOf(mail),
      accepted: info.accepted.map(String),
      response: info.response,
    };
  } catch (error) {
    throw asActionError(error, mail.connection, sent);
  } finally {
    transport.close();
  }
}

function transportOptions(account: SmtpConnection): object {
  const { host, port, user, password = '', tls, allowSelfSigned = false } = account;
  const local = ['localhost', '127.0.0.1', '::1'].includes(host);
  return {
    host,
    port,
    pool: false,
    secure: tls === 'implicit' || (tls === undefined && port === 465),
    ignoreTLS: tls === 'none',
    // A password must not cross a network in the clear unless the owner says so.
    requireTLS: tls === 'starttls' || (tls === undefined && user !== undefined && !local),
    ...(user !== undefined && { auth: { user, pass: password } }),
    tls: { rejectUnauthorized: !allowSelfSigned },
    name: 'msghub',
    connectionTimeout: CONNECT_TIMEOUT_MS,
    greetingTimeout: CONNECT_TIMEOUT_MS,
    dnsTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_TIMEOUT_MS,
  };
}

function messageOptions(mail: Mail): SendMailOptions {
  const { from, to, cc, subject, html, key, files } = mail;
  const text = mail.text ?? textOfHtml(html ?? '');
  return {
    from,
    to: [...to],
    ...(cc && { cc: [...cc] }),
    // Those in bcc stand on the envelope alone.
    envelope: { from, to: recipientsOf(mail) },
    subject,
    text,
    ...(html !== undefined && { html }),
    attachments: files.map(({ filename, contentType, content }) => ({
      filename,
      contentType,
      content,
      encoding: 'base64',
      contentDisposition: 'attachment',
    })),
    messageId: messageIdOf(mail),
    // Tells other robots, and the hub itself, not to answer.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Msghub-Key': key },
  };
}

function messageIdOf({ key }: Mail): string {
  return `<${key}@msghub>`;
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => {
      reject(new Error('stopped'));
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
}

function asActionError(error: unknown, name: string, sent: boolean): ActionError {
  if (error instanceof ActionError) return error;
  const status = statusOf(error);
  if (status !== undefined) {
    return new ActionError(
      `smtp_${String(status)}`,
      `The mail server of ${name} refused: ${messageOf(error)}.`,
      { recoverable: status < 500 },
    );
  }
  const code = codeOf(error);
  if (sent) {
    return new ActionError(
      'no_answer',
      `The connection to the mail server of ${name} was lost after the mail had been sent.`,
      { recoverable: true, effect: 'unknown' },
    );
  }
  return new ActionError(
    'connect_failed',
    `The mail server of ${name} could not be reached: ${code === '' ? messageOf(error) : code}.`,
    { recoverable: code !== 'EAUTH' },
  );
}

function statusOf(error: unknown): number | undefined {
  const status = error instanceof Error && 'responseCode' in error ? error.responseCode : undefined;
  return typeof status === 'number' && status >= 400 ? status : undefined;
}

/** Mail servers commonly take 25 MB, and the encoding makes files a third larger. */
function checkSize({ text = '', html = '' }: EmailRequest, files: MailFile[]): void {
  const base64 = files.reduce((sum, { content }) => sum + content.length, 0);
  const bytes = Buffer.byteLength(text + html) + Math.floor((base64 * 3) / 4);
  if (bytes <= MAX_MAIL_BYTES) return;
  throw new ActionError(
    'mail_too_large',
    `The mail with its attachments has ${megabytes(bytes)} MB; at most ${megabytes(MAX_MAIL_BYTES)} MB are sent.`,
  );
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function checkRecipients(to: readonly string[]): void {
  if (to.length === 0 || to.length > MAX_RECIPIENTS) {
    throw new ActionError(
      'recipients_invalid',
      `A mail needs 1 to ${String(MAX_RECIPIENTS)} recipients; this one has ${String(to.length)}.`,
    );
  }
  checkAddresses(to);
}

function checkAddresses(to: readonly string[]): void {
  const wrong = to.find((address) => !isAddress(address));
  if (wrong !== undefined) {
    throw new ActionError(
      'address_invalid',
      `${JSON.stringify(wrong.slice(0, 80))} is not an e-mail address.`,
    );
  }
}

/**
 * One bare address: no display name, comment, quotes or list. Stricter than the standard, so that
 * no parser on the way can understand it as another address than the one checked here.
 */
function isAddress(text: string): boolean {
  const [local = '', domain = '', ...more] = text.split('@');
  const dotAtom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
  const hostName =
    /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
  return (
    more.length === 0 &&
    local.length <= 64 &&
    text.length <= 254 &&
    dotAtom.test(local) &&
    hostName.test(domain)
  );
}

/** A line end in a header would begin another header; it is refused, not repaired. */
function checkHeader(name: string, value: string): void {
  if (/[\r\n\0]/.test(value)) {
    throw new ActionError('header_invalid', `The ${name} of the mail holds a line end or NUL.`);
  }
}
