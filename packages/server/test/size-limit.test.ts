// Bodies are written as the lengths of their chunks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SizeRange } from '@postern/protocol';
import { limitSize } from '../src/body/size-limit.ts';

async function* bodyOf(chunkLengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const length of chunkLengths) yield new Uint8Array(length);
}

/** How many bytes pass, and the row and elements of the error if there is one. */
async function passes(chunkLengths: readonly number[], range: SizeRange): Promise<string> {
  let bytes = 0;
  try {
    for await (const chunk of limitSize(bodyOf(chunkLengths), range)) bytes += chunk.length;
    return `${bytes}`;
  } catch (error) {
    const { row, elements } = error as { row: string; elements: readonly (readonly [string, string])[] };
    return `${bytes}, ${row} ${elements.map((pair) => pair.join(' ')).join(' ')}`;
  }
}

test('a size within the range, its ends included', async () => {
  assert.equal(await passes([2, 3], { minBytes: 5, maxBytes: 5 }), '5');
  assert.equal(await passes([], { minBytes: 0, maxBytes: 0 }), '0');
});

test('too large is told at once: not a byte of the chunk that goes beyond is passed on', async () => {
  assert.equal(
    await passes([2, 4, 1000], { minBytes: 0, maxBytes: 5 }),
    '2, EntityTooLarge MaxSizeAllowed 5 ProposedSize 6',
  );
});

test('too small is told at the end', async () => {
  assert.equal(
    await passes([2, 2], { minBytes: 5, maxBytes: 9 }),
    '4, EntityTooSmall MinSizeAllowed 5 ProposedSize 4',
  );
});
