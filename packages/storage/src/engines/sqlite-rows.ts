// Rows of the SQLite index and what they stand for, and the lookups that the writer and the readers share.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  BodyPart,
  BucketRecord,
  ObjectRecord,
  ObjectSummary,
  ObjectType,
  PartRecord,
  Tag,
  UploadRecord,
} from '../records.ts';
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
  /** Set when the body is in parts. */
  readonly bodyId: number | undefined;
  readonly summary: ObjectSummary;
}

/** A multipart upload, and the number of the body that its parts belong to. */
export interface StoredUpload {
  readonly bodyId: number;
  readonly record: UploadRecord;
}

/** The columns of a {@link VersionRow}. */
export const versionColumns = `key, version_id, is_latest, is_delete_marker, modified_at_ms, size, etag, storage_class, headers,
  object_type, tags, crc64, acl, sequence, put_id, blob_id, body_id`;

type VersionRow = readonly [
  key: ObjectSummary['key'],
  versionId: string,
  isLatest: number,
  isDeleteMarker: number,
  modifiedAtMs: number,
  size: number,
  etag: string,
  storageClass: string,
  headers: string,
  objectType: ObjectType | null,
  tags: string | null,
  crc64: string,
  acl: ObjectSummary['acl'],
  sequence: number,
  putId: string,
  blobId: string | null,
  bodyId: number | null,
];

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

