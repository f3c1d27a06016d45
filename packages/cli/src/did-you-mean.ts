// The known name that a mistyped one was meant to be. Used for commands, configuration keys and environment names.

import { closest, distance } from 'fastest-levenshtein';

/** @returns ` (did you mean "x"?)`, or nothing when no known name is near */
export function didYouMean(typed: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const lower = typed.toLowerCase();
  const best = known[
    known
      .map((name) => name.toLowerCase())
      .indexOf(
        closest(
          lower,
          known.map((name) => name.toLowerCase()),
        ),
      )
  ] as string;
  const editsMax = Math.max(2, Math.floor(typed.length / 3));
  return distance(lower, best.toLowerCase()) <= editsMax ? ` (did you mean "${best}"?)` : '';
}
