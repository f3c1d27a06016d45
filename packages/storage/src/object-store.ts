// What the server calls: the operations on objects and buckets, and what they are given and answer. engine-object-store.ts carries them out.

import type { BucketName, ObjectName } from '@postern/protocol';
import type { BucketStatistics } from './bucket-statistics.ts';
import type { Digests } from './digests.ts';
import type {
  MetadataStore,
  PartResult,
  PutCondition,
  PutResult,
  RemoveResult,
  UploadName,
} from './metadata-store.ts';
import type { OpenBody } from './open-body.ts';
import type { BucketRecord, ObjectProperties, ObjectRecord, SeenVersion, UploadRecord } from './records.ts';
import type { CompletionPlan, NamedPart } from './upload-rules.ts';

/** What is to be written, and checked. */
export interface BodyRequest {
  /**
   * The body. Nothing becomes visible before it ends; when it throws, the blob is aborted, nothing is left, and the error goes on
   * to the caller unchanged. A size limit, a closing boundary or a digest is therefore checked by wrapping it. A chunk must keep
   * its bytes until the next one is asked for.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** Bytes of the body, if that is known beforehand; if it is wrong, only time is lost. */
  readonly bytesExpected?: number | undefined;
  /** Called once the whole body is read, before anything can become visible. What it throws aborts the write. */
  readonly checkDigests?: (digests: Digests) => void;
}

export interface PutRequest extends ObjectProperties, BodyRequest {
  readonly bucket: BucketName;
  readonly key: ObjectName;
  /**
   * A function is asked when the body is durable, right before the commit: sending it may have taken hours, and what was found before need
   * not hold any more. What it throws aborts the put.
   */
  readonly condition: PutCondition | (() => Promise<PutCondition>);
  /** Default: `Normal`. */
  readonly objectType?: 'Normal' | 'Symlink';
}

export interface PutPartRequest extends UploadName, BodyRequest {
  readonly partNumber: number;
}

export interface CreateUploadRequest extends ObjectProperties {
  readonly bucket: BucketName;
  readonly key: ObjectName;
  /** Its parts have to come in order. Default: no. */
  readonly isSequential?: boolean;
}

export interface AppendRequest extends ObjectProperties, BodyRequest {
  readonly bucket: BucketName;
  readonly key: ObjectName;
  /** Where it begins, which has to be where the object ends; 0 makes the object, and only then do the properties count. */
  readonly position: number;
  /** Called when the appended body is durable, as the function of {@link PutRequest.condition}. */
  readonly checkAgain?: () => Promise<void>;
}

export type AppendResult =
  | Exclude<PutResult, { outcome: 'exists' }>
  /** `length` of the object in bytes; 0 when there is none. */
  | { readonly outcome: 'wrong-position'; readonly length: number }
  | { readonly outcome: 'not-appendable' };

export type CreateUploadResult =
  | { readonly outcome: 'created'; readonly upload: UploadRecord }
  | { readonly outcome: 'no-bucket' };

export interface CompleteUploadRequest extends UploadName {
  /** In ascending order of their numbers; `all` takes every part there is. Parts that are not named are dropped. */
  readonly parts: readonly NamedPart[] | 'all';
  readonly condition: PutCondition;
  /** What every part but the last must have. */
  readonly partBytesMin: number;
}

export type CompleteUploadResult =
  | PutResult
  | { readonly outcome: 'no-upload' }
  | Exclude<CompletionPlan, { outcome: 'planned' }>;

/** What the index answers by itself; the store hands it on as it is. */
type HandedOn =
  | 'findBucket'
  | 'changeBucket'
  | 'replaceDocument'
  | 'removeBucket'
  | 'listBuckets'
  | 'findObject'
  | 'findSummary'
  | 'setObjectAcl'
  | 'setTags'
  | 'setStorageClass'
  | 'setHeader'
  | 'list'
  | 'listVersions'
  | 'findUpload'
  | 'listParts'
  | 'listUploads';

/**
 * The operations on objects and buckets, over one metadata store and one blob store. All that change something throw DiskFull when
 * there is no room, and once a write to the disk has failed (VolumeFailed) throw that at once; reading goes on.
 */
export interface ObjectStore extends Pick<MetadataStore, HandedOn> {
  createBucket(
    bucket: Pick<BucketRecord, 'name' | 'owner' | 'acl' | 'storageClass'>,
  ): Promise<{ readonly created: boolean; readonly bucket: BucketRecord }>;

  put(request: PutRequest): Promise<PutResult>;
  /**
   * Puts the body behind the last byte of the newest version, which stays the same version; of two at one position one goes through.
   * `checkDigests` gets the digests of what is appended.
   */
  append(request: AppendRequest): Promise<AppendResult>;
  createUpload(request: CreateUploadRequest): Promise<CreateUploadResult>;
  /** As {@link put}; a part put again takes the place of the one with its number. */
  putPart(request: PutPartRequest): Promise<PartResult>;
  /** Makes an object of the parts, without reading them. */
  completeUpload(request: CompleteUploadRequest): Promise<CompleteUploadResult>;
  abortUpload(bucket: BucketName, key: ObjectName, uploadId: string): Promise<'aborted' | 'no-upload'>;
  /** The body of a record that was just found. It stays readable to its end even if the object is overwritten meanwhile. */
  openBody(record: ObjectRecord): OpenBody;
  /** @param onlyIf as in {@link RemoveIntent} */
  remove(
    bucket: BucketName,
    key: ObjectName,
    versionId?: string,
    onlyIf?: SeenVersion,
  ): Promise<RemoveResult>;

  /** How much is in the bucket; see bucket-statistics.ts for what it takes. All zeros for one that is not there. */
  measureBucket(bucket: BucketName): Promise<BucketStatistics>;

  /** Whether a write could go through now: what a readiness probe asks. Throws what is wrong. */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}
