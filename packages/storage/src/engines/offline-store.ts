// The store of a data directory that no server has open: its tables and blobs as they are, for checking, mending and copying all of it.
// Nothing is made where nothing is.

import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../storage-error.ts';
import { lockDirectory } from './directory-lock.ts';
import { openForWriting } from './sqlite-schema.ts';
import { TieredBlobStore } from './tiered-blob-store.ts';

export const indexFileName = 'metadata.sqlite';
export const blobFolderName = 'blobs';

export interface OfflineStore {
  readonly dataDir: string;
  readonly db: DatabaseSync;
  readonly blobs: TieredBlobStore;
  close(): Promise<void>;
}

/**
 * Takes the directory's lock, and over what a crash left in the log of the index.
 * @throws StorageError: no store there, in use, of a newer format; what SQLite throws when the index is beyond reading
 */
export async function openOffline(dataDir: string): Promise<OfflineStore> {
  const index = path.join(dataDir, indexFileName);
  const blobFolder = path.join(dataDir, blobFolderName);
  // An index without its blobs is more likely a disk that is not mounted than a store that has lost them all.
  if (!hasBytes(index) || !isFolder(blobFolder)) {
    throw new StorageError(
      'no-store',
      `There is no store in ${dataDir}: it needs ${index} and ${blobFolder}.`,
    );
  }
  const lock = lockDirectory(dataDir);
  let db: DatabaseSync | undefined;
  let blobs: TieredBlobStore | undefined;
  const close = async () => {
    await blobs?.close();
    db?.close();
    lock.release();
  };
  try {
    db = openForWriting(index);
    blobs = await TieredBlobStore.open(blobFolder, randomBytes);
    return { dataDir, db, blobs, close };
  } catch (error) {
    await close();
    throw error;
  }
}

export function hasBytes(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
