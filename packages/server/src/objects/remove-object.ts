// Deleting an object or a version of it, unless it is retained: for every operation that does.

import type { ObjectName } from '@postern/protocol';
import type { BucketRecord, RemoveResult } from '@postern/storage';
import { checkNotRetained, findWorm, versionReplaced } from '../buckets/worm.ts';
import type { BucketCall } from '../call.ts';

type Call = Pick<BucketCall, 'bucket' | 'services'>;

/** @throws OssError FileImmutable */
export async function removeObject(
  call: Call,
  key: ObjectName,
  versionId: string | undefined,
): Promise<RemoveResult> {
  const { bucket, services } = call;
  if (findWorm(bucket, services.clock()) === undefined) {
    return services.store.remove(bucket.name, key, versionId);
  }
  const doomed = await findDoomed(call, key, versionId);
  if (doomed) checkNotRetained(bucket, doomed, services.clock());
  // What has come since may be retained.
  else if (isErasing(bucket, versionId)) return { outcome: 'absent', bucket };
  return services.store.remove(bucket.name, key, versionId, doomed);
}

/** Asks before anything is done. @throws OssError FileImmutable */
export async function checkRemovable(
  call: Call,
  key: ObjectName,
  versionId: string | undefined,
): Promise<void> {
  const { bucket, services } = call;
  if (findWorm(bucket, services.clock()) === undefined) return;
  const doomed = await findDoomed(call, key, versionId);
  if (doomed) checkNotRetained(bucket, doomed, services.clock());
}

/** The version that would be gone for good. */
async function findDoomed({ bucket, services }: Call, key: ObjectName, versionId: string | undefined) {
  const erased = versionId ?? versionReplaced(bucket);
  return erased === undefined ? undefined : services.store.findSummary(bucket.name, key, erased);
}

/** Whether nothing but an erasure is asked for: a plain delete in a versioned bucket adds a marker. */
function isErasing({ versioning }: BucketRecord, versionId: string | undefined): boolean {
  return versionId !== undefined || versioning === 'never';
}
