// Rows of the SQLite index and what they stand for, and the lookups that the writer and the readers share.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { BucketRecord, ObjectSummary } from '../records.ts';
import { nullVersionId } from '../records.ts';

export interface StoredBucket {
  readonly bucketId: number;
  readonly record: BucketRecord;
}

/** What tells versions of a key apart, and what they hold on to. */
export interface StoredVersion {
  readonly sequence: number;
  readonly putId: string;
  readonly blobId: string | undefined;
  readonly summary: ObjectSummary;
}

/** The columns that {@link versionOf} reads. */
export const versionColumns = `key, sequence, version_id, is_latest, is_delete_marker, modified_at_ms, size, etag, crc64, acl,
  storage_class, headers, put_id, blob_id`;

interface BucketRow {
  readonly bucket_id: number;
  readonly name: BucketRecord['name'];
  readonly owner: string;
  readonly created_at_ms: number;
  readonly acl: BucketRecord['acl'];
  readonly storage_class: string;
  readonly versioning: BucketRecord['versioning'];
  readonly documents: string;
}

interface VersionRow {
  readonly key: ObjectSummary['key'];
  readonly sequence: number;
  readonly version_id: string;
  readonly is_latest: number;
  readonly is_delete_marker: number;
  readonly modified_at_ms: number;
  readonly size: number;
  readonly etag: string;
  readonly crc64: string;
  readonly acl: ObjectSummary['acl'];
  readonly storage_class: string;
  readonly headers: string;
  readonly put_id: string;
  readonly blob_id: string | null;
}

/** What `StatementSync` gives: an object without a type. */
type Row = Record<string, unknown>;

export function bucketOf(given: Row): StoredBucket {
  const row = given as unknown as BucketRow;
  const record: BucketRecord = {
    name: row.name,
    owner: row.owner,
    createdAtMs: row.created_at_ms,
    acl: row.acl,
    storageClass: row.storage_class,
    versioning: row.versioning,
    documents: JSON.parse(row.documents),
  };
  return { bucketId: row.bucket_id, record };
}

export function versionOf(given: Row, bucket: BucketRecord): StoredVersion {
  const row = given as unknown as VersionRow;
  const summary: ObjectSummary = {
    bucket: bucket.name,
    key: row.key,
    versionId: row.version_id,
    isLatest: row.is_latest === 1,
    isDeleteMarker: row.is_delete_marker === 1,
    modifiedAtMs: row.modified_at_ms,
    size: row.size,
    etag: row.etag,
    crc64: row.crc64,
    acl: row.acl,
    storageClass: row.storage_class,
    headers: JSON.parse(row.headers),
  };
  return { sequence: row.sequence, putId: row.put_id, blobId: row.blob_id ?? undefined, summary };
}

export class SqliteLookups {
  readonly #bucket: StatementSync;
  readonly #newest: StatementSync;
  readonly #named: StatementSync;
  readonly #olderNull: StatementSync;

  constructor(db: DatabaseSync) {
    const select = `SELECT ${versionColumns} FROM version`;
    this.#bucket = db.prepare('SELECT * FROM bucket WHERE name = ?');
    this.#newest = db.prepare(`${select} WHERE bucket_id = ? AND key = ? ORDER BY sequence DESC LIMIT 1`);
    // Each repeats the condition of its partial index, so that SQLite can see that the index has all it asks for.
    this.#named = db.prepare(
      `${select} WHERE version_id = ? AND version_id <> 'null' AND bucket_id = ? AND key = ?`,
    );
    this.#olderNull = db.prepare(
      `${select} WHERE bucket_id = ? AND key = ? AND version_id = 'null' AND is_latest = 0`,
    );
  }

  findBucket(name: string): StoredBucket | undefined {
    const row = this.#bucket.get(name);
    return row && bucketOf(row);
  }

  findNewest({ bucketId, record }: StoredBucket, key: string): StoredVersion | undefined {
    const row = this.#newest.get(bucketId, key);
    return row && versionOf(row, record);
  }

  findVersion(bucket: StoredBucket, key: string, versionId: string): StoredVersion | undefined {
    if (versionId === nullVersionId) return this.findNullVersion(bucket, key, this.findNewest(bucket, key));
    const row = this.#named.get(versionId, bucket.bucketId, key);
    return row && versionOf(row, bucket.record);
  }

  findNullVersion(
    { bucketId, record }: StoredBucket,
    key: string,
    newest: StoredVersion | undefined,
  ): StoredVersion | undefined {
    if (newest === undefined || newest.summary.versionId === nullVersionId) return newest;
    const row = this.#olderNull.get(bucketId, key);
    return row && versionOf(row, record);
  }
}
