// PutBucketPolicy, GetBucketPolicy, DeleteBucketPolicy and GetBucketPolicyStatus. A policy is read before it is kept, and given back as it
// came. What it decides is in authorize.ts.

import {
  AccessPolicyError,
  decodeUtf8,
  isPublicPolicy,
  OssError,
  parseAccessPolicy,
} from '@postern/protocol';
import { writePolicyStatus } from '@postern/protocol/xml';
import { findBucketPolicy, policyDocumentName } from '../access/bucket-policy.ts';
import { readDocumentBytes } from '../body/read-document.ts';
import { bucketPublicAccessBlock } from '../buckets/bucket-documents.ts';
import type { BucketCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';

/** Replaces the whole policy that was there before. */
export async function putBucketPolicy(call: BucketCall): Promise<Reply> {
  const text = decodeUtf8(await readDocumentBytes(call.request));
  if (text === undefined) throw new OssError('InvalidPolicyDocument.bucketPolicyNotUtf8');
  const isPublic = isPublicPolicy(checkPolicyText(text));
  if (isPublic && bucketPublicAccessBlock.find(call.bucket))
    throw new OssError('AccessDenied.publicBucketPolicy');
  await setPolicy(call, text);
  return { status: 200 };
}

/** @throws OssError InvalidPolicyDocument.bucketPolicy, .bucketPolicyVersion */
function checkPolicyText(text: string) {
  try {
    return parseAccessPolicy(text, 'bucket');
  } catch (cause) {
    if (!(cause instanceof AccessPolicyError)) throw cause;
    const row = cause.fault === 'version' ? 'bucketPolicyVersion' : 'bucketPolicy';
    throw new OssError(`InvalidPolicyDocument.${row}`, { problem: cause.message }, { cause });
  }
}

export async function getBucketPolicy({ bucket }: BucketCall): Promise<Reply> {
  const text = bucket.documents[policyDocumentName];
  if (text === undefined) throw new OssError('NoSuchBucketPolicy', { BucketName: bucket.name });
  return { status: 200, headers: { 'content-type': 'application/json' }, body: text };
}

/** That there was none is no error. */
export async function deleteBucketPolicy(call: BucketCall): Promise<Reply> {
  await setPolicy(call, undefined);
  return { status: 204 };
}

/** A bucket without a policy is not public by its policy. */
export async function getBucketPolicyStatus({ bucket }: BucketCall): Promise<Reply> {
  const policy = findBucketPolicy(bucket);
  return xmlReply(writePolicyStatus(policy !== undefined && isPublicPolicy(policy)));
}

async function setPolicy({ bucketName, services }: BucketCall, text: string | undefined): Promise<void> {
  const changed = await services.store.changeBucket(bucketName, {
    documents: { [policyDocumentName]: text },
  });
  if (!changed) throw new OssError('NoSuchBucket', { BucketName: bucketName });
}
