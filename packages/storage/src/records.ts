// What is stored: buckets, objects with their versions, and blobs. Nothing here knows of HTTP; header names and values that have to
// come back with an object are kept as they are, without being understood.

import type { BucketName, ObjectName, Tag } from '@postern/protocol';

export type { Tag } from '@postern/protocol';

export type BucketAcl = 'private' | 'public-read' | 'public-read-write';
export type ObjectAcl = 'default' | BucketAcl;

/** `never` can only turn into `enabled`; after that a bucket is `enabled` or `suspended`, never `never` again. */
export type Versioning = 'never' | 'enabled' | 'suspended';

export interface BucketRecord {
  readonly name: BucketName;
  /** The account that owns the bucket. */
  readonly owner: string;
  readonly createdAtMs: number;
  readonly acl: BucketAcl;
  readonly storageClass: string;
  readonly versioning: Versioning;
  /** Configuration documents by name (`cors`, …), each as text that storage does not read. */
  readonly documents: Readonly<Record<string, string>>;
}

/** What can be changed of a bucket. In `documents` a name given as `undefined` is removed, others are set, the rest stay. */
export interface BucketChange {
  readonly acl?: BucketAcl;
  readonly versioning?: 'enabled' | 'suspended';
  readonly documents?: Readonly<Record<string, string | undefined>>;
}

/** Of one document of a bucket, by whoever has worked it out from what there was; undefined: none. */
export interface DocumentReplacement {
  readonly document: string;
  readonly seen: string | undefined;
  readonly text: string | undefined;
}

export type ReplacementOutcome = 'replaced' | 'no-longer-as-seen' | 'no-bucket';

export function changedBucket(bucket: BucketRecord, change: BucketChange): BucketRecord {
  const documents = Object.entries({ ...bucket.documents, ...change.documents });
  return {
    ...bucket,
    acl: change.acl ?? bucket.acl,
    versioning: change.versioning ?? bucket.versioning,
    documents: Object.fromEntries(
      documents.filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  };
}

/** The id of the one version that a key has while its bucket's versioning is not enabled. */
export const nullVersionId = 'null';

/** How an object came to be, which decides what may be done with it. The body of a symlink is the key of its target in UTF-8. */
export const objectTypes = ['Normal', 'Multipart', 'Appendable', 'Symlink'] as const;
export type ObjectType = (typeof objectTypes)[number];

/** Whether the body of such an object is a {@link PartedBody}. */
export function isInParts(objectType: ObjectType): boolean {
  return objectType === 'Multipart' || objectType === 'Appendable';
}

/** A body in the blob store. */
export interface BlobRef {
  readonly blobId: string;
}

/** What was written in one go: itself, when it is small, or where it is. */
export type WrittenBody = Uint8Array | BlobRef;

/** A piece of a body that was written in several. */
export interface BodyPart {
  /** Unique in the store: whatever is written later has another. */
  readonly partId: number;
  readonly size: number;
  /** CRC-64/XZ of the piece as an unsigned decimal. */
  readonly crc64: string;
  readonly body: WrittenBody;
}

/** In order; together they are the body. */
export interface PartedBody {
  readonly parts: readonly BodyPart[];
}

/**
 * A version as somebody saw it. Its id alone does not tell whether it is still that one: the null version keeps its id when it is
 * overwritten.
 */
export interface SeenVersion {
  readonly versionId: string;
  readonly isLatest: boolean;
  readonly modifiedAtMs: number;
  readonly etag: string;
}

/** No more of a version than tells whether it has changed: its body need not travel. */
export function seenOf({ versionId, isLatest, modifiedAtMs, etag }: SeenVersion): SeenVersion {
  return { versionId, isLatest, modifiedAtMs, etag };
}

/** The properties of an object that its writer chose. */
export interface ObjectProperties {
  readonly acl: ObjectAcl;
  readonly storageClass: string;
  /** Header names in lower case (`content-type`, `cache-control`, `x-oss-meta-…`, `x-oss-server-side-encryption`, …). */
  readonly headers: Readonly<Record<string, string>>;
  /** In the order given, no key twice. */
  readonly tags: readonly Tag[];
}

/** One version of an object, or a delete marker, without its body. */
export interface ObjectSummary extends ObjectProperties {
  readonly bucket: BucketName;
  readonly key: ObjectName;
  /** {@link nullVersionId}, or an opaque URL-safe id. */
  readonly versionId: string;
  /** Whether this is the newest version of its key. */
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
  readonly objectType: ObjectType;
  readonly modifiedAtMs: number;
  /** Bytes of the body; 0 for a delete marker. */
  readonly size: number;
  /** Without quotes: the upper-case hex MD5 of a body written in one go; empty for a delete marker. */
  readonly etag: string;
  /** CRC-64/XZ of the body as an unsigned decimal. */
  readonly crc64: string;
}

/** What a listing gives of a version: what it leaves out would be a fifth of its time. */
export type ListEntry = Omit<ObjectSummary, 'acl' | 'crc64'>;

export interface ObjectRecord extends ObjectSummary {
  /** In parts exactly when {@link isInParts} says so. Delete markers have an empty one. */
  readonly body: WrittenBody | PartedBody;
}

/** A multipart upload that is neither completed nor aborted. Its object will have these properties. */
export interface UploadRecord extends ObjectProperties {
  readonly bucket: BucketName;
  readonly key: ObjectName;
  /** 32 upper-case hex digits; of one key, they are in the order of initiation. */
  readonly uploadId: string;
  readonly initiatedAtMs: number;
  /** Its parts have to come in order. */
  readonly isSequential: boolean;
}

/** The numbers that the parts of an upload can have, which is also how many there can be. */
export const partNumberMax = 10_000;

/** A part of a multipart upload, without its body. */
export interface PartRecord {
  /** 1 to {@link partNumberMax}. */
  readonly partNumber: number;
  /** As in {@link BodyPart}: a part that is put again has another. */
  readonly partId: number;
  readonly size: number;
  /** The upper-case hex MD5, without quotes. */
  readonly etag: string;
  readonly crc64: string;
  readonly modifiedAtMs: number;
}
