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
  // From the end: a page of common prefixes asks this a thousand times.
  let end = prefix.length;
  while (end >= 2 && prefix.codePointAt(end - 2) === 0x10ffff) end -= 2;
  if (end === 0) return undefined;
  const isPair = end >= 2 && (prefix.codePointAt(end - 2) as number) > 0xffff;
  const start = isPair ? end - 2 : end - 1;
  const last = prefix.codePointAt(start) as number;
  // The surrogates between U+D7FF and U+E000 are not characters.
  return prefix.slice(0, start) + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
}
