// The body of an answer, begun before the answer is: a body that is missing or damaged from its start can then still be refused by a
// status. Damage further on can only be told by cutting the connection.

/**
 * Reads the first chunk.
 * @throws what reading it throws
 */
export async function beginBody(chunks: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = chunks[Symbol.asyncIterator]();
  return continueBody(await iterator.next(), iterator);
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
