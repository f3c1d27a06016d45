// The index in an SQLite database (write-ahead log, flushed at every commit). One thread writes: what arrives while it is busy waits
// and goes into its next transaction together (group commit), acknowledged only when that is on disk. Reads take place here, on a
// connection of their own, beside the writer.

import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { BucketName, ObjectName } from '@postern/protocol';
import { crashPoint } from '../crash-points.ts';
import { listObjects, listUploads, listVersions } from '../list-names.ts';
import {
  type AppendCommitResult,
  type AppendIntent,
  CommitUnknown,
  type CompletionIntent,
  type CompletionResult,
  type GarbageItem,
  type ListPage,
  type ListPartsPage,
  type ListPartsQuery,
  type ListQuery,
  type ListUploadsPage,
  type ListUploadsQuery,
  type ListVersionsPage,
  type ListVersionsQuery,
  type MetadataStore,
  type PartIntent,
  type PartResult,
  type PutIntent,
  type PutResult,
  type RemoveIntent,
  type RemoveResult,
  type UploadName,
} from '../metadata-store.ts';
import {
  type BucketChange,
  type BucketRecord,
  type ObjectAcl,
  type ObjectRecord,
  type ObjectSummary,
  type SeenVersion,
  seenOf,
  type Tag,
  type UploadRecord,
} from '../records.ts';
import { StorageError } from '../storage-error.ts';
import { firstAfterPrefix } from '../utf8-order.ts';
import { storedSummary } from '../version-rules.ts';
import { VolumeFailed } from '../write-fault.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { diskFull } from './file-operations.ts';
import {
  bucketOf,
  type EntryRow,
  entryOf,
  partOf,
  prepareBodyParts,
  prepareEntries,
  prepareKeys,
  prepareListed,
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
import type { FromWriter, SentOutcome, ToWriter, WriterData, WriterFault } from './sqlite-writer.ts';
import type { Write, WriteName, WriteResult } from './sqlite-writes.ts';

/** Changes in one transaction: more would make the first of them wait long without saving much. */
const batchWritesMax = 512;

/** Rows of a listing with a delimiter that are read at first, and how many times as many when they do not do. */
const stepRowsMin = 8;
const stepGrowth = 8;

/** Buckets remembered between reads. */
const keptBucketsMax = 1024;

/** This file runs as it is, or compiled: so does the writer's beside it. */
const writerFile = new URL(`./sqlite-writer${path.extname(import.meta.url)}`, import.meta.url);

/** The writer's thread as it is seen from here; an argument, so that a test can have one whose disk fails. */
export type IndexWriter = Pick<Worker, 'on' | 'once' | 'postMessage'>;

interface WaitingWrite {
  readonly write: Write;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class SqliteMetadataStore implements MetadataStore {
  readonly #lock: DirectoryLock;
  readonly #worker: IndexWriter;
  readonly #db: DatabaseSync;
  readonly #lookups: SqliteLookups;
  readonly #sql: ReturnType<typeof prepareReads>;
  /** What reads have found, until a bucket changes: every request asks for one. Only this store changes the index. */
  readonly #buckets = new Map<string, StoredBucket>();
  #bucketChanges = 0;
  readonly #partsOf: ReturnType<typeof prepareBodyParts>;
  #waiting: WaitingWrite[] = [];
  #inFlight: WaitingWrite[] = [];
  /** Why nothing can be written any more. */
  #failure: VolumeFailed | undefined;
  #hasWriterEnded = false;
  #tellDrained: (() => void) | undefined;
  #closed: Promise<void> | undefined;
  #transactions = 0;
  #rowsVisited = 0;

  /**
   * @param file the database; made when it is missing. Its directory must exist, and is locked as long as the store is open.
   * @throws StorageError
   */
  static async open(file: string, start = startIndexWriter): Promise<SqliteMetadataStore> {
    const lock = lockDirectory(path.dirname(file));
    try {
      // SQLite would make it readable by everyone; its own side files take over the mode of this one.
      closeSync(openSync(file, 'a', 0o600));
      return new SqliteMetadataStore(file, lock, await start(file));
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  private constructor(file: string, lock: DirectoryLock, worker: IndexWriter) {
    this.#lock = lock;
    this.#worker = worker;
    this.#db = openForReading(file);
    this.#lookups = new SqliteLookups(this.#db);
    this.#sql = prepareReads(this.#db);
    this.#partsOf = prepareBodyParts(this.#db);
    worker.on('message', (message: FromWriter) => this.#settle(message));
    worker.on('error', (error) => this.#endWriter(error));
    worker.on('exit', () => this.#endWriter(undefined));
  }

  /** Transactions committed since the store was opened: fewer than changes, when many come at once. */
  get transactions(): number {
    return this.#transactions;
  }

  /** Rows that listings have looked at since the store was opened. */
  get rowsVisited(): number {
    return this.#rowsVisited;
  }

  createBucket(bucket: BucketRecord): Promise<{ created: boolean; bucket: BucketRecord }> {
    return this.#changeBuckets(() => this.#write('createBucket', bucket));
  }

  async findBucket(name: BucketName): Promise<BucketRecord | undefined> {
    return this.#findBucket(name)?.record;
  }

  changeBucket(name: BucketName, change: BucketChange): Promise<BucketRecord | undefined> {
    return this.#changeBuckets(() => this.#write('changeBucket', name, change));
  }

  removeBucket(name: BucketName): Promise<'removed' | 'absent' | 'not-empty'> {
    return this.#changeBuckets(() => this.#write('removeBucket', name));
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
    const result = await this.#write('commitPut', put);
    if (result.outcome !== 'stored') return result;
    const { versionId, bucket } = result;
    return { outcome: 'stored', record: storedSummary(put, versionId), bucket };
  }

  createUpload(upload: UploadRecord): Promise<'created' | 'no-bucket'> {
    return this.#write('createUpload', upload);
  }

  async findUpload(bucket: BucketName, key: ObjectName, uploadId: string): Promise<UploadRecord | undefined> {
    return this.#snapshot(() => {
      const found = this.#findBucket(bucket);
      return found && this.#lookups.findUpload(found, key, uploadId)?.record;
    });
  }

  commitPart(part: PartIntent): Promise<PartResult> {
    return this.#write('commitPart', part);
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
      const from = this.#rowsFrom<UploadRow>(uploads, bucket, query);
      const after = (key: string, uploadId: string, rowsMax: number) =>
        this.#readRows<UploadRow>(laterUploads, bucket.bucketId, key, uploadId, rowsMax);
      return listUploads(query, { from, keyOf }, after, (row) => uploadOf(row, bucket.record).record);
    });
  }

  async completeUpload(completion: CompletionIntent): Promise<CompletionResult> {
    const result = await this.#write('completeUpload', completion);
    if (result.outcome !== 'stored') return result;
    const { versionId, bucket } = result;
    return { outcome: 'stored', record: storedSummary(completion, versionId), bucket };
  }

  async commitAppend(append: AppendIntent): Promise<AppendCommitResult> {
    const result = await this.#write('commitAppend', append);
    if (result.outcome !== 'stored') return result;
    const { versionId, bucket } = result;
    const record = storedSummary(append, versionId);
    return { outcome: 'stored', record, bucket };
  }

  abortUpload(upload: UploadName, abortedAtMs: number): Promise<'aborted' | 'no-upload'> {
    return this.#write('abortUpload', upload, abortedAtMs);
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
    return this.#write('setObjectAcl', bucket, key, versionId, acl);
  }

  setTags(
    bucket: BucketName,
    key: ObjectName,
    versionId: string,
    tags: readonly Tag[],
  ): Promise<ObjectSummary | undefined> {
    return this.#write('setTags', bucket, key, versionId, tags);
  }

  setStorageClass(
    bucket: BucketName,
    key: ObjectName,
    seen: SeenVersion,
    storageClass: string,
  ): Promise<ObjectSummary | undefined> {
    return this.#write('setStorageClass', bucket, key, seenOf(seen), storageClass);
  }

  setHeader(
    bucket: BucketName,
    key: ObjectName,
    seen: SeenVersion,
    name: string,
    value: string,
  ): Promise<ObjectSummary | undefined> {
    return this.#write('setHeader', bucket, key, seenOf(seen), name, value);
  }

  remove(remove: RemoveIntent): Promise<RemoveResult> {
    const { onlyIf } = remove;
    return this.#write('remove', onlyIf ? { ...remove, onlyIf: seenOf(onlyIf) } : remove);
  }

  async list(query: ListQuery): Promise<ListPage> {
    return this.#snapshot(() => {
      const bucket = this.#findBucket(query.bucket);
      if (!bucket) return { objects: [], commonPrefixes: [], next: undefined };
      const { listed, listedSole } = this.#sql;
      const statement = bucket.record.versioning === 'never' ? listedSole : listed;
      const from = this.#rowsFrom<EntryRow>(statement, bucket, query);
      const firstKey = (key: string) => this.#firstKey(this.#sql.listedKey, bucket.bucketId, key);
      return listObjects(query, { from, firstKey, keyOf }, (row) => entryOf(row, bucket.record));
    });
  }

  async listVersions(query: ListVersionsQuery): Promise<ListVersionsPage> {
    return this.#snapshot(() => {
      const bucket = this.#findBucket(query.bucket);
      if (!bucket) return { versions: [], commonPrefixes: [], next: undefined };
      const { versions, versionKey, olderVersions } = this.#sql;
      const from = this.#rowsFrom<EntryRow>(versions, bucket, query);
      const firstKey = (key: string) => this.#firstKey(versionKey, bucket.bucketId, key);
      const after = (key: string, versionId: string, rowsMax: number) => {
        const version = this.#lookups.findVersion(bucket, key, versionId);
        const sequence = version?.sequence ?? Number.MAX_SAFE_INTEGER;
        return this.#readRows<EntryRow>(olderVersions, bucket.bucketId, key, sequence, rowsMax);
      };
      const rows = { from, firstKey, keyOf };
      return listVersions<EntryRow>(query, rows, after, (row) => entryOf(row, bucket.record));
    });
  }

  async listGarbage({ untilMs, limit }: { untilMs: number; limit: number }): Promise<GarbageItem[]> {
    const rows = this.#sql.garbage.all(untilMs, limit);
    return rows.map((row) => ({ blobId: row.blob_id as string, sinceMs: row.since_ms as number }));
  }

  forgetGarbage(blobIds: readonly string[]): Promise<void> {
    return this.#write('forgetGarbage', blobIds);
  }

  moveBlob(move: { from: string; to: string; nowMs: number }): Promise<boolean> {
    return this.#write('moveBlob', move);
  }

  async isBlobKnown(blobId: string): Promise<boolean> {
    return this.#sql.blob.get(blobId) !== undefined;
  }

  checkWritable(): Promise<void> {
    return this.#write('checkWritable');
  }

  close(): Promise<void> {
    this.#closed ??= this.#shutDown();
    return this.#closed;
  }

  async #shutDown(): Promise<void> {
    await this.#drain();
    this.#db.close();
    if (!this.#hasWriterEnded) {
      const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
      this.#send({ kind: 'close' });
      await ended;
    }
    this.#lock.release();
  }

  #write<Name extends WriteName>(
    name: Name,
    ...given: Parameters<MetadataStore[Name]>
  ): Promise<WriteResult<Name>> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#waiting.push({ write: { name, given } as unknown as Write, resolve, reject });
      if (this.#inFlight.length === 0) this.#sendBatch();
    }) as Promise<WriteResult<Name>>;
  }

  #sendBatch(): void {
    this.#inFlight = this.#waiting.splice(0, batchWritesMax);
    this.#send({ kind: 'batch', writes: this.#inFlight.map(({ write }) => write) });
    crashPoint('commit-sent');
  }

  #send(message: ToWriter): void {
    this.#worker.postMessage(message);
  }

  /** The outcome of the batch in flight; then the next one leaves. */
  #settle(message: FromWriter): void {
    const error = message.kind === 'not-committed' ? commitError(message.fault) : undefined;
    if (error instanceof VolumeFailed) {
      this.#fail(error);
      return;
    }
    const settled = this.#inFlight;
    this.#inFlight = [];
    if (this.#waiting.length > 0) this.#sendBatch();

    if (message.kind === 'committed') {
      this.#transactions++;
      for (const [at, outcome] of message.outcomes.entries())
        settleWrite(settled[at] as WaitingWrite, outcome);
    } else if (error) {
      for (const { reject } of settled) reject(error);
    }
    if (this.#inFlight.length === 0) this.#tellDrained?.();
  }

  #endWriter(cause: Error | undefined): void {
    this.#hasWriterEnded = true;
    this.#fail(new VolumeFailed('The thread that writes the index has ended', { cause }));
  }

  /** Of what is in flight nobody knows whether a crash would bring it back; what waits was not begun. */
  #fail(failure: VolumeFailed): void {
    this.#failure ??= failure;
    const unknown = new CommitUnknown('The index may not have been written.', { cause: failure });
    for (const { reject } of this.#inFlight) reject(unknown);
    for (const { reject } of this.#waiting) reject(failure);
    this.#inFlight = [];
    this.#waiting = [];
    this.#tellDrained?.();
  }

  #drain(): Promise<void> {
    if (this.#inFlight.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#tellDrained = resolve;
    });
  }

  #findBucket(name: string): StoredBucket | undefined {
    const kept = this.#buckets.get(name);
    if (kept) return kept;
    const found = this.#lookups.findBucket(name);
    // While a change is under way nobody but SQLite knows on which side of it a read is.
    if (found && this.#bucketChanges === 0) {
      if (this.#buckets.size >= keptBucketsMax) this.#buckets.clear();
      this.#buckets.set(name, found);
    }
    return found;
  }

  async #changeBuckets<Result>(change: () => Promise<Result>): Promise<Result> {
    this.#bucketChanges++;
    this.#buckets.clear();
    try {
      return await change();
    } finally {
      this.#bucketChanges--;
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

  /** By the index alone, which is less than half of what a row costs. */
  #firstKey(statement: StatementSync, bucketId: number, from: string): string | undefined {
    this.#rowsVisited++;
    const row = statement.get(bucketId, from) as [key: string] | undefined;
    return row?.[0];
  }

  /** For a statement that takes the bucket, the first key, the end of the keys and how many rows. */
  #rowsFrom<Row>(
    statement: StatementSync,
    { bucketId }: StoredBucket,
    { prefix, delimiter }: Pick<ListQuery, 'prefix' | 'delimiter'>,
  ): (key: string, rowsMax: number) => Iterable<Row> {
    const end = firstAfterPrefix(prefix) ?? behindAllKeys;
    if (delimiter === '') return (key, rowsMax) => this.#readRows(statement, bucketId, key, end, rowsMax);
    return (key, rowsMax) => this.#readRowsStepwise(statement, bucketId, key, end, rowsMax);
  }

  /** In one step, which is twice as fast as row by row. */
  #readRows<Row>(statement: StatementSync, ...given: (number | string | Uint8Array)[]): readonly Row[] {
    const rows = statement.all(...given);
    this.#rowsVisited += rows.length;
    return rows as unknown as readonly Row[];
  }

  /** Few at first, since the next of them may belong to a common prefix, and then ever more: from the first again, in this snapshot. */
  *#readRowsStepwise<Row>(
    statement: StatementSync,
    bucketId: number,
    key: string,
    end: string | Uint8Array,
    rowsMax: number,
  ): Generator<Row, void, void> {
    let given = 0;
    for (let count = stepRowsMin; ; count *= stepGrowth) {
      const rows = this.#readRows<Row>(statement, bucketId, key, end, Math.min(count, rowsMax));
      for (; given < rows.length; given++) yield rows[given] as Row;
      if (given < count || given === rowsMax) return;
    }
  }
}

