// One process at a time may use a data directory.

import path from 'node:path';
import { StorageError } from '../storage-error.ts';
import { type ExclusiveLock, lockFile } from './exclusive-lock.ts';

export type DirectoryLock = ExclusiveLock;

/** @throws StorageError */
export function lockDirectory(directory: string): DirectoryLock {
  const lock = tryLock(directory);
  if (lock) return lock;
  const message = `The data directory ${directory} is in use by another process. Stop that one first, or choose another directory.`;
  throw new StorageError('in-use', message);
}

function tryLock(directory: string): DirectoryLock | undefined {
  try {
    return lockFile(path.join(directory, 'lock'), 0);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StorageError('unusable', `The data directory ${directory} cannot be used: ${reason}.`, {
      cause: error,
    });
  }
}
