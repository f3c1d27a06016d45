// The small notation of the suite that every index passes: a bucket of one's own, and what is done in it, in a word each.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type BucketName, type ObjectName, parseBucketName, parseObjectName } from '@postern/protocol';
import type {
  CompletionIntent,
  ListQuery,
  ListUploadsQuery,
  MetadataStore,
  PartIntent,
  PutIntent,
  PutResult,
} from '../metadata-store.ts';
import type { BucketRecord, ListEntry, SeenVersion, UploadRecord, Versioning } from '../records.ts';

export interface OpenedMetadataStore {
  readonly store: MetadataStore;
  /** How many rows listings have looked at so far. An engine that cannot tell skips the test that asks. */
  readonly rowsVisited?: () => number;
}

export type WithBucket = (
  run: (bench: Bench, context: TestContext) => Promise<void>,
  versioning?: Versioning,
) => (context: TestContext) => Promise<void>;

let bucketsMade = 0;
let putsMade = 0;

/** Never the same twice. */
export function nextNumber(): number {
  return ++putsMade;
}

/** A bucket of its own, and the small notation of these tests. */
export class Bench {
  readonly store: MetadataStore;
  readonly bucket: BucketName;
  readonly rowsVisited: (() => number) | undefined;
  /** Counts up, so that the order of events is their order in time. */
  nowMs = 1_700_000_000_000;

  static async open(opened: OpenedMetadataStore, versioning: Versioning): Promise<Bench> {
    const bench = new Bench(opened);
    await opened.store.createBucket(bucketRecord(bench.bucket));
    if (versioning !== 'never') await bench.setVersioning(versioning);
    return bench;
  }

  constructor({ store, rowsVisited }: OpenedMetadataStore) {
    this.store = store;
    this.bucket = parseBucketName(`bench-${++bucketsMade}`);
    this.rowsVisited = rowsVisited;
  }

  intent(key: string, more: Partial<PutIntent> = {}): PutIntent {
    const number = nextNumber();
    return {
      putId: `put-${number}`,
      bucket: this.bucket,
      key: parseObjectName(key),
      versionId: `version-${number}`,
      objectType: 'Normal',
      modifiedAtMs: ++this.nowMs,
      size: 3,
      etag: 'ACBD18DB4CC2F85CEDEF654FCCC4A4D8',
      crc64: '3',
      condition: 'any',
      acl: 'default',
      storageClass: 'Standard',
      headers: { 'content-type': 'text/plain' },
      tags: [],
      body: Buffer.from('foo'),
      ...more,
    };
  }

  put(key: string, more: Partial<PutIntent> = {}): Promise<PutResult> {
    return this.store.commitPut(this.intent(key, more));
  }

  putAll(keys: readonly string[]): Promise<unknown> {
    return Promise.all(keys.map((key) => this.put(key)));
  }

  /** @returns its outcome */
  async remove(key: string, versionId?: string, onlyIf?: SeenVersion): Promise<string> {
    const { outcome } = await this.store.remove({
      bucket: this.bucket,
      key: parseObjectName(key),
      versionId,
      onlyIf,
      markerVersionId: `marker-${nextNumber()}`,
      modifiedAtMs: ++this.nowMs,
    });
    return outcome;
  }

  /** @returns its id; ids grow from one to the next */
  async createUpload(key: string, more: Partial<UploadRecord> = {}): Promise<string> {
    const uploadId = String(nextNumber()).padStart(32, '0');
    const upload: UploadRecord = {
      ...{ bucket: this.bucket, key: parseObjectName(key), uploadId, initiatedAtMs: ++this.nowMs },
      ...{ isSequential: false, acl: 'default', storageClass: 'IA', headers: {}, tags: [] },
      ...more,
    };
    await this.store.createUpload(upload);
    return uploadId;
  }

  /** @returns the id of the part, or what came of it instead */
  async putPart(
    key: string,
    uploadId: string,
    partNumber: number,
    more: Partial<PartIntent> = {},
  ): Promise<number | string> {
    const result = await this.store.commitPart({
      ...{
        bucket: this.bucket,
        key: parseObjectName(key),
        uploadId,
        partNumber,
        size: 3,
        etag: `E${partNumber}`,
      },
      ...{ crc64: '3', modifiedAtMs: ++this.nowMs, body: Buffer.from('foo') },
      ...more,
    });
    return result.outcome === 'stored' ? result.part.partId : result.outcome;
  }

  completion(
    key: string,
    uploadId: string,
    partIds: readonly (number | string)[],
    more: Partial<PutIntent> = {},
  ): CompletionIntent {
    const { body: _, ...put } = this.intent(key, { objectType: 'Multipart', ...more });
    return { ...put, uploadId, partIds: partIds.map(Number) };
  }

  complete(...given: Parameters<Bench['completion']>) {
    return this.store.completeUpload(this.completion(...given));
  }

  /** The numbers of the parts there are; undefined when there is no upload. */
  async parts(key: string, uploadId: string, after = 0, limit = 1000) {
    const page = await this.store.listParts({
      ...{ bucket: this.bucket, key: parseObjectName(key), uploadId, after, limit },
    });
    return page && { numbers: page.parts.map(({ partNumber }) => partNumber), next: page.next };
  }

  async uploads(query: Partial<ListUploadsQuery> = {}) {
    const page = await this.store.listUploads({ ...this.#query, ...query });
    return {
      uploads: page.uploads.map(({ key, uploadId }) => [key as string, uploadId]),
      prefixes: page.commonPrefixes,
      next: page.next,
    };
  }

  async setVersioning(versioning: 'enabled' | 'suspended'): Promise<void> {
    await this.store.changeBucket(this.bucket, { versioning });
  }

  /** Whole; its summary has to say the same. */
  async find(key: string, versionId?: string) {
    const found = await this.store.findObject(this.bucket, key as ObjectName, versionId);
    const summary = await this.store.findSummary(this.bucket, key as ObjectName, versionId);
    assert.deepEqual(found, found && { ...summary, body: found.body });
    assert.equal(summary === undefined, found === undefined);
    return found;
  }

  async list(query: Partial<ListQuery> = {}) {
    const page = await this.store.list({ ...this.#query, ...query });
    return {
      keys: page.objects.map(({ key }) => key as string),
      prefixes: page.commonPrefixes,
      next: page.next,
    };
  }

  listVersions(query: Partial<ListQuery> & { afterVersionId?: string } = {}) {
    return this.store.listVersions({ ...this.#query, ...query });
  }

  /** The versions of the whole bucket, each as `key id`, with a star for the newest and a cross for a delete marker. */
  async versions(): Promise<string[]> {
    const { versions } = await this.listVersions();
    return versions.map(describeVersion);
  }

  async garbage(): Promise<string[]> {
    const items = await this.store.listGarbage({ untilMs: this.nowMs, limit: 1000 });
    return items.map(({ blobId }) => blobId);
  }

  get #query(): ListQuery {
    return { bucket: this.bucket, prefix: '', delimiter: '', after: '', limit: 1000 };
  }
}

export function bucketRecord(name: BucketName): BucketRecord {
  return {
    name,
    owner: 'account',
    createdAtMs: 1_700_000_000_000,
    acl: 'private',
    storageClass: 'Standard',
    versioning: 'never',
    documents: {},
  };
}

export function describeVersion({ key, versionId, isLatest, isDeleteMarker }: ListEntry): string {
  return `${key} ${versionId}${isLatest ? '*' : ''}${isDeleteMarker ? '†' : ''}`;
}
