/** Makes a value small enough to be kept. */
import { isDecimal } from './decimal.ts';
import type { Json } from './json.ts';

const MAX_DEPTH = 16;

/**
 * The value itself when its JSON has at most `limit` bytes and 16 levels; else its beginning: long
 * texts are cut, members that come too late are left out, what lies too deep is null.
 */
export function fitJson(value: Json, limit: number): Json {
  if (depthOf(value) <= MAX_DEPTH && bytesOf(value) <= limit) return value;
  return fit(value, { left: limit }, MAX_DEPTH);
}

function fit(value: Json, room: { left: number }, levels: number): Json {
  if (typeof value === 'string') {
    const text = cutText(value, room.left);
    room.left -= bytesOf(text);
    return text;
  }
  if (!isContainer(value)) {
    const kept = bytesOf(value) <= room.left ? value : null;
    room.left -= bytesOf(kept);
    return kept;
  }
  if (levels === 0) {
    room.left -= 4;
    return null;
  }
  room.left -= 2; // its brackets
  const kept: [string, Json][] = [];
  for (const [key, member] of Object.entries(value)) {
    const cost = Array.isArray(value) ? 1 : bytesOf(key) + 2; // with colon and comma
    if (room.left < cost + 4) break; // the least that any member can be cut to is null
    room.left -= cost;
    kept.push([key, fit(member, room, levels - 1)]);
  }
  return Array.isArray(value) ? kept.map(([, member]) => member) : Object.fromEntries(kept);
}

function cutText(text: string, bytes: number): string {
  let kept = text;
  for (let size = bytesOf(kept); size > bytes && kept !== ''; size = bytesOf(kept)) {
    const units = Math.min(Math.floor((kept.length * bytes) / size), kept.length - 1);
    kept = kept.slice(0, units).replace(/[\ud800-\udbff]$/, ''); // no half of a pair
  }
  return kept;
}

type Container = Json[] | Record<string, Json>;

function isContainer(value: Json): value is Container {
  return typeof value === 'object' && value !== null && !isDecimal(value);
}

/** How deep lists and objects are nested; counting ends where it is too deep. */
function depthOf(value: Json, level = 0): number {
  if (!isContainer(value) || level > MAX_DEPTH) return level;
  return Object.values(value).reduce<number>(
    (deepest, member) => Math.max(deepest, depthOf(member, level + 1)),
    level + 1,
  );
}

/** The length of the value's JSON. */
export function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}
