// One process at a time may use a data directory. The lock is SQLite's own lock on an empty database file: the system takes it back
// when the process dies, however it dies, so that there is never a stale one.

import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../storage-error.ts';
import { primaryCode, sqliteBusy } from './sqlite-schema.ts';

export interface DirectoryLock {
  release(): void;
}

/** @throws StorageError */
export function lockDirectory(directory: string): DirectoryLock {
  const db = openLock(directory);
  try {
    // Nothing is ever written to it, so that nothing ever has to be recovered.
    db.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (primaryCode(error) !== sqliteBusy) throw unusable(directory, error);
    const message = `The data directory ${directory} is in use by another process. Stop that one first, or choose another directory.`;
    throw new StorageError('in-use', message, { cause: error });
  }
  return { release: () => db.close() };
}

function openLock(directory: string): DatabaseSync {
  try {
    return new DatabaseSync(path.join(directory, 'lock'));
  } catch (error) {
    throw unusable(directory, error);
  }
}

function unusable(directory: string, error: unknown): StorageError {
  const reason = error instanceof Error ? error.message : String(error);
  return new StorageError('unusable', `The data directory ${directory} cannot be used: ${reason}.`, {
    cause: error,
  });
}
