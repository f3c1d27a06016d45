// PutBucketReferer and GetBucketReferer. What the lists mean is in referer.ts. There is no operation that deletes them: putting the
// default is how clients do it.

import { defaultReferer, parseRefererConfiguration, writeRefererConfiguration } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketReferer, setBucketDocument } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

export async function putBucketReferer(call: BucketCall): Promise<Reply> {
  await setBucketDocument(call, bucketReferer, parseRefererConfiguration(await readDocument(call.request)));
  return { status: 200 };
}

export async function getBucketReferer({ bucket }: BucketCall): Promise<Reply> {
  return xmlReply(writeRefererConfiguration(bucketReferer.find(bucket) ?? defaultReferer));
}
