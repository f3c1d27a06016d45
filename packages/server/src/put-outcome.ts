// Whether a put can go through, and whether it did: for every operation that ends in one.

import { type BucketName, OssError } from '@postern/protocol';
import type { BucketRecord, ObjectRecord, PutCondition, PutResult } from '@postern/storage';
import type { ObjectCall } from './call.ts';

/**
 * Tells of an object in the way before its rival has been sent; the commit checks again, and its answer counts.
 *
 * @throws OssError FileAlreadyExists
 */
export async function checkNotInTheWay(call: ObjectCall, condition: PutCondition): Promise<void> {
  const { services, bucket, key } = call;
  // Once versioning was enabled nothing is ever overwritten, and the condition has no effect.
  if (condition === 'any' || bucket.versioning !== 'never') return;
  if (await services.store.findObject(bucket.name, key)) throw new OssError('FileAlreadyExists');
}

/** What is there after a put, and the bucket as it was at that moment. */
export interface StoredObject {
  readonly record: ObjectRecord;
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
