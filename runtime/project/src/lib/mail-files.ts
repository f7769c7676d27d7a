/** The files of a message that a mail passes on. */
import { ActionError } from './errors.ts';
import { cut, type Message } from './message.ts';

/** A file as it goes into a mail. */
export interface MailFile {
  filename: string;
  contentType: string;
  content: string; // base64
}

/**
 * What a rule can name: a file that it extracted, the attachment at hand of a step that runs for
 * each, or an entry of the message's list. An optional file that was not found is left out.
 */
export function filesOf(entries: readonly unknown[], message: Message): MailFile[] {
  return entries
    .filter((entry) => entry !== undefined && entry !== null && entry !== '')
    .map((entry) => fileOf(entry, message));
}

/** The three shapes together. */
interface Entry {
  filename?: unknown;
  name?: unknown;
  contentType?: unknown;
  type?: unknown;
  size?: unknown;
  content?: unknown;
  index?: unknown;
}

function fileOf(entry: unknown, message: Message): MailFile {
  if (typeof entry !== 'object' || entry === null) {
    throw new ActionError('attachment_invalid', 'What the mail is to pass on is not a file.');
  }
  const { index, ...given } = entry as Entry;
  const own: Entry = typeof index === 'number' ? (message.attachments?.[index] ?? {}) : {};
  const content = given.content ?? own.content;
  const name = textIn(given.filename ?? given.name);
  const isEmpty = content === undefined || content === '';
  if ((isEmpty && given.size !== 0) || (!isEmpty && typeof content !== 'string')) {
    throw new ActionError(
      'attachment_missing',
      `The content of the attachment "${cut(name, 80)}" is not there, so it cannot be passed on.`,
    );
  }
  return {
    filename: plainName(name),
    contentType: plainType(textIn(given.contentType ?? given.type)),
    content: isEmpty ? '' : content,
  };
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A name only: no folder, no line end, nothing that the receiver's computer could trip over. */
function plainName(name: string): string {
  const plain = name.replaceAll(/[\p{Cc}\p{Cf}/\\:*?"<>|]/gu, '_').replace(/^[.\s]+/, '');
  return plain === '' ? 'attachment' : cut(plain, 200);
}

/** Composite types have rules of their own inside a mail; they travel as bytes. */
function plainType(type: string): string {
  const isPlain = /^[\w.+-]{1,60}\/[\w.+-]{1,120}$/.test(type);
  return isPlain && !/^(?:multipart|message)\//i.test(type) ? type : 'application/octet-stream';
}
