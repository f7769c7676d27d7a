/**
 * Frames between the hub and its Node.js processes, as protocol/frames.md describes them. The
 * twin of src/workers/protocol.h; both are held to every file in protocol/samples/.
 */
import type { Connection } from './project/src/lib/connections.ts';
import type { ErrorRecord } from './project/src/lib/errors.ts';
import type { ExampleResult } from './project/src/lib/examples.ts';
import type { Json } from './project/src/lib/json.ts';
import type { Message } from './project/src/lib/message.ts';

export const MAX_HEADER_BYTES = 32 * 1024 * 1024;
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** Every kind of process says this first. */
export interface Ready {
  type: 'ready';
  pid: number;
  node: string;
}

// Hub to worker

export interface Run {
  type: 'run';
  executionId: string;
  project: string; // absolute folder of the rule's project
  message: Message;
  connections: Record<string, Connection>; // by the name in the rule
  keys: string[]; // idempotency key of each action, by order
  done: { order: number; output: Json }[]; // to be skipped
  /** Of steps for each attachment that have begun: outputs of the first ones, to be skipped. */
  doneItems?: { order: number; outputs: Json[] }[];
  failure?: ErrorRecord; // the rule has failed for good: run its steps for that instead
  deadlineMs: number;
  egress?: { allow: string[] };
}

export interface Recorded {
  type: 'recorded';
  executionId: string;
  seq: number;
}

export interface Cancel {
  type: 'cancel';
  executionId: string;
  reason: string;
}

export interface Examples {
  type: 'examples';
  id: string;
  project: string;
}

export type HubToWorker = Run | Recorded | Cancel | Examples;

// Worker to hub

export interface Extracted {
  type: 'extracted';
  executionId: string;
  data: Record<string, Json>; // a decimal as a string
}

export interface AttemptFrame {
  type: 'attempt';
  executionId: string;
  seq: number;
  order: number;
  actionType: string;
  target: string;
  startedAt: string;
}

/** The next attachments of a step for each of them are done. */
export interface ItemsFrame {
  type: 'items';
  executionId: string;
  seq: number;
  order: number;
  outputs: Json[];
}

export interface ResultFrame {
  type: 'result';
  executionId: string;
  seq: number;
  order: number;
  actionType: string;
  status: 'success' | 'failed' | 'unknown';
  startedAt: string;
  completedAt: string;
  output?: Json;
  error?: ErrorRecord;
  continues?: boolean; // it failed, and the rule goes on nevertheless
}

export interface Log {
  type: 'log';
  executionId: string;
  line: string;
}

export interface Done {
  type: 'done';
  executionId: string;
  outcome: 'success' | 'failed';
  error?: ErrorRecord;
}

export interface ExamplesDone {
  type: 'examplesDone';
  id: string;
  examples?: ExampleResult[];
  error?: { code: string; message: string };
}

export type WorkerToHub =
  Ready | Extracted | AttemptFrame | ItemsFrame | ResultFrame | Log | Done | ExamplesDone;

// Hub to builder

export interface Check {
  type: 'check';
  id: string;
  project: string; // absolute folder of a rule's project
}

export type HubToBuilder = Check;

// Builder to hub

export interface Checked {
  type: 'checked';
  id: string;
  problems?: { file: string; line: number; column: number; message: string }[];
  error?: { code: string; message: string };
}

export type BuilderToHub = Ready | Checked;

// Hub to mailroom

/** A mailbox to watch. */
export interface MailChannel {
  id: string;
  host: string;
  port: number;
  tls: 'implicit' | 'starttls' | 'none';
  user: string;
  password: string;
  allowSelfSigned?: boolean;
  folders: string[];
  since: 'new' | 'all';
  cursors: Record<string, MailCursor>; // by folder
}

/** Every mail up to and with this UID is in the hub. */
export interface MailCursor {
  uidValidity: string;
  uid: number;
}

export interface Channels {
  type: 'channels';
  channels: MailChannel[];
}

export interface Stored {
  type: 'stored';
  channelId: string;
  seq: number;
}

export interface Refused {
  type: 'refused';
  channelId: string;
  seq: number;
  retryAfterMs: number;
  reason: string;
}

export type HubToMailroom = Channels | Stored | Refused;

// Mailroom to hub

/** The mail's bytes are the frame's body. */
export interface Mail {
  type: 'mail';
  channelId: string;
  folder: string;
  uidValidity: string;
  uid: number;
  seq: number;
  flags: string[];
  internalDate: string;
}

export interface Cursor {
  type: 'cursor';
  channelId: string;
  folder: string;
  uidValidity: string;
  uid: number;
  seq: number;
}

export interface State {
  type: 'state';
  channelId: string;
  state: 'connecting' | 'connected' | 'disconnected' | 'error';
  detail: string;
}

export interface Swept {
  type: 'swept';
  channelId: string;
  folder: string;
  at: string;
  uidNext: number;
}

export type MailroomToHub = Ready | Mail | Cursor | State | Swept;

export interface Frame<Header extends { type: string } = { type: string }> {
  header: Header;
  body: Buffer;
}

/** The frame as bytes. Throws a RangeError when it is over a limit. */
export function encodeFrame(header: { type: string }, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  if (json.length > MAX_HEADER_BYTES) {
    throw new RangeError(`a frame's header of ${String(json.length)} bytes is too large`);
  }
  if (body.length > MAX_BODY_BYTES) {
    throw new RangeError(`a frame's body of ${String(body.length)} bytes is too large`);
  }
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(json.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  return Buffer.concat([lengths, json, body]);
}

/** Takes bytes in pieces of any size and gives the frames that are complete. */
export type FrameDecoder = (bytes: Uint8Array) => Frame[];

/**
 * A decoder for one connection. It throws an Error on what is no frame; the connection is then of
 * no more use. `parse` reads the header's JSON.
 */
export function frameDecoder(parse: (text: string) => unknown = JSON.parse): FrameDecoder {
  // Pieces are joined only when a frame is complete, so a body in many pieces costs no more.
  let pieces: Uint8Array[] = [];
  let available = 0;
  let wanted = 8;

  return (bytes) => {
    pieces.push(bytes);
    available += bytes.length;
    const frames: Frame[] = [];
    if (available < wanted) return frames;
    let rest = Buffer.concat(pieces);
    for (;;) {
      wanted = frameLength(rest);
      if (rest.length < wanted || rest.length < 8) break;
      frames.push(decode(rest.subarray(0, wanted), parse));
      rest = rest.subarray(wanted);
    }
    pieces = [rest];
    available = rest.length;
    return frames;
  };
}

/** How long the frame at the start is; 8, its fixed part, as long as that is not complete. */
function frameLength(bytes: Buffer): number {
  if (bytes.length < 8) return 8;
  const header = bytes.readUInt32BE(0);
  const body = bytes.readUInt32BE(4);
  if (header < 2 || header > MAX_HEADER_BYTES) {
    throw new Error(`header length ${String(header)} is out of range`);
  }
  if (body > MAX_BODY_BYTES) throw new Error(`body length ${String(body)} is out of range`);
  return 8 + header + body;
}

function decode(bytes: Buffer, parse: (text: string) => unknown): Frame {
  const end = 8 + bytes.readUInt32BE(0);
  const header = parse(utf8.decode(bytes.subarray(8, end)));
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new Error('the header is no JSON object');
  }
  if (!('type' in header) || typeof header.type !== 'string' || header.type === '') {
    throw new Error('the header has no "type"');
  }
  return { header: header as { type: string }, body: bytes.subarray(end) };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
