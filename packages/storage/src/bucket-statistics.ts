// How much is in a bucket (OSS API: GetBucketStat). Counted by going through its listings, a few hundred rows at a time with a turn for
// everybody else in between: a put pays nothing for it, and a bucket of a million objects takes some seconds. What changes meanwhile is
// counted or not. Calls that come while a bucket is being measured share the measurement after that one.

import { setImmediate } from 'node:timers/promises';
import type { BucketName } from '@postern/protocol';
import type { MetadataStore } from './metadata-store.ts';
import type { UploadRecord } from './records.ts';

export interface StorageUse {
  readonly objects: number;
  /** Of their bodies. */
  readonly bytes: number;
}

export interface BucketStatistics extends StorageUse {
  /** As above: every version of an object counts as one, delete markers do not. */
  readonly byStorageClass: Readonly<Record<string, StorageUse>>;
  readonly deleteMarkers: number;
  /** Neither completed nor aborted. */
  readonly uploads: number;
  /** Of these uploads. */
  readonly parts: number;
  readonly partBytes: number;
  /** When a version, a delete marker or a part was last written; 0 in an empty bucket. */
  readonly lastModifiedAtMs: number;
}

type Listings = Pick<MetadataStore, 'listVersions' | 'listUploads' | 'listParts'>;

/** Rows in one step: some two milliseconds. */
const stepRows = 500;

/** Of a bucket that is not there: all zeros. */
export async function measureBucket(metadata: Listings, bucket: BucketName): Promise<BucketStatistics> {
  const versions = await measureVersions(metadata, bucket);
  const uploads = await measureUploads(metadata, bucket);
  return {
    ...versions,
    ...uploads,
    lastModifiedAtMs: Math.max(versions.lastModifiedAtMs, uploads.lastModifiedAtMs),
  };
}

async function measureVersions(metadata: Listings, bucket: BucketName) {
  const everything = { bucket, prefix: '', delimiter: '', limit: stepRows };
  const use = new Map<string, StorageUse>();
  let deleteMarkers = 0;
  let lastModifiedAtMs = 0;
  for (let mark: Mark = { after: '' }; mark !== undefined; ) {
    const { versions, next } = await metadata.listVersions({ ...everything, ...mark });
    for (const { isDeleteMarker, storageClass, size, modifiedAtMs } of versions) {
      lastModifiedAtMs = Math.max(lastModifiedAtMs, modifiedAtMs);
      if (isDeleteMarker) deleteMarkers++;
      else use.set(storageClass, addUse(use.get(storageClass), { objects: 1, bytes: size }));
    }
    mark = next && { after: next.key, afterVersionId: next.versionId };
    if (mark) await setImmediate();
  }
  const whole = Array.from(use.values()).reduce(addUse, { objects: 0, bytes: 0 });
  return { ...whole, byStorageClass: Object.fromEntries(use), deleteMarkers, lastModifiedAtMs };
}

type Mark = { readonly after: string; readonly afterVersionId?: string | undefined } | undefined;

function addUse(a: StorageUse = { objects: 0, bytes: 0 }, b: StorageUse): StorageUse {
  return { objects: a.objects + b.objects, bytes: a.bytes + b.bytes };
}

async function measureUploads(metadata: Listings, bucket: BucketName) {
  const everything = { bucket, prefix: '', delimiter: '', limit: stepRows };
  const total = { uploads: 0, parts: 0, partBytes: 0, lastModifiedAtMs: 0 };
  for (let mark: UploadMark = { after: '' }; mark !== undefined; ) {
    const { uploads, next } = await metadata.listUploads({ ...everything, ...mark });
    for (const upload of uploads) {
      total.uploads++;
      for await (const { size, modifiedAtMs } of partsOf(metadata, upload)) {
        total.parts++;
        total.partBytes += size;
        total.lastModifiedAtMs = Math.max(total.lastModifiedAtMs, modifiedAtMs);
      }
    }
    mark = next && { after: next.key, afterUploadId: next.uploadId };
    if (mark) await setImmediate();
  }
  return total;
}

type UploadMark = { readonly after: string; readonly afterUploadId?: string | undefined } | undefined;

async function* partsOf(metadata: Listings, { bucket, key, uploadId }: UploadRecord) {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const query = { bucket, key, uploadId, after, limit: stepRows };
    const page: Awaited<ReturnType<Listings['listParts']>> = await metadata.listParts(query);
    yield* page?.parts ?? [];
    after = page?.next;
    if (after !== undefined) await setImmediate();
  }
}

/** Measures each bucket once at a time, however many ask. */
export class BucketMeasurer {
  readonly #metadata: Listings;
  /** The measurement under way, and the one that those who have come since are waiting for. */
  readonly #underWay = new Map<BucketName, Promise<BucketStatistics>>();
  readonly #waiting = new Map<BucketName, Promise<BucketStatistics>>();

  constructor(metadata: Listings) {
    this.#metadata = metadata;
  }

  measure(bucket: BucketName): Promise<BucketStatistics> {
    const underWay = this.#underWay.get(bucket);
    if (underWay === undefined) return this.#start(bucket);
    const waiting = this.#waiting.get(bucket) ?? this.#startAfter(bucket, underWay);
    this.#waiting.set(bucket, waiting);
    return waiting;
  }

  async #startAfter(bucket: BucketName, underWay: Promise<unknown>): Promise<BucketStatistics> {
    // What came of that one is for those who asked for it.
    await underWay.catch(() => {});
    this.#waiting.delete(bucket);
    return this.#start(bucket);
  }

  #start(bucket: BucketName): Promise<BucketStatistics> {
    const started = measureBucket(this.#metadata, bucket).finally(() => {
      if (this.#underWay.get(bucket) === started) this.#underWay.delete(bucket);
    });
    this.#underWay.set(bucket, started);
    return started;
  }
}