export function bucketOf(given: Record<string, unknown>): StoredBucket {
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

/** A statement that selects {@link versionColumns} and gives {@link VersionRow}s. */
export function prepareVersions(db: DatabaseSync, from: string): StatementSync {
  const statement = db.prepare(`SELECT ${versionColumns} FROM version ${from}`);
  statement.setReturnArrays(true);
  return statement;
}

/** A statement that selects {@link uploadColumns} and gives {@link UploadRow}s. */
export function prepareUploads(db: DatabaseSync, from: string): StatementSync {
  const statement = db.prepare(`SELECT ${uploadColumns} FROM upload ${from}`);
  statement.setReturnArrays(true);
  return statement;
}

/** A statement that selects {@link partColumns} and gives {@link PartRow}s. */
export function prepareParts(db: DatabaseSync, from: string): StatementSync {
  const statement = db.prepare(`SELECT ${partColumns} FROM part ${from}`);
  statement.setReturnArrays(true);
  return statement;
}

export function versionOf(given: unknown, bucket: BucketRecord): StoredVersion {
  const row = given as VersionRow;
  return {
    sequence: row[13],
    putId: row[14],
    blobId: row[15] ?? undefined,
    bodyId: row[16] ?? undefined,
    summary: {
      bucket: bucket.name,
      key: row[0],
      versionId: row[1],
      isLatest: row[2] === 1,
      isDeleteMarker: row[3] === 1,
      objectType: row[9] ?? 'Normal',
      modifiedAtMs: row[4],
      size: row[5],
      etag: row[6],
      storageClass: row[7],
      headers: headersOf(row[8]),
      tags: tagsOf(row[10]),
      crc64: row[11],
      acl: row[12],
    },
  };
}

/** The columns of an {@link UploadRow}. */
const uploadColumns =
  'key, upload_id, body_id, initiated_at_ms, is_sequential, acl, storage_class, headers, tags';

export type UploadRow = readonly [
  key: UploadRecord['key'],
  uploadId: string,
  bodyId: number,
  initiatedAtMs: number,
  isSequential: number,
  acl: UploadRecord['acl'],
  storageClass: string,
  headers: string,
  tags: string | null,
];

export function uploadOf(given: unknown, bucket: BucketRecord): StoredUpload {
  const row = given as UploadRow;
  const [key, uploadId, bodyId, initiatedAtMs, isSequential, acl, storageClass, headers, tags] = row;
  const record = {
    ...{
      bucket: bucket.name,
      key,
      uploadId,
      initiatedAtMs,
      isSequential: isSequential === 1,
      acl,
      storageClass,
    },
    headers: headersOf(headers),
    tags: tagsOf(tags),
  };
  return { bodyId, record };
}

/** The columns of a {@link PartRow}. */
const partColumns = 'part_number, part_id, size, etag, crc64, modified_at_ms, blob_id';

export type PartRow = readonly [
  partNumber: number,
  partId: number,
  size: number,
  etag: string,
  crc64: string,
  modifiedAtMs: number,
  blobId: string | null,
];

export function partOf(given: unknown): PartRecord {
  const [partNumber, partId, size, etag, crc64, modifiedAtMs] = given as PartRow;
  return { partNumber, partId, size, etag, crc64, modifiedAtMs };
}

/** Gives the bodies of versions: themselves, or where they are. */
export function prepareBodies(db: DatabaseSync): (version: StoredVersion) => ObjectRecord['body'] {
  const inline = db.prepare('SELECT bytes FROM inline_body WHERE sequence = ?');
  const partsOf = prepareBodyParts(db);
  return ({ sequence, blobId, bodyId }) => {
    if (bodyId !== undefined) return { parts: partsOf(bodyId) };
    if (blobId !== undefined) return { blobId };
    return (inline.get(sequence)?.bytes as Uint8Array | undefined) ?? new Uint8Array();
  };
}

/** Gives the parts of a body with what they consist of, in order. */
export function prepareBodyParts(db: DatabaseSync): (bodyId: number) => BodyPart[] {
  const statement = db.prepare(`SELECT part_id, size, crc64, blob_id, bytes
    FROM part LEFT JOIN inline_body ON sequence = part_id AND blob_id IS NULL WHERE body_id = ? ORDER BY part_number`);
  statement.setReturnArrays(true);
  return (bodyId) => statement.all(bodyId).map(bodyPartOf);
}

function bodyPartOf(given: unknown): BodyPart {
  const [partId, size, crc64, blobId, bytes] = given as [
    number,
    number,
    string,
    string | null,
    Uint8Array | null,
  ];
  return { partId, size, crc64, body: blobId === null ? (bytes ?? new Uint8Array()) : { blobId } };
}

/** Most versions have the same as the one before: what was read last is not read again. */
export function headersOf(column: string): ObjectSummary['headers'] {
  if (column !== lastHeaders.column) lastHeaders = { column, headers: JSON.parse(column) };
  return lastHeaders.headers;
}

let lastHeaders: { readonly column: string; readonly headers: ObjectSummary['headers'] } = {
  column: '{}',
  headers: {},
};

export function tagsOf(column: string | null): readonly Tag[] {
  return column === null ? noTags : JSON.parse(column);
}

const noTags: readonly Tag[] = [];

/** What the column `object_type` holds: nothing for the many that are normal. */
export function objectTypeColumn(objectType: ObjectType): string | null {
  return objectType === 'Normal' ? null : objectType;
}

/** What the column `tags` holds: nothing for the many that have none. */
export function tagsColumn(tags: readonly Tag[]): string | null {
  return tags.length === 0 ? null : JSON.stringify(tags);
}

export class SqliteLookups {
  readonly #bucket: StatementSync;
  readonly #newest: StatementSync;
  readonly #named: StatementSync;
  readonly #olderNull: StatementSync;
  readonly #upload: StatementSync;

  constructor(db: DatabaseSync) {
    this.#bucket = db.prepare('SELECT * FROM bucket WHERE name = ?');
    this.#newest = prepareVersions(db, 'WHERE bucket_id = ? AND key = ? ORDER BY sequence DESC LIMIT 1');
    // Each repeats the condition of its partial index, so that SQLite can see that the index has all it asks for.
    this.#named = prepareVersions(
      db,
      "WHERE version_id = ? AND version_id <> 'null' AND bucket_id = ? AND key = ?",
    );
    this.#olderNull = prepareVersions(
      db,
      "WHERE bucket_id = ? AND key = ? AND version_id = 'null' AND is_latest = 0",
    );
    this.#upload = prepareUploads(db, 'WHERE bucket_id = ? AND key = ? AND upload_id = ?');
  }

  findUpload({ bucketId, record }: StoredBucket, key: string, uploadId: string): StoredUpload | undefined {
    const row = this.#upload.get(bucketId, key, uploadId);
    return row && uploadOf(row, record);
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
