// What was written: every write has a number and a content, and every content can be made again from its own number.

import { pseudoRandomBytes } from '../../conformance/process/pseudo-random.ts';

const kibibyte = 1024;

/** From, to: what is kept within the index, in one block of a blob, in several, and in a file of its own. */
const sizeClasses = [
  [0, 8 * kibibyte],
  [8 * kibibyte + 1, 64 * kibibyte],
  [64 * kibibyte, 400 * kibibyte],
  [1024 * kibibyte, 1200 * kibibyte],
] as const;

export interface Content {
  readonly name: string;
  readonly size: number;
  /** Set when it was not written in one go: the sizes of the pieces. */
  readonly parts?: readonly number[];
  /** Set when it is appended to: how often so far. More bytes of the same name follow. */
  readonly appends?: number;
}

/** The writes of one data directory. */
export class Contents {
  readonly #seed: number;
  readonly #writes: Content[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** @returns the number of the write */
  add(content: Content): number {
    return this.#writes.push(content) - 1;
  }

  /** @returns the number of the content that begins as that of this write does and has so many bytes; undefined when there was none */
  findGrown(write: number, size: number): number | undefined {
    const { name } = this.of(write);
    const at = this.#writes.findIndex(
      (other) => other.appends !== undefined && other.name === name && other.size === size,
    );
    return at < 0 ? undefined : at;
  }

  choose(choose: (bound: number) => number): Content {
    const [from, to] = sizeClasses[choose(sizeClasses.length)] as (typeof sizeClasses)[number];
    return { name: `${this.#seed}/${this.#writes.length}`, size: from + choose(to - from + 1) };
  }

  of(write: number): Content {
    const content = this.#writes[write];
    if (content === undefined) throw new Error(`there was no write ${write}`);
    return content;
  }
}

export function bytesOf({ name, size }: Content): Buffer {
  return pseudoRandomBytes(name, 0, size);
}
