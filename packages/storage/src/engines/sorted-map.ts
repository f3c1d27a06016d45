// A map whose string keys are in UTF-8 byte order and that can be read from any key on. Entries lie in blocks of bounded length, so
// that inserting moves a few hundred of them at most, however large the map is.

import { compareUtf8 } from '../utf8-order.ts';

const blockEntriesMax = 512;

interface Block<Value> {
  readonly keys: string[];
  readonly values: Value[];
}

export class SortedMap<Value> {
  /** Never empty; only the first block may have no entries, and only when it is the only one. */
  readonly #blocks: Block<Value>[] = [{ keys: [], values: [] }];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): Value | undefined {
    const { block, index } = this.#find(key);
    return block.keys[index] === key ? block.values[index] : undefined;
  }

  set(key: string, value: Value): void {
    const { block, blockIndex, index } = this.#find(key);
    if (block.keys[index] === key) {
      block.values[index] = value;
      return;
    }
    block.keys.splice(index, 0, key);
    block.values.splice(index, 0, value);
    this.#size++;
    if (block.keys.length > blockEntriesMax) this.#split(blockIndex);
  }

  delete(key: string): boolean {
    const { block, blockIndex, index } = this.#find(key);
    if (block.keys[index] !== key) return false;
    block.keys.splice(index, 1);
    block.values.splice(index, 1);
    this.#size--;
    if (block.keys.length === 0 && this.#blocks.length > 1) this.#blocks.splice(blockIndex, 1);
    return true;
  }

  /** The values whose keys are `key` or behind it. The map must not change while they are read. */
  *valuesFrom(key: string): Generator<Value, void, void> {
    let { blockIndex, index } = this.#find(key);
    for (; blockIndex < this.#blocks.length; blockIndex++, index = 0) {
      const { values } = this.#blocks[blockIndex] as Block<Value>;
      for (; index < values.length; index++) yield values[index] as Value;
    }
  }

  /** Where the key is, or where it would have to be inserted. */
  #find(key: string): { block: Block<Value>; blockIndex: number; index: number } {
    const firstBehind = countWhile(this.#blocks.length, (i) => {
      const first = (this.#blocks[i] as Block<Value>).keys[0];
      return first === undefined || compareUtf8(first, key) <= 0;
    });
    const blockIndex = Math.max(firstBehind - 1, 0);
    const block = this.#blocks[blockIndex] as Block<Value>;
    const index = countWhile(block.keys.length, (i) => compareUtf8(block.keys[i] as string, key) < 0);
    return { block, blockIndex, index };
  }

  #split(blockIndex: number): void {
    const { keys, values } = this.#blocks[blockIndex] as Block<Value>;
    const half = keys.length >>> 1;
    this.#blocks.splice(blockIndex + 1, 0, { keys: keys.splice(half), values: values.splice(half) });
  }
}

/** Of 0 … length - 1, how many from the start on hold; none behind the first that does not (binary search). */
function countWhile(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
