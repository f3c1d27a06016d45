// The index of everything visible: buckets, and object versions ordered by (bucket, key in UTF-8 byte order, newest version first).
// Every method is atomic, and durable when its promise resolves. What changes something may throw DiskFull, or VolumeFailed, after which
// an engine changes nothing more. Engines run the suite in contract/.

import type { BucketName, ObjectName } from '@postern/protocol';
import type {
  BodyPart,
  BucketChange,
  BucketRecord,
  DocumentReplacement,
  ListEntry,
  ObjectAcl,
  ObjectProperties,
  ObjectRecord,
  ObjectSummary,
  ObjectType,
  PartRecord,
  ReplacementOutcome,
  SeenVersion,
  Tag,
  UploadRecord,
  WrittenBody,
} from './records.ts';

/** How long an engine remembers the id of a put whose version is gone again, so that a late retry does not bring it back. */
export const putIdKeptMs = 60 * 60 * 1000;

/**
 * What must hold for a put to go through. `absent`: the key has no newest version, or a delete marker. `replacing`: the version that it takes
 * the place of, if there is one, is this one, unchanged; undefined: it takes the place of none.
 */
export type PutCondition = 'any' | 'absent' | { readonly replacing: SeenVersion | undefined };

export interface PutIntent extends ObjectProperties {
  /** Unique to this put. Committing the same id again, within {@link putIdKeptMs}, changes nothing and gives the same result. */
  readonly putId: string;
  readonly bucket: BucketName;
  readonly key: ObjectName;
  /** The id that the version gets if the bucket's versioning is enabled; otherwise it becomes the null version. */
  readonly versionId: string;
  readonly objectType: ObjectType;
  readonly modifiedAtMs: number;
  readonly size: number;
  readonly etag: string;
  readonly crc64: string;
  readonly body: WrittenBody;
  /** `absent` is ignored when the bucket's versioning is enabled or suspended (OSS: forbid-overwrite has no effect there). */
  readonly condition: PutCondition;
}

export type PutResult =
  | { readonly outcome: 'stored'; readonly record: ObjectSummary; readonly bucket: BucketRecord }
  | { readonly outcome: 'exists' }
  | { readonly outcome: 'no-bucket' };

/** The upload that a part, or a completion, belongs to. */
export interface UploadName {
  readonly bucket: BucketName;
  readonly key: ObjectName;
  readonly uploadId: string;
}

export interface PartIntent extends UploadName, Omit<PartRecord, 'partId'> {
  readonly body: WrittenBody;
}

export type PartResult =
  | { readonly outcome: 'stored'; readonly part: PartRecord }
  | { readonly outcome: 'no-upload' }
  | { readonly outcome: 'not-sequential' };

/** A put whose body is there already, as parts of an upload. The upload ends with it; its other parts become garbage. */
export interface CompletionIntent extends UploadName, Omit<PutIntent, 'body'> {
  /** By number, ascending. */
  readonly partIds: readonly number[];
}

export type CompletionResult =
  | PutResult
  | { readonly outcome: 'no-upload' }
  /** One of the parts has been replaced, so what was worked out from them does not hold. */
  | { readonly outcome: 'parts-changed' };

/** What is put behind the last byte of an appendable object, which keeps its version; or the first bytes of a new one. */
export interface AppendIntent extends Omit<PutIntent, 'body' | 'condition'> {
  /** The last part of the object that this was worked out from; undefined when there was no object. */
  readonly lastPartId: number | undefined;
  /** Parts at the end of it whose bytes the new part begins with; they become garbage. */
  readonly mergedParts: number;
  readonly part: Omit<BodyPart, 'partId'> & Pick<PartRecord, 'etag'>;
}

export type AppendCommitResult =
  | Exclude<PutResult, { outcome: 'exists' }>
  /** The newest version is not, or not any more, the one that this was worked out from. */
  | { readonly outcome: 'changed' };

export interface ListPartsQuery extends UploadName {
  /** Only parts with higher numbers than this one; 0: from the start. */
  readonly after: number;
  readonly limit: number;
}

export interface ListPartsPage {
  /** By number, ascending. */
  readonly parts: readonly PartRecord[];
  /** The last number of this page when there are more behind it. */
  readonly next: number | undefined;
}

