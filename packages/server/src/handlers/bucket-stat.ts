// GetBucketStat: how much there is in a bucket, by storage class.

import { writeBucketStat } from '@postern/protocol/xml';
import type { BucketCall, Reply } from '../call.ts';
import { measureBucket } from '../measure-bucket.ts';
import { xmlReply } from '../xml-reply.ts';

export async function getBucketStat({ bucket, services }: BucketCall): Promise<Reply> {
  const measure = await measureBucket(services.store, bucket);
  return xmlReply(writeBucketStat({ ...measure, uploads: 0, parts: 0 }));
}
