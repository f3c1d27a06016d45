// The store that an export was made of, made again: version ids, times, ETags and settings as they were. It is built in the folder `import` of
// the data directory and moved into place only when the stream has turned out whole; whatever goes wrong before leaves the directory
// without objects, and the next import takes that folder away.

import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { DumpError, type DumpedVersion, type DumpFrame, type DumpTotals, readDump } from './dump-format.ts';
import { lockDirectory } from './engines/directory-lock.ts';
import { flushFolder } from './engines/flush-folder.ts';
import { blobFolderName, hasBytes, indexFileName } from './engines/offline-store.ts';
import { objectTypeColumn, tagsColumn } from './engines/sqlite-rows.ts';
import { fixLatestSql, openForWriting, primaryCode } from './engines/sqlite-schema.ts';
import { TieredBlobStore } from './engines/tiered-blob-store.ts';
import { IncomingBody } from './incoming-body.ts';
import { findDigestFault } from './object-digests.ts';
import { checkIndexNotLost, makeDirectory } from './open-storage.ts';
import { type BucketRecord, isInParts, type WrittenBody } from './records.ts';
import { StorageError } from './storage-error.ts';

const stagingFolderName = 'import';

/** Rows in one transaction: nothing is lost by one that fails, so only speed counts. */
const transactionRows = 1000;

/**
 * @throws DumpError when the stream is no export, cut off or altered; StorageError when the directory cannot be used or has a store with
 * buckets in it
 */
export async function importStore(dataDir: string, input: AsyncIterable<Uint8Array>): Promise<DumpTotals> {
  await makeDirectory(dataDir);
  const lock = lockDirectory(dataDir);
  const staging = path.join(dataDir, stagingFolderName);
  try {
    await checkEmpty(dataDir);
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { mode: 0o700 });
    const totals = await fill(staging, input);
    await moveIntoPlace(staging, dataDir);
    return totals;
  } finally {
    await rm(staging, { recursive: true, force: true });
    lock.release();
  }
}

async function checkEmpty(dataDir: string): Promise<void> {
  const index = path.join(dataDir, indexFileName);
  await checkIndexNotLost(index, path.join(dataDir, blobFolderName));
  if (!hasBytes(index)) return;
  const db = openForWriting(index);
  const used = db.prepare('SELECT 1 FROM bucket UNION ALL SELECT 1 FROM version LIMIT 1').get();
  db.close();
  if (used === undefined) return;
  throw new StorageError(
    'not-empty',
    `The store in ${dataDir} has buckets already. An import makes a whole store: choose another data directory.`,
  );
}

async function fill(staging: string, input: AsyncIterable<Uint8Array>): Promise<DumpTotals> {
  const db = openForWriting(path.join(staging, indexFileName));
  const blobs = await TieredBlobStore.open(path.join(staging, blobFolderName), randomBytes);
  try {
    // Flushed once, at the end: until then nobody relies on it.
    db.exec('PRAGMA synchronous = OFF; BEGIN');
    const filler = new StoreFiller(db, blobs, new FrameCursor(readDump(input)));
    const totals = await filler.fill();
    db.exec('COMMIT; PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)');
    return totals;
  } catch (error) {
    if (primaryCode(error) !== sqliteConstraint) throw error;
    throw new DumpError('The export has the same bucket or version twice.', { cause: error });
  } finally {
    await blobs.close();
    db.close();
  }
}

const sqliteConstraint = 19;

/** The blobs first: an index is what makes a store. */
async function moveIntoPlace(staging: string, dataDir: string): Promise<void> {
  const index = await open(path.join(staging, indexFileName), 'r+');
  await index.sync();
  await index.close();
  for (const side of ['-wal', '-shm']) await rm(path.join(dataDir, indexFileName + side), { force: true });
  await rm(path.join(dataDir, blobFolderName), { recursive: true, force: true });
  await rename(path.join(staging, blobFolderName), path.join(dataDir, blobFolderName));
  await flushFolder(dataDir);
  await rename(path.join(staging, indexFileName), path.join(dataDir, indexFileName));
  await flushFolder(dataDir);
}

/** Frames one by one, the next one visible before it is taken. */
class FrameCursor {
  readonly #frames: AsyncGenerator<DumpFrame, DumpTotals, void>;
  #next: IteratorResult<DumpFrame, DumpTotals> | undefined;

  constructor(frames: AsyncGenerator<DumpFrame, DumpTotals, void>) {
    this.#frames = frames;
  }

  async peek(): Promise<IteratorResult<DumpFrame, DumpTotals>> {
    this.#next ??= await this.#frames.next();
    return this.#next;
  }

  drop(): void {
    this.#next = undefined;
  }

