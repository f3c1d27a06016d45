// Bodies too large to live in the index. A blob is invisible until the index refers to it, has a random id that says nothing of the
// object's name, and never changes once finished. Engines run the suite in contract/.

import type { BlobRef } from './records.ts';

/** Whose body a blob is meant to be: written with the blob, so that a blob found without an index entry can be explained. */
export interface BlobOwner {
  readonly bucket: string;
  readonly key: string;
}

export interface BlobWriter {
  /**
   * Resolves when more may be written: waiting for it is the back-pressure. The chunk may be reused afterwards.
   * @throws DiskFull
   */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * The blob is durable when this resolves.
   * @throws DiskFull, VolumeFailed
   */
  finish(): Promise<BlobRef>;
  /** Leaves nothing behind; when it fails, it can be called again. Does nothing once `finish` has resolved, or a second time. */
  abort(): Promise<void>;
}

export interface StoredBlob {
  readonly blobId: string;
  /** Whether this very opening of the store wrote it. Such a blob may be about to be committed; no other can be. */
  readonly isFromThisOpening: boolean;
}

/** A blob that keeps the room of others, which have been removed, from being used again. */
export interface StrandedBlob {
  readonly blobId: string;
  /** What it takes on the disk. */
  readonly bytes: number;
}

/** Of an engine that holds many blobs in one file: how to get at the room of those that were removed. */
export interface Reclaiming {
  /**
   * Gives back what can be, and has those blobs moved that are in the way of more: each is to be written anew, and removed. One at a
   * time; `later` leaves it to the next call, `moved` to nobody, be it moved or immovable, and `stop` ends the call.
   */
  reclaim(move: (blob: StrandedBlob) => Promise<'moved' | 'later' | 'stop'>): Promise<void>;
  /** What it takes to write the same body once more. @throws BlobMissing, BlobCorrupt */
  describe(blobId: string): Promise<{ readonly owner: BlobOwner; readonly size: number }>;
}

export interface BlobStore {
  /**
   * @param bytesExpected of the body, if that is known; decides nothing but where it is collected
   * @throws DiskFull
   */
  create(owner: BlobOwner, bytesExpected?: number): Promise<BlobWriter>;
  /**
   * Opened once, at the first chunk: a blob that is removed later is read to its end. Each chunk belongs to whoever gets it.
   * The bytes from `from` up to, not including, `to` (0 ≤ from ≤ to ≤ size).
   * @throws BlobMissing before the first chunk, BlobCorrupt at the block whose checksum is wrong: its bytes are never given out.
   */
  read(ref: BlobRef, from: number, to: number): AsyncIterable<Uint8Array>;
  /** Removing what is not there is no error. */
  remove(blobId: string): Promise<void>;
  /** Every finished blob, and every unfinished one of which there is something outside memory, in no order. */
  list(): AsyncIterable<StoredBlob>;
  readonly reclaiming?: Reclaiming;
  close(): Promise<void>;
}

export class BlobMissing extends Error {
  override readonly name = 'BlobMissing';
}

export class BlobCorrupt extends Error {
  override readonly name = 'BlobCorrupt';
}
