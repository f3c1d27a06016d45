// Which of the operations can be asked for in S3's dialect, and where it wants more of one than OSS does. The handlers are OPERATIONS'.

import { type Address, OssError } from '@postern/protocol';
import { bucketTags } from '../buckets/bucket-documents.ts';
import type { BucketCall, BucketNameCall, ObjectCall, OssRequest, Reply } from '../call.ts';
import { findOperation, type Operation } from '../operations.ts';
import { getS3BucketPolicy, putS3BucketPolicy } from './s3-bucket-policy.ts';
import type { S3Request } from './s3-request.ts';
import { checkUploadSize } from './upload-size.ts';

/** Those that mean the same in both, documents included. Of the others S3's clients would misread the answer, or we the request. */
const S3_OPERATIONS: ReadonlySet<string> = words(
  `ListBuckets PutBucket DeleteBucket HeadBucket GetBucketLocation PutBucketAcl GetBucketAcl PutBucketVersioning GetBucketVersioning
  PutBucketCors GetBucketCors DeleteBucketCors PutBucketTags GetBucketTags DeleteBucketTags
  PutBucketPolicy GetBucketPolicy DeleteBucketPolicy GetBucketPolicyStatus
  ListObjectVersions ListObjects ListObjectsV2 DeleteMultipleObjects PostObject
  PutObject CopyObject GetObject HeadObject DeleteObject PutObjectACL GetObjectACL
  PutObjectTagging GetObjectTagging DeleteObjectTagging
  InitiateMultipartUpload UploadPart UploadPartCopy CompleteMultipartUpload AbortMultipartUpload ListParts ListMultipartUploads`,
);

/** Sub-resources that S3 has and OSS does not: unknown to OPERATIONS, they would pass for parameters that mean nothing. */
const S3_SUB_RESOURCES: Readonly<Record<Address['target'], ReadonlySet<string>>> = {
  service: words(''),
  bucket: words(
    `abac accelerate analytics intelligent-tiering metadataConfiguration metadataTable metrics notification object-lock
    ownershipControls session torrent`,
  ),
  object: words('annotation attributes legal-hold object-lock renameObject select torrent'),
};

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter((word) => word !== ''));
}

/**
 * @param request in the words of OSS, but for a form, which is recognised before it is translated
 * @throws OssError NotImplemented, MethodNotAllowed
 */
export function findS3Operation({ method, query, headers }: OssRequest, { target }: Address): Operation {
  const unknown = [...query.keys()].find((parameter) => S3_SUB_RESOURCES[target].has(parameter));
  if (unknown !== undefined) throw new OssError('NotImplemented', { Header: unknown });
  const operation = findOperation(method, target, query, headers);
  if (!S3_OPERATIONS.has(operation.name))
    throw new OssError('NotImplemented', { Header: operation.query ?? operation.name });
  return withS3Rules(operation);
}

function withS3Rules(operation: Operation): Operation {
  const { name } = operation;
  const rule = BUCKET_RULES[name];
  if (operation.on === 'bucket-name' && rule) {
    return {
      ...operation,
      handler: (call: BucketNameCall) => rule(call).then(() => operation.handler(call)),
    };
  }
  const around = BUCKET_HANDLERS[name];
  if (operation.on === 'bucket' && around) {
    return { ...operation, handler: (call: BucketCall) => around(call, operation.handler) };
  }
  if (operation.on === 'object') {
    return { ...operation, handler: (call: ObjectCall) => callObject(call, operation) };
  }
  return operation;
}

type ObjectOperation = Extract<Operation, { on: 'object' }>;

async function callObject(given: ObjectCall, { name, method, handler }: ObjectOperation): Promise<Reply> {
  const rule = OBJECT_RULES[name];
  const call = rule ? await rule(given) : given;
  if (method === 'GET') return handler(call);
  await checkOverwrite(call);
  return withChecksum(call, handler);
}

/** What S3 asks beyond OSS of operations on an object; they give back the call with which to go on. */
const OBJECT_RULES: Readonly<Record<string, (call: ObjectCall) => Promise<ObjectCall>>> = {
  CompleteMultipartUpload: checkUploadSize,
};

/** S3 tells the sender of a body which checksum it was held against. */
async function withChecksum(call: ObjectCall, handler: (call: ObjectCall) => Promise<Reply>): Promise<Reply> {
  const reply = await handler(call);
  if (!('checksumHeader' in call.request)) return reply;
  const { checksumHeader } = call.request as S3Request;
  return { ...reply, headers: { ...reply.headers, ...checksumHeader() } };
}

/** What S3 asks beyond OSS of operations on a bucket that need not be there. */
const BUCKET_RULES: Readonly<Record<string, (call: BucketNameCall) => Promise<void>>> = {
  PutBucket: checkBucketIsNew,
  PutBucketAcl: checkBucketIsThere,
};

/** OSS takes it for a change of the ACL. @throws OssError BucketAlreadyOwnedByYou */
async function checkBucketIsNew({ bucketName, caller, services }: BucketNameCall): Promise<void> {
  const bucket = await services.store.findBucket(bucketName);
  if (bucket === undefined || caller.kind !== 'signed' || bucket.owner !== caller.account) return;
  throw new OssError('BucketAlreadyOwnedByYou', { BucketName: bucketName });
}

/** OSS would make it. @throws OssError NoSuchBucket, NotImplemented.s3 (grants in a document) */
async function checkBucketIsThere({ request, bucketName, services }: BucketNameCall): Promise<void> {
  if (!request.headers.has('x-oss-acl'))
    throw new OssError('NotImplemented.s3', { Header: 'AccessControlPolicy' });
  if ((await services.store.findBucket(bucketName)) === undefined) {
    throw new OssError('NoSuchBucket', { BucketName: bucketName });
  }
}

type BucketHandler = (call: BucketCall) => Promise<Reply>;

/** What S3 does otherwise on a bucket that is there, around OSS's handler. */
const BUCKET_HANDLERS: Readonly<
  Record<string, (call: BucketCall, handler: BucketHandler) => Promise<Reply>>
> = {
  GetBucketTags: getTags,
  PutBucketPolicy: putS3BucketPolicy,
  GetBucketPolicy: getS3BucketPolicy,
};

/** In OSS a bucket without tags has an empty set. @throws OssError NoSuchTagSet */
async function getTags(call: BucketCall, handler: BucketHandler): Promise<Reply> {
  if (!bucketTags.find(call.bucket)) throw new OssError('NoSuchTagSet', { BucketName: call.bucket.name });
  return handler(call);
}

/** In OSS versioning takes the force from `x-oss-forbid-overwrite`; S3's `If-None-Match: *` keeps it. @throws OssError NotImplemented.s3 */
async function checkOverwrite({ request, bucket }: ObjectCall): Promise<void> {
  if (bucket.versioning === 'never' || !request.headers.has('x-oss-forbid-overwrite')) return;
  throw new OssError('NotImplemented.s3', { Header: 'If-None-Match' });
}
