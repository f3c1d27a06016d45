// PutBucketReferer and GetBucketReferer. What the lists mean is in referer.ts. There is no operation that deletes them: putting the
// default is how clients do it.

import { defaultReferer, parseRefererConfiguration, writeRefererConfiguration } from '@postern/protocol/xml';
import { bucketReferer, setBucketDocument } from '../bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { readDocument } from '../read-document.ts';
import { xmlReply } from '../xml-reply.ts';

export async function putBucketReferer(call: BucketCall): Promise<Reply> {
  await setBucketDocument(call, bucketReferer, parseRefererConfiguration(await readDocument(call.request)));
  return { status: 200 };
}

export async function getBucketReferer({ bucket }: BucketCall): Promise<Reply> {
  return xmlReply(writeRefererConfiguration(bucketReferer.find(bucket) ?? defaultReferer));
}
