// What the server calls. The write protocol lives here, once: body → durable → one atomic commit → visible. A crash at any point of
// it leaves a blob that nothing refers to (swept at the next start), never an object without its body.

import type { BucketName, ObjectName } from '@postern/protocol';
import { BlobCorrupt, BlobMissing, type BlobStore } from './blob-store.ts';
import { GarbageCollector, type GarbageTiming } from './collect-garbage.ts';
import { crashPoint } from './crash-points.ts';
import { Crc64 } from './crc64.ts';
import type { Digests } from './digests.ts';
import { IncomingBody } from './incoming-body.ts';
import {
  CommitUnknown,
  type MetadataStore,
  type PutCondition,
  type PutIntent,
  type PutResult,
  type RemoveResult,
} from './metadata-store.ts';
import type {
  BlobRef,
  BucketRecord,
  ObjectProperties,
  ObjectRecord,
  ObjectType,
  SeenVersion,
} from './records.ts';
import { makeVersionId } from './version-id.ts';
import { findVolumeFailure, type VolumeFailed } from './write-fault.ts';

export interface PutRequest extends ObjectProperties {
  readonly bucket: BucketName;
  readonly key: ObjectName;
  readonly condition: PutCondition;
  /** Default: `Normal`. */
  readonly objectType?: ObjectType;
  /**
   * The body. Nothing becomes visible before it ends; when it throws, the blob is aborted, nothing is left, and the error goes on
   * to the caller unchanged. A size limit, a closing boundary or a digest is therefore checked by wrapping it. A chunk must keep
   * its bytes until the next one is asked for.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Bytes of the body, if that is known beforehand; if it is wrong, only time is lost. */
  readonly bytesExpected?: number | undefined;
  /** Called once the whole body is read, before anything can become visible. What it throws aborts the put. */
  readonly checkDigests?: (digests: Digests) => void;
}

export interface OpenBody {
  readonly record: ObjectRecord;
  /**
   * Bytes from `from` up to, not including, `to`.
   * @throws BlobMissing before the first chunk, BlobCorrupt before the first byte that is not as it was written
   */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

/** What the index answers by itself; the store hands it on as it is. */
type HandedOn =
  | 'findBucket'
  | 'changeBucket'
  | 'removeBucket'
  | 'listBuckets'
  | 'findObject'
  | 'setObjectAcl'
  | 'setTags'
  | 'setStorageClass'
  | 'setHeader'
  | 'list'
  | 'listVersions';

/**
 * The operations on objects and buckets, over one metadata store and one blob store. All that change something throw DiskFull when
 * there is no room, and once a write to the disk has failed (VolumeFailed) throw that at once; reading goes on.
 */
export interface ObjectStore extends Pick<MetadataStore, HandedOn> {
  createBucket(
    bucket: Pick<BucketRecord, 'name' | 'owner' | 'acl' | 'storageClass'>,
  ): Promise<{ readonly created: boolean; readonly bucket: BucketRecord }>;

  put(request: PutRequest): Promise<PutResult>;
  /** The body of a record that was just found. It stays readable to its end even if the object is overwritten meanwhile. */
  openBody(record: ObjectRecord): OpenBody;
  /** @param onlyIf as in {@link RemoveIntent} */
  remove(
    bucket: BucketName,
    key: ObjectName,
    versionId?: string,
    onlyIf?: SeenVersion,
  ): Promise<RemoveResult>;

  /** Whether a write could go through now: what a readiness probe asks. Throws what is wrong. */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}

/** How often a commit of unknown outcome is asked for again before the put fails, its blob left to the sweep at the next start. */
const commitAttempts = 3;

export interface ObjectStoreParts {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Told of what went wrong without failing the operation at hand: a blob that could not be removed. */
  readonly reportProblem: (problem: unknown) => void;
  readonly garbage?: GarbageTiming | undefined;
}

/** The store owns its engines: it starts to collect their garbage, and `close` stops that and closes both. */
export function createObjectStore(parts: ObjectStoreParts): ObjectStore {
  return new EngineObjectStore(parts);
}

class EngineObjectStore implements ObjectStore {
  readonly #metadata: MetadataStore;
  readonly #blobs: BlobStore;
  readonly #clock: () => number;
  readonly #randomBytes: (count: number) => Uint8Array;
  readonly #reportProblem: (problem: unknown) => void;
  readonly #collector: GarbageCollector;
  #failure: VolumeFailed | undefined;