function keyOf<Row extends EntryRow | UploadRow>(row: Row): string {
  return row[0];
}

export async function startIndexWriter(file: string): Promise<IndexWriter> {
  const data: WriterData = { file };
  // The flags of the process are not for its workers: `node --input-type=module --eval …` would start none.
  const worker = new Worker(writerFile, { workerData: data, name: 'index-writer', execArgv: [] });
  const first = await new Promise<FromWriter>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('The thread that writes the index ended before it began.')));
  });
  if (first.kind !== 'not-opened') return worker;
  await worker.terminate();
  throw openError(file, first.fault);
}

function openError(file: string, { message, stack, storageFault }: WriterFault): StorageError {
  const cause = causeOf(message, stack);
  if (storageFault) return new StorageError(storageFault, message, { cause });
  return new StorageError('unusable', `The index ${file} cannot be opened: ${message}.`, { cause });
}

function settleWrite({ resolve, reject }: WaitingWrite, outcome: SentOutcome): void {
  if (outcome.kind === 'done') resolve(outcome.result);
  else reject(writeError(outcome.fault));
}

/** Of a transaction that failed as a whole. */
function commitError(fault: WriterFault): Error {
  // A full disk is noticed before the commit is written. After a failed flush a crash may yet bring the commit back.
  if (fault.kind !== 'other') return writeError(fault);
  return new VolumeFailed(`A commit of the index failed: ${fault.message}`, {
    cause: causeOf(fault.message, fault.stack),
  });
}

function writeError({ message, stack, kind }: WriterFault): Error {
  const cause = causeOf(message, stack);
  return kind === 'disk-full'
    ? diskFull(cause)
    : new Error(`The index was not written: ${message}.`, { cause });
}

/** The writer's error, with the stack it had there. */
function causeOf(message: string, stack: string | undefined): Error {
  const cause = new Error(message);
  if (stack !== undefined) cause.stack = stack;
  return cause;
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
    listedSole: prepareListed(db, `NOT INDEXED WHERE ${isBetween} AND ${isListed} ORDER BY key LIMIT ?`),
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
