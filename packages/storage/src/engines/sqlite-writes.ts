// Everything that changes the SQLite index, as synchronous steps for the one writer. What is waiting goes into one transaction, so
// that many changes share one flush to disk; each has a savepoint of its own, so that one that fails undoes only itself.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crashPoint } from '../crash-points.ts';
import {
  type AppendCommitResult,
  type AppendIntent,
  type CompletionIntent,
  type CompletionResult,
  type MetadataStore,
  type PartIntent,
  type PartResult,
  type PutIntent,
  type PutResult,
  putIdKeptMs,
  type RemoveIntent,
  type RemoveResult,
  type UploadName,
} from '../metadata-store.ts';
import {
  type BlobRef,
  type BucketChange,
  type BucketRecord,
  changedBucket,
  type DocumentReplacement,
  nullVersionId,
  type ObjectAcl,
  type ObjectSummary,
  type PartRecord,
  type ReplacementOutcome,
  type SeenVersion,
  type Tag,
  type UploadRecord,
  type WrittenBody,
} from '../records.ts';
import { isInSequence } from '../upload-rules.ts';
import {
  deleteMarker,
  isOverwriteForbidden,
  isStillSeen,
  planRemoval,
  storedSummary,
  versionIdOfPut,
} from '../version-rules.ts';
import { delayFlushHere } from './flush-delay.ts';
import {
  objectTypeColumn,
  type PartRow,
  prepareParts,
  SqliteLookups,
  type StoredBucket,
  type StoredUpload,
  type StoredVersion,
  tagsColumn,
} from './sqlite-rows.ts';

export type WriteName =
  | 'createBucket'
  | 'changeBucket'
  | 'replaceDocument'
  | 'removeBucket'
  | 'commitPut'
  | 'setObjectAcl'
  | 'setTags'
  | 'setStorageClass'
  | 'setHeader'
  | 'createUpload'
  | 'commitPart'
  | 'completeUpload'
  | 'abortUpload'
  | 'commitAppend'
  | 'remove'
  | 'forgetGarbage'
  | 'moveBlob'
  | 'checkWritable';

/** What a put gives, without what its sender knows already: its body need not travel back. */
interface StoredOutcome {
  readonly outcome: 'stored';
  readonly versionId: string;
  readonly bucket: BucketRecord;
}

export type PutOutcome = StoredOutcome | Exclude<PutResult, { outcome: 'stored' }>;

export type CompletionOutcome = PutOutcome | Exclude<CompletionResult, PutResult>;

export type AppendOutcome = StoredOutcome | Exclude<AppendCommitResult, { outcome: 'stored' }>;

export type WriteResult<Name extends WriteName> = Name extends 'commitPut'
  ? PutOutcome
  : Name extends 'completeUpload'
    ? CompletionOutcome
    : Name extends 'commitAppend'
      ? AppendOutcome
      : Awaited<ReturnType<MetadataStore[Name]>>;

type Writes = {
  [Name in WriteName]: (...given: Parameters<MetadataStore[Name]>) => WriteResult<Name>;
};

/** One change, as it travels to the writer. */
export type Write = {
  [Name in WriteName]: { readonly name: Name; readonly given: Parameters<MetadataStore[Name]> };
}[WriteName];

export type WriteOutcome =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

