// The access control list of a bucket: one of three words.

import { OssError } from '@postern/protocol';
import type { BucketAcl } from '@postern/storage';

const bucketAcls: readonly string[] = ['private', 'public-read', 'public-read-write'];

/**
 * @param value of `x-oss-acl`; undefined without the header
 * @throws OssError InvalidArgument.bucketAcl
 */
export function parseBucketAcl(value: string | undefined): BucketAcl | undefined {
  if (value === undefined) return undefined;
  if (!bucketAcls.includes(value)) {
    throw new OssError('InvalidArgument.bucketAcl', { ArgumentName: 'x-oss-acl', ArgumentValue: value });
  }
  return value as BucketAcl;
}
