/** Texts that try to be more than text where they land. */
import type { Random } from '../differential/random.ts';

/** What code that was smuggled in would leave behind. */
export const CANARY = 'msghubCanary';

const PIECES = [
  "'", '"', '`', '\\', '\\\\', "\\'", '\\"', '${', '$', '}', '{', '{{', '}}', '{{body}}', '%', '%s',
  '%27', '%2e', '$1', '$$', '$&', ':a', '@', '#', '|', '&', '=', '+', '?', ';', '--', '/*', '*/',
  '//', '<!--', '-->', ']]>', '<', '>', '</', '</script>', '</p>', '<script>', '&amp;', '&#39;',
  '&lt', "' or '1'='1", "'; drop table t; --", '=HYPERLINK("http://evil.example","x")', '+1+1',
  '@SUM(A1)', '<!channel>', '<@U0000>', '<http://evil.example|click>', 'javascript:alert(1)',
  '../', '..', '.', '/', '\\u0041', '\\x41', '\\n', 'Bcc: evil@example.com', '__proto__',
  'constructor', '[object Object]', 'import', 'null', 'NaN', '\t', ' ', 'a', 'é', '日', '🧾',
  '👩‍👩‍👧', '\u00a0', '\u0085', '\u2028', '\u2029', '\u202e', '\u2066', '\ufeff', '\u200b', '\u0301',
  `\${globalThis.${CANARY}=1}`, `';globalThis.${CANARY}=1;'`, `\`;globalThis.${CANARY}=1;\``,
  `*/globalThis.${CANARY}=1;/*`, `\u2028globalThis.${CANARY}=1\u2028`,
]; // prettier-ignore

const CONTROLS = ['\0', '\r', '\n', '\r\n', '\n\n', '\u001b', '\b', '\f', '\v', '\u007f'];
const HALVES = ['\ud83d', '\ude00', '\udfff'];

/** What a message may bring: control characters and halves of surrogate pairs as well. */
export function hostileValue(random: Random): string {
  const pieces = random.list(6, () => {
    if (random.chance(0.12)) return random.pick(CONTROLS);
    if (random.chance(0.05)) return random.pick(HALVES);
    if (random.chance(0.1)) return String.fromCharCode(random.below(0x10000));
    return random.pick(PIECES);
  });
  return pieces.join('');
}

/** What an author may write on one line of a rule: one letter or more of it stays. */
export function hostileText(random: Random, without = /(?!)/g): string {
  const pieces = Array.from({ length: 1 + random.below(5) }, () => random.pick(PIECES));
  const text = pieces.join('').replaceAll(without, '');
  return `h${text}h`;
}
