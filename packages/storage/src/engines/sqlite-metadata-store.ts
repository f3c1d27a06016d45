// The index in an SQLite database (write-ahead log, flushed at every commit). One thread writes (sqlite-write-queue.ts); reads take place
// here, on a connection of their own, beside the writer.

import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { MessagePort } from 'node:worker_threads';
import type { BucketName, ObjectName } from '@postern/protocol';
import { listObjects, listUploads, listVersions } from '../list-names.ts';
import type {
  AppendCommitResult,
  AppendIntent,
  CompletionIntent,
  CompletionResult,
  GarbageItem,
  ListPage,
  ListPartsPage,
  ListPartsQuery,
  ListQuery,
  ListUploadsPage,
  ListUploadsQuery,
  ListVersionsPage,
  ListVersionsQuery,
  MetadataStore,
  PartIntent,
  PartResult,
  PutIntent,
  PutResult,
  RemoveIntent,
  RemoveResult,
  UploadName,
} from '../metadata-store.ts';
import {
  type BucketChange,
  type BucketRecord,
  type DocumentReplacement,
  type ListEntry,
  type ObjectAcl,
  type ObjectRecord,
  type ObjectSummary,
  type ReplacementOutcome,
  type SeenVersion,
  seenOf,
  type Tag,
  type UploadRecord,
} from '../records.ts';
import { firstAfterPrefix } from '../utf8-order.ts';
import { storedSummary } from '../version-rules.ts';
import { BucketChanges, bucketChangesBytes } from './bucket-changes.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import {
  EntryReader,
  type EntryRow,
  prepareEntries,
  prepareKeys,
  prepareListed,
  prepareSole,
} from './sqlite-entries.ts';
import {
  bucketOf,
  partOf,
  prepareBodyParts,
  prepareParts,
  prepareUploads,
  SqliteLookups,
  type StoredBucket,
  type StoredVersion,
  type UploadRow,
  uploadOf,
  versionColumns,
  versionOf,
} from './sqlite-rows.ts';
import { openForReading } from './sqlite-schema.ts';
import { joinIndexWriter, startIndexWriter, WriteQueue } from './sqlite-write-queue.ts';

/** Rows of a listing with a delimiter that are read at first, and how many times as many when they do not do. */
const stepRowsMin = 8;
const stepGrowth = 8;

/** Goes to another thread, its port transferred. */
export interface SharedIndex {
  readonly writer: MessagePort;
  readonly bucketChanges: SharedArrayBuffer;
}

type SqlValue = number | string | Uint8Array;

/** Buckets remembered between reads. */
const keptBucketsMax = 1024;

export class SqliteMetadataStore implements MetadataStore {
  /** Undefined in a thread that has joined. */
  readonly #lock: DirectoryLock | undefined;
  readonly #queue: WriteQueue;
  readonly #db: DatabaseSync;
  readonly #lookups: SqliteLookups;
  readonly #sql: ReturnType<typeof prepareReads>;
  /** What reads have found, until a bucket changes: every request asks for one. Only this store, in all its threads, changes the index. */
  readonly #buckets = new Map<string, StoredBucket>();
  readonly #bucketChanges: BucketChanges;
  /** How many changes there had been when `#buckets` was begun. */
  #bucketsSince = 0;
  readonly #partsOf: ReturnType<typeof prepareBodyParts>;
  #closed: Promise<void> | undefined;
  #rowsVisited = 0;
  /** Of the objects listed last, as the index has them: see {@link EntryReader}. */
  #usualHeaders = '{}';