export class SqliteWrites implements Writes {
  readonly #db: DatabaseSync;
  readonly #lookups: SqliteLookups;
  readonly #sql: ReturnType<typeof prepareStatements>;
  readonly #parts: Readonly<Record<'one' | 'all' | 'last', StatementSync>>;
  #nextSequence: number;
  /** Buckets read in this transaction: many puts go to one bucket, and the very same object travels back only once. */
  readonly #buckets = new Map<string, StoredBucket>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#lookups = new SqliteLookups(db);
    this.#sql = prepareStatements(db);
    this.#parts = {
      one: prepareParts(db, 'WHERE body_id = ? AND part_number = ?'),
      all: prepareParts(db, 'WHERE body_id = ? ORDER BY part_number'),
      last: prepareParts(db, 'WHERE body_id = ? ORDER BY part_number DESC LIMIT ?'),
    };
    this.#nextSequence = db.prepare('SELECT next_sequence FROM counter').get()?.next_sequence as number;
  }

  /**
   * All of them in one transaction, in order. When this returns, every change that is `done` is on disk.
   * @throws when the transaction as a whole failed
   */
  commit(writes: readonly Write[]): WriteOutcome[] {
    this.#sql.begin.run();
    try {
      this.#buckets.clear();
      const outcomes = writes.map((write) => this.#try(write));
      this.#sql.saveCounter.run(this.#nextSequence);
      crashPoint('batch-made');
      delayFlushHere();
      this.#sql.commit.run();
      crashPoint('batch-committed');
      return outcomes;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  #try(write: Write): WriteOutcome {
    this.#sql.savepoint.run();
    try {
      const result = this.#run(write);
      this.#sql.release.run();
      return { kind: 'done', result };
    } catch (error) {
      // After some errors (disk full, out of memory) SQLite has rolled the whole transaction back already.
      if (!this.#db.isTransaction) throw error;
      this.#sql.undo.run();
      this.#sql.release.run();
      this.#buckets.clear();
      return { kind: 'failed', error };
    }
  }

  #run<Name extends WriteName>(write: Extract<Write, { name: Name }>): unknown {
    const run = this[write.name] as (...given: unknown[]) => unknown;
    return run.apply(this, write.given);
  }

  createBucket(bucket: BucketRecord): { created: boolean; bucket: BucketRecord } {
    const existing = this.#lookups.findBucket(bucket.name);
    if (existing) return { created: false, bucket: existing.record };
    const { name, owner, createdAtMs, acl, storageClass, versioning } = bucket;
    const documents = JSON.stringify(bucket.documents);
    this.#sql.insertBucket.run(name, owner, createdAtMs, acl, storageClass, versioning, documents);
    return { created: true, bucket };
  }

  changeBucket(name: string, change: BucketChange): BucketRecord | undefined {
    const bucket = this.#lookups.findBucket(name);
    if (!bucket) return undefined;
    const changed = changedBucket(bucket.record, change);
    const documents = JSON.stringify(changed.documents);
    this.#sql.updateBucket.run(changed.acl, changed.versioning, documents, bucket.bucketId);
    this.#buckets.delete(name);
    return changed;
  }

  replaceDocument(name: string, { document, seen, text }: DocumentReplacement): ReplacementOutcome {
    const bucket = this.#lookups.findBucket(name);
    if (!bucket) return 'no-bucket';
    if (bucket.record.documents[document] !== seen) return 'no-longer-as-seen';
    this.changeBucket(name, { documents: { [document]: text } });
    return 'replaced';
  }

  removeBucket(name: string): 'removed' | 'absent' | 'not-empty' {
    const bucket = this.#lookups.findBucket(name);
    if (!bucket) return 'absent';
    if (this.#sql.anyVersion.get(bucket.bucketId) || this.#sql.anyUpload.get(bucket.bucketId))
      return 'not-empty';
    this.#sql.deleteBucket.run(bucket.bucketId);
    this.#buckets.delete(name);
    return 'removed';
  }

  commitPut(put: PutIntent): PutOutcome {
    const bucket = this.#findBucket(put.bucket);
    if (!bucket) return { outcome: 'no-bucket' };
    const newest = this.#lookups.findNewest(bucket, put.key);
    return this.#findEarlierCommit(bucket, put, newest) ?? this.#store(bucket, put, put.body, newest);
  }

  createUpload(upload: UploadRecord): 'created' | 'no-bucket' {
    const bucket = this.#findBucket(upload.bucket);
    if (!bucket) return 'no-bucket';
    const { key, uploadId, initiatedAtMs, isSequential, acl, storageClass, headers, tags } = upload;
    this.#sql.insertUpload.run(
      ...[this.#nextSequence++, bucket.bucketId, key, uploadId, initiatedAtMs, isSequential ? 1 : 0],
      ...[acl, storageClass, JSON.stringify(headers), tagsColumn(tags)],
    );
    return 'created';
  }

  commitPart(part: PartIntent): PartResult {
    const upload = this.#findUpload(part);
    if (!upload) return { outcome: 'no-upload' };
    const { bodyId, record } = upload;
    const { partNumber, modifiedAtMs } = part;
    const [last] = this.#parts.last.all(bodyId, 1) as unknown as PartRow[];
    if (record.isSequential && !isInSequence(partNumber, last?.[0] ?? 0)) {
      return { outcome: 'not-sequential' };
    }
    const replaced = this.#parts.one.get(bodyId, partNumber);
    if (replaced) this.#erasePart(bodyId, replaced as unknown as PartRow, modifiedAtMs);
    return { outcome: 'stored', part: this.#insertPart(bodyId, part) };
  }

  completeUpload({ uploadId, partIds, ...put }: CompletionIntent): CompletionOutcome {
    const bucket = this.#findBucket(put.bucket);
    if (!bucket) return { outcome: 'no-bucket' };
    const newest = this.#lookups.findNewest(bucket, put.key);
    const earlier = this.#findEarlierCommit(bucket, put, newest);
    if (earlier) return earlier;
    const upload = this.#lookups.findUpload(bucket, put.key, uploadId);
    if (!upload) return { outcome: 'no-upload' };
    const taken = new Set(partIds);
    const parts = this.#parts.all.all(upload.bodyId) as unknown as PartRow[];
    const others = parts.filter(([, partId]) => !taken.has(partId));
    if (parts.length - others.length < partIds.length) return { outcome: 'parts-changed' };

    const outcome = this.#store(bucket, put, { bodyId: upload.bodyId }, newest);
    if (outcome.outcome !== 'stored') return outcome;
    for (const part of others) this.#erasePart(upload.bodyId, part, put.modifiedAtMs);
    this.#sql.deleteUpload.run(upload.bodyId);
    return outcome;
  }

  commitAppend({ lastPartId, mergedParts, part, ...put }: AppendIntent): AppendOutcome {
    const bucket = this.#findBucket(put.bucket);
    if (!bucket) return { outcome: 'no-bucket' };
    const newest = this.#lookups.findNewest(bucket, put.key);
    const earlier = this.#findEarlierCommit(bucket, put, newest);
    if (earlier) return earlier;
    const current = newest?.summary.isDeleteMarker ? undefined : newest;
    if (current && current.summary.objectType !== 'Appendable') return { outcome: 'changed' };
    const bodyId = current?.bodyId ?? this.#nextSequence++;
    // From the last one backwards.
    const lastParts = this.#parts.last.all(bodyId, Math.max(mergedParts, 1)) as unknown as PartRow[];
    const [last] = lastParts;
    if (last?.[1] !== lastPartId) return { outcome: 'changed' };

    for (const merged of lastParts.slice(0, mergedParts)) this.#erasePart(bodyId, merged, put.modifiedAtMs);
    const partNumber = (last?.[0] ?? 0) + 1;
    this.#insertPart(bodyId, { ...part, partNumber, modifiedAtMs: put.modifiedAtMs });
    if (current) return this.#updateAppended(bucket, current, put);
    return this.#storeVersion(bucket, put, { bodyId }, newest);
  }

  #updateAppended(
    bucket: StoredBucket,
    { sequence, putId: putIdBefore, summary: { versionId } }: StoredVersion,
    { putId, key, modifiedAtMs, size, etag, crc64 }: PutFacts,
  ): StoredOutcome {
    this.#sql.updateAppended.run(
      ...[modifiedAtMs, size, etag, crc64, putId],
      ...[bucket.bucketId, key, sequence],
    );
    this.#rememberGonePut(putIdBefore, versionId, modifiedAtMs);
    return { outcome: 'stored', versionId, bucket: bucket.record };
  }

  abortUpload(name: UploadName, abortedAtMs: number): 'aborted' | 'no-upload' {
    const upload = this.#findUpload(name);
    if (!upload) return 'no-upload';
    this.#eraseParts(upload.bodyId, abortedAtMs);
    this.#sql.deleteUpload.run(upload.bodyId);
    return 'aborted';
  }

  setObjectAcl(name: string, key: string, versionId: string, acl: ObjectAcl): ObjectSummary | undefined {
    const bucket = this.#findBucket(name);
    const version = bucket && this.#lookups.findVersion(bucket, key, versionId);
    if (!version || version.summary.isDeleteMarker) return undefined;
    this.#sql.updateAcl.run(acl, bucket.bucketId, key, version.sequence);
    return { ...version.summary, acl };
  }

  setTags(name: string, key: string, versionId: string, tags: readonly Tag[]): ObjectSummary | undefined {
    const bucket = this.#findBucket(name);
    const version = bucket && this.#lookups.findVersion(bucket, key, versionId);
    if (!version || version.summary.isDeleteMarker) return undefined;
    this.#sql.updateTags.run(tagsColumn(tags), bucket.bucketId, key, version.sequence);
    return { ...version.summary, tags };
  }

  setStorageClass(
    name: string,
    key: string,
    seen: SeenVersion,
    storageClass: string,
  ): ObjectSummary | undefined {
    const bucket = this.#findBucket(name);
    const version = bucket && this.#lookups.findVersion(bucket, key, seen.versionId);
    if (!version || version.summary.isDeleteMarker || !isStillSeen(version.summary, seen)) return undefined;
    this.#sql.updateStorageClass.run(storageClass, bucket.bucketId, key, version.sequence);
    return { ...version.summary, storageClass };
  }

  setHeader(
    bucketName: string,
    key: string,
    seen: SeenVersion,
    name: string,
    value: string,
  ): ObjectSummary | undefined {
    const bucket = this.#findBucket(bucketName);
    const version = bucket && this.#lookups.findVersion(bucket, key, seen.versionId);
    if (!version || version.summary.isDeleteMarker || !isStillSeen(version.summary, seen)) return undefined;
    const headers = { ...version.summary.headers, [name]: value };
    this.#sql.updateHeaders.run(JSON.stringify(headers), bucket.bucketId, key, version.sequence);
    return { ...version.summary, headers };
  }

  remove(remove: RemoveIntent): RemoveResult {
    const bucket = this.#findBucket(remove.bucket);
    if (!bucket) return { outcome: 'no-bucket' };
    const { onlyIf } = remove;
    if (onlyIf) {
      const version = this.#lookups.findVersion(bucket, remove.key, onlyIf.versionId);
      if (!isStillSeen(version?.summary, onlyIf)) return { outcome: 'absent', bucket: bucket.record };
    }
    const removal = planRemoval(remove, bucket.record.versioning);
    if (removal.kind === 'mark') {
      const marker = deleteMarker(remove, removal.versionId, bucket.record.storageClass);
      const newest = this.#lookups.findNewest(bucket, remove.key);
      this.#addVersion(bucket, marker, noBody, '', newest);
      return { outcome: 'marked', marker, bucket: bucket.record };
    }
    const version = this.#lookups.findVersion(bucket, remove.key, removal.versionId);
    if (!version) return { outcome: 'absent', bucket: bucket.record };
    this.#eraseVersion(bucket, version, remove.modifiedAtMs);
    if (version.summary.isLatest) this.#sql.promoteNewest.run(bucket.bucketId, remove.key);
    return { outcome: 'removed', record: version.summary, bucket: bucket.record };
  }

  moveBlob({ from, to, nowMs }: { from: string; to: string; nowMs: number }): boolean {
    const { moveBlob, movePartBlob } = this.#sql;
    const isMoved = [moveBlob, movePartBlob].some((move) => Number(move.run(to, from).changes) > 0);
    if (isMoved) this.#sql.insertGarbage.run(from, nowMs);
    return isMoved;
  }

  forgetGarbage(blobIds: readonly string[]): void {
    for (const blobId of blobIds) this.#sql.deleteGarbage.run(blobId);
  }

  checkWritable(): void {
    this.#sql.saveCounter.run(this.#nextSequence);
  }

  #findBucket(name: string): StoredBucket | undefined {
    const read = this.#buckets.get(name) ?? this.#lookups.findBucket(name);
    if (read) this.#buckets.set(name, read);
    return read;
  }

  #findUpload({ bucket: name, key, uploadId }: UploadName): StoredUpload | undefined {
    const bucket = this.#findBucket(name);
    return bucket && this.#lookups.findUpload(bucket, key, uploadId);
  }

  /** What this very put gave, if it was committed before. */
  #findEarlierCommit(
    bucket: StoredBucket,
    put: PutFacts,
    newest: StoredVersion | undefined,
  ): StoredOutcome | undefined {
    const versionId = this.#findVersionOfPut(bucket, put, newest);
    return versionId === undefined ? undefined : { outcome: 'stored', versionId, bucket: bucket.record };
  }

  #findVersionOfPut(
    bucket: StoredBucket,
    { putId, key, versionId }: PutFacts,
    newest: StoredVersion | undefined,
  ): string | undefined {
    if (newest?.putId === putId) return newest.summary.versionId;
    const gone = this.#sql.findGonePut.get(putId);
    if (gone) return gone.version_id as string;
    // A bucket that never had versions has no older ones.
    if (bucket.record.versioning === 'never') return undefined;
    const candidates = [
      this.#lookups.findVersion(bucket, key, versionId),
      this.#lookups.findNullVersion(bucket, key, newest),
    ];
    return candidates.find((version) => version?.putId === putId)?.summary.versionId;
  }

  #store(
    bucket: StoredBucket,
    put: Omit<PutIntent, 'body'>,
    body: VersionBody,
    newest: StoredVersion | undefined,
  ): PutOutcome {
    const { versioning } = bucket.record;
    const isReplacing = versionIdOfPut(put, versioning) === nullVersionId;
    const replaced = isReplacing ? this.#lookups.findNullVersion(bucket, put.key, newest) : undefined;
    if (isOverwriteForbidden(put, versioning, newest?.summary, replaced?.summary))
      return { outcome: 'exists' };
    return this.#storeVersion(bucket, put, body, newest);
  }

  #storeVersion(
    bucket: StoredBucket,
    put: PutFacts,
    body: VersionBody,
    newest: StoredVersion | undefined,
  ): StoredOutcome {
    const versionId = versionIdOfPut(put, bucket.record.versioning);
    this.#addVersion(bucket, storedSummary(put, versionId), body, put.putId, newest);
    return { outcome: 'stored', versionId, bucket: bucket.record };
  }

  #addVersion(
    bucket: StoredBucket,
    summary: ObjectSummary,
    body: VersionBody,
    putId: string,
    newest: StoredVersion | undefined,
  ): void {
    const replaced =
      summary.versionId === nullVersionId
        ? this.#lookups.findNullVersion(bucket, summary.key, newest)
        : undefined;
    if (replaced) this.#eraseVersion(bucket, replaced, summary.modifiedAtMs);
    if (newest && newest !== replaced) {
      this.#sql.demote.run(bucket.bucketId, summary.key, newest.sequence);
    }
    this.#insertVersion(bucket.bucketId, this.#nextSequence++, summary, body, putId);
  }

  #insertVersion(
    bucketId: number,
    sequence: number,
    record: ObjectSummary,
    body: VersionBody,
    putId: string,
  ): void {
    this.#sql.insertVersion.run(
      bucketId,
      record.key,
      sequence,
      record.versionId,
      record.isDeleteMarker ? 1 : 0,
      record.modifiedAtMs,
      record.size,
      record.etag,
      record.crc64,
      record.acl,
      record.storageClass,
      JSON.stringify(record.headers),
      putId,
      isBlobRef(body) ? body.blobId : null,
      objectTypeColumn(record.objectType),
      tagsColumn(record.tags),
      'bodyId' in body ? body.bodyId : null,
    );
    this.#insertInline(sequence, body);
  }

  #insertInline(sequence: number, body: VersionBody): void {
    if (body instanceof Uint8Array && body.length > 0) this.#sql.insertBody.run(sequence, body);
  }

  #insertPart(
    bodyId: number,
    { partNumber, size, etag, crc64, modifiedAtMs, body }: Omit<PartIntent, keyof UploadName>,
  ): PartRecord {
    const partId = this.#nextSequence++;
    const blobId = isBlobRef(body) ? body.blobId : null;
    this.#sql.insertPart.run(bodyId, partNumber, partId, size, etag, crc64, modifiedAtMs, blobId);
    this.#insertInline(partId, body);
    return { partNumber, partId, size, etag, crc64, modifiedAtMs };
  }

  #eraseParts(bodyId: number, nowMs: number): void {
    const parts = this.#parts.all.all(bodyId) as unknown as PartRow[];
    for (const part of parts) this.#erasePart(bodyId, part, nowMs);
  }

  #erasePart(bodyId: number, [partNumber, partId, , , , , blobId]: PartRow, nowMs: number): void {
    this.#sql.deletePart.run(bodyId, partNumber);
    if (blobId === null) this.#sql.deleteBody.run(partId);
    else this.#sql.insertGarbage.run(blobId, nowMs);
  }

  /** Removes the row, and leaves what it held on to to the garbage queue. */
  #eraseVersion({ bucketId }: StoredBucket, version: StoredVersion, nowMs: number): void {
    const { summary, sequence, blobId, bodyId, putId } = version;
    this.#sql.deleteVersion.run(bucketId, summary.key, sequence);
    if (bodyId !== undefined) this.#eraseParts(bodyId, nowMs);
    else if (blobId === undefined) this.#sql.deleteBody.run(sequence);
    else this.#sql.insertGarbage.run(blobId, nowMs);
    if (!summary.isDeleteMarker) this.#rememberGonePut(putId, summary.versionId, nowMs);
  }

  /** The version is gone, or has been written to since. */
  #rememberGonePut(putId: string, versionId: string, nowMs: number): void {
    this.#sql.forgetGonePuts.run(nowMs - putIdKeptMs);
    this.#sql.insertGonePut.run(putId, versionId, nowMs);
  }
}

