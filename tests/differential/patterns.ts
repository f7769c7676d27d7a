/** Random patterns, most of them within the dialect of rules. */
import { type Random } from './random.ts';

const LITERALS = [
  'a',
  'b',
  'A',
  'B',
  'x',
  '1',
  ' ',
  '\n',
  'ä',
  'Ä',
  'ß',
  'σ',
  'ς',
  'K',
  'ſ',
  '日',
  '𐐀',
  '-',
  '@',
  ']',
  '}',
  ',',
];
const ESCAPES = [
  '\\d',
  '\\D',
  '\\s',
  '\\S',
  '\\w',
  '\\W',
  '\\pL',
  '\\PN',
  '\\p{Lu}',
  '\\p{^Ll}',
  '\\p{Greek}',
  '\\P{Latin}',
  '\\.',
  '\\n',
  '\\t',
  '\\x41',
  '\\x{e4}',
  '\\101',
  '\\-',
  '\\_',
  '\\v',
  '\\\\',
];
const ZERO_WIDTH = ['^', '$', '\\b', '\\B', '\\A', '\\z'];
const REPEATS = [
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '{2}',
  '{1,2}',
  '{0,1}?',
  '{1,}',
  '{,2}',
  '++',
  '**',
];
const GROUPS = ['(', '(?:', '(?i:', '(?-i:', '(?s:', '(?m:', '(?U:', '(?sm-i:', '(?P<name>'];
const ODD = [
  '\\C',
  '\\Z',
  '(?=a)',
  '(?!a)',
  '\\1',
  '\\Qa.b\\E',
  '\\Q[\\E',
  '[[:alpha:]]',
  '[[:^digit:]x]',
  '[[:word:]]',
  '\\p{Any}',
  '\\pC',
  '(?i)',
  '(?s)',
  '{',
  'a{',
  '[^\\S]',
  '[]a]',
  '[^]a]',
  '[a-]',
  '()',
  '|',
];

export function randomPattern(random: Random, depth = 0): string {
  const pieces = random.list(depth === 0 ? 5 : 3, () => piece(random, depth));
  if (random.chance(0.15)) pieces.splice(random.below(pieces.length + 1), 0, '|');
  return pieces.join('');
}

function piece(random: Random, depth: number): string {
  const atom = randomAtom(random, depth);
  return random.chance(0.3) ? atom + random.pick(REPEATS) : atom;
}

function randomAtom(random: Random, depth: number): string {
  const kind = random.below(20);
  if (kind < 8) return random.pick(LITERALS);
  if (kind < 9) return '.';
  if (kind < 12) return random.pick(ESCAPES);
  if (kind < 14) return random.pick(ZERO_WIDTH);
  if (kind < 16) return characterClass(random);
  if (kind < 19 && depth < 3) return `${random.pick(GROUPS)}${randomPattern(random, depth + 1)})`;
  return random.pick(ODD);
}

function characterClass(random: Random): string {
  const items = random.list(3, () => {
    if (random.chance(0.3)) return random.pick(ESCAPES);
    if (random.chance(0.3))
      return random.pick(['a-f', 'A-Z', '0-9', 'à-ÿ', 'Α-Ω', ' -~', '\\x{0}-ÿ']);
    return random.pick(LITERALS.filter((literal) => literal !== ']' && literal !== '-'));
  });
  return `[${random.chance(0.3) ? '^' : ''}a${items.join('')}]`;
}
