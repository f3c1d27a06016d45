// The two stores there are: one in a directory, one in memory.

import { existsSync } from 'node:fs';
import { mkdir, opendir } from 'node:fs/promises';
import path from 'node:path';
import { shareDigestThreads } from './digest-threads.ts';
import { createObjectStore } from './engine-object-store.ts';
import { drawOpening } from './engines/directory-blob-store.ts';
import { flushMadeFolders } from './engines/flush-folder.ts';
import { MemoryBlobStore } from './engines/memory-blob-store.ts';
import { MemoryMetadataStore } from './engines/memory-metadata-store.ts';
import { blobFolderName, hasBytes, indexFileName } from './engines/offline-store.ts';
import { PageMemory, sharedPageMemory } from './engines/page-memory.ts';
import { SqliteMetadataStore } from './engines/sqlite-metadata-store.ts';
import { TieredBlobStore } from './engines/tiered-blob-store.ts';
import type { ObjectStore } from './object-store.ts';
import { HostObjectStore, memoryBytesOf, type SharableStore, StorageHost } from './shared-storage.ts';
import { StorageError } from './storage-error.ts';
import { type Surroundings, withDefaults } from './surroundings.ts';

export interface DirectoryStorage extends Surroundings {
  /** Made, readable by this user alone, when it is missing. One process at a time may have it open. */
  readonly dataDir: string;
  /** How long the files are that bodies of middling size share, 64 MiB by default; for tests that want to see them come and go. */
  readonly segmentBytes?: number | undefined;
  /** How many threads will use it, this one included, so that all together take no more memory than one would; 1 by default. */
  readonly threads?: number | undefined;
}

/**
 * A store that survives `kill -9` and power cuts: `metadata.sqlite` is the index with the small bodies in it, `blobs/` has the others.
 * What a crash left is taken over, or swept in the background.
 * @throws StorageError when the directory cannot be made, is in use, has lost its index, or holds something else or something newer
 */
export async function openStorage({
  dataDir,
  segmentBytes,
  threads = 1,
  ...surroundings
}: DirectoryStorage): Promise<SharableStore> {
  const parts = withDefaults(surroundings);
  await makeDirectory(dataDir);
  const index = path.join(dataDir, indexFileName);
  await checkIndexNotLost(index, path.join(dataDir, blobFolderName));
  const metadata = await SqliteMetadataStore.open(index);
  try {
    const folder = path.join(dataDir, blobFolderName);
    const opening = drawOpening(parts.randomBytes);
    const host = new StorageHost({ dataDir, segmentBytes, threads, opening });
    if (threads > 1) shareDigestThreads(threads);
    const memory = threads === 1 ? sharedPageMemory() : new PageMemory(memoryBytesOf(threads));
    const { sharing } = host;
    const blobs = await TieredBlobStore.open(folder, parts.randomBytes, { segmentBytes, memory, sharing });
    return new HostObjectStore({ ...parts, metadata, blobs }, host);
  } catch (error) {
    await metadata.close();
    throw error;
  }
}

/** To an index that is new every blob is garbage. Where there are some, the index has been lost, and they must not follow it. */
export async function checkIndexNotLost(index: string, blobFolder: string): Promise<void> {
  if (hasBytes(index) || !existsSync(blobFolder)) return;
  for await (const entry of await opendir(blobFolder, { recursive: true })) {
    if (!entry.isFile()) continue;
    const message = `${index} is missing or empty, but there are blobs in ${blobFolder}. Put the index back, or move the blobs away.`;
    throw new StorageError('index-lost', message);
  }
}

export async function makeDirectory(dataDir: string): Promise<void> {
  try {
    const firstMade = await mkdir(dataDir, { recursive: true, mode: 0o700 });
    if (firstMade !== undefined) await flushMadeFolders(dataDir, firstMade);
  } catch (error) {
    throw new StorageError(
      'unusable',
      `The data directory ${dataDir} cannot be made: ${(error as Error).message}.`,
      {
        cause: error,
      },
    );
  }
}

/** A store that forgets everything when it is closed. */
export function openMemoryStorage(surroundings: Surroundings = {}): ObjectStore {
  return createObjectStore({
    ...withDefaults(surroundings),
    metadata: new MemoryMetadataStore(),
    blobs: new MemoryBlobStore(),
  });
}
