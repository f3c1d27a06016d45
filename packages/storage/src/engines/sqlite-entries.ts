// Rows of a listing in the SQLite index. A page has a thousand, and each column of each costs as much as to find the next row: what is as
// it usually is comes as one NULL, the rest as one text that neighbours mostly share.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type BucketRecord, type ListEntry, nullVersionId } from '../records.ts';
import { headersOf, tagsOf } from './sqlite-rows.ts';

const usualStorageClass = 'Standard';

/** NULL: the usual storage class, the headers that the statement is given first, and neither a type nor tags. */
const traitsColumn = `CASE
  WHEN headers = ? AND storage_class = '${usualStorageClass}' AND object_type IS NULL AND tags IS NULL THEN NULL
  ELSE json_array(storage_class, headers, object_type, tags) END`;

/** The columns of an {@link EntryRow}, but for the last three. */
const entryColumns = `key, modified_at_ms, size, etag, ${traitsColumn}`;
const versionIdColumn = `nullif(version_id, '${nullVersionId}')`;

/** As an array, which SQLite's binding makes faster than an object. */
export type EntryRow = readonly [
  key: ListEntry['key'],
  modifiedAtMs: number,
  size: number,
  etag: string,
  traits: string | null,
  /** A bucket that never kept versions does without. */
  versionId?: string | null,
  /** A list of newest versions that are no delete markers does without these two. */
  isLatest?: number,
  isDeleteMarker?: number,
];

/** A statement that gives {@link EntryRow}s of any versions. This one and the next two are given the usual headers before all else. */
export function prepareEntries(db: DatabaseSync, from: string): StatementSync {
  return prepareRows(db, `${entryColumns}, ${versionIdColumn}, is_latest, is_delete_marker`, from);
}

/** The same of newest versions that are no delete markers: `from` is to find no others. */
export function prepareListed(db: DatabaseSync, from: string): StatementSync {
  return prepareRows(db, `${entryColumns}, ${versionIdColumn}`, from);
}

/** The same where each is the only version of its key, and has never been another. */
export function prepareSole(db: DatabaseSync, from: string): StatementSync {
  return prepareRows(db, entryColumns, from);
}

/** A statement that gives keys of versions, each alone in an array. */
export function prepareKeys(db: DatabaseSync, from: string): StatementSync {
  return prepareRows(db, 'key', from);
}

function prepareRows(db: DatabaseSync, columns: string, from: string): StatementSync {
  const statement = db.prepare(`SELECT ${columns} FROM version ${from}`);
  statement.setReturnArrays(true);
  return statement;
}

type Traits = Pick<ListEntry, 'storageClass' | 'headers' | 'objectType' | 'tags'>;

/** What the rows of one listing stand for. */
export class EntryReader {
  readonly #bucket: BucketRecord;
  readonly #usual: Traits;
  /** Of the row before that was unusual: mostly the next one is like it. */
  #column: string | undefined;
  #unusual: Traits;
  /** The headers, as the index has them, that the next listing will meet: those of the row read last. */
  likelyHeaders: string;

  /** @param usualHeaders what the statement that finds the rows is given */
  constructor(bucket: BucketRecord, usualHeaders: string) {
    this.#bucket = bucket;
    this.likelyHeaders = usualHeaders;
    this.#usual = traitsOf([usualStorageClass, usualHeaders, null, null]);
    this.#unusual = this.#usual;
  }

  read(row: EntryRow): ListEntry {
    const traits = row[4] === null ? this.#usual : this.#readTraits(row[4]);
    return {
      bucket: this.#bucket.name,
      key: row[0],
      versionId: row[5] ?? nullVersionId,
      isLatest: row[6] !== 0,
      isDeleteMarker: row[7] === 1,
      objectType: traits.objectType,
      modifiedAtMs: row[1],
      size: row[2],
      etag: row[3],
      storageClass: traits.storageClass,
      headers: traits.headers,
      tags: traits.tags,
    };
  }

  #readTraits(column: string): Traits {
    if (column !== this.#column) {
      const columns: TraitsColumns = JSON.parse(column);
      this.#column = column;
      this.#unusual = traitsOf(columns);
      this.likelyHeaders = columns[1];
    }
    return this.#unusual;
  }
}

type TraitsColumns = readonly [
  storageClass: string,
  headers: string,
  objectType: ListEntry['objectType'] | null,
  tags: string | null,
];

function traitsOf([storageClass, headers, objectType, tags]: TraitsColumns): Traits {
  return {
    storageClass,
    headers: headersOf(headers),
    objectType: objectType ?? 'Normal',
    tags: tagsOf(tags),
  };
}
