/**
 * The hub decides rules' conditions in C++, a rule's own project decides them in TypeScript. Here
 * both decide the same things, and must say the same.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  compilePattern,
  fold,
  matchRule,
  type Condition,
} from '../../runtime/project/src/lib/conditions.ts';
import { parseJson } from '../../runtime/project/src/lib/json.ts';
import { type Message } from '../../runtime/project/src/lib/message.ts';
import { type Rule } from '../../runtime/project/src/lib/rule.ts';
import { assignedCharacters, caseSets, everyCharacter, SCRIPTS } from './characters.ts';
import { randomPattern } from './patterns.ts';
import { askHub } from './probe.ts';
import { Random } from './random.ts';

/** Rules with a message each; MSGHUB_FULL, as `script/test --full` sets it, tries them all. */
const PAIRS = process.env.MSGHUB_FULL === '1' ? 100_000 : 20_000;
const BATCH = 5_000;

interface HubVerdict {
  matches: boolean;
  explanation: {
    triggers: {
      channelFits: boolean;
      conditions: { seen?: string; holds: boolean }[];
    }[];
  };
}

interface PatternVerdicts<Verdicts> {
  refused?: string;
  verdicts?: Verdicts;
}

function verdictDigits(pattern: string, caseSensitive: boolean, characters: string[]): string {
  const compiled = compilePattern(pattern, caseSensitive);
  return characters.map((character) => (compiled.test(character) ? '1' : '0')).join('');
}

void test('every character folds to the same character', () => {
  const characters = everyCharacter();
  const [answer] = askHub<{ folded: string }>([JSON.stringify({ fold: characters.join('') })]);
  const folded = Array.from(answer?.folded ?? '');
  assert.equal(folded.length, characters.length);
  characters.forEach((character, index) => {
    assert.equal(
      folded[index],
      fold(character),
      `U+${(character.codePointAt(0) ?? 0).toString(16)}`,
    );
  });
});

/**
 * The characters that the tables of both pattern engines know alike. RE2's are those of Unicode
 * 14, so characters that came later are left out, and two that changed their category since.
 */
function charactersOfBoth(): string[] {
  const characters = assignedCharacters();
  const known = '[\\pL\\pM\\pN\\pP\\pS\\pZ\\p{Cc}\\p{Cf}]';
  const [answer] = askHub<PatternVerdicts<string>>([
    JSON.stringify({ pattern: known, characters: characters.join('') }),
  ]);
  const verdicts = answer?.verdicts ?? '';
  assert.equal(verdicts.length, characters.length);
  return characters.filter(
    (character, index) => verdicts[index] === '1' && !/[\u0295\u{1171e}]/u.test(character),
  );
}

const shared = charactersOfBoth();

void test('classes of characters hold the same characters', () => {
  const characters = shared;
  assert.ok(characters.length > 140_000);
  const classes = ['L', 'Lu', 'Ll', 'Lt', 'Lm', 'Lo', 'M', 'Mn', 'Mc', 'Me', 'N', 'Nd', 'Nl', 'No', 'P', 'Pc', 'Pd', 'Ps', 'Pe', 'Pi', 'Pf', 'Po', 'S', 'Sm', 'Sc', 'Sk', 'So', 'Z', 'Zs', 'Zl', 'Zp', 'Cc', 'Cf', 'Co', 'Latin', 'Greek', 'Cyrillic', 'Han', 'Common', 'Arabic']; // prettier-ignore
  const patterns = [
    ...classes.map((name) => `\\p{${name}}`),
    ...['.', '\\d', '\\s', '\\w', '\\W', '[[:punct:]]', '[^a-z]', '\\b'],
  ];
  const answers = askHub<PatternVerdicts<string>>(
    patterns.map((pattern) =>
      JSON.stringify({ pattern, caseSensitive: true, characters: characters.join('') }),
    ),
  );
  patterns.forEach((pattern, index) => {
    const ours = verdictDigits(pattern, true, characters);
    // Not assert.equal: its message would hold both texts in full.
    assert.ok(answers[index]?.verdicts === ours, pattern);
  });
});

