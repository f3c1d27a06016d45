// One file for each blob, in 256 folders. A file's name is a random id; nothing of an object's name is ever part of a path. There are
// no temporary names: a blob becomes visible by the index referring to it, and what the index does not know is swept at the next start.

import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import {
  BlobMissing,
  type BlobOwner,
  type BlobStore,
  type BlobWriter,
  type StoredBlob,
} from '../blob-store.ts';
import { crashPoint } from '../crash-points.ts';
import type { BlobRef } from '../records.ts';
import {
  type BlobDescription,
  blockBytes,
  blockStride,
  parseOwner,
  sealBlock,
  writeHeader,
} from './blob-file.ts';
import { type FileOperations, flushing, nodeFiles, writing } from './file-operations.ts';
import { flushFolder, flushMadeFolders } from './flush-folder.ts';
import { readBody, readHeader, readWithin } from './read-blob-file.ts';
import { SharedFlush } from './shared-flush.ts';

/** Hex digits of an id: the first ones are the same for all that one opening of the store writes. */
const idDigits = 40;
const openingDigits = 8;

const folderMode = 0o700;
const fileMode = 0o600;

export class DirectoryBlobStore implements BlobStore {
  readonly #directory: string;
  readonly #randomBytes: (count: number) => Uint8Array;
  readonly #files: FileOperations;
  readonly #opening: string;
  readonly #folderFlushes = new Map<string, SharedFlush>();

  /** Makes the directory and its folders where they are missing. */
  static async open(
    directory: string,
    randomBytes: (count: number) => Uint8Array,
    files = nodeFiles,
  ): Promise<DirectoryBlobStore> {
    const firstMade = await files.mkdir(directory, { recursive: true, mode: folderMode });
    if (firstMade !== undefined) await flushMadeFolders(directory, firstMade);
    const made = folderNames.map((name) =>
      files.mkdir(path.join(directory, name), { recursive: true, mode: folderMode }),
    );
    if ((await Promise.all(made)).some((first) => first !== undefined)) await flushFolder(directory);
    return new DirectoryBlobStore(directory, randomBytes, files);
  }

  private constructor(directory: string, randomBytes: (count: number) => Uint8Array, files: FileOperations) {
    this.#directory = directory;
    this.#randomBytes = randomBytes;
    this.#files = files;
    this.#opening = this.#randomHex(openingDigits);
  }

  async create(owner: BlobOwner): Promise<BlobWriter> {
    const blobId = this.#opening + this.#randomHex(idDigits - openingDigits);
    const folder = folderOf(blobId);
    return FileBlobWriter.create(this.#files, this.fileOf(blobId), { blobId }, owner, () =>
      this.#flushFolder(folder),
    );
  }

  async *read({ blobId }: BlobRef, from: number, to: number): AsyncGenerator<Uint8Array, void, void> {
    const file = await this.#openBlob(blobId);
    try {
      yield* readBody(readWithin(file, 0, Number.POSITIVE_INFINITY), blobId, from, to);
    } finally {
      await file.close();
    }
  }

  /** @throws BlobMissing, BlobCorrupt when its beginning is damaged */
  async describe(blobId: string): Promise<BlobDescription> {
    const file = await this.#openBlob(blobId);
    try {
      const header = await readHeader(readWithin(file, 0, Number.POSITIVE_INFINITY), blobId);
      const { size } = await file.stat();
      return { owner: parseOwner(header), headerBytes: header.length, fileBytes: size };
    } finally {
      await file.close();
    }
  }

