// One file for each blob, in 256 folders, each made when it is first written to. A file's name is a random id; nothing of an object's
// name is ever part of a path. There are no temporary names: a blob becomes visible by the index referring to it, and what the index does
// not know is swept at the next start.

import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import {
  BlobMissing,
  type BlobOwner,
  type BlobStore,
  type BlobWriter,
  type StoredBlob,
} from '../blob-store.ts';
import type { BlobRef } from '../records.ts';
import { type BlobDescription, parseOwner } from './blob-file.ts';
import { hasDirectIo } from './direct-io.ts';
import { FileBlobWriter } from './file-blob-writer.ts';
import { type FileOperations, nodeFiles, writing } from './file-operations.ts';
import { flushFolder, flushMadeFolders } from './flush-folder.ts';
import { type PageMemory, sharedPageMemory } from './page-memory.ts';
import { readBody, readHeader, readWithin } from './read-blob-file.ts';
import { SharedFlush } from './shared-flush.ts';

/** Hex digits of an id: the first ones are the same for all that one opening of the store writes. */
const idDigits = 40;
const openingDigits = 8;

const folderMode = 0o700;

export interface DirectoryOptions {
  /** Default: Node's own. */
  readonly files?: FileOperations | undefined;
  /** Default: the one that the process shares. */
  readonly memory?: PageMemory | undefined;
  /** What the ids of this opening begin with; drawn by default. */
  readonly opening?: string | undefined;
}

interface DirectoryParts {
  readonly files: FileOperations;
  readonly memory: PageMemory;
  readonly opening: string;
  readonly isDirect: boolean;
}

/** @returns what tells the blobs of one opening of a store from those of others */
export function drawOpening(randomBytes: (count: number) => Uint8Array): string {
  return Buffer.from(randomBytes(openingDigits / 2)).toString('hex');
}

export class DirectoryBlobStore implements BlobStore {
  readonly files: FileOperations;
  /** Whether the file system has direct I/O. */
  readonly isDirect: boolean;
  readonly #directory: string;
  readonly #randomBytes: (count: number) => Uint8Array;
  readonly #memory: PageMemory;
  readonly #opening: string;
  readonly #folderFlushes = new Map<string, SharedFlush>();
  /** Folders that are there. */
  readonly #made = new Set<string>();
  /** Those that a power cut leaves there. */
  readonly #named = new Set<string>();

  /** Makes the directory where it is missing. */
  static async open(
    directory: string,
    randomBytes: (count: number) => Uint8Array,
    options: DirectoryOptions = {},
  ): Promise<DirectoryBlobStore> {
    const { files = nodeFiles, memory = sharedPageMemory(), opening = drawOpening(randomBytes) } = options;
    const firstMade = await files.mkdir(directory, { recursive: true, mode: folderMode });
    if (firstMade !== undefined) await flushMadeFolders(directory, firstMade);
    const parts = { files, memory, opening, isDirect: await hasDirectIo(directory, files) };
    return new DirectoryBlobStore(directory, randomBytes, parts);
  }

  /** For another thread than the one that has opened it. */
  static join(
    directory: string,
    randomBytes: (count: number) => Uint8Array,
    parts: Omit<DirectoryParts, 'files'>,
  ): DirectoryBlobStore {
    return new DirectoryBlobStore(directory, randomBytes, { files: nodeFiles, ...parts });
  }

  private constructor(directory: string, randomBytes: (count: number) => Uint8Array, parts: DirectoryParts) {
    this.#directory = directory;
    this.#randomBytes = randomBytes;
    this.files = parts.files;
    this.isDirect = parts.isDirect;
    this.#memory = parts.memory;
    this.#opening = parts.opening;
  }

  /** @throws DiskFull */
  async create(owner: BlobOwner): Promise<BlobWriter> {
    const blobId = this.#opening + this.#randomHex(idDigits - openingDigits);
    const folder = folderOf(blobId);
    if (!this.#made.has(folder)) await this.#makeFolder(folder);
    const flush = this.#folderFlush(folder);
    const failuresBefore = flush.failures;
    return FileBlobWriter.create(this.fileOf(blobId), owner, {
      ...{ ref: { blobId }, files: this.files, memory: this.#memory, isDirect: this.isDirect },
      flushFolder: () => flush.run(failuresBefore),
    });
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
    if (isBlobId(blobId)) await this.files.rm(this.fileOf(blobId), { force: true });
  }

  async *list(): AsyncGenerator<StoredBlob, void, void> {
    for await (const { name: folder } of await this.files.opendir(this.#directory)) {
      if (!isFolderName(folder)) continue;
      for await (const { name } of await this.files.opendir(path.join(this.#directory, folder))) {
        if (isBlobId(name)) yield { blobId: name, isFromThisOpening: name.startsWith(this.#opening) };
      }
    }
  }

  async close(): Promise<void> {}

  async #openBlob(blobId: string): Promise<FileHandle> {
    if (!isBlobId(blobId)) throw new BlobMissing(`There is no blob ${blobId}.`);
    try {
      return await this.files.open(this.fileOf(blobId), 'r');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new BlobMissing(`There is no blob ${blobId}.`, { cause: error });
    }
  }

  async #makeFolder(folder: string): Promise<void> {
    const options = { recursive: true, mode: folderMode } as const;
    await writing(() => this.files.mkdir(path.join(this.#directory, folder), options));
    this.#made.add(folder);
  }

  /** Makes new names in the folder durable. Uploads that end at the same time share it. */
  #folderFlush(folder: string): SharedFlush {
    const known = this.#folderFlushes.get(folder);
    if (known) return known;
    const flush = new SharedFlush(() => this.#flushNames(folder));
    this.#folderFlushes.set(folder, flush);
    return flush;
  }

  async #flushNames(folder: string): Promise<void> {
    await flushFolder(path.join(this.#directory, folder), this.files);
    // Once in each opening: whoever made it may have been killed before this.
    if (this.#named.has(folder)) return;
    await flushFolder(this.#directory, this.files);
    this.#named.add(folder);
  }

  #randomHex(digits: number): string {
    return Buffer.from(this.#randomBytes(digits / 2)).toString('hex');
  }
}

/** By the last digits, which are random: the first ones are the same for all blobs of an opening. */
function folderOf(blobId: string): string {
  return blobId.slice(-2);
}

function isFolderName(text: string): boolean {
  return /^[0-9a-f]{2}$/.test(text);
}

function isBlobId(text: string): boolean {
  return text.length === idDigits && /^[0-9a-f]+$/.test(text);
}