void test('scripts hold the same characters', () => {
  const some = shared.filter((_, index) => index % 41 === 0);
  const patterns = SCRIPTS.map((name) => `\\p{${name}}`);
  const answers = askHub<PatternVerdicts<string>>(
    patterns.map((pattern) => JSON.stringify({ pattern, characters: some.join('') })),
  );
  patterns.forEach((pattern, index) => {
    assert.equal(answers[index]?.refused, undefined);
    assert.ok(answers[index]?.verdicts === verdictDigits(pattern, false, some), pattern);
  });
});

void test('what stands behind a backslash or in (?…) means the same, or is refused', () => {
  const signs = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
  const patterns = signs.flatMap((sign) => [
    ...['', '1', 'x', '{1}', 'a}', '{a}', '+', '*?'].map((tail) => `a?\\${sign}${tail}`),
    ...['', 'b', '-z', ']'].map((tail) => `[a\\${sign}${tail}]`),
    ...[')a', ':a)', '-i:a)', 'i)A', '<n>a)', '=a)', 'a)'].map((tail) => `b*(?${sign}${tail}`),
    `[${sign}]`,
    `[^${sign}a]`,
    `[[:${sign}alpha:]]`,
    `a${sign}`,
    `a${sign}${sign}`,
    `(a)${sign}+`,
  ]);
  const texts = [
    '',
    'a',
    'A',
    'ab',
    'ba',
    'a1',
    'a\n',
    'b\na',
    '\\a',
    'ä',
    'x',
    'aB ',
    '{1}',
    ...signs,
  ];
  const answers = askHub<PatternVerdicts<boolean[]>>(
    patterns.map((pattern) => JSON.stringify({ pattern, texts })),
  );
  let taken = 0;
  patterns.forEach((pattern, index) => {
    const hub = answers[index];
    if (hub?.verdicts === undefined) return;
    taken += 1;
    const compiled = compilePattern(pattern, false);
    assert.deepEqual(
      texts.map((text) => compiled.test(text)),
      hub.verdicts,
      pattern,
    );
  });
  assert.ok(taken > patterns.length / 3 && taken < patterns.length);
});

void test('patterns ignore the same differences of case', () => {
  const known = new Set(shared);
  const requests = caseSets()
    .map((set) => set.filter((character) => known.has(character)))
    .flatMap((set) =>
      set.map((character) => ({ pattern: `[${character}]`, characters: set.join('') })),
    );
  assert.ok(requests.length > 2700);
  const answers = askHub<PatternVerdicts<string>>(
    requests.map((request) => JSON.stringify(request)),
  );
  requests.forEach(({ pattern, characters }, index) => {
    const ours = verdictDigits(pattern, false, Array.from(characters));
    assert.equal(answers[index]?.verdicts, ours, `${pattern} on ${characters}`);
  });
});

void test('a pattern that the hub takes means the same in a project', (context) => {
  const random = new Random();
  context.diagnostic(`seed ${String(random.seed)}`);
  const cases = Array.from({ length: 20_000 }, () => ({
    pattern: randomPattern(random),
    caseSensitive: random.chance(0.5),
    texts: Array.from({ length: 6 }, () => randomText(random, 8)),
  }));
  const answers = askHub<PatternVerdicts<boolean[]>>(cases.map((each) => JSON.stringify(each)));
  let taken = 0;
  cases.forEach(({ pattern, caseSensitive, texts }, index) => {
    const hub = answers[index];
    if (hub?.verdicts === undefined) return;
    taken += 1;
    const compiled = compilePattern(pattern, caseSensitive);
    const ours = texts.map((text) => compiled.test(text));
    assert.deepEqual(ours, hub.verdicts, JSON.stringify({ pattern, caseSensitive, texts }));
  });
  context.diagnostic(`${String(taken)} patterns were within the dialect`);
  assert.ok(taken > cases.length / 3);
});

const PIECES = [
  ...Array.from('abABxX1 -@.,]}äÄßẞσςΣİiIıKkſsǅ日'),
  '\n',
  '\r\n',
  '\t',
  '𐐀',
  '𐐨',
  '\u00a0',
  '\0',
  ', ',
  'INV-1042',
  'Total: 12',
];

function randomText(random: Random, longest: number): string {
  const pieces = random.list(longest, () => random.pick(random.chance(0.05) ? shared : PIECES));
  return pieces.join('');
}

