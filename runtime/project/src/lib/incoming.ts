/**
 * Makes a message of raw bytes, for the stand-alone project and for examples. Inside the hub the
 * message comes ready from its own parsers.
 */
import { createHash } from 'node:crypto';

import { decodeCharset } from './mail-charset.ts';
import { keptHeaders, mediaTypeOf, payloadOfType, splitCall } from './http-call.ts';
import { parseAddresses } from './mail-address.ts';
import { parseMailDate } from './mail-date.ts';
import { decodeHeader, headerValue, unfolded, type Field } from './mail-header.ts';
import { splitMail, type Part } from './mail-parts.ts';
import {
  asciiLower,
  cleanFilename,
  cleanLine,
  cleanText,
  cutBytes,
  joinFlowed,
  textOfUtf8,
  trimmed,
} from './mail-text.ts';
import { decodeTransfer } from './mail-transfer.ts';
import { textOfHtml } from './html-text.ts';
import { readJson } from './json-reader.ts';
import type { Json } from './json.ts';
import type { Attachment, Message } from './message.ts';

/** The hub's limits, in bytes and, for addresses, their number. */
const LIMITS = {
  mail: 25 * 1024 * 1024,
  addresses: 10_000,
  body: 4 * 1024 * 1024,
  headers: 32 * 1024,
  type: 255,
};

/**
 * An RFC 5322 mail as a message, as the hub reads it: never fails, whatever the bytes are; what
 * cannot be read is empty.
 */
export function messageFromEmail(raw: Uint8Array): Message {
  const parts = splitMail(Buffer.from(raw).toString('latin1', 0, LIMITS.mail));
  const { headers } = parts[0];
  const receivedAt = new Date().toISOString();
  const messageId = headerValue(headers, 'message-id');
  const subject = headers.find(({ name }) => name === 'subject');
  const to = recipientsOf(headers);
  const body = bodyOf(parts);
  const attachments = parts.filter((part) => isAttachment(part, parts)).map(attachmentOf);
  return {
    id: sha256(raw),
    channelId: 'stand-alone',
    channelType: 'email',
    ...(messageId !== '' && { externalId: decodeHeader(messageId) }),
    receivedAt,
    from: parseAddresses(headerValue(headers, 'from'), 1)[0] ?? '',
    ...(to !== '' && { to }),
    ...(subject && { subject: decodeHeader(unfolded(subject.value)) }),
    body,
    timestamp: parseMailDate(headerValue(headers, 'date')) ?? receivedAt,
    headers: headersOf(headers),
    ...(attachments.length > 0 && { attachments }),
  };
}

/**
 * The body of a webhook call as a message. What is said to be JSON must be: else a SyntaxError says
 * where it is broken. Other text is JSON when it reads as JSON.
 */
export function messageFromWebhook(
  raw: Uint8Array,
  { isJson = false, headers = {} }: { isJson?: boolean; headers?: Record<string, string> } = {},
): Message {
  const text = textOfUtf8(Buffer.from(raw).toString('latin1'));
  return webhookMessage(raw, text, headers, isJson ? readJson(raw) : payloadOf(raw));
}

/**
 * A call of a webhook that is written down, headers and all, as the hub reads it (see splitCall).
 * Without a Content-Type the body is JSON when it reads as JSON. Throws a SyntaxError that says why
 * the hub would not take it.
 */
export function messageFromHttp(raw: Uint8Array): Message {
  const { headers, body } = splitCall(raw);
  const kept = keptHeaders(headers);
  if (body.length === 0) throw new SyntaxError('a call without a body');
  if ('content-encoding' in kept) throw new SyntaxError('a call with a compressed body');
  const { type, charset } = mediaTypeOf(kept['content-type'] ?? '');
  const bytes = body.toString('latin1');
  const isLatin1 =
    /^(?:iso[-_]8859-1|latin1)$/.test(charset) && (type === '' || type.startsWith('text/'));
  const payload = 'content-type' in kept ? payloadOfType(body, type) : payloadOf(body);
  return webhookMessage(body, isLatin1 ? bytes : textOfUtf8(bytes), kept, payload);
}

/** The headers in which senders give the call an id of their own. */
const ID_HEADERS = ['webhook-id', 'x-github-delivery', 'idempotency-key'];

function webhookMessage(
  raw: Uint8Array,
  text: string,
  headers: Record<string, string>,
  payload: Json | undefined,
): Message {
  const receivedAt = new Date().toISOString();
  const externalId = ID_HEADERS.map((name) => headers[name] ?? '').find((id) => id !== '');
  return {
    id: externalId === undefined ? sha256(raw) : sha256(Buffer.from(externalId)),
    channelId: 'stand-alone',
    channelType: 'webhook',
    ...(externalId !== undefined && { externalId }),
    receivedAt,
    from: '',
    body: text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n'),
    timestamp: sentAt(headers['webhook-timestamp']) ?? receivedAt,
    headers,
    ...(payload !== undefined && { payload }),
  };
}

const CLOCKS_DIFFER_MS = 300_000;