export interface RemoveIntent {
  readonly bucket: BucketName;
  readonly key: ObjectName;
  /** Remove this version for good; without it, what OSS does for a plain delete (remove, or add a delete marker). */
  readonly versionId?: string | undefined;
  /** Remove nothing (`absent`) unless this version is still there, unchanged, and still, or still not, the newest of its key. */
  readonly onlyIf?: SeenVersion | undefined;
  /** The id of the delete marker, should one be added under enabled versioning. */
  readonly markerVersionId: string;
  readonly modifiedAtMs: number;
}

export type RemoveResult =
  | { readonly outcome: 'removed'; readonly record: ObjectSummary; readonly bucket: BucketRecord }
  | { readonly outcome: 'marked'; readonly marker: ObjectSummary; readonly bucket: BucketRecord }
  | { readonly outcome: 'absent'; readonly bucket: BucketRecord }
  | { readonly outcome: 'no-bucket' };

export interface ListQuery {
  readonly bucket: BucketName;
  readonly prefix: string;
  /** Empty: no grouping. */
  readonly delimiter: string;
  /**
   * Only names (keys or common prefixes) after this one in UTF-8 byte order; empty: from the start. The common prefix that this
   * name belongs to is not after it, so nothing of that group is listed.
   */
  readonly after: string;
  /** Keys and common prefixes together, 0 to 1000. */
  readonly limit: number;
}

export interface ListPage {
  readonly objects: readonly ListEntry[];
  readonly commonPrefixes: readonly string[];
  /** The last key or prefix of this page when there is more behind it. */
  readonly next: string | undefined;
}

export interface ListVersionsQuery extends ListQuery {
  /**
   * Go on after this version of the key `after`; without it, after all versions of that key. A version that is gone (a clean-up
   * removes each page before it asks for the next) counts as the newest: what is left of the key is listed, nothing is missed.
   */
  readonly afterVersionId?: string | undefined;
}

export interface ListVersionsPage {
  /** Versions and delete markers, keys ascending, newest first. */
  readonly versions: readonly ListEntry[];
  readonly commonPrefixes: readonly string[];
  /** `versionId` is undefined when the page ended on a common prefix. */
  readonly next: { readonly key: string; readonly versionId: string | undefined } | undefined;
}

/** `after` is a key, or a common prefix. */
export interface ListUploadsQuery extends ListQuery {
  /** Go on after this upload of the key `after`, whether it is still there or not; without it, after all uploads of that key. */
  readonly afterUploadId?: string | undefined;
}

export interface ListUploadsPage {
  /** By key, and those of a key by their ids, which is the order of initiation. */
  readonly uploads: readonly UploadRecord[];
  readonly commonPrefixes: readonly string[];
  /** `uploadId` is undefined when the page ended on a common prefix. */
  readonly next: { readonly key: string; readonly uploadId: string | undefined } | undefined;
}

export interface GarbageItem {
  readonly blobId: string;
  readonly sinceMs: number;
}

export interface MetadataStore {
  /** Makes the bucket, or gives the one that has the name already. */
  createBucket(bucket: BucketRecord): Promise<{ readonly created: boolean; readonly bucket: BucketRecord }>;
  findBucket(name: BucketName): Promise<BucketRecord | undefined>;
  changeBucket(name: BucketName, change: BucketChange): Promise<BucketRecord | undefined>;
  /** Of several that have seen the same one goes through. */
  replaceDocument(name: BucketName, replacement: DocumentReplacement): Promise<ReplacementOutcome>;
  /** `not-empty` while any version, delete marker or upload is left. */
  removeBucket(name: BucketName): Promise<'removed' | 'absent' | 'not-empty'>;
  /** By name, ascending. */
  listBuckets(query: {
    prefix: string;
    after: string;
    limit: number;
  }): Promise<{ buckets: readonly BucketRecord[]; next: string | undefined }>;

