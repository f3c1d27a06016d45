// The index in memory: for tests, for trying things out, and as the plainest statement of what an engine does. Each method is done
// before it returns its promise, so each is atomic.

import type { BucketName, ObjectName } from '@postern/protocol';
import { listObjects, listUploads, listVersions } from '../list-names.ts';
import {
  type AppendCommitResult,
  type AppendIntent,
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
  putIdKeptMs,
  type RemoveIntent,
  type RemoveResult,
  type UploadName,
} from '../metadata-store.ts';
import {
  type BodyPart,
  type BucketChange,
  type BucketRecord,
  changedBucket,
  type DocumentReplacement,
  type ListEntry,
  nullVersionId,
  type ObjectAcl,
  type ObjectRecord,
  type ObjectSummary,
  type PartRecord,
  type ReplacementOutcome,
  type SeenVersion,
  type Tag,
  type UploadRecord,
  type WrittenBody,
} from '../records.ts';
import { isInSequence } from '../upload-rules.ts';
import { firstAfter } from '../utf8-order.ts';
import {
  deleteMarker,
  isOverwriteForbidden,
  isStillSeen,
  planRemoval,
  storedSummary,
  versionIdOfPut,
} from '../version-rules.ts';
import { SortedMap } from './sorted-map.ts';

interface Bucket {
  record: BucketRecord;
  readonly keys: SortedMap<Version[]>;
  /** Those of a key by their ids. */
  readonly uploads: SortedMap<SortedMap<Upload>>;
}

interface Upload {
  readonly record: UploadRecord;
  /** By number, in no order. */
  readonly parts: Map<number, Part>;
}

interface Part extends BodyPart {
  readonly record: PartRecord;
}

/** What is known of a put, whatever kind it is of. */
type PutFacts = Omit<PutIntent, 'body' | 'condition'>;

type StoredResult = Extract<PutResult, { outcome: 'stored' }>;

/** `record.isLatest` is filled in when the version is given out. */
interface Version {
  record: ObjectRecord;
  /** Of the last write to it; empty for a delete marker. */
  putId: string;
}

export class MemoryMetadataStore implements MetadataStore {
  readonly #buckets = new SortedMap<Bucket>();
  /** Blobs that a version or a part refers to. */
  readonly #blobIds = new Set<string>();
  /** Blob id → since when, in milliseconds. */
  readonly #garbage = new Map<string, number>();
  /** Ids of puts whose version is gone, oldest first. */
  readonly #gonePuts = new Map<string, { readonly versionId: string; readonly sinceMs: number }>();
  #nextPartId = 1;
  #rowsVisited = 0;

  /** Rows that listings have looked at since the start. */
  get rowsVisited(): number {
    return this.#rowsVisited;
  }

  async createBucket(bucket: BucketRecord): Promise<{ created: boolean; bucket: BucketRecord }> {
    const existing = this.#buckets.get(bucket.name);
    if (existing) return { created: false, bucket: existing.record };
    this.#buckets.set(bucket.name, { record: bucket, keys: new SortedMap(), uploads: new SortedMap() });
    return { created: true, bucket };
  }

  async findBucket(name: BucketName): Promise<BucketRecord | undefined> {
    return this.#buckets.get(name)?.record;
  }

  async changeBucket(name: BucketName, change: BucketChange): Promise<BucketRecord | undefined> {
    const bucket = this.#buckets.get(name);
    if (!bucket) return undefined;
    bucket.record = changedBucket(bucket.record, change);
    return bucket.record;
  }

  async replaceDocument(
    name: BucketName,
    { document, seen, text }: DocumentReplacement,
  ): Promise<ReplacementOutcome> {
    const bucket = this.#buckets.get(name);
    if (!bucket) return 'no-bucket';
    if (bucket.record.documents[document] !== seen) return 'no-longer-as-seen';
    bucket.record = changedBucket(bucket.record, { documents: { [document]: text } });
    return 'replaced';
  }

