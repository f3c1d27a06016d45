// A body on its way in: kept in memory while it is small, streamed into a blob as soon as it is not. Until `makeDurable` resolves
// nothing has to survive; until the commit nothing is visible; `discard` takes it all back.

import type { BlobOwner, BlobStore, BlobWriter } from './blob-store.ts';
import { type BodyDigests, beginDigests, type Digests, digestsOf } from './digests.ts';
import type { BlobRef } from './records.ts';

/** Bodies up to this size live inside the index: their one commit makes them durable and visible together. */
export const inlineBytesMax = 8 * 1024;

type State =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'streaming'; readonly writer: BlobWriter; readonly digests: BodyDigests }
  | { readonly kind: 'durable'; readonly ref: BlobRef };

export class IncomingBody {
  readonly #blobs: BlobStore;
  readonly #owner: BlobOwner;
  readonly #bytesExpected: number | undefined;
  #state: State = { kind: 'inline', bytes: new Uint8Array() };

  /** @param bytesExpected of the body, if that is known */
  constructor(blobs: BlobStore, owner: BlobOwner, bytesExpected?: number) {
    this.#blobs = blobs;
    this.#owner = owner;
    this.#bytesExpected = bytesExpected;
  }

  /** Reads the body to its end. */
  async receive(body: AsyncIterable<Uint8Array>): Promise<Digests> {
    const collected: Uint8Array[] = [];
    let collectedBytes = 0;
    let stream: { readonly writer: BlobWriter; readonly digests: BodyDigests } | undefined;

    for await (const chunk of body) {
      if (chunk.length === 0) continue;
      if (stream === undefined && collectedBytes + chunk.length <= inlineBytesMax) {
        // A copy of its own: the sender may use the chunk's memory again, and a slice would keep a whole socket buffer alive.
        collected.push(new Uint8Array(chunk));
        collectedBytes += chunk.length;
        continue;
      }
      stream ??= await this.#startStreaming(collected);
      await stream.digests.update(chunk);
      await stream.writer.write(chunk);
    }
    if (stream) return stream.digests.finish();

    const bytes = joinBytes(collected, collectedBytes);
    this.#state = { kind: 'inline', bytes };
    return digestsOf(bytes);
  }

  /** What the index is to hold: the body itself, or where it is, on disk. */
  async makeDurable(): Promise<Uint8Array | BlobRef> {
    if (this.#state.kind === 'inline') return this.#state.bytes;
    if (this.#state.kind === 'streaming') {
      this.#state = { kind: 'durable', ref: await this.#state.writer.finish() };
    }
    return this.#state.ref;
  }

  /** Leaves nothing behind; when it fails, it can be called again. */
  async discard(): Promise<void> {
    if (this.#state.kind === 'streaming') {
      this.#state.digests.abandon();
      await this.#state.writer.abort();
    }
    if (this.#state.kind === 'durable') await this.#blobs.remove(this.#state.ref.blobId);
  }

  async #startStreaming(collected: readonly Uint8Array[]) {
    const writer = await this.#blobs.create(this.#owner, this.#bytesExpected);
    const digests = beginDigests(this.#bytesExpected);
    this.#state = { kind: 'streaming', writer, digests };
    for (const chunk of collected) {
      await digests.update(chunk);
      await writer.write(chunk);
    }
    return { writer, digests };
  }
}

/** One array with a buffer of its own: it goes to other threads, and a view into a larger buffer would take all of that along. */
function joinBytes(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const joined = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