  /** Where a blob with this id is, if it is. */
  fileOf(blobId: string): string {
    return path.join(this.#directory, folderOf(blobId), blobId);
  }

  async remove(blobId: string): Promise<void> {
    if (isBlobId(blobId)) await this.#files.rm(this.fileOf(blobId), { force: true });
  }

  async *list(): AsyncGenerator<StoredBlob, void, void> {
    for (const folder of folderNames) {
      for await (const { name } of await this.#files.opendir(path.join(this.#directory, folder))) {
        if (isBlobId(name)) yield { blobId: name, isFromThisOpening: name.startsWith(this.#opening) };
      }
    }
  }

  async close(): Promise<void> {}

  async #openBlob(blobId: string): Promise<FileHandle> {
    if (!isBlobId(blobId)) throw new BlobMissing(`There is no blob ${blobId}.`);
    try {
      return await this.#files.open(this.fileOf(blobId), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new BlobMissing(`There is no blob ${blobId}.`, { cause: error });
    }
  }

  /** Makes new names in the folder durable. Uploads that end at the same time share it. */
  #flushFolder(folder: string): Promise<void> {
    let flush = this.#folderFlushes.get(folder);
    if (flush === undefined) {
      flush = new SharedFlush(() => this.#flushNames(folder));
      this.#folderFlushes.set(folder, flush);
    }
    return flush.run();
  }

  #flushNames(folder: string): Promise<void> {
    return flushing(() => flushFolder(path.join(this.#directory, folder), this.#files));
  }

  #randomHex(digits: number): string {
    return Buffer.from(this.#randomBytes(digits / 2)).toString('hex');
  }
}

class FileBlobWriter implements BlobWriter {
  readonly #files: FileOperations;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #ref: BlobRef;
  readonly #flushFolder: () => Promise<void>;
  /** The block being filled, with room for its checksum. */
  readonly #block = Buffer.allocUnsafeSlow(blockStride);
  #filled = 0;
  #state: 'open' | 'finished' | 'aborted' = 'open';

  static async create(
    files: FileOperations,
    filePath: string,
    ref: BlobRef,
    owner: BlobOwner,
    flushFolder: () => Promise<void>,
  ): Promise<FileBlobWriter> {
    const file = await writing(() => files.open(filePath, 'wx', fileMode));
    const writer = new FileBlobWriter(files, filePath, file, ref, flushFolder);
    try {
      await writing(() => writeFully(file, writeHeader(owner)));
      crashPoint('blob-made');
    } catch (error) {
      await writer.abort();
      throw error;
    }
    return writer;
  }

  private constructor(
    files: FileOperations,
    filePath: string,
    file: FileHandle,
    ref: BlobRef,
    flushFolder: () => Promise<void>,
  ) {
    this.#files = files;
    this.#path = filePath;
    this.#file = file;
    this.#ref = ref;
    this.#flushFolder = flushFolder;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.subarray(at, at + blockBytes - this.#filled);
      this.#block.set(taken, this.#filled);
      this.#filled += taken.length;
      at += taken.length;
      if (this.#filled === blockBytes) await this.#writeBlock();
    }
  }

  async finish(): Promise<BlobRef> {
    if (this.#filled > 0) await this.#writeBlock();
    await flushing(() => this.#file.datasync());
    crashPoint('blob-flushed');
    await this.#file.close();
    await this.#flushFolder();
    crashPoint('blob-named');
    this.#state = 'finished';
    return this.#ref;
  }

  async abort(): Promise<void> {
    if (this.#state !== 'open') return;
    this.#state = 'aborted';
    await this.#file.close();
    await this.#files.rm(this.#path, { force: true });
  }

  async #writeBlock(): Promise<void> {
    const sealed = sealBlock(this.#block, this.#filled);
    await writing(() => writeFully(this.#file, sealed));
    crashPoint('blob-half-written');
    this.#filled = 0;
  }
}

async function writeFully(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written);
    written += bytesWritten;
  }
}

const folderNames: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** By the last digits, which are random: the first ones are the same for all blobs of an opening. */
function folderOf(blobId: string): string {
  return blobId.slice(-2);
}

function isBlobId(text: string): boolean {
  return text.length === idDigits && /^[0-9a-f]+$/.test(text);
}
