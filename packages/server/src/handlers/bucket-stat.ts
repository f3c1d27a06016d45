// GetBucketStat: how much there is in a bucket, by storage class. What parts of unfinished uploads take is not among the bytes, as nobody can
// read them; how many there are is told.

import { writeBucketStat } from '@postern/protocol/xml';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

export async function getBucketStat({ bucket, services }: BucketCall): Promise<Reply> {
  return xmlReply(writeBucketStat(await services.store.measureBucket(bucket.name)));
}
