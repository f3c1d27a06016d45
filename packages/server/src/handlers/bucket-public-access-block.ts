// PutBucketPublicAccessBlock, GetBucketPublicAccessBlock and DeleteBucketPublicAccessBlock. What a block does is in public-access.ts.

import { parsePublicAccessBlock, writePublicAccessBlock } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketPublicAccessBlock, setBucketDocument } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

export async function putBucketPublicAccessBlock(call: BucketCall): Promise<Reply> {
  const isBlocked = parsePublicAccessBlock(await readDocument(call.request));
  await setBucketDocument(call, bucketPublicAccessBlock, isBlocked || undefined);
  return { status: 200 };
}

export async function getBucketPublicAccessBlock({ bucket }: BucketCall): Promise<Reply> {
  return xmlReply(writePublicAccessBlock(bucketPublicAccessBlock.find(bucket) ?? false));
}

export async function deleteBucketPublicAccessBlock(call: BucketCall): Promise<Reply> {
  await setBucketDocument(call, bucketPublicAccessBlock, undefined);
  return { status: 204 };
}
