/** The message that a rule works on, and the texts that conditions and extraction read from it. */
import { displayName } from './addresses.ts';
import { textOf, valueAt, type Json } from './json.ts';
import { parseAddresses } from './mail-address.ts';

export interface Attachment {
  filename: string;
  contentType: string;
  size: number;
  content?: string; // base64; absent where nothing in the rule needs it
}

/** A message as it arrived. A field that the sender did not give is absent. */
export interface Message {
  id: string;
  channelId: string;
  channelType: string; // 'email', 'webhook', …
  externalId?: string; // the sender's own id: Message-ID, webhook-id
  receivedAt: string; // ISO 8601
  from: string; // the bare address; a display name stays in headers.from
  to?: string; // bare addresses, separated by a comma and a space
  subject?: string;
  body: string; // plain text
  timestamp: string; // when the sender says it was sent, ISO 8601
  headers?: Record<string, string>; // names in lower case; a line each time that it stands there
  attachments?: Attachment[];
  payload?: Json; // the JSON document of a webhook
}

/** What a rule can look at: a field by name, or a path into the JSON document. */
export type Field =
  | 'subject'
  | 'body'
  | 'from'
  | 'from.name'
  | 'to'
  | 'cc'
  | 'reply-to'
  | 'attachment.name'
  | 'attachment.type'
  | `header:${string}` // the name in lower case
  | `json:${string}`;

/**
 * The texts of a field, line ends as LF: one for each recipient, for each attachment and for each
 * time that a header stands there, none when the message has no such thing.
 */
export function fieldValues(message: Message, field: Field): string[] {
  switch (field) {
    case 'subject':
      return given(message.subject);
    case 'body':
      return [message.body.replaceAll('\r\n', '\n')];
    case 'from':
      return [message.from];
    case 'to':
      return message.to?.split(', ') ?? [];
    case 'cc':
    case 'reply-to':
      return headerLines(message, field)
        .flatMap((line) => parseAddresses(Buffer.from(line).toString('latin1'), MOST_ADDRESSES))
        .slice(0, MOST_ADDRESSES);
    case 'from.name':
      // Another From header is not the one that `from` was read from.
      return headerLines(message, 'from')
        .slice(0, 1)
        .flatMap((line) => given(displayName(line)));
    case 'attachment.name':
      return (message.attachments ?? []).map(({ filename }) => filename);
    case 'attachment.type':
      return (message.attachments ?? []).map(({ contentType }) => contentType);
  }
  if (field.startsWith('header:')) {
    return headerLines(message, field.slice('header:'.length));
  }
  const value = valueAt(message.payload, field.slice('json:'.length));
  return value === undefined || value === null ? [] : [textOf(value)];
}

const MOST_ADDRESSES = 10_000; // of the hub, too

function headerLines({ headers = {} }: Message, name: string): string[] {
  return Object.hasOwn(headers, name) ? (headers[name]?.split('\n') ?? []) : [];
}

/** The field as one text, its values joined by ", "; undefined when there is none. */
export function fieldText(message: Message, field: Field): string | undefined {
  const values = fieldValues(message, field);
  return values.length === 0 ? undefined : values.join(', ');
}

function given(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}

/** How people call a field, for errors and traces. */
export function fieldName(field: Field): string {
  switch (field) {
    case 'from':
      return 'sender';
    case 'from.name':
      return 'name of the sender';
    case 'to':
      return 'recipient';
    case 'attachment.name':
      return 'attachment name';
    case 'attachment.type':
      return 'attachment type';
  }
  if (field.startsWith('header:')) return `header ${field.slice('header:'.length)}`;
  return field.startsWith('json:') ? `JSON field ${field.slice('json:'.length)}` : field;
}

/** At most `length` characters of a text; never half of a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return Array.from(text.slice(0, length * 2))
    .slice(0, length)
    .join('');
}
