// PutBucketRequestPayment and GetBucketRequestPayment. Nobody pays anything here; what others must send to say that they would is
// asked for in requester-pays.ts.

import { parseRequestPayment, writeRequestPayment } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketPayer, setBucketDocument } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

export async function putBucketRequestPayment(call: BucketCall): Promise<Reply> {
  const payer = parseRequestPayment(await readDocument(call.request));
  await setBucketDocument(call, bucketPayer, payer === 'Requester' ? payer : undefined);
  return { status: 200 };
}

export async function getBucketRequestPayment({ bucket }: BucketCall): Promise<Reply> {
  return xmlReply(writeRequestPayment(bucketPayer.find(bucket) ?? 'BucketOwner'));
}