/** Seconds since 1970 in ISO 8601; undefined for what is no time that has been. */
function sentAt(seconds = ''): string | undefined {
  const ms = /^\d+$/.test(seconds) ? Number(seconds) * 1000 : Infinity;
  return ms > Date.now() + CLOCKS_DIFFER_MS ? undefined : new Date(ms).toISOString();
}

/** A text message or a Slack post as it is written down: `From:` and `To:`, an empty line, text. */
export function messageFromChat(raw: Uint8Array, channelType: 'sms' | 'slack'): Message {
  const written = new TextDecoder().decode(raw).replaceAll('\r\n', '\n');
  const [head = '', ...paragraphs] = written.split('\n\n');
  const body = paragraphs.join('\n\n').replace(/\n$/, '');
  const fields = head.split('\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
    return name === '' ? [] : [[name, line.slice(colon + 1).trim()]];
  });
  const headers = Object.fromEntries(fields);
  const { from = '', to, thread } = headers;
  const receivedAt = new Date().toISOString();
  return {
    id: sha256(raw),
    channelId: 'stand-alone',
    channelType,
    receivedAt,
    from,
    ...(to !== undefined && { to }),
    body,
    timestamp: receivedAt,
    headers,
    ...(thread !== undefined && { payload: { thread_ts: thread } }),
  };
}

function payloadOf(raw: Uint8Array): Json | undefined {
  try {
    return readJson(raw);
  } catch {
    return undefined;
  }
}

function recipientsOf(fields: readonly Field[]): string {
  return fields
    .filter(({ name }) => name === 'to' || name === 'cc')
    .flatMap(({ value }) => parseAddresses(unfolded(value), LIMITS.addresses))
    .slice(0, LIMITS.addresses)
    .join(', ');
}

/** Names in lower case; of a header that stands there several times, all values, a line each. */
function headersOf(fields: readonly Field[]): Record<string, string> {
  const headers = new Map<string, string>();
  const repeated: [name: string, line: string][] = [];
  let room = LIMITS.headers;
  for (const { name, value } of fields) {
    const text = decodeHeader(unfolded(value));
    if (headers.has(name)) {
      repeated.push([name, `\n${text}`]);
      continue;
    }
    const needed = name.length + Buffer.byteLength(text);
    if (needed > room) {
      if (name.length < room) headers.set(name, cutBytes(text, room - name.length));
      return Object.fromEntries(headers);
    }
    room -= needed;
    headers.set(name, text);
  }
  // Last, so that a long way through many servers does not cost what stands there once.
  for (const [name, line] of repeated) {
    room -= Buffer.byteLength(line);
    if (room < 0) break;
    headers.set(name, `${headers.get(name) ?? ''}${line}`);
  }
  return Object.fromEntries(headers); // which, unlike an assignment, takes "__proto__" for a name
}

/** The first text that says anything, else the first HTML as text. */
function bodyOf(parts: readonly Part[]): string {
  const part = bodyPartOf(parts);
  return part ? cutBytes(textOf(part), LIMITS.body) : '';
}

function bodyPartOf(parts: readonly Part[]): Part | undefined {
  const texts = parts.filter((part) => isInlineText(part, parts));
  return (
    // Many mails have an empty text beside the HTML that says it all.
    texts.find(
      (part) =>
        part.type.value === 'text/plain' && (parts.length === 1 || trimmed(textOf(part)) !== ''),
    ) ?? texts.find(({ type }) => type.value === 'text/html')
  );
}

/** Text that is read as the mail's own. The mail itself is, too, when it is one text with a name. */
function isInlineText(part: Part, parts: readonly Part[]): boolean {
  const isText = part.type.value === 'text/plain' || part.type.value === 'text/html';
  if (part.isMultipart || !isText || part.disposition.value === 'attachment') return false;
  return parts.length === 1 || filenameOf(part) === '';
}

function isAttachment(part: Part, parts: readonly Part[]): boolean {
  return !part.isMultipart && !isInlineText(part, parts);
}

function filenameOf({ type, disposition }: Part): string {
  const name = disposition.parameters.get('filename') ?? '';
  return cleanFilename(name === '' ? (type.parameters.get('name') ?? '') : name);
}

function bytesOf({ content, headers }: Part): string {
  return decodeTransfer(content, headerValue(headers, 'content-transfer-encoding'));
}

function textOf(part: Part): string {
  const { value, parameters } = part.type;
  const charset = Buffer.from(parameters.get('charset') ?? '').toString('latin1');
  const text = decodeCharset(bytesOf(part), charset);
  if (value === 'text/html') return cleanText(textOfHtml(text));
  const clean = cleanText(cutBytes(text, LIMITS.body + 1));
  if (asciiLower(parameters.get('format') ?? '') !== 'flowed') return clean;
  return joinFlowed(clean, asciiLower(parameters.get('delsp') ?? '') === 'yes');
}

function attachmentOf(part: Part): Attachment {
  const bytes = Buffer.from(bytesOf(part), 'latin1');
  return {
    filename: filenameOf(part),
    contentType: cutBytes(cleanLine(part.type.value), LIMITS.type),
    size: bytes.length,
    content: bytes.toString('base64'),
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