  /**
   * @param file the database; made when it is missing. Its directory must exist, and is locked as long as the store is open.
   * @throws StorageError
   */
  static async open(file: string, start = startIndexWriter): Promise<SqliteMetadataStore> {
    const lock = lockDirectory(path.dirname(file));
    try {
      // SQLite would make it readable by everyone; its own side files take over the mode of this one.
      closeSync(openSync(file, 'a', 0o600));
      return await SqliteMetadataStore.#openBeside(new WriteQueue(await start(file)), file, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /**
   * For another thread than the one that has opened it. To be closed before that one.
   * @param share what that one gave
   */
  static join(file: string, { writer, bucketChanges }: SharedIndex): Promise<SqliteMetadataStore> {
    const queue = new WriteQueue(joinIndexWriter(writer), false);
    return SqliteMetadataStore.#openBeside(queue, file, undefined, bucketChanges);
  }

  static async #openBeside(
    queue: WriteQueue,
    file: string,
    lock: DirectoryLock | undefined,
    bucketChanges = new SharedArrayBuffer(bucketChangesBytes),
  ): Promise<SqliteMetadataStore> {
    try {
      return new SqliteMetadataStore(file, lock, queue, new BucketChanges(bucketChanges));
    } catch (error) {
      // Its thread would keep the process alive.
      await queue.close();
      throw error;
    }
  }

  private constructor(
    file: string,
    lock: DirectoryLock | undefined,
    queue: WriteQueue,
    bucketChanges: BucketChanges,
  ) {
    this.#lock = lock;
    this.#queue = queue;
    this.#bucketChanges = bucketChanges;
    this.#db = openForReading(file);
    this.#lookups = new SqliteLookups(this.#db);
    this.#sql = prepareReads(this.#db);
    this.#partsOf = prepareBodyParts(this.#db);
  }

  /** What one more thread needs to join; its port has to be transferred. */
  share(): SharedIndex {
    return { writer: this.#queue.join(), bucketChanges: this.#bucketChanges.memory };
  }

  /** Transactions committed since the store was opened: fewer than changes, when many come at once. */
  get transactions(): number {
    return this.#queue.transactions;
  }

  /** Rows that listings have looked at since the store was opened. */
  get rowsVisited(): number {
    return this.#rowsVisited;
  }

  createBucket(bucket: BucketRecord): Promise<{ created: boolean; bucket: BucketRecord }> {
    return this.#changeBuckets(() => this.#queue.write('createBucket', bucket));
  }

  async findBucket(name: BucketName): Promise<BucketRecord | undefined> {
    return this.#findBucket(name)?.record;
  }

  changeBucket(name: BucketName, change: BucketChange): Promise<BucketRecord | undefined> {
    return this.#changeBuckets(() => this.#queue.write('changeBucket', name, change));
  }

  replaceDocument(name: BucketName, replacement: DocumentReplacement): Promise<ReplacementOutcome> {
    return this.#changeBuckets(() => this.#queue.write('replaceDocument', name, replacement));
  }

  removeBucket(name: BucketName): Promise<'removed' | 'absent' | 'not-empty'> {
    return this.#changeBuckets(() => this.#queue.write('removeBucket', name));
  }

  async listBuckets({ prefix, after, limit }: { prefix: string; after: string; limit: number }): Promise<{
    buckets: readonly BucketRecord[];
    next: string | undefined;
  }> {
    const rows = this.#sql.buckets.all(prefix, after, limit + 1);
    const named = rows.map((row) => bucketOf(row).record).filter(({ name }) => name.startsWith(prefix));
    const buckets = named.slice(0, limit);
    return { buckets, next: named.length > limit ? buckets.at(-1)?.name : undefined };
  }

  async commitPut(put: PutIntent): Promise<PutResult> {
    const result = await this.#queue.write('commitPut', put);
    if (result.outcome !== 'stored') return result;
    const { versionId, bucket } = result;
    return { outcome: 'stored', record: storedSummary(put, versionId), bucket };
  }

  createUpload(upload: UploadRecord): Promise<'created' | 'no-bucket'> {
    return this.#queue.write('createUpload', upload);
  }

  async findUpload(bucket: BucketName, key: ObjectName, uploadId: string): Promise<UploadRecord | undefined> {
    return this.#snapshot(() => {
      const found = this.#findBucket(bucket);
      return found && this.#lookups.findUpload(found, key, uploadId)?.record;
    });
  }

  commitPart(part: PartIntent): Promise<PartResult> {
    return this.#queue.write('commitPart', part);
  }

