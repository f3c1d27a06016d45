// The body of an answer, begun before the answer is: a body that is missing or damaged from its start can then still be refused by a
// status. Damage further on can only be told by cutting the connection.

export type BegunBody = Uint8Array | AsyncIterable<Uint8Array>;

/**
 * Reads the first chunk. A body that is whole with it, as most are, needs no stream to go out.
 *
 * @param bytes of the whole body
 * @throws what reading the chunk throws
 */
export async function beginBody(chunks: AsyncIterable<Uint8Array>, bytes: number): Promise<BegunBody> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done || first.value.length < bytes) return continueBody(first, iterator);
  await iterator.return?.();
  return first.value;
}

async function* continueBody(
  first: IteratorResult<Uint8Array>,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    for (let next = first; !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
