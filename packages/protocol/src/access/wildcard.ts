// Patterns of access policies: `*` stands for any text, the empty one and slashes included, `?` for one character (RAM: "Policy structure
// and syntax"). The time is at most the product of both lengths, whatever the pattern: a policy is written by one and waited for by all.

/** Whether the whole of `text` fits. */
export function matchesWildcard(pattern: string, text: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === text;
  // A character beyond the basic plane is two units of a string, and one `?`.
  return pattern.includes('?') ? matches(Array.from(pattern), Array.from(text)) : matches(pattern, text);
}

/** On a mismatch the latest star takes one more character: the stars before it need never change. */
function matches(pattern: ArrayLike<string>, text: ArrayLike<string>): boolean {
  let at = 0;
  let textAt = 0;
  let starAt = -1;
  let starEndsAt = 0;
  while (textAt < text.length) {
    if (pattern[at] === '*') {
      starAt = at++;
      starEndsAt = textAt;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[textAt])) {
      at++;
      textAt++;
    } else if (starAt >= 0) {
      at = starAt + 1;
      textAt = ++starEndsAt;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
