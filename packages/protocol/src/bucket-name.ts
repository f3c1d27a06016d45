// Bucket names: 3 to 63 characters of a-z, 0-9 and '-', first and last a letter or digit (OSS naming rules).

import { OssError } from './errors.ts';

declare const proven: unique symbol;

/** A string that keeps the bucket naming rules. Only {@link parseBucketName} makes one. */
export type BucketName = string & { readonly [proven]: 'BucketName' };

/** @throws OssError InvalidBucketName */
export function parseBucketName(text: string): BucketName {
  if (!isBucketName(text)) throw new OssError('InvalidBucketName', { BucketName: text });
  return text;
}

export function isBucketName(text: string): text is BucketName {
  return /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(text);
}
