// What a body must keep to while it streams: its size, the time. A check sees every chunk before it is passed on, and the end. Checks of
// one body stand side by side in one loop: a stream for each of them would cost more than all they do.

export interface BodyCheck {
  /** Throws when the body may not go on with a chunk of so many bytes. */
  readonly take: (bytes: number) => void;
  /** Throws when the body may not end here. */
  readonly end: () => void;
}

/** The same chunks, as long as all checks let them pass. */
export async function* checkBody(
  body: AsyncIterable<Uint8Array>,
  checks: readonly BodyCheck[],
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of body) {
    for (const check of checks) check.take(chunk.length);
    yield chunk;
  }
  for (const check of checks) check.end();
}
