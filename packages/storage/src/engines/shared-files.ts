// Files that many read from at once: each is opened once, and closed when it is no longer among the ones used last and its last reader is done.

import type { FileHandle } from 'node:fs/promises';
import { BlobMissing } from '../blob-store.ts';

interface SharedFile {
  readonly opening: Promise<FileHandle>;
  users: number;
  isRetired: boolean;
}

export class SharedFiles {
  readonly #open: (name: string) => Promise<FileHandle>;
  readonly #openMax: number;
  /** In the order of their use, the latest last. */
  readonly #files = new Map<string, SharedFile>();
  readonly #inUse = new Map<FileHandle, SharedFile>();

  /** @param openMax of files that nobody is using */
  constructor(open: (name: string) => Promise<FileHandle>, openMax: number) {
    this.#open = open;
    this.#openMax = openMax;
  }

  /** To be given back. @throws BlobMissing */
  async acquire(name: string): Promise<FileHandle> {
    const shared = this.#files.get(name) ?? { opening: this.#open(name), users: 0, isRetired: false };
    shared.users++;
    this.#files.delete(name);
    this.#files.set(name, shared);
    try {
      // Waited for together: a file that cannot be opened may say so before the other one is closed.
      const [file] = await Promise.all([shared.opening, this.#retireOldest()]);
      this.#inUse.set(file, shared);
      return file;
    } catch (error) {
      if (this.#files.get(name) === shared) this.#files.delete(name);
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new BlobMissing(`There is no segment ${name}.`, { cause: error });
    }
  }

  async #retireOldest(): Promise<void> {
    const [oldest] = this.#files.keys();
    if (this.#files.size > this.#openMax && oldest !== undefined) await this.retire(oldest);
  }

  async release(file: FileHandle): Promise<void> {
    const shared = this.#inUse.get(file);
    if (shared === undefined) return;
    shared.users--;
    await this.#closeUnused(shared);
  }

  /** Nobody gets it any more as it is. */
  async retire(name: string): Promise<void> {
    const shared = this.#files.get(name);
    if (shared === undefined) return;
    this.#files.delete(name);
    shared.isRetired = true;
    await this.#closeUnused(shared);
  }

  /** Nobody uses any. */
  async close(): Promise<void> {
    for (const name of [...this.#files.keys()]) await this.retire(name);
  }

  async #closeUnused(shared: SharedFile): Promise<void> {
    if (shared.users > 0 || !shared.isRetired) return;
    const file = await shared.opening;
    this.#inUse.delete(file);
    await file.close();
  }
}
