// Where a body lies follows from its size: up to 1 MiB in a segment with many others, above that in a file of its own. A body starts in
// memory, and goes to a file as soon as it turns out too large, or when no more memory is to be had: what all uploads hold is bounded.

import { copyFile, link } from 'node:fs/promises';
import path from 'node:path';
import type { BlobOwner, BlobStore, BlobWriter, Reclaiming, StoredBlob } from '../blob-store.ts';
import type { BlobRef } from '../records.ts';
import { type BlobDescription, blobBodyBytes } from './blob-file.ts';
import { BlobImage } from './blob-image.ts';
import { DirectoryBlobStore, type DirectoryOptions } from './directory-blob-store.ts';
import { type PageMemory, sharedPageMemory } from './page-memory.ts';
import { SegmentStore } from './segment-store.ts';
import { writeFlushed } from './write-flushed.ts';

/** Bodies up to this size share files and flushes; a larger one is worth a file and a flush of its own. */
export const segmentBodyBytesMax = 1024 * 1024;

const segmentFolderName = 'segments';

export interface TieredOptions extends DirectoryOptions {
  /** At most {@link segmentBodyBytesMax}. */
  readonly segmentBodyBytes?: number | undefined;
  readonly segmentBytes?: number | undefined;
}

export class TieredBlobStore implements BlobStore {
  readonly reclaiming: Reclaiming;
  readonly #large: DirectoryBlobStore;
  readonly #middling: SegmentStore;
  readonly #memory: PageMemory;
  readonly #segmentBodyBytes: number;

  /** Makes the directory, and what belongs into it, where it is missing. */
  static async open(
    directory: string,
    randomBytes: (count: number) => Uint8Array,
    options: TieredOptions = {},
  ): Promise<TieredBlobStore> {
    const { files, memory = sharedPageMemory(), segmentBytes, segmentBodyBytes } = options;
    const large = await DirectoryBlobStore.open(directory, randomBytes, { files, memory });
    const segments = { files: large.files, isDirect: large.isDirect, randomBytes, segmentBytes };
    const middling = await SegmentStore.open(path.join(directory, segmentFolderName), segments);
    return new TieredBlobStore(large, middling, memory, segmentBodyBytes);
  }

  private constructor(
    large: DirectoryBlobStore,
    middling: SegmentStore,
    memory: PageMemory,
    segmentBodyBytes = segmentBodyBytesMax,
  ) {
    this.#large = large;
    this.#middling = middling;
    this.#memory = memory;
    this.#segmentBodyBytes = Math.min(segmentBodyBytes, segmentBodyBytesMax);
    this.reclaiming = {
      reclaim: (move) => middling.reclaim(move),
      describe: async (blobId) => {
        const description = await this.describe(blobId);
        return { owner: description.owner, size: blobBodyBytes(description) };
      },
    };
  }

  async create(owner: BlobOwner, bytesExpected = 0): Promise<BlobWriter> {
    const isLarge = bytesExpected > this.#segmentBodyBytes;
    const collected = isLarge ? undefined : BlobImage.begin(this.#memory, owner, 'entry');
    if (collected === undefined) return this.#large.create(owner);
    return new TieredBlobWriter({
      ...{ collected, bytesMax: this.#segmentBodyBytes },
      append: (entry) => this.#middling.append(entry),
      createFile: () => this.#large.create(owner),
    });
  }

  read(ref: BlobRef, from: number, to: number): AsyncIterable<Uint8Array> {
    return SegmentStore.owns(ref.blobId)
      ? this.#middling.read(ref.blobId, from, to)
      : this.#large.read(ref, from, to);
  }

  remove(blobId: string): Promise<void> {
    return SegmentStore.owns(blobId) ? this.#middling.remove(blobId) : this.#large.remove(blobId);
  }

  async *list(): AsyncGenerator<StoredBlob, void, void> {
    yield* this.#large.list();
    yield* this.#middling.list();
  }

  /** @throws BlobMissing, BlobCorrupt when its beginning is damaged */
  describe(blobId: string): Promise<BlobDescription> {
    return SegmentStore.owns(blobId) ? this.#middling.describe(blobId) : this.#large.describe(blobId);
  }

  /**
   * The blob's file under another name, as it is, damaged or not; durable except for the name.
   * @throws BlobMissing
   */
  async saveAs(blobId: string, file: string): Promise<void> {
    if (SegmentStore.owns(blobId)) await writeFlushed(file, await this.#middling.readFile(blobId));
    else await linkOrCopy(this.#large.fileOf(blobId), file);
  }

  async close(): Promise<void> {
    await this.#middling.close();
    await this.#large.close();
  }
}

interface TieredWriterParts {
  readonly collected: BlobImage;
  readonly bytesMax: number;
  readonly append: (entry: BlobImage) => Promise<string>;
  readonly createFile: () => Promise<BlobWriter>;
}

class TieredBlobWriter implements BlobWriter {
  readonly #parts: TieredWriterParts;
  /** Set once the body has turned out too large for a segment. */
  #file: BlobWriter | undefined;

  constructor(parts: TieredWriterParts) {
    this.#parts = parts;
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#file) return this.#file.write(chunk);
    const { collected, bytesMax } = this.#parts;
    const taken = collected.bodyBytes + chunk.length <= bytesMax ? collected.append(chunk) : 0;
    if (taken === chunk.length) return;
    const file = await this.#moveToFile();
    await file.write(chunk.subarray(taken));
  }

  async finish(): Promise<BlobRef> {
    const { collected, append } = this.#parts;
    if (this.#file) return this.#file.finish();
    if (!collected.seal()) return (await this.#moveToFile()).finish();
    try {
      return { blobId: await append(collected) };
    } finally {
      collected.free();
    }
  }

  async abort(): Promise<void> {
    this.#parts.collected.free();
    await this.#file?.abort();
  }

  async #moveToFile(): Promise<BlobWriter> {
    const { collected, createFile } = this.#parts;
    const file = await createFile();
    this.#file = file;
    for (const piece of collected.body()) await file.write(piece);
    collected.free();
    return file;
  }
}

/** A second name for the file needs no room, and cannot fail to read what is damaged. Some file systems have none. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    await copyFile(from, to);
  }
}