  async listParts({
    bucket,
    key,
    uploadId,
    after,
    limit,
  }: ListPartsQuery): Promise<ListPartsPage | undefined> {
    return this.#snapshot(() => {
      const found = this.#findBucket(bucket);
      const upload = found && this.#lookups.findUpload(found, key, uploadId);
      if (!upload) return undefined;
      const listed = this.#sql.parts.all(upload.bodyId, after, limit + 1).map(partOf);
      const parts = listed.slice(0, limit);
      return { parts, next: listed.length > limit ? parts.at(-1)?.partNumber : undefined };
    });
  }

  async listUploads(query: ListUploadsQuery): Promise<ListUploadsPage> {
    return this.#snapshot(() => {
      const bucket = this.#findBucket(query.bucket);
      if (!bucket) return { uploads: [], commonPrefixes: [], next: undefined };
      const { uploads, laterUploads } = this.#sql;
      const from = this.#rowsFrom<UploadRow>(uploads, [bucket.bucketId], query);
      const after = (key: string, uploadId: string, rowsMax: number) =>
        this.#readRows<UploadRow>(laterUploads, bucket.bucketId, key, uploadId, rowsMax);
      return listUploads(query, { from, keyOf }, after, (row) => uploadOf(row, bucket.record).record);
    });
  }

  async completeUpload(completion: CompletionIntent): Promise<CompletionResult> {
    const result = await this.#queue.write('completeUpload', completion);
    if (result.outcome !== 'stored') return result;
    const { versionId, bucket } = result;
    return { outcome: 'stored', record: storedSummary(completion, versionId), bucket };
  }

  async commitAppend(append: AppendIntent): Promise<AppendCommitResult> {
    const result = await this.#queue.write('commitAppend', append);
    if (result.outcome !== 'stored') return result;
    const { versionId, bucket } = result;
    const record = storedSummary(append, versionId);
    return { outcome: 'stored', record, bucket };
  }

  abortUpload(upload: UploadName, abortedAtMs: number): Promise<'aborted' | 'no-upload'> {
    return this.#queue.write('abortUpload', upload, abortedAtMs);
  }

  async findObject(
    bucketName: BucketName,
    key: ObjectName,
    versionId?: string,
  ): Promise<ObjectRecord | undefined> {
    if (versionId === undefined) return this.#findNewest(bucketName, key);
    return this.#snapshot(() => {
      const bucket = this.#findBucket(bucketName);
      const version = bucket && this.#lookups.findVersion(bucket, key, versionId);
      return version && this.#recordOf(version, this.#sql.body.get(version.sequence)?.bytes);
    });
  }

  async findSummary(
    bucketName: BucketName,
    key: ObjectName,
    versionId?: string,
  ): Promise<ObjectSummary | undefined> {
    const bucket = this.#findBucket(bucketName);
    const newest = bucket && this.#lookups.findNewest(bucket, key)?.summary;
    if (!newest || versionId === undefined || newest.versionId === versionId) return newest;
    // An older one may take two statements, and both have to see the same state.
    return this.#snapshot(() => this.#lookups.findVersion(bucket, key, versionId)?.summary);
  }

  /** By one statement, which sees one state of the index without a transaction around it. */
  #findNewest(bucketName: BucketName, key: ObjectName, isInSnapshot = false): ObjectRecord | undefined {
    const bucket = this.#findBucket(bucketName);
    const row = bucket && (this.#sql.newest.get(bucket.bucketId, key) as unknown[] | undefined);
    const version = row && versionOf(row, bucket.record);
    // Its parts take a second statement, and both have to see the same state.
    if (version?.bodyId !== undefined && !isInSnapshot)
      return this.#snapshot(() => this.#findNewest(bucketName, key, true));
    return version && this.#recordOf(version, row?.at(-1));
  }

  setObjectAcl(
    bucket: BucketName,
    key: ObjectName,
    versionId: string,
    acl: ObjectAcl,
  ): Promise<ObjectSummary | undefined> {
    return this.#queue.write('setObjectAcl', bucket, key, versionId, acl);
  }

  setTags(
    bucket: BucketName,
    key: ObjectName,
    versionId: string,
    tags: readonly Tag[],
  ): Promise<ObjectSummary | undefined> {
    return this.#queue.write('setTags', bucket, key, versionId, tags);
  }

  setStorageClass(
    bucket: BucketName,
    key: ObjectName,
    seen: SeenVersion,
    storageClass: string,
  ): Promise<ObjectSummary | undefined> {
    return this.#queue.write('setStorageClass', bucket, key, seenOf(seen), storageClass);
  }

  setHeader(
    bucket: BucketName,
    key: ObjectName,
    seen: SeenVersion,
    name: string,
    value: string,
  ): Promise<ObjectSummary | undefined> {
    return this.#queue.write('setHeader', bucket, key, seenOf(seen), name, value);
  }

  remove(remove: RemoveIntent): Promise<RemoveResult> {
    const { onlyIf } = remove;
    return this.#queue.write('remove', onlyIf ? { ...remove, onlyIf: seenOf(onlyIf) } : remove);
  }

  async list(query: ListQuery): Promise<ListPage> {
    return this.#snapshot(() => {
      const bucket = this.#findBucket(query.bucket);
      if (!bucket) return { objects: [], commonPrefixes: [], next: undefined };
      const { listed, listedSole } = this.#sql;
      const statement = bucket.record.versioning === 'never' ? listedSole : listed;
      const from = this.#rowsFrom<EntryRow>(statement, [this.#usualHeaders, bucket.bucketId], query);
      const firstKey = (key: string) => this.#firstKey(this.#sql.listedKey, bucket.bucketId, key);
      return this.#readEntries(bucket, (entryOf) => listObjects(query, { from, firstKey, keyOf }, entryOf));
    });
  }

  async listVersions(query: ListVersionsQuery): Promise<ListVersionsPage> {
    return this.#snapshot(() => {
      const bucket = this.#findBucket(query.bucket);
      if (!bucket) return { versions: [], commonPrefixes: [], next: undefined };
      const { versions, versionKey, olderVersions } = this.#sql;
      const given = [this.#usualHeaders, bucket.bucketId];
      const from = this.#rowsFrom<EntryRow>(versions, given, query);
      const firstKey = (key: string) => this.#firstKey(versionKey, bucket.bucketId, key);
      const after = (key: string, versionId: string, rowsMax: number) => {
        const version = this.#lookups.findVersion(bucket, key, versionId);
        const sequence = version?.sequence ?? Number.MAX_SAFE_INTEGER;
        return this.#readRows<EntryRow>(olderVersions, ...given, key, sequence, rowsMax);
      };
      const rows = { from, firstKey, keyOf };
      return this.#readEntries(bucket, (entryOf) => listVersions(query, rows, after, entryOf));
    });
  }

  async listGarbage({ untilMs, limit }: { untilMs: number; limit: number }): Promise<GarbageItem[]> {
    const rows = this.#sql.garbage.all(untilMs, limit);
    return rows.map((row) => ({ blobId: row.blob_id as string, sinceMs: row.since_ms as number }));
  }

  forgetGarbage(blobIds: readonly string[]): Promise<void> {
    return this.#queue.write('forgetGarbage', blobIds);
  }

  moveBlob(move: { from: string; to: string; nowMs: number }): Promise<boolean> {
    return this.#queue.write('moveBlob', move);
  }

  async isBlobKnown(blobId: string): Promise<boolean> {
    return this.#sql.blob.get(blobId) !== undefined;
  }

  checkWritable(): Promise<void> {
    return this.#queue.write('checkWritable');
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown(): Promise<void> {
    await this.#queue.drain();
    this.#db.close();
    await this.#queue.close();
    this.#lock?.release();
  }

  #findBucket(name: string): StoredBucket | undefined {
    const { begun, areUnderWay } = this.#bucketChanges;
    if (begun !== this.#bucketsSince) this.#buckets.clear();
    this.#bucketsSince = begun;
    const kept = this.#buckets.get(name);
    if (kept) return kept;
    const found = this.#lookups.findBucket(name);
    // While a change is under way nobody but SQLite knows on which side of it a read is. One that another thread begins only now is
    // noticed at the next read.
    if (found && !areUnderWay) {
      if (this.#buckets.size >= keptBucketsMax) this.#buckets.clear();
      this.#buckets.set(name, found);
    }
    return found;
  }

  async #changeBuckets<Result>(change: () => Promise<Result>): Promise<Result> {
    this.#bucketChanges.begin();
    try {
      return await change();
    } finally {
      this.#bucketChanges.end();
    }
  }

  /** One state of the index throughout, whatever is committed meanwhile. */
  #snapshot<Result>(read: () => Result): Result {
    this.#sql.begin.run();
    try {
      return read();
    } finally {
      this.#sql.end.run();
    }
  }

  /** @param bytes its inline body; null or undefined when there is none */
  #recordOf({ summary, blobId, bodyId }: StoredVersion, bytes: unknown): ObjectRecord {
    if (bodyId !== undefined) return { ...summary, body: { parts: this.#partsOf(bodyId) } };
    if (blobId !== undefined) return { ...summary, body: { blobId } };
    return { ...summary, body: (bytes as Uint8Array | null | undefined) ?? new Uint8Array() };
  }

  /** @param list reads with the usual headers of now, and is given what its rows stand for */
  #readEntries<Page>(bucket: StoredBucket, list: (entryOf: (row: EntryRow) => ListEntry) => Page): Page {
    const reader = new EntryReader(bucket.record, this.#usualHeaders);
    const page = list((row) => reader.read(row));
    this.#usualHeaders = reader.likelyHeaders;
    return page;
  }

  /** By the index alone, which is less than half of what a row costs. */
  #firstKey(statement: StatementSync, bucketId: number, from: string): string | undefined {
    this.#rowsVisited++;
    const row = statement.get(bucketId, from) as [key: string] | undefined;
    return row?.[0];
  }

  /** For a statement that takes what is given, the first key, the end of the keys and how many rows. */
  #rowsFrom<Row>(
    statement: StatementSync,
    given: readonly SqlValue[],
    { prefix, delimiter }: Pick<ListQuery, 'prefix' | 'delimiter'>,
  ): (key: string, rowsMax: number) => Iterable<Row> {
    const end = firstAfterPrefix(prefix) ?? behindAllKeys;
    if (delimiter === '') return (key, rowsMax) => this.#readRows(statement, ...given, key, end, rowsMax);
    return (key, rowsMax) => this.#readRowsStepwise(statement, [...given, key, end], rowsMax);
  }

  /** In one step, which is twice as fast as row by row. */
  #readRows<Row>(statement: StatementSync, ...given: readonly SqlValue[]): readonly Row[] {
    const rows = statement.all(...given);
    this.#rowsVisited += rows.length;
    return rows as unknown as readonly Row[];
  }

  /** Few at first, since the next of them may belong to a common prefix, and then ever more: from the first again, in this snapshot. */
  *#readRowsStepwise<Row>(
    statement: StatementSync,
    given: readonly SqlValue[],
    rowsMax: number,
  ): Generator<Row, void, void> {
    let yielded = 0;
    for (let count = stepRowsMin; ; count *= stepGrowth) {
      const rows = this.#readRows<Row>(statement, ...given, Math.min(count, rowsMax));
      for (; yielded < rows.length; yielded++) yield rows[yielded] as Row;
      if (yielded < count || yielded === rowsMax) return;
    }
  }
}

