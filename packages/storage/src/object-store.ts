// What the server calls. The write protocol lives here, once: body → durable → one atomic commit → visible.

import type { BucketName, ObjectName } from '@postern/protocol';
import type {
  ListPage,
  ListQuery,
  ListVersionsPage,
  ListVersionsQuery,
  PutCondition,
  PutResult,
  RemoveResult,
} from './metadata-store.ts';
import type { BucketChange, BucketRecord, ObjectAcl, ObjectProperties, ObjectRecord } from './records.ts';

export interface PutRequest extends ObjectProperties {
  readonly bucket: BucketName;
  readonly key: ObjectName;
  readonly condition: PutCondition;
  /**
   * The body. Nothing becomes visible before it ends; when it throws, the blob is aborted, nothing is left, and the error goes on
   * to the caller unchanged. A size limit, a closing boundary or a digest is therefore checked by wrapping it.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Called once the whole body is read, before anything can become visible. What it throws aborts the put. */
  readonly checkDigests?: (digests: Digests) => void;
}

export interface Digests {
  readonly size: number;
  /** Upper-case hex. */
  readonly md5: string;
  /** Unsigned decimal. */
  readonly crc64: string;
}

export interface OpenBody {
  readonly record: ObjectRecord;
  /** Bytes from `from` up to, not including, `to`. */
  read(from: number, to: number): AsyncIterable<Uint8Array>;
}

/** The operations on objects and buckets, over one metadata store and one blob store. */
export interface ObjectStore {
  createBucket(
    bucket: Pick<BucketRecord, 'name' | 'owner' | 'acl' | 'storageClass'>,
  ): Promise<{ readonly created: boolean; readonly bucket: BucketRecord }>;
  findBucket(name: BucketName): Promise<BucketRecord | undefined>;
  changeBucket(name: BucketName, change: BucketChange): Promise<BucketRecord | undefined>;
  removeBucket(name: BucketName): Promise<'removed' | 'absent' | 'not-empty'>;
  listBuckets(query: {
    prefix: string;
    after: string;
    limit: number;
  }): Promise<{ buckets: readonly BucketRecord[]; next: string | undefined }>;

  put(request: PutRequest): Promise<PutResult>;
  findObject(bucket: BucketName, key: ObjectName, versionId?: string): Promise<ObjectRecord | undefined>;
  /** The body of a record that was just found. It stays readable to its end even if the object is overwritten meanwhile. */
  openBody(record: ObjectRecord): OpenBody;
  setObjectAcl(
    bucket: BucketName,
    key: ObjectName,
    versionId: string,
    acl: ObjectAcl,
  ): Promise<ObjectRecord | undefined>;
  remove(bucket: BucketName, key: ObjectName, versionId?: string): Promise<RemoveResult>;
  list(query: ListQuery): Promise<ListPage>;
  listVersions(query: ListVersionsQuery): Promise<ListVersionsPage>;

  /** Whether a write could go through now: what a readiness probe asks. Throws what is wrong. */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}