const HEADERS = ['list-id', 'from', 'from', 'cc', 'cc', 'reply-to', 'x-ä', '__proto__', 'constructor', 'x']; // prettier-ignore
const ADDRESS_PIECES = ['Ann ', '"Lee, ', '"', '\\', '<', '>', '(', ')', ', ', ';', ':', '@acme.com', 'ann', 'ä', ' ', 'x@y.org']; // prettier-ignore

function randomHeader(random: Random): string {
  if (random.chance(0.5)) return randomText(random, 5);
  return random.list(8, () => random.pick(ADDRESS_PIECES)).join('');
}

const KEYS = ['a', 'b', 'c d', '', '1', '10', '2', '01', 'ä', 'x[0]', '__proto__', 'length'];

function randomJson(random: Random, depth = 0): string {
  const kind = random.below(depth > 2 ? 6 : 9);
  if (kind < 2) return JSON.stringify(randomText(random, 4));
  if (kind === 2) return random.pick(['true', 'false', 'null']);
  if (kind === 3) return String(random.below(1000) - 500);
  if (kind === 4) return JSON.stringify((random.next() - 0.5) * 10 ** (random.below(60) - 30));
  if (kind === 5) {
    return random.pick(['18446744073709551615', '-9223372036854775808', '9007199254740993', '1.0', '1e3', '-0', '1E-7', '1e21', '0.1']); // prettier-ignore
  }
  if (kind === 6) return `[${random.list(3, () => randomJson(random, depth + 1)).join(',')}]`;
  const keys = [...new Set(random.list(4, () => random.pick(KEYS)))];
  return `{${keys.map((key) => `${JSON.stringify(key)}:${randomJson(random, depth + 1)}`).join(',')}}`;
}

function randomPath(random: Random): string {
  const part = (): string =>
    random.pick(KEYS) +
    random.pick(['', '', '', '[0]', '[1]', '[00]', '[x]', '[', '[0][1]', '[9999999999999]']);
  return [part(), ...random.list(2, part)].join('.');
}

/** A part of what the message says, now and then in the other case: likely to be found in it. */
function likelyValue(random: Random, texts: string[]): string {
  const characters = Array.from(random.pick(texts));
  const begin = random.chance(0.4) ? 0 : random.below(characters.length + 1);
  const end = random.chance(0.4) ? undefined : begin + random.below(characters.length - begin + 1);
  const value = characters.slice(begin, end).join('');
  const changed = random.pick([value, value, value.toLowerCase(), value.toUpperCase()]);
  return random.chance(0.1) ? `${changed}${random.pick(PIECES)}` : changed;
}

interface Drawn {
  request: string;
  triggers: Rule['triggers'];
}

