// `--include` and `--exclude` of the recursive commands, as in ossutil: `*` is any number of characters and `?` is one. The last pattern
// that matches decides; what none matches is taken, unless the first pattern is an include.

export interface NamePattern {
  readonly kind: 'include' | 'exclude';
  readonly pattern: string;
}

/** @param patterns in the order given on the command line */
export function nameFilter(patterns: readonly NamePattern[]): (name: string) => boolean {
  const rules = patterns.map(({ kind, pattern }) => ({
    takes: kind === 'include',
    matches: compile(pattern),
  }));
  const otherwise = rules[0]?.takes !== true;
  return (name) => rules.findLast(({ matches }) => matches.test(name))?.takes ?? otherwise;
}

function compile(pattern: string): RegExp {
  const source = [...pattern].map((character) => {
    if (character === '*') return '.*';
    return character === '?' ? '.' : character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`, 'su');
}