  async removeBucket(name: BucketName): Promise<'removed' | 'absent' | 'not-empty'> {
    const bucket = this.#buckets.get(name);
    if (!bucket) return 'absent';
    if (bucket.keys.size > 0 || bucket.uploads.size > 0) return 'not-empty';
    this.#buckets.delete(name);
    return 'removed';
  }

  async listBuckets(query: {
    prefix: string;
    after: string;
    limit: number;
  }): Promise<{ buckets: readonly BucketRecord[]; next: string | undefined }> {
    const { prefix, after, limit } = query;
    const from = after < prefix ? prefix : firstAfter(after);
    const rows = this.#buckets.valuesFrom(from).map(({ record }) => record);
    const named = rows
      .take(limit + 1)
      .filter(({ name }) => name.startsWith(prefix))
      .toArray();
    const buckets = named.slice(0, limit);
    return { buckets, next: named.length > limit ? buckets.at(-1)?.name : undefined };
  }

  async commitPut(put: PutIntent): Promise<PutResult> {
    const bucket = this.#buckets.get(put.bucket);
    if (!bucket) return { outcome: 'no-bucket' };
    return this.#findEarlierCommit(bucket, put) ?? this.#store(bucket, put, put.body);
  }

  async createUpload(upload: UploadRecord): Promise<'created' | 'no-bucket'> {
    const bucket = this.#buckets.get(upload.bucket);
    if (!bucket) return 'no-bucket';
    const uploads = bucket.uploads.get(upload.key) ?? new SortedMap();
    uploads.set(upload.uploadId, { record: upload, parts: new Map() });
    bucket.uploads.set(upload.key, uploads);
    return 'created';
  }

  async findUpload(bucket: BucketName, key: ObjectName, uploadId: string): Promise<UploadRecord | undefined> {
    return this.#findUpload({ bucket, key, uploadId })?.record;
  }

