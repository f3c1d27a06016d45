// What writing and deleting do to the versions of a key, by the state of the bucket (OSS API: versioning). Pure; every engine asks here.

import type { PutIntent, RemoveIntent } from './metadata-store.ts';
import { nullVersionId, type ObjectSummary, type SeenVersion, type Versioning } from './records.ts';

/**
 * Whether a put must be refused because of what its key has. Forbid-overwrite has no effect once versioning was enabled or suspended.
 *
 * @param replaced the version that it would take the place of
 */
export function isOverwriteForbidden(
  { condition }: Pick<PutIntent, 'condition'>,
  versioning: Versioning,
  newest: Pick<ObjectSummary, 'isDeleteMarker'> | undefined,
  replaced: SeenVersion | undefined,
): boolean {
  if (condition === 'any') return false;
  if (condition === 'absent') return versioning === 'never' && newest !== undefined && !newest.isDeleteMarker;
  const { replacing } = condition;
  return replaced !== undefined && !(replacing && isStillSeen(replaced, replacing));
}

/** The id that the new version gets. The null version takes the place of the null version that is there; all others are kept. */
export function versionIdOfPut(put: Pick<PutIntent, 'versionId'>, versioning: Versioning): string {
  return versioning === 'enabled' ? put.versionId : nullVersionId;
}

/** What a put stores, without its body. */
export function storedSummary(put: Omit<PutIntent, 'body' | 'condition'>, versionId: string): ObjectSummary {
  return {
    bucket: put.bucket,
    key: put.key,
    versionId,
    isLatest: true,
    isDeleteMarker: false,
    objectType: put.objectType,
    modifiedAtMs: put.modifiedAtMs,
    size: put.size,
    etag: put.etag,
    crc64: put.crc64,
    acl: put.acl,
    storageClass: put.storageClass,
    headers: put.headers,
    tags: put.tags,
  };
}

/** Erase one version for good, or add a delete marker with this id (which, as with a put, may replace the null version). */
export type Removal =
  | { readonly kind: 'erase'; readonly versionId: string }
  | { readonly kind: 'mark'; readonly versionId: string };

export function planRemoval(remove: RemoveIntent, versioning: Versioning): Removal {
  if (remove.versionId !== undefined) return { kind: 'erase', versionId: remove.versionId };
  switch (versioning) {
    case 'never':
      return { kind: 'erase', versionId: nullVersionId };
    case 'enabled':
      return { kind: 'mark', versionId: remove.markerVersionId };
    case 'suspended':
      return { kind: 'mark', versionId: nullVersionId };
  }
}

/** Whether the version is what it was when it was seen, and as new or old among the versions of its key. */
export function isStillSeen(version: SeenVersion | undefined, seen: SeenVersion): boolean {
  return (
    version !== undefined &&
    version.versionId === seen.versionId &&
    version.isLatest === seen.isLatest &&
    version.modifiedAtMs === seen.modifiedAtMs &&
    version.etag === seen.etag
  );
}

/** The delete marker that a removal adds. */
export function deleteMarker(remove: RemoveIntent, versionId: string, storageClass: string): ObjectSummary {
  return {
    bucket: remove.bucket,
    key: remove.key,
    versionId,
    isLatest: true,
    isDeleteMarker: true,
    objectType: 'Normal',
    modifiedAtMs: remove.modifiedAtMs,
    size: 0,
    etag: '',
    crc64: '0',
    acl: 'default',
    storageClass,
    headers: {},
    tags: [],
  };
}