/** A request to the hub, and the same triggers as a project writes them. */
function drawPair(random: Random, patterns: string[]): Drawn {
  const channel = (): string => (random.chance(0.8) ? 'email' : 'webhook');
  const address = (): string =>
    `${randomText(random, 3).replaceAll(', ', '')}@${random.pick(['acme.com', 'ÄB.org'])}`;
  const file = (): object => ({
    filename: randomText(random, 3) + random.pick(['.pdf', '.PDF', '']),
    contentType: random.pick(['application/pdf', 'image/png', 'Text/Plain', '']),
    size: random.below(1000),
    s3Key: '',
    s3Bucket: '',
  });
  const message = {
    from: address(),
    body: randomText(random, random.chance(0.1) ? 300 : 12),
    timestamp: '2026-11-22T10:00:00.000Z',
    ...(random.chance(0.8) && { to: [address(), ...random.list(3, address)].join(', ') }),
    ...(random.chance(0.8) && { subject: randomText(random, 8) }),
    ...(random.chance(0.8) && { attachments: random.list(3, file) }),
    ...(random.chance(0.8) && {
      headers: Object.fromEntries(
        random.list(4, () => {
          const values = [randomHeader(random), ...random.list(2, () => randomHeader(random))];
          return [random.pick(HEADERS), values.join('\n')] as const;
        }),
      ),
    }),
  };
  const payload = random.chance(0.8) ? randomJson(random) : undefined;
  const texts = [
    ...Object.values({ ...message, attachments: '', headers: '' }).map(String),
    ...(message.attachments ?? []).flatMap((each) => Object.values(each).map(String)),
    ...Object.values(message.headers ?? {}),
    payload ?? '',
  ];

  const condition = (): Condition => {
    const operator = random.pick([
      'contains',
      'equals',
      'matches',
      'startsWith',
      'endsWith',
    ] as const);
    const field = random.pick([
      'subject',
      'body',
      'from',
      'from.name',
      'to',
      'cc',
      'reply-to',
      'attachment.name',
      'attachment.type',
      `header:${random.pick(HEADERS)}`,
      `json:${randomPath(random)}`,
    ] as const);
    const value = (): string =>
      operator === 'matches' ? random.pick(patterns) : likelyValue(random, texts);
    return {
      line: random.below(100),
      field,
      operator,
      value: value(),
      ...(random.chance(0.4) && { alternatives: random.list(3, value) }),
      ...(random.chance(0.3) && { negated: random.chance(0.8) }),
      ...(random.chance(0.3) && { caseSensitive: random.chance(0.8) }),
    };
  };
  const triggers = [
    ...random.list(2, () => ({ channelId: channel(), conditions: random.list(2, condition) })),
    { channelId: 'email', conditions: [condition()] },
  ];
  const fields = [
    `"channelId":${JSON.stringify(channel())}`,
    `"triggers":${JSON.stringify(triggers)}`,
    `"message":${JSON.stringify(message).slice(0, -1)}${payload === undefined ? '' : `,"payload":${payload}`}}`,
  ];
  return {
    request: `{${fields.join(',')}}`,
    triggers: triggers.map(({ channelId, conditions }) => ({
      channel: { type: channelId, name: channelId, line: 1 },
      conditions,
    })),
  };
}

function inProject(request: string, triggers: Rule['triggers']): unknown {
  const { channelId, message } = parseJson(request) as unknown as {
    channelId: string;
    message: Message;
  };
  const rule: Rule = {
    name: 'drawn',
    source: { sha256: '', compiler: '' },
    triggers,
    extract: {},
    steps: [],
    examples: [],
  };
  const { matched, trace } = matchRule(rule, { ...message, channelType: channelId });
  return {
    matches: matched,
    conditions: trace
      .filter(({ field }) => field !== 'channel')
      .map(({ seen, verdict }) => ({ seen, holds: verdict })),
  };
}

void test('the hub and a project decide the same about a message', (context) => {
  const random = new Random();
  context.diagnostic(`seed ${String(random.seed)}`);
  const drawnPatterns = Array.from({ length: 2000 }, () => randomPattern(random));
  const checked = askHub<PatternVerdicts<boolean[]>>(
    drawnPatterns.map((pattern) => JSON.stringify({ pattern, texts: [] })),
  );
  const patterns = drawnPatterns.filter((_, index) => checked[index]?.refused === undefined);
  let matching = 0;
  for (let batch = 0; batch < PAIRS; batch += BATCH) {
    const pairs = Array.from({ length: BATCH }, () => drawPair(random, patterns));
    matching += comparePairs(pairs);
  }
  context.diagnostic(`${String(matching)} of ${String(PAIRS)} pairs match`);
  assert.ok(matching > PAIRS / 10 && matching < (PAIRS * 9) / 10);
});

/** Compares what both decide, and returns how many of the pairs match. */
function comparePairs(pairs: Drawn[]): number {
  const answers = askHub<HubVerdict>(pairs.map(({ request }) => request));
  pairs.forEach(({ request, triggers }, index) => {
    const hub = answers[index];
    assert.ok(hub?.explanation !== undefined, `${JSON.stringify(hub)} on ${request}`);
    const ours = inProject(request, triggers);
    const theirs = {
      matches: hub.matches,
      conditions: hub.explanation.triggers.flatMap(({ conditions }) =>
        conditions.map(({ seen, holds }) => ({ seen: seen ?? null, holds })),
      ),
    };
    // As text, as deepEqual takes most of the time of a long run.
    assert.equal(JSON.stringify(ours), JSON.stringify(theirs), request);
  });
  return answers.filter(({ matches }) => matches).length;
}
