// PutBucketCors, GetBucketCors and DeleteBucketCors. What the rules mean is in cors.ts.

import { OssError } from '@postern/protocol';
import { parseCorsConfiguration, writeCorsConfiguration } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketCors, setBucketDocument } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

/** Replaces all rules that were there before. */
export async function putBucketCors(call: BucketCall): Promise<Reply> {
  const configuration = parseCorsConfiguration(await readDocument(call.request));
  await setBucketDocument(call, bucketCors, configuration);
  return { status: 200 };
}

export async function getBucketCors({ bucket }: BucketCall): Promise<Reply> {
  const configuration = bucketCors.find(bucket);
  if (!configuration) throw new OssError('NoSuchCORSConfiguration', { BucketName: bucket.name });
  return xmlReply(writeCorsConfiguration(configuration));
}

export async function deleteBucketCors(call: BucketCall): Promise<Reply> {
  await setBucketDocument(call, bucketCors, undefined);
  return { status: 204 };
}
