// Whether a put can go through, and whether it did: for every operation that ends in one.

import { type BucketName, OssError } from '@postern/protocol';
import type { BucketRecord, ObjectSummary, PutCondition, PutResult } from '@postern/storage';
import { checkNotRetained, findWorm, versionReplaced } from '../buckets/worm.ts';
import type { ObjectCall } from '../call.ts';

/**
 * Tells of an object in the way before its rival has been sent; the commit checks again, and its answer counts.
 *
 * @param refusal the same fault has an EC of its own where an upload in parts is completed
 * @returns the condition to commit under: where objects are retained, what another puts there meanwhile must not be overwritten either
 * @throws OssError FileAlreadyExists, FileImmutable
 */
export async function checkNotInTheWay(
  call: ObjectCall,
  condition: PutCondition,
  refusal: 'FileAlreadyExists' | 'FileAlreadyExists.complete' = 'FileAlreadyExists',
): Promise<PutCondition> {
  const { services, bucket, key } = call;
  const isRetaining = findWorm(bucket, services.clock()) !== undefined;
  const replaced = versionReplaced(bucket);
  if (replaced === undefined || (condition === 'any' && !isRetaining)) return condition;
  const inTheWay = await services.store.findObject(bucket.name, key, replaced);
  // Once versioning was enabled the condition has no effect.
  if (inTheWay && condition === 'absent' && bucket.versioning === 'never') {
    throw new OssError(refusal);
  }
  if (inTheWay) checkNotRetained(bucket, inTheWay, services.clock());
  return isRetaining && !inTheWay ? 'absent' : condition;
}

/** What is there after a put, and the bucket as it was at that moment. */
export interface StoredObject {
  readonly record: ObjectSummary;
  readonly bucket: BucketRecord;
}

/** @throws OssError FileAlreadyExists, NoSuchBucket (removed since the request began) */
export function checkStored(result: PutResult, bucketName: BucketName): StoredObject {
  switch (result.outcome) {
    case 'stored':
      return result;
    case 'exists':
      throw new OssError('FileAlreadyExists');
    case 'no-bucket':
      throw new OssError('NoSuchBucket', { BucketName: bucketName });
  }
}
