// The store over two engines. The write protocol lives here, once: body → durable → one atomic commit → visible. A crash at any point of
// it leaves a blob that nothing refers to (swept at the next start), never an object without its body.

import type { BucketName, ObjectName } from '@postern/protocol';
import {
  AppendedBody,
  appendedBody,
  bodyParts,
  emptyBody,
  partsToMerge,
  refuseAppend,
} from './append-rules.ts';
import type { BlobStore } from './blob-store.ts';
import { BucketMeasurer, type BucketStatistics } from './bucket-statistics.ts';
import { GarbageCollector, type GarbageDuty, type GarbageTiming } from './collect-garbage.ts';
import { type CrashPoint, crashPoint } from './crash-points.ts';
import type { Digests } from './digests.ts';
import { HeldBlobs } from './held-blobs.ts';
import { IncomingBody } from './incoming-body.ts';
import {
  type AppendIntent,
  CommitUnknown,
  type ListPartsPage,
  type MetadataStore,
  type PartResult,
  type PutIntent,
  type PutResult,
  type RemoveResult,
  type UploadName,
} from './metadata-store.ts';
import type {
  AppendRequest,
  AppendResult,
  BodyRequest,
  CompleteUploadRequest,
  CompleteUploadResult,
  CreateUploadRequest,
  CreateUploadResult,
  ObjectStore,
  PutPartRequest,
  PutRequest,
} from './object-store.ts';
import { type BodySource, type OpenBody, openBody } from './open-body.ts';
import type {
  BodyPart,
  BucketRecord,
  ObjectRecord,
  ObjectType,
  PartRecord,
  SeenVersion,
  WrittenBody,
} from './records.ts';
import { SharedState } from './shared-state.ts';
import { makeUploadId } from './upload-id.ts';
import { planCompletion, type WholeBody } from './upload-rules.ts';
import { makeVersionId } from './version-id.ts';
import { findVolumeFailure, VolumeFailed } from './write-fault.ts';

/** How often an append is tried on what others have made of the object meanwhile, before it fails. */
const appendAttempts = 10;

/** How often a completion is worked out anew because a part was replaced meanwhile, before it fails. */
const completionAttempts = 10;
const listPartsLimit = 1000;

/** How often a commit of unknown outcome is asked for again before the put fails, its blob left to the sweep at the next start. */
const commitAttempts = 3;

export interface ObjectStoreParts {
  readonly metadata: MetadataStore;
  readonly blobs: BlobStore;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly randomBytes: (count: number) => Uint8Array;
  /** Told of what went wrong without failing the operation at hand: a blob that could not be removed yet. */
  readonly reportProblem: (problem: unknown) => void;
  readonly garbage?: GarbageTiming | undefined;
}

/** Of a store that several threads use: see shared-storage.ts. */
export interface SharedParts extends ObjectStoreParts {
  readonly held: HeldBlobs;
  readonly state: SharedState;
  readonly garbageDuty: GarbageDuty;
  /** Told once, when the disk has failed under a write of this thread. */
  readonly onFailure: (failure: VolumeFailed) => void;
}

/** The store owns its engines: it starts to collect their garbage, and `close` stops that and closes both. */
export function createObjectStore(parts: ObjectStoreParts): ObjectStore {
  return new EngineObjectStore(parts);
}

export class EngineObjectStore implements ObjectStore {
  readonly #metadata: MetadataStore;
  readonly #source: BodySource;
  readonly #clock: () => number;
  readonly #randomBytes: (count: number) => Uint8Array;
  readonly #reportProblem: (problem: unknown) => void;
  readonly #collector: GarbageCollector;
  readonly #onFailure: SharedParts['onFailure'] | undefined;
  readonly #measurer: BucketMeasurer;
  readonly #state: SharedState;
  #failure: VolumeFailed | undefined;

