// Writes a blob into a file of its own, a MiB at a time and past the system's cache where there is direct I/O: while one piece is being written
// the next is made. Nothing of it counts before the file and the folder that names it have been flushed.

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { BlobOwner, BlobWriter } from '../blob-store.ts';
import { crashPoint } from '../crash-points.ts';
import type { BlobRef } from '../records.ts';
import { BlobImage } from './blob-image.ts';
import { directWriteFlags, writePieces } from './direct-io.ts';
import { type FileOperations, flushing, writing } from './file-operations.ts';
import { ordinarySlabs, type PageMemory, pageBytes, ReservedSlabs } from './page-memory.ts';

/** What one write takes: enough that its cost is that of the bytes. */
const slabsPerWrite = 15;

const fileMode = 0o600;

export interface FileBlobParts {
  readonly ref: BlobRef;
  readonly files: FileOperations;
  readonly memory: PageMemory;
  readonly isDirect: boolean;
  /** Makes the file's name durable. */
  readonly flushFolder: () => Promise<void>;
}

export class FileBlobWriter implements BlobWriter {
  readonly #parts: FileBlobParts;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #slabs: ReservedSlabs;
  readonly #image: BlobImage;
  /** The write that is under way; it never rejects. */
  #writing: Promise<void> = Promise.resolve();
  #writeFault: { readonly error: unknown } | undefined;
  /** What has been written, or is being written. */
  #position = 0;
  #state: 'open' | 'finished' | 'aborted' = 'open';

  /** @throws DiskFull */
  static async create(filePath: string, owner: BlobOwner, parts: FileBlobParts): Promise<FileBlobWriter> {
    const max = 2 * slabsPerWrite;
    const slabs = ReservedSlabs.from(parts.memory, max);
    // Whoever comes when all memory is taken gets by with a little of another kind, which goes through the cache.
    const isDirect = parts.isDirect && slabs !== undefined;
    const taken = slabs ?? (ReservedSlabs.from(ordinarySlabs, 2) as ReservedSlabs);
    const { O_CREAT, O_EXCL, O_WRONLY } = constants;
    const flags = O_CREAT | O_EXCL | O_WRONLY | (isDirect ? directWriteFlags : 0);
    try {
      const file = await writing(() => parts.files.open(filePath, flags, fileMode));
      crashPoint('blob-made');
      const image = BlobImage.begin(taken, owner, 'file') as BlobImage;
      return new FileBlobWriter({ ...parts, isDirect }, filePath, file, taken, image);
    } catch (error) {
      taken.end();
      throw error;
    }
  }

  private constructor(
    parts: FileBlobParts,
    filePath: string,
    file: FileHandle,
    slabs: ReservedSlabs,
    image: BlobImage,
  ) {
    this.#parts = parts;
    this.#path = filePath;
    this.#file = file;
    this.#slabs = slabs;
    this.#image = image;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let taken = this.#image.append(chunk); ; taken += this.#image.append(chunk.subarray(taken))) {
      const isTaken = taken === chunk.length;
      if (isTaken && this.#image.fullSlabs < slabsPerWrite) return;
      await this.#startWrite();
      if (isTaken) return;
    }
  }

  async finish(): Promise<BlobRef> {
    while (!this.#image.seal()) await this.#startWrite();
    await this.#startWrite();
    await this.#settleWrite();
    const file = this.#file;
    const tail = this.#image.tail();
    if (tail !== undefined) await this.#writeTail(tail);
    await flushing(() => file.datasync());
    crashPoint('blob-flushed');
    await file.close();
    await this.#parts.flushFolder();
    crashPoint('blob-named');
    this.#state = 'finished';
    this.#free();
    return this.#parts.ref;
  }

  async abort(): Promise<void> {
    if (this.#state !== 'open') return;
    await this.#writing;
    this.#free();
    await this.#file.close();
    await this.#parts.files.rm(this.#path, { force: true });
    this.#state = 'aborted';
  }

  /** Of all that is full, as soon as the one before has ended. @throws what that one threw */
  async #startWrite(): Promise<void> {
    await this.#settleWrite();
    const pieces = this.#image.drain();
    if (pieces.length === 0) return;
    const position = this.#position;
    this.#position += pieces.reduce((sum, { length }) => sum + length, 0);
    this.#writing = this.#write(pieces, position);
  }

  async #settleWrite(): Promise<void> {
    await this.#writing;
    if (this.#writeFault) throw this.#writeFault.error;
  }

  async #write(pieces: readonly Buffer[], position: number): Promise<void> {
    try {
      await writing(() => writePieces(this.#file, pieces, position));
      crashPoint('blob-half-written');
    } catch (error) {
      this.#writeFault = { error };
    } finally {
      this.#slabs.giveBack(pieces);
    }
  }

  /** Direct I/O writes whole pages: what is too much is cut off again. */
  async #writeTail(tail: Buffer): Promise<void> {
    const { isDirect } = this.#parts;
    const { length } = this.#image;
    const bytes = length - this.#position;
    await writing(async () => {
      await writePieces(this.#file, [isDirect ? tail : tail.subarray(0, bytes)], this.#position);
      if (isDirect && length % pageBytes > 0) await this.#file.truncate(length);
    });
    crashPoint('blob-half-written');
  }

  #free(): void {
    this.#image.free();
    this.#slabs.end();
  }
}
