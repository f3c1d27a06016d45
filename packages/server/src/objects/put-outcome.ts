// Whether a put can go through, and whether it did: for every operation that ends in one.

import { type BucketName, OssError } from '@postern/protocol';
import {
  type BucketRecord,
  type ObjectSummary,
  type PutCondition,
  type PutResult,
  seenOf,
} from '@postern/storage';
import { checkNotRetained, findWorm, versionReplaced } from '../buckets/worm.ts';
import type { ObjectCall } from '../call.ts';

/**
 * Tells of an object in the way before its rival has been sent; {@link checkAgain} and the commit check again, and their answers count.
 *
 * @param refusal the same fault has an EC of its own where an upload in parts is completed
 * @returns the condition to commit under: where objects are retained, what another puts there meanwhile must not be overwritten
 * @throws OssError FileAlreadyExists, FileImmutable
 */
export async function checkNotInTheWay(
  call: ObjectCall,
  wish: 'any' | 'absent',
  refusal: 'FileAlreadyExists' | 'FileAlreadyExists.complete' = 'FileAlreadyExists',
): Promise<PutCondition> {
  const { services, bucket, key } = call;
  const isRetaining = findWorm(bucket, services.clock()) !== undefined;
  const replaced = versionReplaced(bucket);
  if (replaced === undefined || (wish === 'any' && !isRetaining)) return wish;
  const inTheWay = await services.store.findSummary(bucket.name, key, replaced);
  // Once versioning was enabled the condition has no effect.
  if (inTheWay && wish === 'absent' && bucket.versioning === 'never') {
    throw new OssError(refusal);
  }
  if (inTheWay) checkNotRetained(bucket, inTheWay, services.clock());
  return isRetaining ? { replacing: inTheWay && seenOf(inTheWay) } : wish;
}

/**
 * {@link checkNotInTheWay} when the body is there: sending it may have taken hours, and what is retained since then must not be overwritten.
 *
 * @throws OssError as that; NoSuchBucket also when there is another bucket of the name, where the caller was allowed nothing
 */
export async function checkAgain(call: ObjectCall, wish: 'any' | 'absent'): Promise<PutCondition> {
  const bucket = await getSameBucket(call);
  // What is in the way of the wish alone is found by the commit.
  if (findWorm(bucket, call.services.clock()) === undefined) return wish;
  return checkNotInTheWay({ ...call, bucket }, wish);
}

/** As it is now. @throws OssError NoSuchBucket */
export async function getSameBucket({ bucket, services }: ObjectCall): Promise<BucketRecord> {
  const { name, owner, createdAtMs } = bucket;
  const now = await services.store.findBucket(name);
  if (now && now.owner === owner && now.createdAtMs === createdAtMs) return now;
  throw new OssError('NoSuchBucket', { BucketName: name });
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