  constructor(parts: ObjectStoreParts & Partial<SharedParts>) {
    const { held = new HeldBlobs(), state = new SharedState() } = parts;
    this.#state = state;
    this.#metadata = parts.metadata;
    this.#measurer = new BucketMeasurer(parts.metadata);
    const findAgain = ({ bucket, key, versionId }: ObjectRecord) =>
      this.#metadata.findObject(bucket, key, versionId);
    this.#source = { blobs: parts.blobs, held, findAgain };
    this.#onFailure = parts.onFailure;
    this.#clock = parts.clock;
    this.#randomBytes = parts.randomBytes;
    this.#reportProblem = parts.reportProblem;
    const report = (problem: unknown) => {
      if (!this.#noteFailure(problem)) parts.reportProblem(problem);
    };
    const { clock, garbage, garbageDuty } = parts;
    this.#collector = new GarbageCollector(parts, clock, report, garbage, held, garbageDuty);
  }

  /** Another thread has written a blob that it does not want after all. */
  discardBlob(blobId: string): Promise<void> {
    return this.#collector.discard(() => this.#source.blobs.remove(blobId));
  }

  /** The disk has failed under a write of another thread. */
  fail(failure: VolumeFailed): void {
    if (this.#failure) return;
    this.#failure = failure;
    this.#state.fail();
    // Removing blobs is writing too.
    void this.#collector.stop();
  }

  put(request: PutRequest): Promise<PutResult> {
    return this.#change(() => this.#put(request));
  }

  async #put(request: PutRequest): Promise<PutResult> {
    return this.#write(request, 'body-durable', async ({ size, md5, crc64 }, body) => {
      const { condition: given } = request;
      const condition = typeof given === 'function' ? await given() : given;
      const put = this.#putIntent({ ...request, condition }, { size, etag: md5, crc64 });
      const intent = Object.assign(put, { body });
      const result = await this.#untilKnown(() => this.#metadata.commitPut(intent));
      crashPoint('put-committed');
      return result;
    });
  }

  /** The one way of a body into the store: received, checked, made durable, committed; or taken back. */
  async #write<Result extends { readonly outcome: string }>(
    { bucket, key, body, bytesExpected, checkDigests }: BodyRequest & Pick<PutRequest, 'bucket' | 'key'>,
    durable: CrashPoint,
    commit: (digests: Digests, body: WrittenBody) => Promise<Result>,
  ): Promise<Result> {
    const incoming = new IncomingBody(this.#source.blobs, { bucket, key }, bytesExpected);
    try {
      const digests = await incoming.receive(body);
      checkDigests?.(digests);
      crashPoint('body-received');
      const written = await incoming.makeDurable();
      crashPoint(durable);
      // The disk may have failed under another write meanwhile.
      this.#checkNotFailed();
      const result = await commit(digests, written);
      if (result.outcome !== 'stored') await this.#discard(incoming);
      return result;
    } catch (error) {
      // A blob whose commit is unknown may be an object's body.
      if (!(error instanceof CommitUnknown)) await this.#discard(incoming);
      throw error;
    }
  }

  append(request: AppendRequest): Promise<AppendResult> {
    return this.#change(() => this.#append(request));
  }

  async #append(request: AppendRequest): Promise<AppendResult> {
    const { bucket, key, position, bytesExpected } = request;
    if (!(await this.#metadata.findBucket(bucket))) return { outcome: 'no-bucket' };
    const before = await this.#findCurrent(bucket, key);
    const refusal = refuseAppend(before, position);
    if (refusal) return refusal;

    const merged = before ? partsToMerge(before) : [];
    const body = new AppendedBody(before && this.#readParts(before, merged), request.body);
    const checkDigests = (written: Digests) => request.checkDigests?.(body.digestsOfAppended(written));
    return this.#write(
      { bucket, key, body, bytesExpected, checkDigests },
      'append-durable',
      async (written, stored) => {
        await request.checkAgain?.();
        const part = { size: written.size, etag: written.md5, crc64: written.crc64, body: stored };
        const appended = body.digestsOfAppended(written);
        return this.#commitAppend(request, before, { part, mergedParts: merged.length, appended });
      },
    );
  }

  async #commitAppend(
    request: AppendRequest,
    seenBefore: ObjectRecord | undefined,
    {
      part,
      mergedParts,
      appended,
    }: Pick<AppendIntent, 'part' | 'mergedParts'> & { readonly appended: Digests },
  ): Promise<AppendResult> {
    const { bucket, key, position } = request;
    let before = seenBefore;
    for (let attempt = 1; attempt <= appendAttempts; attempt++) {
      const put = this.#putIntent(
        { ...(before ?? request), bucket, key, condition: 'any', objectType: 'Appendable' },
        appendedBody(before ?? emptyBody, appended),
      );
      const lastPartId = before && bodyParts(before).at(-1)?.partId;
      const intent = { ...put, lastPartId, mergedParts, part };
      const result = await this.#untilKnown(() => this.#metadata.commitAppend(intent));
      crashPoint('append-committed');
      if (result.outcome !== 'changed') return result;

      before = await this.#findCurrent(bucket, key);
      const refusal = refuseAppend(before, position);
      if (refusal) return refusal;
      // Another object of the same length. What was written begins with bytes of the one before, which ended elsewhere in between.
      if (mergedParts > 0) return { outcome: 'wrong-position', length: position };
    }
    throw new Error(`${bucket}/${key} never stays as it is.`);
  }

  /** The newest version, unless it is a delete marker. */
  async #findCurrent(bucket: BucketName, key: ObjectName): Promise<ObjectRecord | undefined> {
    const newest = await this.#metadata.findObject(bucket, key);
    return newest?.isDeleteMarker ? undefined : newest;
  }

  /** Undefined when there are none. */
  #readParts(record: ObjectRecord, parts: readonly BodyPart[]): AsyncIterable<Uint8Array> | undefined {
    if (parts.length === 0) return undefined;
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    return openBody(this.#source, { ...record, body: { parts } }).read(0, size);
  }

  async createUpload(request: CreateUploadRequest): Promise<CreateUploadResult> {
    const { bucket, key, isSequential = false, acl, storageClass, headers, tags } = request;
    const initiatedAtMs = this.#clock();
    const uploadId = makeUploadId(this.#state.drawMicroseconds(initiatedAtMs * 1000), this.#randomHex());
    const upload = { bucket, key, uploadId, initiatedAtMs, isSequential, acl, storageClass, headers, tags };
    const outcome = await this.#change(() => this.#metadata.createUpload(upload));
    return outcome === 'created' ? { outcome, upload } : { outcome };
  }

  putPart(request: PutPartRequest): Promise<PartResult> {
    const { bucket, key, uploadId, partNumber } = request;
    return this.#change(() =>
      this.#write(request, 'part-durable', async ({ size, md5, crc64 }, body) => {
        const part = { partNumber, size, etag: md5, crc64, modifiedAtMs: this.#clock(), body };
        const result = await this.#metadata.commitPart({ bucket, key, uploadId, ...part });
        crashPoint('part-committed');
        return result;
      }),
    );
  }

  completeUpload(request: CompleteUploadRequest): Promise<CompleteUploadResult> {
    return this.#change(async () => {
      for (let attempt = 1; attempt <= completionAttempts; attempt++) {
        const result = await this.#tryToComplete(request);
        if (result.outcome !== 'parts-changed') return result;
      }
      throw new Error(`The parts of upload ${request.uploadId} never stay as they are.`);
    });
  }

  async #tryToComplete(
    request: CompleteUploadRequest,
  ): Promise<CompleteUploadResult | { readonly outcome: 'parts-changed' }> {
    const { bucket, key, uploadId, condition, partBytesMin } = request;
    const upload = await this.#metadata.findUpload(bucket, key, uploadId);
    const parts = await this.#allParts({ bucket, key, uploadId });
    if (upload === undefined || parts === undefined) return { outcome: 'no-upload' };
    const plan = planCompletion(parts, request.parts, partBytesMin);
    if (plan.outcome !== 'planned') return plan;
    const put = this.#putIntent({ ...upload, condition, objectType: 'Multipart' }, plan.whole);
    const intent = { ...put, uploadId, partIds: plan.parts.map(({ partId }) => partId) };
    const result = await this.#untilKnown(() => this.#metadata.completeUpload(intent));
    crashPoint('upload-completed');
    return result;
  }

  async #allParts(name: UploadName): Promise<PartRecord[] | undefined> {
    const parts: PartRecord[] = [];
    for (let after: number | undefined = 0; after !== undefined; ) {
      const query = { ...name, after, limit: listPartsLimit };
      const page: ListPartsPage | undefined = await this.#metadata.listParts(query);
      if (page === undefined) return undefined;
      parts.push(...page.parts);
      after = page.next;
    }
    return parts;
  }

  abortUpload(bucket: BucketName, key: ObjectName, uploadId: string): Promise<'aborted' | 'no-upload'> {
    return this.#change(() => this.#metadata.abortUpload({ bucket, key, uploadId }, this.#clock()));
  }

  openBody(record: ObjectRecord): OpenBody {
    return openBody(this.#source, record);
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
  readonly replaceDocument: ObjectStore['replaceDocument'] = (name, replacement) =>
    this.#change(() => this.#metadata.replaceDocument(name, replacement));
  readonly removeBucket: ObjectStore['removeBucket'] = (name) =>
    this.#change(() => this.#metadata.removeBucket(name));
  readonly listBuckets: ObjectStore['listBuckets'] = (query) => this.#metadata.listBuckets(query);
  readonly findObject: ObjectStore['findObject'] = (bucket, key, versionId) =>
    this.#metadata.findObject(bucket, key, versionId);
  readonly findSummary: ObjectStore['findSummary'] = (bucket, key, versionId) =>
    this.#metadata.findSummary(bucket, key, versionId);
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
  readonly findUpload: ObjectStore['findUpload'] = (bucket, key, uploadId) =>
    this.#metadata.findUpload(bucket, key, uploadId);
  readonly listParts: ObjectStore['listParts'] = (query) => this.#metadata.listParts(query);
  readonly listUploads: ObjectStore['listUploads'] = (query) => this.#metadata.listUploads(query);

  measureBucket(bucket: BucketName): Promise<BucketStatistics> {
    return this.#measurer.measure(bucket);
  }

  checkWritable(): Promise<void> {
    return this.#change(() => this.#writeProbe());
  }

  async #writeProbe(): Promise<void> {
    await this.#metadata.checkWritable();
    const { blobs } = this.#source;
    const probe = await blobs.create({ bucket: '', key: '' });
    let undo = () => probe.abort();
    try {
      await probe.write(Uint8Array.of(0));
      const { blobId } = await probe.finish();
      undo = () => blobs.remove(blobId);
    } finally {
      await this.#collector.discard(undo);
    }
  }

  async close(): Promise<void> {
    await this.#collector.stop();
    await this.#source.blobs.close();
    await this.#metadata.close();
  }

  #putIntent(
    request: Omit<PutRequest, keyof BodyRequest | 'objectType' | 'condition'> &
      Pick<PutIntent, 'condition'> & { readonly objectType?: ObjectType },
    { size, etag, crc64 }: WholeBody,
  ): Omit<PutIntent, 'body'> {
    const { bucket, key, condition, objectType = 'Normal', acl, storageClass, headers, tags } = request;
    const modifiedAtMs = this.#clock();
    const putId = this.#randomHex();
    return {
      putId,
      versionId: makeVersionId(modifiedAtMs, putId),
      bucket,
      key,
      condition,
      objectType,
      modifiedAtMs,
      size,
      etag,
      crc64,
      acl,
      storageClass,
      headers,
      tags,
    };
  }

  /** Every change goes through here. */
  async #change<Result>(change: () => Promise<Result>): Promise<Result> {
    this.#checkNotFailed();
    try {
      return await change();
    } catch (error) {
      this.#noteFailure(error);
      throw error;
    }
  }

  /** @throws VolumeFailed */
  #checkNotFailed(): void {
    if (this.#failure) throw this.#failure;
    // Another thread has just noticed, and its message is on the way.
    if (this.#state.isFailed) throw new VolumeFailed('Another thread could not write', { cause: undefined });
  }

  /** Makes the store read-only, for good, when the error says that the disk failed. @returns whether it says so */
  #noteFailure(error: unknown): boolean {
    const failure = findVolumeFailure(error);
    if (failure === undefined || this.#failure !== undefined) return failure !== undefined;
    this.fail(failure);
    this.#reportProblem(failure);
    this.#onFailure?.(failure);
    return true;
  }

  /** @param commit of an intent with a `putId`, which makes committing it again the same put */
  async #untilKnown<Result>(commit: () => Promise<Result>): Promise<Result> {
    let unknown: CommitUnknown | undefined;
    for (let attempt = 1; attempt <= commitAttempts; attempt++) {
      try {
        return await commit();
      } catch (error) {
        if (error instanceof CommitUnknown) unknown = error;
        // That this attempt failed for certain says nothing of the one before it.
        else if (unknown === undefined) throw error;
      }
    }
    throw unknown;
  }

  #discard(incoming: IncomingBody): Promise<void> {
    return this.#collector.discard(async () => {
      await incoming.discard();
      crashPoint('put-discarded');
    });
  }

  #randomHex(): string {
    const { buffer, byteOffset, length } = this.#randomBytes(16);
    return Buffer.from(buffer, byteOffset, length).toString('hex');
  }
}
