// The writing end of the segments: one file at a time grows, by everything that has collected while the write before was under way. A
// write is on disk when it returns, so many uploads share one flush; none is acknowledged before it.

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { crashPoint } from '../crash-points.ts';
import { VolumeFailed } from '../write-fault.ts';
import type { BlobImage } from './blob-image.ts';
import { directFlushFlags, writePieces } from './direct-io.ts';
import { type FileOperations, flushing, writing } from './file-operations.ts';
import { flushFolder } from './flush-folder.ts';
import { pageBytes } from './page-memory.ts';
import { formatSegmentName, type SegmentName, segmentNumberMax } from './segment-format.ts';

/** What one write takes of what is waiting, about: enough to make the flush cheap, little enough to bound how long it takes. */
const batchPages = (8 * 1024 * 1024) / pageBytes;

const fileMode = 0o600;

/** What is known of one segment. */
export interface Segment extends SegmentName {
  /** How many of it belong to whole entries. Of one that another thread writes nobody knows until it is sealed: 0. */
  pages: number;
  /**
   * How many belong to blobs that have not been removed; undefined of an earlier opening's until somebody has looked. Below zero of one that
   * another thread writes, by what has been removed of it already.
   */
  livePages: number | undefined;
  /** Nothing is added to it any more. */
  isSealed: boolean;
}

export interface SegmentLogParts {
  readonly folder: string;
  readonly opening: string;
  readonly files: FileOperations;
  readonly isDirect: boolean;
  /** A segment that has become as long as this is the last but one. */
  readonly segmentBytes: number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Gives each number once. */
  readonly nextNumber: () => number;
  /** Told of each segment before anything is in it. */
  readonly onSegment: (segment: Segment) => void;
  /** Told when nothing more will be in it. */
  readonly onSealed: (segment: Segment) => void;
}

interface Waiting {
  readonly entry: BlobImage;
  readonly resolve: (blobId: string) => void;
  readonly reject: (error: unknown) => void;
}

interface ActiveSegment {
  readonly segment: Segment & { livePages: number };
  readonly file: FileHandle;
}

export class SegmentLog {
  readonly #parts: SegmentLogParts;
  #active: ActiveSegment | undefined;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #failure: VolumeFailed | undefined;

  constructor(parts: SegmentLogParts) {
    this.#parts = parts;
  }

  /**
   * Nothing of the entry may change until it settles.
   * @returns the blob's id, when the blob is durable
   * @throws DiskFull, VolumeFailed
   */
  append(entry: BlobImage): Promise<string> {
    if (this.#failure) return Promise.reject(this.#failure);
    const appended = new Promise<string>((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
    });
    this.#running ??= this.#run();
    return appended;
  }

  async close(): Promise<void> {
    await this.#running;
    await this.#seal();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#settle(this.#takeBatch());
    this.#running = undefined;
  }

  #takeBatch(): Waiting[] {
    let pages = 0;
    const end = this.#waiting.findIndex(({ entry }) => {
      pages += entry.pages;
      return pages > batchPages;
    });
    // One at least, whatever its size.
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(end, 1));
  }

  async #settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const blobIds = await this.#write(batch.map(({ entry }) => entry));
      for (const [i, { resolve }] of batch.entries()) resolve(blobIds[i] as string);
    } catch (error) {
      for (const { reject } of batch) reject(error);
      if (!(error instanceof VolumeFailed)) return;
      this.#failure = error;
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    }
  }

  async #write(entries: readonly BlobImage[]): Promise<string[]> {
    const active = await this.#getActive();
    const { segment, file } = active;
    const { opening, number } = segment;
    let page = segment.pages;
    const placed = entries.map((entry) => {
      const place = entry.place({ opening, number, page, nonce: this.#randomNumber() });
      page += entry.pages;
      return place;
    });
    const pieces = placed.flatMap((place) => place.pieces);
    await this.#writeDurably(file, pieces, segment);
    crashPoint('segment-flushed');
    segment.livePages += page - segment.pages;
    segment.pages = page;
    if (page * pageBytes >= this.#parts.segmentBytes) await this.#seal();
    return placed.map(({ blobId }) => blobId);
  }

  async #writeDurably(file: FileHandle, pieces: readonly Buffer[], segment: Segment): Promise<void> {
    const start = segment.pages * pageBytes;
    try {
      // A write through the cache that fails has failed by itself; one to the disk says how the disk is.
      if (this.#parts.isDirect) await flushing(() => writePieces(file, pieces, start));
      else {
        await writing(() => writePieces(file, pieces, start));
        await flushing(() => file.datasync());
      }
    } catch (error) {
      // Gives back what was written of it. Where that fails too, the next write goes over it.
      if (!(error instanceof VolumeFailed)) await file.truncate(start).catch(() => {});
      throw error;
    }
  }

  async #getActive(): Promise<ActiveSegment> {
    this.#active ??= await this.#makeSegment();
    return this.#active;
  }

  async #makeSegment(): Promise<ActiveSegment> {
    const { folder, opening, files, isDirect, nextNumber, onSegment } = this.#parts;
    const number = nextNumber();
    if (number > segmentNumberMax)
      throw new Error('This opening of the store has written all segments it can.');
    const name = path.join(folder, formatSegmentName({ opening, number }));
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    const flags = O_CREAT | O_EXCL | O_WRONLY | (isDirect ? directFlushFlags : 0);
    const file = await writing(() => files.open(name, flags, fileMode));
    crashPoint('segment-made');
    try {
      await flushFolder(folder, files);
    } catch (error) {
      await file.close();
      await files.rm(name, { force: true });
      throw error;
    }
    const segment = { opening, number, pages: 0, livePages: 0, isSealed: false };
    onSegment(segment);
    return { segment, file };
  }

  async #seal(): Promise<void> {
    const active = this.#active;
    this.#active = undefined;
    if (active === undefined) return;
    active.segment.isSealed = true;
    this.#parts.onSealed(active.segment);
    await active.file.close();
  }

  #randomNumber(): number {
    return Buffer.from(this.#parts.randomBytes(4)).readUInt32LE();
  }
}
