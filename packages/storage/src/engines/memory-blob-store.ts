// Bodies in memory: for tests and for trying things out.

import {
  BlobMissing,
  type BlobOwner,
  type BlobStore,
  type BlobWriter,
  type StoredBlob,
} from '../blob-store.ts';
import type { BlobRef } from '../records.ts';

const readBytesMax = 64 * 1024;

export class MemoryBlobStore implements BlobStore {
  /** Blob id → body; undefined while it is being written. */
  readonly #blobs = new Map<string, Buffer | undefined>();
  #created = 0;

  async create(_owner: BlobOwner): Promise<BlobWriter> {
    const blobId = `memory-${++this.#created}`;
    const blobs = this.#blobs;
    const chunks: Buffer[] = [];
    blobs.set(blobId, undefined);
    return {
      async write(chunk) {
        chunks.push(Buffer.from(chunk));
      },
      async finish() {
        blobs.set(blobId, Buffer.concat(chunks));
        return { blobId };
      },
      async abort() {
        if (blobs.get(blobId) === undefined) blobs.delete(blobId);
      },
    };
  }

  async *read({ blobId }: BlobRef, from: number, to: number): AsyncGenerator<Uint8Array, void, void> {
    const body = this.#blobs.get(blobId);
    if (body === undefined) throw new BlobMissing(`There is no blob ${blobId}.`);
    for (let at = from; at < to; at += readBytesMax) {
      yield Uint8Array.prototype.slice.call(body, at, Math.min(at + readBytesMax, to));
    }
  }

  async remove(blobId: string): Promise<void> {
    this.#blobs.delete(blobId);
  }

  async *list(): AsyncGenerator<StoredBlob, void, void> {
    for (const blobId of this.#blobs.keys()) yield { blobId, isFromThisOpening: true };
  }

  async close(): Promise<void> {}
}