  async commitPart(intent: PartIntent): Promise<PartResult> {
    const { bucket, key, uploadId, body, ...part } = intent;
    const upload = this.#findUpload(intent);
    if (!upload) return { outcome: 'no-upload' };
    const lastNumber = Math.max(0, ...upload.parts.keys());
    if (upload.record.isSequential && !isInSequence(part.partNumber, lastNumber)) {
      return { outcome: 'not-sequential' };
    }
    const replaced = upload.parts.get(part.partNumber);
    if (replaced) this.#freeBody(replaced.body, part.modifiedAtMs);
    const record = { ...part, partId: this.#nextPartId++ };
    const { partId, size, crc64 } = record;
    upload.parts.set(part.partNumber, { record, partId, size, crc64, body });
    if ('blobId' in body) this.#blobIds.add(body.blobId);
    return { outcome: 'stored', part: record };
  }

  async listParts({ after, limit, ...name }: ListPartsQuery): Promise<ListPartsPage | undefined> {
    const upload = this.#findUpload(name);
    if (!upload) return undefined;
    const left = partsOf(upload).filter(({ record }) => record.partNumber > after);
    const parts = left.slice(0, limit).map(({ record }) => record);
    return { parts, next: left.length > limit ? parts.at(-1)?.partNumber : undefined };
  }

  async listUploads(query: ListUploadsQuery): Promise<ListUploadsPage> {
    const { uploads } = this.#buckets.get(query.bucket) ?? {};
    const from = (key: string) => this.#uploadsFrom(query.bucket, key);
    const after = (key: string, uploadId: string) =>
      recordsOf(uploads?.get(key)?.valuesFrom(firstAfter(uploadId)) ?? []);
    return listUploads(query, { from, keyOf }, after, (record) => record);
  }

  async completeUpload({ uploadId, partIds, ...put }: CompletionIntent): Promise<CompletionResult> {
    const bucket = this.#buckets.get(put.bucket);
    if (!bucket) return { outcome: 'no-bucket' };
    const earlier = this.#findEarlierCommit(bucket, put);
    if (earlier) return earlier;
    const upload = this.#findUpload({ bucket: put.bucket, key: put.key, uploadId });
    if (!upload) return { outcome: 'no-upload' };
    const taken = new Set(partIds);
    const parts = partsOf(upload).filter(({ partId }) => taken.has(partId));
    if (parts.length < partIds.length) return { outcome: 'parts-changed' };

    const result = this.#store(bucket, put, {
      parts: parts.map(({ partId, size, crc64, body }) => ({ partId, size, crc64, body })),
    });
    if (result.outcome === 'stored') this.#endUpload(bucket, upload, taken, put.modifiedAtMs);
    return result;
  }

  async commitAppend({ lastPartId, mergedParts, part, ...put }: AppendIntent): Promise<AppendCommitResult> {
    const bucket = this.#buckets.get(put.bucket);
    if (!bucket) return { outcome: 'no-bucket' };
    const earlier = this.#findEarlierCommit(bucket, put);
    if (earlier) return earlier;
    const [newest] = bucket.keys.get(put.key) ?? [];
    const current = newest && !newest.record.isDeleteMarker ? newest : undefined;
    const parts = current && 'parts' in current.record.body ? current.record.body.parts : [];
    const isAppendable = current === undefined || current.record.objectType === 'Appendable';
    if (!isAppendable || parts.at(-1)?.partId !== lastPartId) return { outcome: 'changed' };

    const { size, crc64, body } = part;
    const added = { partId: this.#nextPartId++, size, crc64, body };
    if ('blobId' in body) this.#blobIds.add(body.blobId);
    if (current === undefined) return this.#storeVersion(bucket, put, { parts: [added] });

    const kept = parts.slice(0, parts.length - mergedParts);
    for (const merged of parts.slice(kept.length)) this.#freeBody(merged.body, put.modifiedAtMs);
    this.#rememberGonePut(current.putId, current.record.versionId, put.modifiedAtMs);
    const { modifiedAtMs, etag } = put;
    current.putId = put.putId;
    current.record = {
      ...current.record,
      ...{ modifiedAtMs, size: put.size, etag, crc64: put.crc64, body: { parts: [...kept, added] } },
    };
    const record = storedSummary(put, current.record.versionId);
    return { outcome: 'stored', record, bucket: bucket.record };
  }

  async abortUpload(name: UploadName, abortedAtMs: number): Promise<'aborted' | 'no-upload'> {
    const bucket = this.#buckets.get(name.bucket);
    const upload = this.#findUpload(name);
    if (!bucket || !upload) return 'no-upload';
    this.#endUpload(bucket, upload, new Set(), abortedAtMs);
    return 'aborted';
  }

  async findObject(
    bucketName: BucketName,
    key: ObjectName,
    versionId?: string,
  ): Promise<ObjectRecord | undefined> {
    const versions = this.#buckets.get(bucketName)?.keys.get(key) ?? [];
    const at = versionId === undefined ? 0 : indexOfVersion(versions, versionId);
    const version = versions[at];
    return version && { ...version.record, isLatest: at === 0 };
  }

  async findSummary(
    bucket: BucketName,
    key: ObjectName,
    versionId?: string,
  ): Promise<ObjectSummary | undefined> {
    const found = await this.findObject(bucket, key, versionId);
    if (!found) return undefined;
    const { body, ...summary } = found;
    return summary;
  }

  async setObjectAcl(
    bucketName: BucketName,
    key: ObjectName,
    versionId: string,
    acl: ObjectAcl,
  ): Promise<ObjectRecord | undefined> {
    const versions = this.#buckets.get(bucketName)?.keys.get(key) ?? [];
    const version = versions[indexOfVersion(versions, versionId)];
    if (!version || version.record.isDeleteMarker) return undefined;
    version.record = { ...version.record, acl };
    return { ...version.record, isLatest: version === versions[0] };
  }

  async setTags(
    bucketName: BucketName,
    key: ObjectName,
    versionId: string,
    tags: readonly Tag[],
  ): Promise<ObjectSummary | undefined> {
    const versions = this.#buckets.get(bucketName)?.keys.get(key) ?? [];
    const version = versions[indexOfVersion(versions, versionId)];
    if (!version || version.record.isDeleteMarker) return undefined;
    version.record = { ...version.record, tags };
    return summaryOf({ ...version.record, isLatest: version === versions[0] });
  }

  async setStorageClass(
    bucketName: BucketName,
    key: ObjectName,
    seen: SeenVersion,
    storageClass: string,
  ): Promise<ObjectSummary | undefined> {
    const bucket = this.#buckets.get(bucketName);
    const version = bucket && findSeen(bucket, key, seen);
    if (!version || version.record.isDeleteMarker) return undefined;
    version.record = { ...version.record, storageClass };
    return summaryOf({ ...version.record, isLatest: seen.isLatest });
  }

  async setHeader(
    bucketName: BucketName,
    key: ObjectName,
    seen: SeenVersion,
    name: string,
    value: string,
  ): Promise<ObjectSummary | undefined> {
    const bucket = this.#buckets.get(bucketName);
    const version = bucket && findSeen(bucket, key, seen);
    if (!version || version.record.isDeleteMarker) return undefined;
    version.record = { ...version.record, headers: { ...version.record.headers, [name]: value } };
    return summaryOf({ ...version.record, isLatest: seen.isLatest });
  }

  async remove(remove: RemoveIntent): Promise<RemoveResult> {
    const bucket = this.#buckets.get(remove.bucket);
    if (!bucket) return { outcome: 'no-bucket' };
    if (remove.onlyIf && !findSeen(bucket, remove.key, remove.onlyIf)) {
      return { outcome: 'absent', bucket: bucket.record };
    }
    const removal = planRemoval(remove, bucket.record.versioning);
    if (removal.kind === 'mark') {
      const marker = deleteMarker(remove, removal.versionId, bucket.record.storageClass);
      this.#addVersion(bucket, { record: { ...marker, body: new Uint8Array() }, putId: '' });
      return { outcome: 'marked', marker, bucket: bucket.record };
    }
    const record = this.#eraseVersion(bucket, remove.key, removal.versionId, remove.modifiedAtMs);
    return record
      ? { outcome: 'removed', record, bucket: bucket.record }
      : { outcome: 'absent', bucket: bucket.record };
  }

  async list(query: ListQuery): Promise<ListPage> {
    const from = (key: string) => this.#currentFrom(query.bucket, key);
    return listObjects(query, { from, keyOf }, entryOf);
  }

  async listVersions(query: ListVersionsQuery): Promise<ListVersionsPage> {
    const from = (key: string) => this.#versionsFrom(query.bucket, key);
    const after = (key: string, versionId: string) => this.#versionsAfter(query.bucket, key, versionId);
    return listVersions(query, { from, keyOf }, after, entryOf);
  }

  async listGarbage({ untilMs, limit }: { untilMs: number; limit: number }): Promise<GarbageItem[]> {
    return Array.from(this.#garbage, ([blobId, sinceMs]) => ({ blobId, sinceMs }))
      .filter((item) => item.sinceMs <= untilMs)
      .sort((a, b) => a.sinceMs - b.sinceMs)
      .slice(0, limit);
  }

  async forgetGarbage(blobIds: readonly string[]): Promise<void> {
    for (const blobId of blobIds) this.#garbage.delete(blobId);
  }

  async moveBlob({ from, to, nowMs }: { from: string; to: string; nowMs: number }): Promise<boolean> {
    if (!this.#blobIds.delete(from)) return false;
    for (const { keys, uploads } of this.#buckets.valuesFrom('')) {
      for (const version of [...keys.valuesFrom('')].flat()) {
        version.record = { ...version.record, body: movedBody(version.record.body, from, to) };
      }
      for (const { parts } of [...uploads.valuesFrom('')].flatMap((each) => [...each.valuesFrom('')])) {
        for (const [number, part] of parts)
          parts.set(number, { ...part, body: movedPiece(part.body, from, to) });
      }
    }
    this.#blobIds.add(to);
    this.#garbage.set(from, nowMs);
    return true;
  }

  async isBlobKnown(blobId: string): Promise<boolean> {
    return this.#blobIds.has(blobId) || this.#garbage.has(blobId);
  }

  async checkWritable(): Promise<void> {}

  async close(): Promise<void> {}

  /** What this very put gave, if it was committed before. */
  #findEarlierCommit(bucket: Bucket, put: PutFacts): StoredResult | undefined {
    const version = bucket.keys.get(put.key)?.find(({ putId }) => putId === put.putId);
    const versionId = version?.record.versionId ?? this.#gonePuts.get(put.putId)?.versionId;
    if (versionId === undefined) return undefined;
    return { outcome: 'stored', record: storedSummary(put, versionId), bucket: bucket.record };
  }

  #store(bucket: Bucket, put: Omit<PutIntent, 'body'>, body: ObjectRecord['body']): PutResult {
    const { versioning } = bucket.record;
    const versions = bucket.keys.get(put.key) ?? [];
    const at = indexOfVersion(versions, versionIdOfPut(put, versioning));
    const replaced = versions[at] && { ...versions[at].record, isLatest: at === 0 };
    if (isOverwriteForbidden(put, versioning, versions[0]?.record, replaced)) return { outcome: 'exists' };
    return this.#storeVersion(bucket, put, body);
  }

  #storeVersion(bucket: Bucket, put: PutFacts, body: ObjectRecord['body']): StoredResult {
    const record = storedSummary(put, versionIdOfPut(put, bucket.record.versioning));
    this.#addVersion(bucket, { record: { ...record, body }, putId: put.putId });
    if ('blobId' in body) this.#blobIds.add(body.blobId);
    return { outcome: 'stored', record, bucket: bucket.record };
  }

  #findUpload({ bucket, key, uploadId }: UploadName): Upload | undefined {
    return this.#buckets.get(bucket)?.uploads.get(key)?.get(uploadId);
  }

  /** @param kept the ids of the parts that are in use elsewhere */
  #endUpload(bucket: Bucket, { record, parts }: Upload, kept: ReadonlySet<number>, nowMs: number): void {
    for (const { partId, body } of parts.values()) if (!kept.has(partId)) this.#freeBody(body, nowMs);
    const uploads = bucket.uploads.get(record.key);
    uploads?.delete(record.uploadId);
    if (uploads?.size === 0) bucket.uploads.delete(record.key);
  }

  #freeBody(body: ObjectRecord['body'], nowMs: number): void {
    if ('parts' in body) for (const part of body.parts) this.#freeBody(part.body, nowMs);
    if (!('blobId' in body)) return;
    this.#blobIds.delete(body.blobId);
    this.#garbage.set(body.blobId, nowMs);
  }

  #addVersion(bucket: Bucket, version: Version): void {
    const { key, versionId, modifiedAtMs } = version.record;
    if (versionId === nullVersionId) this.#eraseVersion(bucket, key, nullVersionId, modifiedAtMs);
    const versions = bucket.keys.get(key);
    if (versions) versions.unshift(version);
    else bucket.keys.set(key, [version]);
  }

  #eraseVersion(bucket: Bucket, key: string, versionId: string, nowMs: number): ObjectRecord | undefined {
    const versions = bucket.keys.get(key) ?? [];
    const at = indexOfVersion(versions, versionId);
    const [version] = at < 0 ? [] : versions.splice(at, 1);
    if (!version) return undefined;
    if (versions.length === 0) bucket.keys.delete(key);

    const { record, putId } = version;
    this.#freeBody(record.body, nowMs);
    if (!record.isDeleteMarker) this.#rememberGonePut(putId, versionId, nowMs);
    return { ...record, isLatest: at === 0 };
  }

  #rememberGonePut(putId: string, versionId: string, sinceMs: number): void {
    for (const [oldest, gone] of this.#gonePuts) {
      if (gone.sinceMs > sinceMs - putIdKeptMs) break;
      this.#gonePuts.delete(oldest);
    }
    this.#gonePuts.set(putId, { versionId, sinceMs });
  }

  *#currentFrom(bucketName: string, key: string): Generator<ObjectRecord, void, void> {
    for (const versions of this.#keysFrom(bucketName, key)) {
      const newest = versions[0] as Version;
      this.#rowsVisited++;
      if (!newest.record.isDeleteMarker) yield { ...newest.record, isLatest: true };
    }
  }

  *#versionsFrom(bucketName: string, key: string): Generator<ObjectRecord, void, void> {
    for (const versions of this.#keysFrom(bucketName, key)) {
      yield* this.#versionsOfKey(versions, 0);
    }
  }

  #versionsAfter(bucketName: string, key: string, versionId: string): Iterable<ObjectRecord> {
    const versions = this.#buckets.get(bucketName)?.keys.get(key) ?? [];
    return this.#versionsOfKey(versions, indexOfVersion(versions, versionId) + 1);
  }

  *#versionsOfKey(versions: readonly Version[], from: number): Generator<ObjectRecord, void, void> {
    for (let at = from; at < versions.length; at++) {
      this.#rowsVisited++;
      yield { ...(versions[at] as Version).record, isLatest: at === 0 };
    }
  }

  *#uploadsFrom(bucketName: string, key: string): Generator<UploadRecord, void, void> {
    for (const uploads of this.#buckets.get(bucketName)?.uploads.valuesFrom(key) ?? []) {
      yield* recordsOf(uploads.valuesFrom(''));
    }
  }

  #keysFrom(bucketName: string, key: string): Iterable<Version[]> {
    return this.#buckets.get(bucketName)?.keys.valuesFrom(key) ?? [];
  }
}

