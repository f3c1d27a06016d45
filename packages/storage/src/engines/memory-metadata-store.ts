// The index in memory: for tests, for trying things out, and as the plainest statement of what an engine does. Each method is done
// before it returns its promise, so each is atomic.

import type { BucketName, ObjectName } from '@postern/protocol';
import { listNames, listVersionNames, takeObjects, takeVersions } from '../list-names.ts';
import {
  type GarbageItem,
  type ListPage,
  type ListQuery,
  type ListVersionsPage,
  type ListVersionsQuery,
  type MetadataStore,
  type PutIntent,
  type PutResult,
  putIdKeptMs,
  type RemoveIntent,
  type RemoveResult,
} from '../metadata-store.ts';
import {
  type BucketChange,
  type BucketRecord,
  changedBucket,
  nullVersionId,
  type ObjectAcl,
  type ObjectRecord,
  type ObjectSummary,
  type SeenVersion,
  type Tag,
} from '../records.ts';
import { firstAfter } from '../utf8-order.ts';
import {
  deleteMarker,
  isOverwriteForbidden,
  isStillSeen,
  planRemoval,
  storedRecord,
  versionIdOfPut,
} from '../version-rules.ts';
import { SortedMap } from './sorted-map.ts';

interface Bucket {
  record: BucketRecord;
  readonly keys: SortedMap<Version[]>;
}

/** `record.isLatest` is filled in when the version is given out. */
interface Version {
  record: ObjectRecord;
  /** Empty for a delete marker. */
  readonly putId: string;
}

export class MemoryMetadataStore implements MetadataStore {
  readonly #buckets = new SortedMap<Bucket>();
  /** Blobs that a version refers to. */
  readonly #blobIds = new Set<string>();
  /** Blob id → since when, in milliseconds. */
  readonly #garbage = new Map<string, number>();
  /** Ids of puts whose version is gone, oldest first. */
  readonly #gonePuts = new Map<string, { readonly versionId: string; readonly sinceMs: number }>();
  #rowsVisited = 0;

  /** Rows that listings have looked at since the start. */
  get rowsVisited(): number {
    return this.#rowsVisited;
  }

  async createBucket(bucket: BucketRecord): Promise<{ created: boolean; bucket: BucketRecord }> {
    const existing = this.#buckets.get(bucket.name);
    if (existing) return { created: false, bucket: existing.record };
    this.#buckets.set(bucket.name, { record: bucket, keys: new SortedMap() });
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

  async removeBucket(name: BucketName): Promise<'removed' | 'absent' | 'not-empty'> {
    const bucket = this.#buckets.get(name);
    if (!bucket) return 'absent';
    if (bucket.keys.size > 0) return 'not-empty';
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
    const { versioning } = bucket.record;
    const versions = bucket.keys.get(put.key) ?? [];

    const earlier = this.#findEarlierCommit(put, versions);
    if (earlier !== undefined) {
      return { outcome: 'stored', record: storedRecord(put, earlier), bucket: bucket.record };
    }
    if (isOverwriteForbidden(put, versioning, versions[0]?.record)) return { outcome: 'exists' };

    const record = storedRecord(put, versionIdOfPut(put, versioning));
    this.#addVersion(bucket, { record, putId: put.putId });
    if ('blobId' in record.body) this.#blobIds.add(record.body.blobId);
    return { outcome: 'stored', record, bucket: bucket.record };
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
    return takeObjects(listNames(query, { from, keyOf }), query.limit, summaryOf);
  }

  async listVersions(query: ListVersionsQuery): Promise<ListVersionsPage> {
    const from = (key: string) => this.#versionsFrom(query.bucket, key);
    const names = listVersionNames(query, { from, keyOf }, (key, versionId) =>
      this.#versionsAfter(query.bucket, key, versionId),
    );
    return takeVersions(names, query.limit, summaryOf);
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
    const buckets = [...this.#buckets.valuesFrom('')];
    const versions = buckets.flatMap(({ keys }) => [...keys.valuesFrom('')]).flat();
    const version = versions.find(({ record: { body } }) => 'blobId' in body && body.blobId === from);
    if (version) version.record = { ...version.record, body: { blobId: to } };
    this.#blobIds.add(to);
    this.#garbage.set(from, nowMs);
    return true;
  }

  async isBlobKnown(blobId: string): Promise<boolean> {
    return this.#blobIds.has(blobId) || this.#garbage.has(blobId);
  }

  async checkWritable(): Promise<void> {}

  async close(): Promise<void> {}

  /** The id of the version that this very put made, if it was committed before. */
  #findEarlierCommit(put: PutIntent, versions: readonly Version[]): string | undefined {
    const version = versions.find(({ putId }) => putId === put.putId);
    return version?.record.versionId ?? this.#gonePuts.get(put.putId)?.versionId;
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
    if ('blobId' in record.body) {
      this.#blobIds.delete(record.body.blobId);
      this.#garbage.set(record.body.blobId, nowMs);
    }
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

  #keysFrom(bucketName: string, key: string): Iterable<Version[]> {
    return this.#buckets.get(bucketName)?.keys.valuesFrom(key) ?? [];
  }
}

function keyOf({ key }: ObjectRecord): string {
  return key;
}

function summaryOf({ body: _, ...summary }: ObjectRecord): ObjectSummary {
  return summary;
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
