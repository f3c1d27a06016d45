// A lock between processes: SQLite's own lock on an empty database file. The system takes it back when the process dies, however it dies,
// so that there is never a stale one.

import { DatabaseSync } from 'node:sqlite';
import { primaryCode, sqliteBusy } from './sqlite-schema.ts';

export interface ExclusiveLock {
  release(): void;
}

/**
 * Waits in place: for short work of a command, or not at all.
 *
 * @param file made if it is not there; its folder must be
 * @returns undefined when somebody else still holds it after `waitMs`
 * @throws the system's error when the file cannot be used
 */
export function lockFile(file: string, waitMs: number): ExclusiveLock | undefined {
  const db = new DatabaseSync(file);
  try {
    // Nothing is ever written to it, so that nothing ever has to be recovered.
    db.exec(`PRAGMA busy_timeout = ${waitMs}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`);
  } catch (error) {
    db.close();
    if (primaryCode(error) === sqliteBusy) return undefined;
    throw error;
  }
  return { release: () => db.close() };
}
