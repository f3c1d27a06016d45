// Rows of the SQLite index and what they stand for, and the lookups that the writer and the readers share.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type {
  BodyPart,
  BucketRecord,
  ListEntry,
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

/** What most objects have. A page is read faster by a tenth where SQLite gives NULL for it. */
const usualStorageClass = 'Standard';

/** The columns of an {@link EntryRow}, but for the last two. */
const entryColumns = `key, nullif(version_id, '${nullVersionId}'), modified_at_ms, size, etag,
  nullif(storage_class, '${usualStorageClass}'), headers, object_type, tags`;

const placeColumns = 'is_latest, is_delete_marker';

/** What listings read. As an array, which SQLite's binding makes faster than an object: a page has a thousand. */
export type EntryRow = readonly [
  key: ListEntry['key'],
  versionId: string | null,
  modifiedAtMs: number,
  size: number,
  etag: string,
  storageClass: string | null,
  headers: string,
  objectType: ObjectType | null,
  tags: string | null,
  /** A list of newest versions that are no delete markers does without these two. */
  isLatest?: number,
  isDeleteMarker?: number,
];

/** The columns of a {@link VersionRow}. */
export const versionColumns = `${entryColumns}, ${placeColumns}, crc64, acl, sequence, put_id, blob_id, body_id`;

type VersionRow = readonly [
  ...Required<EntryRow>,
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

/** A statement that gives {@link EntryRow}s. */
export function prepareEntries(db: DatabaseSync, from: string): StatementSync {
  const statement = db.prepare(`SELECT ${entryColumns}, ${placeColumns} FROM version ${from}`);
  statement.setReturnArrays(true);
  return statement;
}

/** The same of newest versions that are no delete markers: `from` is to find no others. */
export function prepareListed(db: DatabaseSync, from: string): StatementSync {
  const statement = db.prepare(`SELECT ${entryColumns} FROM version ${from}`);
  statement.setReturnArrays(true);
  return statement;
}

/** A statement that gives keys of versions, each alone in an array. */
export function prepareKeys(db: DatabaseSync, from: string): StatementSync {
  const statement = db.prepare(`SELECT key FROM version ${from}`);
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
  const [, , , , , , , , , , , crc64, acl, sequence, putId, blobId, bodyId] = row;
  return {
    sequence,
    putId,
    blobId: blobId ?? undefined,
    bodyId: bodyId ?? undefined,
    summary: { ...entryOf(row, bucket), crc64, acl },
  };
}

export function entryOf(row: EntryRow | VersionRow, bucket: BucketRecord): ListEntry {
  return {
    bucket: bucket.name,
    key: row[0],
    versionId: row[1] ?? nullVersionId,
    isLatest: row[9] !== 0,
    isDeleteMarker: row[10] === 1,
    objectType: row[7] ?? 'Normal',
    modifiedAtMs: row[2],
    size: row[3],
    etag: row[4],
    storageClass: row[5] ?? usualStorageClass,
    headers: headersOf(row[6]),
    tags: tagsOf(row[8]),
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

/** Neighbours in a listing mostly have the same: what was read last is not read again. */
function headersOf(column: string): ObjectSummary['headers'] {
  if (column !== lastHeaders.column) lastHeaders = { column, headers: JSON.parse(column) };
  return lastHeaders.headers;
}

let lastHeaders: { readonly column: string; readonly headers: ObjectSummary['headers'] } = {
  column: '{}',
  headers: {},
};

function tagsOf(column: string | null): readonly Tag[] {
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
