// Retention ("write once, read many"; guide, "Retention policies"): while a bucket's policy holds, an object is neither overwritten nor deleted
// before its days are over, counted from its last modification. A policy that nobody locks within a day lapses. Pure but for the names.
//
// In a versioned bucket a put makes a new version and a delete hides the newest: both are allowed, erasing a version is not.

import { OssError } from '@postern/protocol';
import type { WormConfiguration } from '@postern/protocol/xml';
import { type BucketRecord, nullVersionId, type ObjectSummary } from '@postern/storage';
import { bucketWorm } from './bucket-documents.ts';

const dayMs = 24 * 60 * 60 * 1000;
/** How long a policy may wait to be locked. */
const lockWithinMs = dayMs;

/** The policy that holds now. */
export function findWorm(
  bucket: Pick<BucketRecord, 'documents'>,
  nowMs: number,
): WormConfiguration | undefined {
  return ifHolding(bucketWorm.find(bucket), nowMs);
}

/** Undefined for one that has lapsed. */
export function ifHolding(worm: WormConfiguration | undefined, nowMs: number): WormConfiguration | undefined {
  return worm && (worm.isLocked || nowMs < worm.createdAtMs + lockWithinMs) ? worm : undefined;
}

/** Whether the version may not be erased yet. A delete marker holds nothing. */
export function isRetained(
  bucket: Pick<BucketRecord, 'documents'>,
  version: Pick<ObjectSummary, 'isDeleteMarker' | 'modifiedAtMs'>,
  nowMs: number,
): boolean {
  const worm = findWorm(bucket, nowMs);
  return worm !== undefined && !version.isDeleteMarker && nowMs < version.modifiedAtMs + worm.days * dayMs;
}

/** @throws OssError FileImmutable */
export function checkNotRetained(
  bucket: Pick<BucketRecord, 'documents'>,
  version: Pick<ObjectSummary, 'isDeleteMarker' | 'modifiedAtMs'>,
  nowMs: number,
): void {
  if (isRetained(bucket, version, nowMs)) throw new OssError('FileImmutable');
}

/** The id of the version that a put, or a delete that names none, takes the place of; undefined: of none. */
export function versionReplaced({ versioning }: BucketRecord): string | undefined {
  return versioning === 'enabled' ? undefined : nullVersionId;
}