function keyOf<Row extends EntryRow | UploadRow>(row: Row): string {
  return row[0];
}

const isBetween = 'bucket_id = ? AND key >= ? AND key < ?';
const isListed = 'is_latest = 1 AND is_delete_marker = 0';
/** In SQLite's order every blob comes after every text. */
const behindAllKeys = new Uint8Array(1);

function prepareReads(db: DatabaseSync) {
  const newest = db.prepare(
    `SELECT ${versionColumns}, bytes FROM version LEFT JOIN inline_body USING (sequence)
     WHERE bucket_id = ? AND key = ? ORDER BY sequence DESC LIMIT 1`,
  );
  newest.setReturnArrays(true);
  return {
    newest,
    begin: db.prepare('BEGIN'),
    end: db.prepare('COMMIT'),
    buckets: db.prepare('SELECT * FROM bucket WHERE name >= ? AND name > ? ORDER BY name LIMIT ?'),
    listed: prepareListed(db, `INDEXED BY listed WHERE ${isBetween} AND ${isListed} ORDER BY key LIMIT ?`),
    // Where each key has one version there is nothing to skip, and the table in its own order saves the index's look for every row.
    listedSole: prepareSole(db, `NOT INDEXED WHERE ${isBetween} AND ${isListed} ORDER BY key LIMIT ?`),
    listedKey: prepareKeys(
      db,
      `INDEXED BY listed WHERE bucket_id = ? AND key >= ? AND ${isListed} ORDER BY key LIMIT 1`,
    ),
    versions: prepareEntries(db, `WHERE ${isBetween} ORDER BY key, sequence DESC LIMIT ?`),
    versionKey: prepareKeys(db, 'WHERE bucket_id = ? AND key >= ? ORDER BY key LIMIT 1'),
    olderVersions: prepareEntries(
      db,
      'WHERE bucket_id = ? AND key = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?',
    ),
    uploads: prepareUploads(db, `WHERE ${isBetween} ORDER BY key, upload_id LIMIT ?`),
    laterUploads: prepareUploads(
      db,
      'WHERE bucket_id = ? AND key = ? AND upload_id > ? ORDER BY upload_id LIMIT ?',
    ),
    body: db.prepare('SELECT bytes FROM inline_body WHERE sequence = ?'),
    parts: prepareParts(db, 'WHERE body_id = ? AND part_number > ? ORDER BY part_number LIMIT ?'),
    garbage: db.prepare(
      'SELECT blob_id, since_ms FROM garbage WHERE since_ms <= ? ORDER BY since_ms LIMIT ?',
    ),
    blob: db.prepare(
      `SELECT 1 FROM version WHERE blob_id = ?1 AND blob_id IS NOT NULL
       UNION ALL SELECT 1 FROM part WHERE blob_id = ?1 AND blob_id IS NOT NULL
       UNION ALL SELECT 1 FROM garbage WHERE blob_id = ?1 LIMIT 1`,
    ),
  };
}
