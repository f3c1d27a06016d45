// PutBucket, DeleteBucket, GetBucketInfo, GetBucketLocation and the probe with HEAD.

import { OssError } from '@postern/protocol';
import { parseCreateBucketConfiguration, writeBucketInfo, writeBucketLocation } from '@postern/protocol/xml';
import type { BucketRecord } from '@postern/storage';
import { authorizeName } from '../access/authorize.ts';
import { parseBucketAcl } from '../access/bucket-access.ts';
import { listOwnedBuckets } from '../access/owned-buckets.ts';
import { checkAccount, ownerElement } from '../access/owner.ts';
import { checkBucketAclAllowed } from '../access/public-access.ts';
import { readDocument } from '../body/read-document.ts';
import { bucketEncryption, bucketLogging, bucketPublicAccessBlock } from '../buckets/bucket-documents.ts';
import type { BucketCall, BucketNameCall, Reply } from '../call.ts';
import { endpointOf } from '../http/endpoint.ts';
import { xmlReply } from '../http/xml-reply.ts';
import { checkStorageClass } from '../objects/object-properties.ts';

const defaultStorageClass = 'Standard';

/** Putting a bucket that one has already is no error: it changes the ACL if one is given. */
export async function putBucket(call: BucketNameCall): Promise<Reply> {
  const { request, bucketName, services } = call;
  const owner = checkAccount(call.caller);
  const acl = parseBucketAcl(request.headers.get('x-oss-acl'));
  // Where the bucket is there already, its own policy has a say.
  if (acl)
    await authorizeName(call, 'oss:PutBucketAcl', bucketName, await services.store.findBucket(bucketName));
  const askedClass = await readStorageClass(call);
  await checkNotTooMany(call, owner);
  const { created, bucket } = await services.store.createBucket({
    name: bucketName,
    owner,
    acl: acl ?? 'private',
    storageClass: askedClass ?? defaultStorageClass,
  });
  if (!created) {
    checkSameBucket(bucket, owner, askedClass);
    checkBucketAclAllowed(bucket, acl);
    if (acl) await services.store.changeBucket(bucketName, { acl });
  }
  return { status: 200, headers: { location: `/${bucketName}` } };
}

/** @throws OssError TooManyBuckets, unless it is one of those that are there */
async function checkNotTooMany({ bucketName, services }: BucketNameCall, account: string): Promise<void> {
  const { store, settings } = services;
  if (await store.findBucket(bucketName)) return;
  const limit = settings.bucketsMax;
  const owned = await listOwnedBuckets(store, { account, prefix: '', after: '', limit });
  if (owned.buckets.length >= limit) throw new OssError('TooManyBuckets');
}

async function readStorageClass({ request }: BucketNameCall): Promise<string | undefined> {
  const document = await readDocument(request);
  if (document === '') return undefined;
  const { storageClass } = parseCreateBucketConfiguration(document);
  return storageClass === undefined ? undefined : checkStorageClass(storageClass, 'StorageClass');
}

/** @throws OssError BucketAlreadyExists (another's), BucketAlreadyExists.storageClass */
function checkSameBucket(bucket: BucketRecord, account: string, askedClass: string | undefined): void {
  if (bucket.owner !== account) throw new OssError('BucketAlreadyExists', { BucketName: bucket.name });
  if (askedClass !== undefined && askedClass !== bucket.storageClass) {
    throw new OssError('BucketAlreadyExists.storageClass', { BucketName: bucket.name });
  }
}

export async function deleteBucket({ bucketName, services }: BucketCall): Promise<Reply> {
  switch (await services.store.removeBucket(bucketName)) {
    case 'removed':
      return { status: 204 };
    case 'absent':
      throw new OssError('NoSuchBucket', { BucketName: bucketName });
    case 'not-empty':
      throw new OssError('BucketNotEmpty', { BucketName: bucketName });
  }
}

export async function getBucketInfo(call: BucketCall): Promise<Reply> {
  const { bucket, services } = call;
  return xmlReply(
    writeBucketInfo({
      name: bucket.name,
      createdAtMs: bucket.createdAtMs,
      region: services.settings.region,
      storageClass: bucket.storageClass,
      endpoint: endpointOf(call),
      owner: ownerElement(bucket.owner),
      acl: bucket.acl,
      versioning: bucket.versioning,
      isPublicAccessBlocked: bucketPublicAccessBlock.find(bucket) ?? false,
      encryption: bucketEncryption.find(bucket),
      logging: bucketLogging.find(bucket),
    }),
  );
}

export async function getBucketLocation({ services }: BucketCall): Promise<Reply> {
  return xmlReply(writeBucketLocation(services.settings.region));
}

/** That there is an answer is the answer: whoever may list the bucket may know that it exists. */
export async function headBucket(): Promise<Reply> {
  return { status: 200 };
}
