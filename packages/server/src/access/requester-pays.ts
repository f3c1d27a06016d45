// Buckets whose requesters pay (PutBucketRequestPayment): everybody but the owner has to sign, and to say that they know. Nothing is
// counted or charged.

import { OssError } from '@postern/protocol';
import type { BucketRecord } from '@postern/storage';
import { bucketPayer } from '../buckets/bucket-documents.ts';
import type { Caller, OssRequest } from '../call.ts';
import { isSignedInHeader } from './signed-in-header.ts';

/** @throws OssError AccessDenied.requesterAnonymous, AccessDenied.requesterInUrl, AccessDenied.requester */
export function checkRequestPayer(
  { request, caller }: { readonly request: OssRequest; readonly caller: Caller },
  bucket: BucketRecord,
): void {
  if (bucketPayer.find(bucket) === undefined) return;
  if (caller.kind === 'anonymous') throw new OssError('AccessDenied.requesterAnonymous');
  if (caller.account === bucket.owner) return;
  const { headers, query } = request;
  const payer = headers.get('x-oss-request-payer') ?? query.get('x-oss-request-payer');
  if (payer?.toLowerCase() === 'requester') return;
  throw new OssError(isSignedInHeader(request) ? 'AccessDenied.requester' : 'AccessDenied.requesterInUrl');
}