  constructor(parts: ObjectStoreParts) {
    this.#metadata = parts.metadata;
    this.#blobs = parts.blobs;
    this.#clock = parts.clock;
    this.#randomBytes = parts.randomBytes;
    this.#reportProblem = parts.reportProblem;
    const report = (problem: unknown) => {
      if (!this.#noteFailure(problem)) parts.reportProblem(problem);
    };
    this.#collector = new GarbageCollector(parts, parts.clock, report, parts.garbage);
  }

  put(request: PutRequest): Promise<PutResult> {
    return this.#change(() => this.#put(request));
  }

  async #put(request: PutRequest): Promise<PutResult> {
    const incoming = new IncomingBody(
      this.#blobs,
      { bucket: request.bucket, key: request.key },
      request.bytesExpected,
    );
    try {
      const digests = await incoming.receive(request.body);
      request.checkDigests?.(digests);
      crashPoint('body-received');
      const body = await incoming.makeDurable();
      crashPoint('body-durable');
      // The disk may have failed under another write meanwhile.
      if (this.#failure) throw this.#failure;
      const result = await this.#commitUntilKnown(this.#putIntent(request, digests, body));
      crashPoint('put-committed');
      if (result.outcome !== 'stored') await this.#discard(incoming);
      return result;
    } catch (error) {
      // A blob whose commit is unknown may be an object's body.
      if (!(error instanceof CommitUnknown)) await this.#discard(incoming);
      throw error;
    }
  }

  openBody(record: ObjectRecord): OpenBody {
    const { body } = record;
    if ('blobId' in body) return { record, read: (from, to) => this.#readBlob(record, body, from, to) };
    return { record, read: (from, to) => readInline(record, body, from, to) };
  }

  async remove(
    bucket: BucketName,
    key: ObjectName,
    versionId?: string,
    onlyIf?: SeenVersion,
  ): Promise<RemoveResult> {
    const modifiedAtMs = this.#clock();
    const markerVersionId = makeVersionId(modifiedAtMs, this.#randomHex());
    const result = await this.#change(() =>
      this.#metadata.remove({ bucket, key, versionId, onlyIf, markerVersionId, modifiedAtMs }),
    );
    crashPoint('removal-committed');
    return result;
  }

  createBucket(
    bucket: Pick<BucketRecord, 'name' | 'owner' | 'acl' | 'storageClass'>,
  ): Promise<{ created: boolean; bucket: BucketRecord }> {
    const { name, owner, acl, storageClass } = bucket;
    const createdAtMs = this.#clock();
    return this.#change(() =>
      this.#metadata.createBucket({
        ...{ name, owner, acl, storageClass, createdAtMs },
        versioning: 'never',
        documents: {},
      }),
    );
  }

  readonly findBucket: ObjectStore['findBucket'] = (name) => this.#metadata.findBucket(name);
  readonly changeBucket: ObjectStore['changeBucket'] = (name, change) =>
    this.#change(() => this.#metadata.changeBucket(name, change));
  readonly removeBucket: ObjectStore['removeBucket'] = (name) =>
    this.#change(() => this.#metadata.removeBucket(name));
  readonly listBuckets: ObjectStore['listBuckets'] = (query) => this.#metadata.listBuckets(query);
  readonly findObject: ObjectStore['findObject'] = (bucket, key, versionId) =>
    this.#metadata.findObject(bucket, key, versionId);
  readonly setObjectAcl: ObjectStore['setObjectAcl'] = (bucket, key, versionId, acl) =>
    this.#change(() => this.#metadata.setObjectAcl(bucket, key, versionId, acl));
  readonly setTags: ObjectStore['setTags'] = (bucket, key, versionId, tags) =>
    this.#change(() => this.#metadata.setTags(bucket, key, versionId, tags));
  readonly setStorageClass: ObjectStore['setStorageClass'] = (bucket, key, seen, storageClass) =>
    this.#change(() => this.#metadata.setStorageClass(bucket, key, seen, storageClass));
  readonly setHeader: ObjectStore['setHeader'] = (bucket, key, seen, name, value) =>
    this.#change(() => this.#metadata.setHeader(bucket, key, seen, name, value));
  readonly list: ObjectStore['list'] = (query) => this.#metadata.list(query);
  readonly listVersions: ObjectStore['listVersions'] = (query) => this.#metadata.listVersions(query);

  checkWritable(): Promise<void> {
    return this.#change(() => this.#writeProbe());
  }

