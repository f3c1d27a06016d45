// PutBucketEncryption, GetBucketEncryption and DeleteBucketEncryption: what objects that do not say otherwise are told to be encrypted
// with. Nothing is: the rule is kept and echoed, so that clients which check for the echo work (docs/security.md).

import { OssError } from '@postern/protocol';
import { parseEncryptionRule, writeEncryptionRule } from '@postern/protocol/xml';
import { readDocument } from '../body/read-document.ts';
import { bucketEncryption, setBucketDocument } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

export async function putBucketEncryption(call: BucketCall): Promise<Reply> {
  await setBucketDocument(call, bucketEncryption, parseEncryptionRule(await readDocument(call.request)));
  return { status: 200 };
}

export async function getBucketEncryption({ bucket }: BucketCall): Promise<Reply> {
  const rule = bucketEncryption.find(bucket);
  if (!rule) throw new OssError('NoSuchServerSideEncryptionRule', { BucketName: bucket.name });
  return xmlReply(writeEncryptionRule(rule));
}

export async function deleteBucketEncryption(call: BucketCall): Promise<Reply> {
  await setBucketDocument(call, bucketEncryption, undefined);
  return { status: 204 };
}
