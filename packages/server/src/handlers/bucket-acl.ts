// PutBucketAcl and GetBucketAcl. Setting the ACL of a bucket that does not exist makes it (PutBucketAcl reference).

import { OssError } from '@postern/protocol';
import { writeAccessControlPolicy } from '@postern/protocol/xml';
import { authorizeName } from '../access/authorize.ts';
import { parseBucketAcl } from '../access/bucket-access.ts';
import { checkAccount, ownerElement } from '../access/owner.ts';
import type { BucketCall, BucketNameCall, Reply } from '../call.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { putBucket } from './bucket.ts';

export async function putBucketAcl(call: BucketNameCall): Promise<Reply> {
  const { request, bucketName, caller, services } = call;
  const account = checkAccount(caller);
  const bucket = await services.store.findBucket(bucketName);
  if (bucket && bucket.owner !== account) throw new OssError('AccessDenied.notYours');
  if (parseBucketAcl(request.headers.get('x-oss-acl')) === undefined) {
    throw new OssError('InvalidArgument.bucketAcl', { ArgumentName: 'x-oss-acl', ArgumentValue: '' });
  }
  if (!bucket) await authorizeName(call, 'oss:PutBucket', bucketName, bucket);
  // From here on it is PutBucket, which changes the ACL of a bucket that one has.
  return putBucket(call);
}

export async function getBucketAcl({ bucket }: BucketCall): Promise<Reply> {
  return xmlReply(writeAccessControlPolicy({ owner: ownerElement(bucket.owner), grant: bucket.acl }));
}