  /** @throws CommitUnknown when it may or may not have gone through. With any other error it has not. */
  commitPut(put: PutIntent): Promise<PutResult>;
  /** The newest version (which may be a delete marker), or the one named. */
  findObject(bucket: BucketName, key: ObjectName, versionId?: string): Promise<ObjectRecord | undefined>;
  /** As {@link findObject}, for whoever does not want its body: that is not read. */
  findSummary(bucket: BucketName, key: ObjectName, versionId?: string): Promise<ObjectSummary | undefined>;
  setObjectAcl(
    bucket: BucketName,
    key: ObjectName,
    versionId: string,
    acl: ObjectAcl,
  ): Promise<ObjectSummary | undefined>;
  /** In the place of those it has; undefined when there is no such version, or it is a delete marker. */
  setTags(
    bucket: BucketName,
    key: ObjectName,
    versionId: string,
    tags: readonly Tag[],
  ): Promise<ObjectSummary | undefined>;
  /** Changes the class of a version that is still what it was when it was seen; undefined when it is not, or is a delete marker. */
  setStorageClass(
    bucket: BucketName,
    key: ObjectName,
    seen: SeenVersion,
    storageClass: string,
  ): Promise<ObjectSummary | undefined>;
  /** Gives a version that is still what it was when it was seen this header; undefined as above. */
  setHeader(
    bucket: BucketName,
    key: ObjectName,
    seen: SeenVersion,
    name: string,
    value: string,
  ): Promise<ObjectSummary | undefined>;
  createUpload(upload: UploadRecord): Promise<'created' | 'no-bucket'>;
  findUpload(bucket: BucketName, key: ObjectName, uploadId: string): Promise<UploadRecord | undefined>;
  /**
   * Adds a part to an upload, or puts it in the place of the one with its number, whose blob becomes garbage.
   *
   * @throws CommitUnknown: then this very part must not be committed again, because it may have been replaced, and its blob removed
   */
  commitPart(part: PartIntent): Promise<PartResult>;
  /** Undefined when there is no such upload. */
  listParts(query: ListPartsQuery): Promise<ListPartsPage | undefined>;
  listUploads(query: ListUploadsQuery): Promise<ListUploadsPage>;
  /** @throws CommitUnknown as {@link commitPut}, and as with that the same intent may be committed again */
  completeUpload(completion: CompletionIntent): Promise<CompletionResult>;
  /**
   * Adds the part to the newest version; `size`, `etag` and `crc64` are those of the whole afterwards, its properties stay. Without a
   * version, or over a delete marker, makes one as {@link commitPut} does. @throws CommitUnknown as that
   */
  commitAppend(append: AppendIntent): Promise<AppendCommitResult>;
  /** Its parts become garbage. */
  abortUpload(upload: UploadName, abortedAtMs: number): Promise<'aborted' | 'no-upload'>;

  /** A blob that this frees enters the garbage queue in the same commit. */
  remove(remove: RemoveIntent): Promise<RemoveResult>;
  /** Newest versions that are not delete markers. Jumps over common prefixes, never scans them. */
  list(query: ListQuery): Promise<ListPage>;
  listVersions(query: ListVersionsQuery): Promise<ListVersionsPage>;

  /** Blobs that nothing refers to any more, oldest first. */
  listGarbage(query: { untilMs: number; limit: number }): Promise<readonly GarbageItem[]>;
  /** After their blobs are gone. Unknown ids are ignored. */
  forgetGarbage(blobIds: readonly string[]): Promise<void>;
  /**
   * The version or the part whose body is the blob `from` has the blob `to` instead, with the same bytes; `from` enters the garbage queue in the
   * same commit.
   * @returns false, and nothing is changed, when nothing has that body
   */
  moveBlob(move: { from: string; to: string; nowMs: number }): Promise<boolean>;
  /** Whether any version, any part, or the garbage queue refers to the blob. */
  isBlobKnown(blobId: string): Promise<boolean>;

  /** Makes a durable commit that changes nothing. Throws what is wrong. */
  checkWritable(): Promise<void>;
  /** Waits for what is under way. Nothing may be called after it, but itself. */
  close(): Promise<void>;
}

/** A commit whose outcome is not known: it must be asked for again, and nothing that it refers to may be removed. */
export class CommitUnknown extends Error {
  override readonly name = 'CommitUnknown';
}
