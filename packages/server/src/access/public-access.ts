// Blocking public access to a bucket (guide, "Block public access"): nobody can make anything in it public, and what was public before
// counts as private as long as the block is there.

import { OssError } from '@postern/protocol';
import type { BucketAcl, BucketRecord, ObjectAcl } from '@postern/storage';
import { bucketPublicAccessBlock } from '../buckets/bucket-documents.ts';

type Documents = Pick<BucketRecord, 'documents'>;

/** The part of a list that still counts. */
export function effectiveAcl<Acl extends ObjectAcl>(bucket: Documents, acl: Acl): Acl | 'private' {
  return isPublic(acl) && bucketPublicAccessBlock.find(bucket) ? 'private' : acl;
}

/** @throws OssError AccessDenied.publicBucketAcl */
export function checkBucketAclAllowed(bucket: Documents, acl: BucketAcl | undefined): void {
  if (acl !== undefined && effectiveAcl(bucket, acl) !== acl) {
    throw new OssError('AccessDenied.publicBucketAcl');
  }
}

/** @throws OssError AccessDenied.publicObjectAcl */
export function checkObjectAclAllowed(bucket: Documents, acl: ObjectAcl): void {
  if (effectiveAcl(bucket, acl) !== acl) throw new OssError('AccessDenied.publicObjectAcl');
}

function isPublic(acl: ObjectAcl): boolean {
  return acl === 'public-read' || acl === 'public-read-write';
}
