// PutBucketLogging, GetBucketLogging and DeleteBucketLogging. The target is checked and kept; no log is written into it. Requests are in
// the log of the server itself (docs/bucket-configurations.md).

import { isBucketName, OssError } from '@postern/protocol';
import { type LoggingTarget, parseLoggingStatus, writeLoggingStatus } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketLogging, setBucketDocument } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

export async function putBucketLogging(call: BucketCall): Promise<Reply> {
  const target = parseLoggingStatus(await readDocument(call.request));
  if (target) await checkTarget(call, target);
  await setBucketDocument(call, bucketLogging, target);
  return { status: 200 };
}

/** A bucket that keeps no log has an empty document. */
export async function getBucketLogging({ bucket }: BucketCall): Promise<Reply> {
  return xmlReply(writeLoggingStatus(bucketLogging.find(bucket)));
}

export async function deleteBucketLogging(call: BucketCall): Promise<Reply> {
  await setBucketDocument(call, bucketLogging, undefined);
  return { status: 204 };
}

/** @throws OssError InvalidTargetBucketForLogging (not there, or of another account: whichever it is, is nobody's business) */
async function checkTarget({ services, bucket }: BucketCall, target: LoggingTarget): Promise<void> {
  const found = isBucketName(target.bucket) ? await services.store.findBucket(target.bucket) : undefined;
  if (found?.owner !== bucket.owner) {
    throw new OssError('InvalidTargetBucketForLogging', { TargetBucket: target.bucket });
  }
}