  /** The bytes of the body that comes next. */
  async *body(): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const { done, value } = await this.peek();
      if (done || value.kind !== 'D') return;
      yield value.bytes;
      this.drop();
    }
  }
}

interface ReceivedBody {
  readonly body: WrittenBody;
  /** Of the bytes, as a part's is. */
  readonly etag: string;
}

const noBody: ReceivedBody = { body: new Uint8Array(), etag: '' };

class StoreFiller {
  readonly #db: DatabaseSync;
  readonly #blobs: TieredBlobStore;
  readonly #frames: FrameCursor;
  readonly #sql;
  readonly #bucketIds = new Map<string, number>();
  #sequence = 1;

  constructor(db: DatabaseSync, blobs: TieredBlobStore, frames: FrameCursor) {
    this.#db = db;
    this.#blobs = blobs;
    this.#frames = frames;
    this.#sql = {
      bucket:
        db.prepare(`INSERT INTO bucket (name, owner, created_at_ms, acl, storage_class, versioning, documents)
        VALUES (?, ?, ?, ?, ?, ?, ?)`),
      // No put of the store that was exported will be tried again here.
      version:
        db.prepare(`INSERT INTO version (bucket_id, key, sequence, version_id, is_latest, is_delete_marker,
          modified_at_ms, size, etag, crc64, acl, storage_class, headers, put_id, blob_id, object_type, tags, body_id)
        VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?, ?, ?)`),
      part: db.prepare(`INSERT INTO part (body_id, part_number, part_id, size, etag, crc64, modified_at_ms, blob_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
      body: db.prepare('INSERT INTO inline_body (sequence, bytes) VALUES (?, ?)'),
    };
  }

  async fill(): Promise<DumpTotals> {
    for (;;) {
      const { done, value } = await this.#frames.peek();
      if (done) {
        this.#db.exec(fixLatestSql);
        this.#db.prepare('UPDATE counter SET next_sequence = ?').run(this.#sequence);
        return value;
      }
      if (value.kind === 'D') throw new DumpError('There are bytes of a body that belong to no object.');
      this.#frames.drop();
      if (value.kind === 'B') this.#addBucket(value.bucket);
      else await this.#addVersion(value.version);
    }
  }

  #addBucket(bucket: BucketRecord): void {
    const { name, owner, createdAtMs, acl, storageClass, versioning, documents } = bucket;
    const given = [name, owner, createdAtMs, acl, storageClass, versioning, JSON.stringify(documents)];
    this.#bucketIds.set(name, Number(this.#sql.bucket.run(...given).lastInsertRowid));
  }

  async #addVersion(version: DumpedVersion): Promise<void> {
    const { bucket, key } = version;
    const bucketId = this.#bucketIds.get(bucket);
    if (bucketId === undefined)
      throw new DumpError(`There is an object of a bucket ${bucket} that is not there.`);
    const { body, etag } = version.isDeleteMarker ? noBody : await this.#receiveBody(version);
    const sequence = this.#sequence++;
    const blobId = 'blobId' in body ? body.blobId : null;
    const isParted = isInParts(version.objectType);
    this.#sql.version.run(
      ...[bucketId, key, sequence, version.versionId, version.isDeleteMarker ? 1 : 0, version.modifiedAtMs],
      ...[version.size, version.etag, version.crc64, version.acl, version.storageClass],
      ...[JSON.stringify(version.headers), isParted ? null : blobId],
      ...[objectTypeColumn(version.objectType), tagsColumn(version.tags), isParted ? sequence : null],
    );
    const bodyNumber = isParted ? this.#sequence++ : sequence;
    // Where the parts began and ended is not part of an export: it is one now.
    if (isParted) {
      const { size, crc64, modifiedAtMs } = version;
      this.#sql.part.run(sequence, 1, bodyNumber, size, etag, crc64, modifiedAtMs, blobId);
    }
    if (!('blobId' in body) && body.length > 0) this.#sql.body.run(bodyNumber, body);
    if (sequence % transactionRows === 0) this.#db.exec('COMMIT; BEGIN');
  }

  /** @throws DumpError when it is not the body that the record tells of */
  async #receiveBody(version: DumpedVersion): Promise<ReceivedBody> {
    const { bucket, key } = version;
    const incoming = new IncomingBody(this.#blobs, { bucket, key }, version.size);
    try {
      const digests = await incoming.receive(this.#frames.body());
      const fault = findDigestFault(version, digests);
      if (fault === undefined) return { body: await incoming.makeDurable(), etag: digests.md5 };
      throw new DumpError(`The body of ${bucket}/${key} is not as it was written. ${fault}`);
    } catch (error) {
      await incoming.discard();
      throw error;
    }
  }
}