  async *#readBlob(
    record: ObjectRecord,
    body: BlobRef,
    from: number,
    to: number,
  ): AsyncGenerator<Uint8Array, void, void> {
    let hasBegun = false;
    try {
      for await (const chunk of this.#blobs.read(body, from, to)) {
        hasBegun = true;
        yield chunk;
      }
    } catch (error) {
      const moved =
        !hasBegun && error instanceof BlobMissing ? await this.#findMoved(record, body) : undefined;
      if (moved === undefined) throw error;
      yield* this.#blobs.read(moved, from, to);
    }
  }

  /** Where the body is by now, if it was written anew after the record was found, and its old place given up. */
  async #findMoved(record: ObjectRecord, { blobId }: BlobRef): Promise<BlobRef | undefined> {
    const now = await this.#metadata.findObject(record.bucket, record.key, record.versionId);
    if (now === undefined || !('blobId' in now.body) || now.body.blobId === blobId) return undefined;
    const isSame = now.size === record.size && now.etag === record.etag && now.crc64 === record.crc64;
    return isSame ? now.body : undefined;
  }

  async #writeProbe(): Promise<void> {
    await this.#metadata.checkWritable();
    const probe = await this.#blobs.create({ bucket: '', key: '' });
    try {
      await probe.write(Uint8Array.of(0));
      const { blobId } = await probe.finish();
      await this.#blobs.remove(blobId);
    } finally {
      await probe.abort();
    }
  }

  async close(): Promise<void> {
    await this.#collector.stop();
    await this.#blobs.close();
    await this.#metadata.close();
  }

  #putIntent(request: PutRequest, digests: Digests, body: PutIntent['body']): PutIntent {
    const modifiedAtMs = this.#clock();
    const putId = this.#randomHex();
    return {
      putId,
      versionId: makeVersionId(modifiedAtMs, putId),
      bucket: request.bucket,
      key: request.key,
      condition: request.condition,
      objectType: request.objectType ?? 'Normal',
      modifiedAtMs,
      size: digests.size,
      etag: digests.md5,
      crc64: digests.crc64,
      acl: request.acl,
      storageClass: request.storageClass,
      headers: request.headers,
      tags: request.tags,
      body,
    };
  }

  /** Every change goes through here. */
  async #change<Result>(change: () => Promise<Result>): Promise<Result> {
    if (this.#failure) throw this.#failure;
    try {
      return await change();
    } catch (error) {
      this.#noteFailure(error);
      throw error;
    }
  }

  /** Makes the store read-only, for good, when the error says that the disk failed. @returns whether it says so */
  #noteFailure(error: unknown): boolean {
    const failure = findVolumeFailure(error);
    if (failure === undefined || this.#failure !== undefined) return failure !== undefined;
    this.#failure = failure;
    this.#reportProblem(failure);
    // Removing blobs is writing too.
    void this.#collector.stop();
    return true;
  }

  /** Committing the same intent again is safe: its `putId` makes it the same put. */
  async #commitUntilKnown(intent: PutIntent): Promise<PutResult> {
    let unknown: CommitUnknown | undefined;
    for (let attempt = 1; attempt <= commitAttempts; attempt++) {
      try {
        return await this.#metadata.commitPut(intent);
      } catch (error) {
        if (error instanceof CommitUnknown) unknown = error;
        // That this attempt failed for certain says nothing of the one before it.
        else if (unknown === undefined) throw error;
      }
    }
    throw unknown;
  }

  /** Whatever comes of it must not hide why the body is discarded; what is left over is swept at the next start. */
  async #discard(incoming: IncomingBody): Promise<void> {
    try {
      await incoming.discard();
      crashPoint('put-discarded');
    } catch (problem) {
      this.#reportProblem(problem);
    }
  }

  #randomHex(): string {
    const { buffer, byteOffset, length } = this.#randomBytes(16);
    return Buffer.from(buffer, byteOffset, length).toString('hex');
  }
}

/** SQLite has no checksums of its own, so the whole body is checked, which takes microseconds at this size. */
async function* readInline(
  { bucket, key, versionId, size, crc64 }: ObjectRecord,
  body: Uint8Array,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void, void> {
  const checksum = new Crc64();
  checksum.update(body);
  if (body.length !== size || checksum.digest() !== crc64) {
    throw new BlobCorrupt(`The body of ${bucket}/${key}, version ${versionId}, is damaged in the index.`);
  }
  if (from < to) yield new Uint8Array(body.subarray(from, to));
}