function keyOf<Row extends { readonly key: string }>(row: Row): string {
  return row.key;
}

function movedBody(body: ObjectRecord['body'], from: string, to: string): ObjectRecord['body'] {
  if (!('parts' in body)) return movedPiece(body, from, to);
  return { parts: body.parts.map((part) => ({ ...part, body: movedPiece(part.body, from, to) })) };
}

function movedPiece(body: WrittenBody, from: string, to: string): WrittenBody {
  return 'blobId' in body && body.blobId === from ? { blobId: to } : body;
}

function* recordsOf(uploads: Iterable<Upload>): Generator<UploadRecord, void, void> {
  for (const { record } of uploads) yield record;
}

/** By number, ascending. */
function partsOf({ parts }: Upload): Part[] {
  return Array.from(parts.values()).sort((a, b) => a.record.partNumber - b.record.partNumber);
}

function summaryOf({ body: _, ...summary }: ObjectRecord): ObjectSummary {
  return summary;
}

function entryOf({ body: _, acl: __, crc64: ___, ...entry }: ObjectRecord): ListEntry {
  return entry;
}

/** Undefined unless the version is still what it was. */
function findSeen(bucket: Bucket, key: string, seen: SeenVersion): Version | undefined {
  const versions = bucket.keys.get(key) ?? [];
  const at = indexOfVersion(versions, seen.versionId);
  const version = versions[at];
  return version && isStillSeen({ ...version.record, isLatest: at === 0 }, seen) ? version : undefined;
}

/** -1 when there is no such version. */
function indexOfVersion(versions: readonly Version[], versionId: string): number {
  return versions.findIndex(({ record }) => record.versionId === versionId);
}
