// The index as an SQLite database: its tables, and how it is opened. The format has a number (`user_version`); a database of a newer
// format, or of another program, is refused and left as it is.

import { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../storage-error.ts';

/** `PSTN` in ASCII. */
const applicationId = 0x5053544e;
const formatVersion = 2;

/** SQLite's result codes (sqlite.org/rescode.html), the primary code in the lowest eight bits. */
export const sqliteBusy = 5;
export const sqliteFull = 13;
const sqliteNotADatabase = 26;
/** SQLITE_IOERR_SHMSIZE: there is no room for the file that writer and readers share. */
const sqliteNoSharedMemory = 4874;

/** Pages that the write-ahead log may grow to before its content is copied into the database: 16 MiB. */
const checkpointPages = 4096;
const logBytesKept = 64 * 1024 * 1024;
const writerCacheKiB = 64 * 1024;
const readerCacheKiB = 32 * 1024;

// The parts of a body have its number, whether it is an upload's or already a version's: completing an upload moves none of them.
const partTables = `
  CREATE TABLE upload (
    body_id INTEGER PRIMARY KEY,
    bucket_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    upload_id TEXT NOT NULL,
    initiated_at_ms INTEGER NOT NULL,
    is_sequential INTEGER NOT NULL,
    acl TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    headers TEXT NOT NULL,
    tags TEXT
  ) STRICT;
  CREATE UNIQUE INDEX upload_by_key ON upload (bucket_id, key, upload_id);

  CREATE TABLE part (
    body_id INTEGER NOT NULL,
    part_number INTEGER NOT NULL,
    part_id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    crc64 TEXT NOT NULL,
    modified_at_ms INTEGER NOT NULL,
    blob_id TEXT,
    PRIMARY KEY (body_id, part_number)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX part_blob ON part (blob_id) WHERE blob_id IS NOT NULL;
`;

const versionBodyIndex = 'CREATE UNIQUE INDEX version_body ON version (body_id) WHERE body_id IS NOT NULL;';

// Keys are TEXT in SQLite's own collation, which compares their bytes in UTF-8. `sequence` grows with every version written, so the
// newest version of a key comes first. Bodies lie in a table of their own: reading a page of the listing touches none of them.
const tables = `
  CREATE TABLE counter (next_sequence INTEGER NOT NULL) STRICT;
  INSERT INTO counter VALUES (1);

  CREATE TABLE bucket (
    bucket_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    acl TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    versioning TEXT NOT NULL,
    documents TEXT NOT NULL
  ) STRICT;

  CREATE TABLE version (
    bucket_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    version_id TEXT NOT NULL,
    is_latest INTEGER NOT NULL,
    is_delete_marker INTEGER NOT NULL,
    modified_at_ms INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    crc64 TEXT NOT NULL,
    acl TEXT NOT NULL,
    storage_class TEXT NOT NULL,
    headers TEXT NOT NULL,
    put_id TEXT NOT NULL,
    blob_id TEXT,
    object_type TEXT,
    tags TEXT,
    body_id INTEGER,
    PRIMARY KEY (bucket_id, key, sequence DESC)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX listed ON version (bucket_id, key) WHERE is_latest = 1 AND is_delete_marker = 0;
  CREATE UNIQUE INDEX named_version ON version (version_id) WHERE version_id <> 'null';
  CREATE UNIQUE INDEX older_null_version ON version (bucket_id, key) WHERE version_id = 'null' AND is_latest = 0;
  CREATE UNIQUE INDEX version_blob ON version (blob_id) WHERE blob_id IS NOT NULL;
  ${versionBodyIndex}

  CREATE TABLE inline_body (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;

  ${partTables}

  CREATE TABLE garbage (blob_id TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX garbage_by_age ON garbage (since_ms);

  CREATE TABLE gone_put (
    put_id TEXT PRIMARY KEY,
    version_id TEXT NOT NULL,
    since_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX gone_put_by_age ON gone_put (since_ms);
`;

/** What makes an index of each older format one of the next. Columns come last in their tables, as `tables` has them. */
const UPGRADES: ReadonlyMap<number, string> = new Map([
  [
    1,
    `
      ALTER TABLE version ADD COLUMN object_type TEXT;
      ALTER TABLE version ADD COLUMN tags TEXT;
      ALTER TABLE version ADD COLUMN body_id INTEGER;
      ${versionBodyIndex}
      ${partTables}
    `,
  ],
]);

/** Marks the version of each key that was written last, and no other, as its newest. Changes only rows where that is not so. */
export const fixLatestSql = `UPDATE version SET is_latest = 1 - is_latest WHERE is_latest <> (sequence =
  (SELECT max(other.sequence) FROM version AS other WHERE other.bucket_id = version.bucket_id AND other.key = version.key))`;

/**
 * For the one writer; makes the tables when there is nothing yet, and those of an older format into today's. What a crash left in
 * the write-ahead log is taken over here.
 * @throws StorageError
 */
export function openForWriting(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    checkFormat(db, file);
    // FULL: the log is flushed to disk at every commit, before it is acknowledged.
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = ${checkpointPages};
      PRAGMA journal_size_limit = ${logBytesKept};
      PRAGMA cache_size = -${writerCacheKiB};
    `);
    const format = formatOf(db);
    if (format === 0) createTables(db);
    else if (format < formatVersion) upgradeTables(db, format);
    // What undoes a single change of a batch would go to a file as soon as it has 64 KiB, and a process that may open no more files
    // would take that for a failure of the disk. Only now: upgrading a large index may need more room than memory has.
    db.exec('PRAGMA temp_store = MEMORY');
    return db;
  } catch (error) {
    db.close();
    throw saysDiskFull(error) ? noRoomToOpen(file, error) : error;
  }
}

/** Beside a writer, which has made the tables. */
export function openForReading(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true });
  db.exec(`PRAGMA cache_size = -${readerCacheKiB}`);
  return db;
}

function createTables(db: DatabaseSync): void {
  db.exec(`
    BEGIN IMMEDIATE;
    ${tables}
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${formatVersion};
    COMMIT;
  `);
}

/** All of it in one transaction: a crash leaves the old format or the new one. */
function upgradeTables(db: DatabaseSync, from: number): void {
  const steps: string[] = [];
  for (let format = from; format < formatVersion; format++) steps.push(UPGRADES.get(format) ?? '');
  db.exec(`
    BEGIN IMMEDIATE;
    ${steps.join('')}
    PRAGMA user_version = ${formatVersion};
    COMMIT;
  `);
}

/** @throws StorageError */
function checkFormat(db: DatabaseSync, file: string): void {
  const format = readFormat(db, file);
  const isEmpty = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get()?.tables === 0;
  if (isEmpty) return;
  if (db.prepare('PRAGMA application_id').get()?.application_id !== applicationId) throw notAnIndex(file);
  if (format > formatVersion) {
    throw new StorageError(
      'newer-format',
      `${file} has format ${format}, and this version of Postern knows formats up to ${formatVersion}. Start the newer version that wrote it.`,
    );
  }
}

function readFormat(db: DatabaseSync, file: string): number {
  try {
    return formatOf(db);
  } catch (error) {
    if (primaryCode(error) === sqliteNotADatabase) throw notAnIndex(file, error);
    throw error;
  }
}

function formatOf(db: DatabaseSync): number {
  return db.prepare('PRAGMA user_version').get()?.user_version as number;
}

function notAnIndex(file: string, cause?: unknown): StorageError {
  const message = `${file} was not made by Postern. It has been left as it is; choose another data directory.`;
  return new StorageError('not-an-index', message, { cause });
}

function noRoomToOpen(file: string, cause: unknown): StorageError {
  const message = `${file} cannot be opened: the disk is full. Make room on it, a MiB at least, and start again.`;
  return new StorageError('unusable', message, { cause });
}

/** Of an error at opening: later the second of these says nothing of whether a commit is there. */
function saysDiskFull(error: unknown): boolean {
  return primaryCode(error) === sqliteFull || extendedCode(error) === sqliteNoSharedMemory;
}

/** Of an error thrown by node:sqlite; undefined for others. */
export function primaryCode(error: unknown): number | undefined {
  const code = extendedCode(error);
  return code === undefined ? undefined : code & 0xff;
}

function extendedCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode : undefined;
}
