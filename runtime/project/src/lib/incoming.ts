/**
 * Makes a message of raw bytes, for the stand-alone project and for examples. Inside the hub the
 * message comes ready from its own parsers.
 */
import { createHash } from 'node:crypto';

import PostalMime, {
  decodeWords,
  type Address,
  type Attachment as MailAttachment,
  type Email,
} from 'postal-mime';

import { textOfHtml } from './html-text.ts';
import { parseJson, type Json } from './json.ts';
import type { Attachment, Message } from './message.ts';

/** An RFC 5322 mail as a message. Never fails on a broken mail; what cannot be read is empty. */
export async function messageFromEmail(raw: Uint8Array): Promise<Message> {
  const mail = await PostalMime.parse(raw, { maxNestingDepth: 50, maxHeadersSize: 256 * 1024 });
  const receivedAt = new Date().toISOString();
  const to = [...(mail.to ?? []), ...(mail.cc ?? [])].flatMap(addressesOf).join(', ');
  return {
    id: sha256(raw),
    channelId: 'stand-alone',
    channelType: 'email',
    ...(mail.messageId !== undefined && { externalId: mail.messageId }),
    receivedAt,
    from: mail.from ? (addressesOf(mail.from)[0] ?? '') : '',
    ...(to !== '' && { to }),
    ...(mail.subject !== undefined && { subject: mail.subject }),
    body: bodyOf(mail),
    timestamp: dateOf(mail.date) ?? receivedAt,
    headers: headersOf(mail),
    attachments: mail.attachments.map(attachmentOf),
  };
}

/** The body of a webhook call as a message: JSON when it parses as JSON, else text. */
export function messageFromWebhook(raw: Uint8Array, headers: Record<string, string> = {}): Message {
  const body = new TextDecoder().decode(raw);
  const receivedAt = new Date().toISOString();
  const payload = payloadOf(body);
  const externalId = headers['webhook-id'];
  return {
    id: externalId === undefined ? sha256(raw) : sha256(Buffer.from(externalId)),
    channelId: 'stand-alone',
    channelType: 'webhook',
    ...(externalId !== undefined && { externalId }),
    receivedAt,
    from: '',
    body,
    timestamp: receivedAt,
    headers,
    ...(payload !== undefined && { payload }),
  };
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

function payloadOf(body: string): Json | undefined {
  try {
    return parseJson(body);
  } catch {
    return undefined;
  }
}

function attachmentOf({ filename, mimeType, content }: MailAttachment): Attachment {
  const bytes = Buffer.from(typeof content === 'string' ? content : new Uint8Array(content));
  return {
    filename: filename ?? '',
    contentType: mimeType,
    size: bytes.length,
    content: bytes.toString('base64'),
  };
}

function addressesOf(address: Address): string[] {
  const found = address.group ? address.group.flatMap(addressesOf) : [address.address];
  return found.filter((text) => text !== '');
}

function bodyOf(mail: Email): string {
  const text = mail.text ?? '';
  const body = text.trim() === '' && mail.html !== undefined ? textOfHtml(mail.html) : text;
  return body.replaceAll('\r\n', '\n');
}

/** Names in lower case; of a header that stands there several times, all values, a line each. */
function headersOf(mail: Email): Record<string, string> {
  const headers = new Map<string, string>();
  for (const { key, value } of mail.headers) {
    const text = decodeWords(value).replace(/[\r\n]/g, ' ');
    const before = headers.get(key);
    headers.set(key, before === undefined ? text : `${before}\n${text}`);
  }
  return Object.fromEntries(headers); // which, unlike an assignment, takes "__proto__" for a name
}

function dateOf(text: string | undefined): string | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
