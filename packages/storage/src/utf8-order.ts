// Object names are ordered by their bytes in UTF-8, which is the order of code points. JavaScript compares UTF-16 units instead, and
// the two differ: U+FFFD comes before U+1F600 in UTF-8 and after it in UTF-16. Everything here takes well-formed strings.

/** Negative, zero or positive, as for `Array.prototype.sort`. */
export function compareUtf8(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA !== unitB) return rankOfUnit(unitA) - rankOfUnit(unitB);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF, so they rank behind U+E000 to U+FFFF. */
function rankOfUnit(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

/** The first string after this one. */
export function firstAfter(text: string): string {
  return `${text}\0`;
}

/** The first string after all that begin with `prefix`; undefined when there is none (an empty prefix, or U+10FFFF throughout). */
export function firstAfterPrefix(prefix: string): string | undefined {
  const codePoints = Array.from(prefix, (character) => character.codePointAt(0) as number);
  while (codePoints.at(-1) === 0x10ffff) codePoints.pop();
  const last = codePoints.pop();
  if (last === undefined) return undefined;
  // The surrogates between U+D7FF and U+E000 are not characters.
  codePoints.push(last === 0xd7ff ? 0xe000 : last + 1);
  return String.fromCodePoint(...codePoints);
}
