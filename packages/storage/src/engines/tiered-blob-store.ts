// Where a body lies follows from its size: up to 1 MiB in a segment with many others, above that in a file of its own. A body starts in
// memory, and goes to a file as soon as it turns out too large, or when no more memory is to be had: what all uploads hold is bounded.

import { copyFile, link } from 'node:fs/promises';
import path from 'node:path';
import type { BlobOwner, BlobStore, BlobWriter, Reclaiming, StoredBlob } from '../blob-store.ts';
import type { BlobRef } from '../records.ts';
import { type BlobDescription, blobBodyBytes } from './blob-file.ts';
import { BlobImage } from './blob-image.ts';
import { DirectoryBlobStore, type DirectoryOptions, drawOpening } from './directory-blob-store.ts';
import { type PageMemory, sharedPageMemory } from './page-memory.ts';
import { type SegmentSharing, SegmentStore } from './segment-store.ts';
import { writeFlushed } from './write-flushed.ts';

/** Bodies up to this size share files and flushes; a larger one is worth a file and a flush of its own. */
export const segmentBodyBytesMax = 1024 * 1024;

const segmentFolderName = 'segments';

export interface TieredOptions extends DirectoryOptions {
  /** At most {@link segmentBodyBytesMax}. */
  readonly segmentBodyBytes?: number | undefined;
  readonly segmentBytes?: number | undefined;
  /** Where several threads use one directory. */
  readonly sharing?: SegmentSharing | undefined;
}

/** What a thread has to know of a store that another one has opened. */
export interface TieredJoin {
  readonly memory: PageMemory;
  readonly isDirect: boolean;
  readonly segmentBytes: number | undefined;
  readonly sharing: SegmentSharing;
  /** Has the thread that has opened the store remove a blob. */
  readonly remove: (blobId: string) => void;
}

export class TieredBlobStore implements BlobStore {
  readonly reclaiming: Reclaiming;
  /** What other threads tell of their segments goes there. */
  readonly segments: Pick<SegmentStore, 'adopt' | 'sealAdopted' | 'forget'>;
  readonly #large: DirectoryBlobStore;
  readonly #middling: SegmentStore;
  readonly #memory: PageMemory;
  readonly #segmentBodyBytes: number;
  #removeElsewhere: TieredJoin['remove'] | undefined;

  /** Makes the directory, and what belongs into it, where it is missing. */
  static async open(
    directory: string,
    randomBytes: (count: number) => Uint8Array,
    options: TieredOptions = {},
  ): Promise<TieredBlobStore> {
    const { files, memory = sharedPageMemory(), segmentBytes, segmentBodyBytes } = options;
    const { sharing = shareWithNobody(drawOpening(randomBytes)) } = options;
    const { opening } = sharing;
    const large = await DirectoryBlobStore.open(directory, randomBytes, { files, memory, opening });
    const segments = { files: large.files, isDirect: large.isDirect, randomBytes, segmentBytes, sharing };
    const middling = await SegmentStore.open(path.join(directory, segmentFolderName), segments);
    return new TieredBlobStore(large, middling, memory, segmentBodyBytes);
  }

  /** For another thread than the one that has opened it: it writes and reads. Blobs are removed where the store was opened. */
  static join(
    directory: string,
    randomBytes: (count: number) => Uint8Array,
    { memory, isDirect, segmentBytes, sharing, remove }: TieredJoin,
  ): TieredBlobStore {
    const { opening } = sharing;
    const large = DirectoryBlobStore.join(directory, randomBytes, { memory, opening, isDirect });
    const segments = { files: large.files, isDirect, randomBytes, segmentBytes, sharing };
    const middling = SegmentStore.join(path.join(directory, segmentFolderName), segments);
    const store = new TieredBlobStore(large, middling, memory);
    store.#removeElsewhere = remove;
    return store;
  }

  private constructor(
    large: DirectoryBlobStore,
    middling: SegmentStore,
    memory: PageMemory,
    segmentBodyBytes = segmentBodyBytesMax,
  ) {
    this.#large = large;
    this.#middling = middling;
    this.segments = middling;
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

  /** Whether the directory's file system has direct I/O. */
  get isDirect(): boolean {
    return this.#large.isDirect;
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

  async remove(blobId: string): Promise<void> {
    if (this.#removeElsewhere) return this.#removeElsewhere(blobId);
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

function shareWithNobody(opening: string): SegmentSharing {
  let numbers = 0;
  return { opening, nextNumber: () => numbers++ };
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
