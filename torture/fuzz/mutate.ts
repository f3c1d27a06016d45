// Mutations of bytes: what noise does, and what somebody does who knows the format.

import type { Choices } from './choices.ts';

/** Copies of a range are short, or inputs would grow without saying anything new. */
const rangeBytesMax = 64;
/** Once in a while, something long: limits are found only by going beyond them. */
const longBytes = [300, 5_000, 20_000] as const;

/** @param tokens what has a meaning in this format */
export function mutate(bytes: Buffer, choices: Choices, tokens: readonly Buffer[]): Buffer {
  const at = choices.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + choices.below(rangeBytesMax));
  switch (choices.below(9)) {
    case 0: // one bit
      return splice(bytes, at, 1, Buffer.of((bytes[at] ?? 0) ^ (1 << choices.below(8))));
    case 1: // one byte
      return splice(bytes, at, 1, Buffer.of(choices.below(256)));
    case 2:
      return splice(bytes, at, end - at, Buffer.alloc(0));
    case 3: // again, elsewhere
      return splice(bytes, choices.below(bytes.length + 1), 0, bytes.subarray(at, end));
    case 4: // instead of something else
      return splice(bytes, choices.below(bytes.length + 1), end - at, bytes.subarray(at, end));
    case 5:
      return splice(bytes, at, 0, choices.of(tokens));
    case 6:
      return splice(bytes, at, choices.below(8), choices.of(tokens));
    case 7:
      return choices.once(4) ? bytes.subarray(0, at) : splice(bytes, at, 0, Buffer.of(choices.below(256)));
    default:
      return choices.once(40)
        ? splice(bytes, at, 0, Buffer.alloc(choices.of(longBytes), bytes[at] ?? 0x61))
        : splice(bytes, at, end - at, choices.of(tokens));
  }
}

/** None, one or a few. */
export function mutateSome(bytes: Buffer, choices: Choices, tokens: readonly Buffer[]): Buffer {
  let mutated = bytes;
  for (let left = choices.below(4); left > 0; left--) mutated = mutate(mutated, choices, tokens);
  return mutated;
}

export function mutateText(text: string, choices: Choices, tokens: readonly Buffer[]): string {
  return mutate(Buffer.from(text), choices, tokens).toString();
}

function splice(bytes: Buffer, at: number, removed: number, inserted: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), inserted, bytes.subarray(at + removed)]);
}
