// PutBucketLifecycle, GetBucketLifecycle and DeleteBucketLifecycle. What the rules mean is in lifecycle-plan.ts, when they are carried out in
// lifecycle-runner.ts.

import { randomUUID } from 'node:crypto';
import { OssError } from '@postern/protocol';
import {
  checkLifecycleConflicts,
  parseLifecycleConfiguration,
  writeLifecycleConfiguration,
} from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketLifecycle, setBucketDocument } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

/** Replaces all rules that were there before. */
export async function putBucketLifecycle(call: BucketCall): Promise<Reply> {
  const { request } = call;
  const configuration = parseLifecycleConfiguration(await readDocument(request), randomUUID);
  checkLifecycleConflicts(configuration, request.headers.get('x-oss-allow-same-action-overlap') === 'true');
  await setBucketDocument(call, bucketLifecycle, configuration);
  return { status: 200 };
}

export async function getBucketLifecycle({ bucket }: BucketCall): Promise<Reply> {
  const configuration = bucketLifecycle.find(bucket);
  if (!configuration) throw new OssError('NoSuchLifecycle', { BucketName: bucket.name });
  return xmlReply(writeLifecycleConfiguration(configuration));
}

export async function deleteBucketLifecycle(call: BucketCall): Promise<Reply> {
  await setBucketDocument(call, bucketLifecycle, undefined);
  return { status: 204 };
}
