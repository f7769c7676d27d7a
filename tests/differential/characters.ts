/** Sets of characters that the comparisons go through. */

/** Every Unicode scalar value, as one-character texts. */
export function everyCharacter(): string[] {
  const characters: string[] = [];
  for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
    if (codePoint < 0xd800 || codePoint > 0xdfff) characters.push(String.fromCodePoint(codePoint));
  }
  return characters;
}

/** Characters that are assigned and not for private use. */
export function assignedCharacters(): string[] {
  return everyCharacter().filter((character) => !/[\p{Cn}\p{Co}]/u.test(character));
}

/** Characters that differ in case alone, together: ['K', 'k', 'K'] is one of the sets. */
export function caseSets(): string[][] {
  const sets = new Map<string, string[]>();
  for (const character of assignedCharacters()) {
    const upper = character.toUpperCase();
    const key = Array.from(upper).length === 1 ? upper.toLowerCase() : character.toLowerCase();
    sets.set(key, [...(sets.get(key) ?? []), character]);
  }
  return [...sets.values()].filter((set) => set.length > 1);
}