/** What is known of a put, whatever kind it is of. */
type PutFacts = Omit<PutIntent, 'body' | 'condition'>;

/** A body that was just written, or the parts that are here already under a number. */
type VersionBody = WrittenBody | { readonly bodyId: number };

const noBody = new Uint8Array();

function isBlobRef(body: VersionBody): body is BlobRef {
  return 'blobId' in body;
}

function prepareStatements(db: DatabaseSync) {
  const sql = {
    begin: 'BEGIN IMMEDIATE',
    commit: 'COMMIT',
    savepoint: 'SAVEPOINT one_write',
    release: 'RELEASE one_write',
    undo: 'ROLLBACK TO one_write',
    saveCounter: 'UPDATE counter SET next_sequence = ?',

    insertBucket: `INSERT INTO bucket (name, owner, created_at_ms, acl, storage_class, versioning, documents)
      VALUES (?, ?, ?, ?, ?, ?, ?)`,
    updateBucket: 'UPDATE bucket SET acl = ?, versioning = ?, documents = ? WHERE bucket_id = ?',
    deleteBucket: 'DELETE FROM bucket WHERE bucket_id = ?',
    anyVersion: 'SELECT 1 FROM version WHERE bucket_id = ? LIMIT 1',

    insertVersion: `INSERT INTO version (bucket_id, key, sequence, version_id, is_latest, is_delete_marker, modified_at_ms, size,
        etag, crc64, acl, storage_class, headers, put_id, blob_id, object_type, tags, body_id)
      VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    deleteVersion: 'DELETE FROM version WHERE bucket_id = ? AND key = ? AND sequence = ?',
    demote: 'UPDATE version SET is_latest = 0 WHERE bucket_id = ? AND key = ? AND sequence = ?',
    promoteNewest: `UPDATE version SET is_latest = 1 WHERE bucket_id = ?1 AND key = ?2
      AND sequence = (SELECT max(sequence) FROM version WHERE bucket_id = ?1 AND key = ?2)`,
    updateAppended: `UPDATE version SET modified_at_ms = ?, size = ?, etag = ?, crc64 = ?, put_id = ?
      WHERE bucket_id = ? AND key = ? AND sequence = ?`,
    updateStorageClass:
      'UPDATE version SET storage_class = ? WHERE bucket_id = ? AND key = ? AND sequence = ?',
    updateAcl: 'UPDATE version SET acl = ? WHERE bucket_id = ? AND key = ? AND sequence = ?',
    updateHeaders: 'UPDATE version SET headers = ? WHERE bucket_id = ? AND key = ? AND sequence = ?',
    updateTags: 'UPDATE version SET tags = ? WHERE bucket_id = ? AND key = ? AND sequence = ?',
    insertBody: 'INSERT INTO inline_body (sequence, bytes) VALUES (?, ?)',
    deleteBody: 'DELETE FROM inline_body WHERE sequence = ?',

    anyUpload: 'SELECT 1 FROM upload WHERE bucket_id = ? LIMIT 1',
    insertUpload: `INSERT INTO upload (body_id, bucket_id, key, upload_id, initiated_at_ms, is_sequential, acl, storage_class,
        headers, tags)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    deleteUpload: 'DELETE FROM upload WHERE body_id = ?',
    insertPart: `INSERT INTO part (body_id, part_number, part_id, size, etag, crc64, modified_at_ms, blob_id)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    deletePart: 'DELETE FROM part WHERE body_id = ? AND part_number = ?',

    moveBlob: 'UPDATE version SET blob_id = ? WHERE blob_id = ? AND blob_id IS NOT NULL',
    movePartBlob: 'UPDATE part SET blob_id = ? WHERE blob_id = ? AND blob_id IS NOT NULL',
    insertGarbage: 'INSERT INTO garbage (blob_id, since_ms) VALUES (?, ?)',
    deleteGarbage: 'DELETE FROM garbage WHERE blob_id = ?',
    findGonePut: 'SELECT version_id FROM gone_put WHERE put_id = ?',
    insertGonePut: 'INSERT INTO gone_put (put_id, version_id, since_ms) VALUES (?, ?, ?)',
    // Two for each that comes in: the table stays as small as an hour's replaced versions, and no single write pays for all.
    forgetGonePuts: `DELETE FROM gone_put WHERE put_id IN
      (SELECT put_id FROM gone_put WHERE since_ms <= ? ORDER BY since_ms LIMIT 2)`,
  } as const;
  const prepared = Object.entries(sql).map(([name, text]) => [name, db.prepare(text)]);
  return Object.fromEntries(prepared) as Record<keyof typeof sql, StatementSync>;
}
