// Blobs that somebody is going to open. A body in one blob is opened at its first byte and then readable whatever happens; one in many is
// opened blob by blob, perhaps over hours, and until then none of them may be removed although the object may have been overwritten.

export class HeldBlobs {
  /** Blob id → how many hold it. */
  readonly #holders = new Map<string, number>();

  get size(): number {
    return this.#holders.size;
  }

  has(blobId: string): boolean {
    return this.#holders.has(blobId);
  }

  hold(blobIds: readonly string[]): void {
    for (const blobId of blobIds) this.#holders.set(blobId, (this.#holders.get(blobId) ?? 0) + 1);
  }

  /** Once for each `hold`. */
  release(blobIds: readonly string[]): void {
    for (const blobId of blobIds) {
      const left = (this.#holders.get(blobId) ?? 0) - 1;
      if (left > 0) this.#holders.set(blobId, left);
      else this.#holders.delete(blobId);
    }
  }
}
