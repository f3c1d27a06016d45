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

/** A body in the blob store. */
export interface BlobRef {
  readonly blobId: string;
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

/** The properties of an object that its writer chose. */
export interface ObjectProperties {
  readonly acl: ObjectAcl;
  readonly storageClass: string;
  /** Header names in lower case (`content-type`, `cache-control`, `x-oss-meta-…`, `x-oss-server-side-encryption`, …). */
  readonly headers: Readonly<Record<string, string>>;
  /** In the order given, no key twice. */
  readonly tags: readonly Tag[];
}

/** One version of an object, or a delete marker, without its body: what a listing gives. */
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
  /** Without quotes: the upper-case hex MD5 of the body; empty for a delete marker. */
  readonly etag: string;
  /** CRC-64/XZ of the body as an unsigned decimal. */
  readonly crc64: string;
}

export interface ObjectRecord extends ObjectSummary {
  /** A small body itself, or where it is. Delete markers have an empty one. */
  readonly body: Uint8Array | BlobRef;
}
