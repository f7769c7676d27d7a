/** Files that a rule took out of a message. The content stays with the message. */
import type { Attachment } from './message.ts';

/** Marks files across separately loaded copies of this file. */
const BRAND = Symbol.for('msghub.file');

/** `String(file)` is its name; `JSON.stringify(file)` the plain object. */
export interface FileValue {
  readonly filename: string;
  readonly contentType: string;
  readonly size: number; // bytes
  readonly index: number; // in the message's list of attachments
  toString(): string;
}

const prototype = {
  [BRAND]: true,
  toString(this: FileValue): string {
    return this.filename;
  },
};

export function fileOf({ filename, contentType, size }: Attachment, index: number): FileValue {
  const file = { filename, contentType, size, index };
  return Object.freeze(Object.assign(Object.create(prototype) as FileValue, file));
}

export function isFile(value: unknown): value is FileValue {
  return typeof value === 'object' && value !== null && BRAND in value;
}
