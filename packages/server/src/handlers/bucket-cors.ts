// PutBucketCors, GetBucketCors and DeleteBucketCors. What the rules mean is in cors.ts.

import { OssError } from '@postern/protocol';
import { parseCorsConfiguration, writeCorsConfiguration } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { corsDocumentName, readCorsDocument, writeCorsDocument } from '../buckets/cors.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

/** Replaces all rules that were there before. */
export async function putBucketCors(call: BucketCall): Promise<Reply> {
  const configuration = parseCorsConfiguration(await readDocument(call.request));
  await setDocument(call, writeCorsDocument(configuration));
  return { status: 200 };
}

export async function getBucketCors({ bucket }: BucketCall): Promise<Reply> {
  const configuration = readCorsDocument(bucket);
  if (!configuration) throw new OssError('NoSuchCORSConfiguration', { BucketName: bucket.name });
  return xmlReply(writeCorsConfiguration(configuration));
}

export async function deleteBucketCors(call: BucketCall): Promise<Reply> {
  await setDocument(call, undefined);
  return { status: 204 };
}

async function setDocument(
  { bucketName, services }: BucketCall,
  document: string | undefined,
): Promise<void> {
  const changed = await services.store.changeBucket(bucketName, {
    documents: { [corsDocumentName]: document },
  });
  if (!changed) throw new OssError('NoSuchBucket', { BucketName: bucketName });
}
