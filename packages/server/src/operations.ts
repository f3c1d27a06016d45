// OPERATIONS: everything that can be asked of this server, one row each: how a request is recognised, what right it takes, who does it.
// Recognition follows OSS: the target (service, bucket, object) and the method, refined by a sub-resource of the query (`?acl`) or a
// header (`x-oss-copy-source`). OPTIONS is not here: preflights are answered by cors.ts before anything is authenticated.

import { type Action, OssError } from '@postern/protocol';
import type { BucketCall, BucketNameCall, ObjectCall, Reply, ServiceCall } from './call.ts';
import { appendObject } from './handlers/append-object.ts';
import { deleteBucket, getBucketInfo, getBucketLocation, headBucket, putBucket } from './handlers/bucket.ts';
import { getBucketAcl, putBucketAcl } from './handlers/bucket-acl.ts';
import { deleteBucketCors, getBucketCors, putBucketCors } from './handlers/bucket-cors.ts';
import {
  deleteBucketEncryption,
  getBucketEncryption,
  putBucketEncryption,
} from './handlers/bucket-encryption.ts';
import {
  deleteBucketInventory,
  getBucketInventory,
  listBucketInventory,
  putBucketInventory,
} from './handlers/bucket-inventory.ts';
import {
  deleteBucketLifecycle,
  getBucketLifecycle,
  putBucketLifecycle,
} from './handlers/bucket-lifecycle.ts';
import { deleteBucketLogging, getBucketLogging, putBucketLogging } from './handlers/bucket-logging.ts';
import {
  deleteBucketPolicy,
  getBucketPolicy,
  getBucketPolicyStatus,
  putBucketPolicy,
} from './handlers/bucket-policy.ts';
import {
  deleteBucketPublicAccessBlock,
  getBucketPublicAccessBlock,
  putBucketPublicAccessBlock,
} from './handlers/bucket-public-access-block.ts';
import { getBucketReferer, putBucketReferer } from './handlers/bucket-referer.ts';
import { getBucketRequestPayment, putBucketRequestPayment } from './handlers/bucket-request-payment.ts';
import { getBucketStat } from './handlers/bucket-stat.ts';
import { deleteBucketTagging, getBucketTagging, putBucketTagging } from './handlers/bucket-tagging.ts';
import { getBucketVersioning, putBucketVersioning } from './handlers/bucket-versioning.ts';
import { deleteBucketWebsite, getBucketWebsite, putBucketWebsite } from './handlers/bucket-website.ts';
import {
  abortBucketWorm,
  completeBucketWorm,
  extendBucketWorm,
  getBucketWorm,
  initiateBucketWorm,
} from './handlers/bucket-worm.ts';
import { copyObject } from './handlers/copy-object.ts';
import { deleteMultipleObjects } from './handlers/delete-multiple-objects.ts';
import { deleteObject } from './handlers/delete-object.ts';
import { describeRegions } from './handlers/describe-regions.ts';
import { getObject, getObjectMeta, headObject } from './handlers/get-object.ts';
import { listBuckets } from './handlers/list-buckets.ts';
import { listLiveChannel } from './handlers/list-live-channel.ts';
import { listObjectVersions } from './handlers/list-object-versions.ts';
import { listObjects, listObjectsV2 } from './handlers/list-objects.ts';
import { listMultipartUploads, listParts } from './handlers/list-uploads.ts';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  initiateMultipartUpload,
} from './handlers/multipart-upload.ts';
import { getObjectAcl, putObjectAcl } from './handlers/object-acl.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './handlers/object-tagging.ts';
import { postObject } from './handlers/post-object.ts';
import { putObject } from './handlers/put-object.ts';
import { restoreObject } from './handlers/restore-object.ts';
import { getSymlink, putSymlink } from './handlers/symlink.ts';
import { uploadPart, uploadPartCopy } from './handlers/upload-part.ts';

/** What an operation needs to know of its target. `bucket-name`: the bucket may not exist yet. */
interface CallOf {
  readonly service: ServiceCall;
  readonly 'bucket-name': BucketNameCall;
  readonly bucket: BucketCall;
  readonly object: ObjectCall;
}

interface OperationOn<On extends keyof CallOf> {
  /** As in access logs and the API reference. */
  readonly name: string;
  readonly on: On;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** A query parameter that must be there: by its name alone, or with this very value as `name=value`. */
  readonly query?: string;
  /** A header that must be there, in lower case. */
  readonly header?: string;
  /** The right it takes. PostObject and CopyObject find out themselves what else they need. */
  readonly action: Action;
  readonly handler: (call: CallOf[On]) => Promise<Reply>;
}

export type Operation = { [On in keyof CallOf]: OperationOn<On> }[keyof CallOf];

/** What a path can name. */
export type OperationTarget = 'service' | 'bucket' | 'object';

// biome-ignore format: a table is read by its columns.
export const OPERATIONS: readonly Operation[] = [
  { name: 'ListBuckets', on: 'service', method: 'GET', action: 'oss:ListBuckets', handler: listBuckets },
  { name: 'DescribeRegions', on: 'service', method: 'GET', query: 'regions', action: 'oss:DescribeRegions', handler: describeRegions },

  { name: 'PutBucket', on: 'bucket-name', method: 'PUT', action: 'oss:PutBucket', handler: putBucket },
  { name: 'DeleteBucket', on: 'bucket', method: 'DELETE', action: 'oss:DeleteBucket', handler: deleteBucket },
  { name: 'HeadBucket', on: 'bucket', method: 'HEAD', action: 'oss:ListObjects', handler: headBucket },
  { name: 'GetBucketInfo', on: 'bucket', method: 'GET', query: 'bucketInfo', action: 'oss:GetBucketInfo', handler: getBucketInfo },
  { name: 'GetBucketLocation', on: 'bucket', method: 'GET', query: 'location', action: 'oss:GetBucketLocation', handler: getBucketLocation },
  { name: 'PutBucketAcl', on: 'bucket-name', method: 'PUT', query: 'acl', action: 'oss:PutBucketAcl', handler: putBucketAcl },
  { name: 'GetBucketAcl', on: 'bucket', method: 'GET', query: 'acl', action: 'oss:GetBucketAcl', handler: getBucketAcl },
  { name: 'PutBucketVersioning', on: 'bucket', method: 'PUT', query: 'versioning', action: 'oss:PutBucketVersioning', handler: putBucketVersioning },
  { name: 'GetBucketVersioning', on: 'bucket', method: 'GET', query: 'versioning', action: 'oss:GetBucketVersioning', handler: getBucketVersioning },
  { name: 'PutBucketCors', on: 'bucket', method: 'PUT', query: 'cors', action: 'oss:PutBucketCors', handler: putBucketCors },
  { name: 'GetBucketCors', on: 'bucket', method: 'GET', query: 'cors', action: 'oss:GetBucketCors', handler: getBucketCors },
  { name: 'DeleteBucketCors', on: 'bucket', method: 'DELETE', query: 'cors', action: 'oss:DeleteBucketCors', handler: deleteBucketCors },
  { name: 'GetBucketStat', on: 'bucket', method: 'GET', query: 'stat', action: 'oss:GetBucketStat', handler: getBucketStat },
  { name: 'PutBucketTags', on: 'bucket', method: 'PUT', query: 'tagging', action: 'oss:PutBucketTagging', handler: putBucketTagging },
  { name: 'GetBucketTags', on: 'bucket', method: 'GET', query: 'tagging', action: 'oss:GetBucketTagging', handler: getBucketTagging },
  { name: 'DeleteBucketTags', on: 'bucket', method: 'DELETE', query: 'tagging', action: 'oss:DeleteBucketTagging', handler: deleteBucketTagging },
  { name: 'PutBucketPolicy', on: 'bucket', method: 'PUT', query: 'policy', action: 'oss:PutBucketPolicy', handler: putBucketPolicy },
  { name: 'GetBucketPolicy', on: 'bucket', method: 'GET', query: 'policy', action: 'oss:GetBucketPolicy', handler: getBucketPolicy },
  { name: 'DeleteBucketPolicy', on: 'bucket', method: 'DELETE', query: 'policy', action: 'oss:DeleteBucketPolicy', handler: deleteBucketPolicy },
  { name: 'GetBucketPolicyStatus', on: 'bucket', method: 'GET', query: 'policyStatus', action: 'oss:GetBucketPolicyStatus', handler: getBucketPolicyStatus },
  { name: 'PutBucketLifecycle', on: 'bucket', method: 'PUT', query: 'lifecycle', action: 'oss:PutBucketLifecycle', handler: putBucketLifecycle },
  { name: 'GetBucketLifecycle', on: 'bucket', method: 'GET', query: 'lifecycle', action: 'oss:GetBucketLifecycle', handler: getBucketLifecycle },
  { name: 'DeleteBucketLifecycle', on: 'bucket', method: 'DELETE', query: 'lifecycle', action: 'oss:DeleteBucketLifecycle', handler: deleteBucketLifecycle },
  { name: 'PutBucketReferer', on: 'bucket', method: 'PUT', query: 'referer', action: 'oss:PutBucketReferer', handler: putBucketReferer },
  { name: 'GetBucketReferer', on: 'bucket', method: 'GET', query: 'referer', action: 'oss:GetBucketReferer', handler: getBucketReferer },
  { name: 'PutBucketWebsite', on: 'bucket', method: 'PUT', query: 'website', action: 'oss:PutBucketWebsite', handler: putBucketWebsite },
  { name: 'GetBucketWebsite', on: 'bucket', method: 'GET', query: 'website', action: 'oss:GetBucketWebsite', handler: getBucketWebsite },
  { name: 'DeleteBucketWebsite', on: 'bucket', method: 'DELETE', query: 'website', action: 'oss:DeleteBucketWebsite', handler: deleteBucketWebsite },
  { name: 'InitiateBucketWorm', on: 'bucket', method: 'POST', query: 'worm', action: 'oss:InitiateBucketWorm', handler: initiateBucketWorm },
  { name: 'ExtendBucketWorm', on: 'bucket', method: 'POST', query: 'wormExtend', action: 'oss:ExtendBucketWorm', handler: extendBucketWorm },
  { name: 'CompleteBucketWorm', on: 'bucket', method: 'POST', query: 'wormId', action: 'oss:CompleteBucketWorm', handler: completeBucketWorm },
  { name: 'AbortBucketWorm', on: 'bucket', method: 'DELETE', query: 'worm', action: 'oss:AbortBucketWorm', handler: abortBucketWorm },
  { name: 'GetBucketWorm', on: 'bucket', method: 'GET', query: 'worm', action: 'oss:GetBucketWorm', handler: getBucketWorm },
  { name: 'ListLiveChannel', on: 'bucket', method: 'GET', query: 'live', action: 'oss:ListLiveChannel', handler: listLiveChannel },
  { name: 'PutBucketInventory', on: 'bucket', method: 'PUT', query: 'inventory', action: 'oss:PutBucketInventory', handler: putBucketInventory },
  { name: 'GetBucketInventory', on: 'bucket', method: 'GET', query: 'inventoryId', action: 'oss:GetBucketInventory', handler: getBucketInventory },
  { name: 'ListBucketInventory', on: 'bucket', method: 'GET', query: 'inventory', action: 'oss:GetBucketInventory', handler: listBucketInventory },
  { name: 'DeleteBucketInventory', on: 'bucket', method: 'DELETE', query: 'inventory', action: 'oss:DeleteBucketInventory', handler: deleteBucketInventory },
  { name: 'PutBucketEncryption', on: 'bucket', method: 'PUT', query: 'encryption', action: 'oss:PutBucketEncryption', handler: putBucketEncryption },
  { name: 'GetBucketEncryption', on: 'bucket', method: 'GET', query: 'encryption', action: 'oss:GetBucketEncryption', handler: getBucketEncryption },
  { name: 'DeleteBucketEncryption', on: 'bucket', method: 'DELETE', query: 'encryption', action: 'oss:DeleteBucketEncryption', handler: deleteBucketEncryption },
  { name: 'PutBucketLogging', on: 'bucket', method: 'PUT', query: 'logging', action: 'oss:PutBucketLogging', handler: putBucketLogging },
  { name: 'GetBucketLogging', on: 'bucket', method: 'GET', query: 'logging', action: 'oss:GetBucketLogging', handler: getBucketLogging },
  { name: 'DeleteBucketLogging', on: 'bucket', method: 'DELETE', query: 'logging', action: 'oss:DeleteBucketLogging', handler: deleteBucketLogging },
  { name: 'PutBucketRequestPayment', on: 'bucket', method: 'PUT', query: 'requestPayment', action: 'oss:PutBucketRequestPayment', handler: putBucketRequestPayment },
  { name: 'GetBucketRequestPayment', on: 'bucket', method: 'GET', query: 'requestPayment', action: 'oss:GetBucketRequestPayment', handler: getBucketRequestPayment },
  { name: 'PutBucketPublicAccessBlock', on: 'bucket', method: 'PUT', query: 'publicAccessBlock', action: 'oss:PutBucketPublicAccessBlock', handler: putBucketPublicAccessBlock },
  { name: 'GetBucketPublicAccessBlock', on: 'bucket', method: 'GET', query: 'publicAccessBlock', action: 'oss:GetBucketPublicAccessBlock', handler: getBucketPublicAccessBlock },
  { name: 'DeleteBucketPublicAccessBlock', on: 'bucket', method: 'DELETE', query: 'publicAccessBlock', action: 'oss:DeleteBucketPublicAccessBlock', handler: deleteBucketPublicAccessBlock },

  { name: 'ListObjectVersions', on: 'bucket', method: 'GET', query: 'versions', action: 'oss:ListObjectVersions', handler: listObjectVersions },
  { name: 'ListObjects', on: 'bucket', method: 'GET', action: 'oss:ListObjects', handler: listObjects },
  { name: 'ListObjectsV2', on: 'bucket', method: 'GET', query: 'list-type=2', action: 'oss:ListObjects', handler: listObjectsV2 },
  { name: 'ListMultipartUploads', on: 'bucket', method: 'GET', query: 'uploads', action: 'oss:ListMultipartUploads', handler: listMultipartUploads },
  { name: 'DeleteMultipleObjects', on: 'bucket', method: 'POST', query: 'delete', action: 'oss:DeleteObject', handler: deleteMultipleObjects },
  { name: 'PostObject', on: 'bucket', method: 'POST', action: 'oss:PutObject', handler: postObject },

  { name: 'PutObject', on: 'object', method: 'PUT', action: 'oss:PutObject', handler: putObject },
  { name: 'CopyObject', on: 'object', method: 'PUT', header: 'x-oss-copy-source', action: 'oss:PutObject', handler: copyObject },
  { name: 'GetObject', on: 'object', method: 'GET', action: 'oss:GetObject', handler: getObject },
  { name: 'HeadObject', on: 'object', method: 'HEAD', action: 'oss:GetObject', handler: headObject },
  { name: 'GetObjectMeta', on: 'object', method: 'HEAD', query: 'objectMeta', action: 'oss:GetObject', handler: getObjectMeta },
  { name: 'DeleteObject', on: 'object', method: 'DELETE', action: 'oss:DeleteObject', handler: deleteObject },
  { name: 'PutObjectACL', on: 'object', method: 'PUT', query: 'acl', action: 'oss:PutObjectAcl', handler: putObjectAcl },
  { name: 'GetObjectACL', on: 'object', method: 'GET', query: 'acl', action: 'oss:GetObjectAcl', handler: getObjectAcl },
  { name: 'PutObjectTagging', on: 'object', method: 'PUT', query: 'tagging', action: 'oss:PutObjectTagging', handler: putObjectTagging },
  { name: 'GetObjectTagging', on: 'object', method: 'GET', query: 'tagging', action: 'oss:GetObjectTagging', handler: getObjectTagging },
  { name: 'DeleteObjectTagging', on: 'object', method: 'DELETE', query: 'tagging', action: 'oss:DeleteObjectTagging', handler: deleteObjectTagging },
  { name: 'PutSymlink', on: 'object', method: 'PUT', query: 'symlink', action: 'oss:PutObject', handler: putSymlink },
  { name: 'GetSymlink', on: 'object', method: 'GET', query: 'symlink', action: 'oss:GetObject', handler: getSymlink },
  { name: 'RestoreObject', on: 'object', method: 'POST', query: 'restore', action: 'oss:RestoreObject', handler: restoreObject },
  { name: 'AppendObject', on: 'object', method: 'POST', query: 'append', action: 'oss:PutObject', handler: appendObject },
  { name: 'InitiateMultipartUpload', on: 'object', method: 'POST', query: 'uploads', action: 'oss:PutObject', handler: initiateMultipartUpload },
  { name: 'UploadPart', on: 'object', method: 'PUT', query: 'uploadId', action: 'oss:PutObject', handler: uploadPart },
  { name: 'UploadPart', on: 'object', method: 'PUT', query: 'partNumber', action: 'oss:PutObject', handler: uploadPart },
  { name: 'UploadPartCopy', on: 'object', method: 'PUT', query: 'uploadId', header: 'x-oss-copy-source', action: 'oss:PutObject', handler: uploadPartCopy },
  { name: 'CompleteMultipartUpload', on: 'object', method: 'POST', query: 'uploadId', action: 'oss:PutObject', handler: completeMultipartUpload },
  { name: 'AbortMultipartUpload', on: 'object', method: 'DELETE', query: 'uploadId', action: 'oss:AbortMultipartUpload', handler: abortMultipartUpload },
  { name: 'ListParts', on: 'object', method: 'GET', query: 'uploadId', action: 'oss:ListParts', handler: listParts },
];

/**
 * Sub-resources of OSS that this server does not know. Ignoring them would do something else than was asked: store a part of an upload
 * as the whole object, or answer a question about the lifecycle with a list. Each is told only where OSS has it: `?style=dark` behind
 * the name of an object is no business of ours.
 */
export const UNIMPLEMENTED: Readonly<Record<OperationTarget, ReadonlySet<string>>> = {
  service: words(`accessPoint cloudboxes publicAccessBlock qosInfo regionList requesterQosInfo resourcePool`),
  bucket:
    words(`accessPoint accessPointPolicy accessmonitor asyncFetch bucketArchiveDirectRead cname comp httpsConfig
    metaQuery objectWorm overwriteConfig processConfiguration
    qos qosInfo redundancyTransition replication replicationLocation replicationProgress
    resourceGroup resourcePool rtc style styleName transferAcceleration userDefinedLogFieldsConfig
    x-oss-process`),
  object: words(`asyncFetch cleanRestoredObject legalHold live retention seal
    x-oss-async-process x-oss-process x-oss-rename x-oss-write-get-object-response`),
};

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}

/** The table, split beforehand: most requests name no sub-resource, and only few rows are about those. */
const rowsOn = {
  service: splitRows('service'),
  bucket: splitRows('bucket'),
  object: splitRows('object'),
} as const satisfies Record<OperationTarget, unknown>;

function splitRows(target: OperationTarget) {
  const rows = OPERATIONS.filter(({ on }) => (on === 'bucket-name' ? 'bucket' : on) === target);
  return {
    withQuery: rows.filter((row) => row.query !== undefined),
    withoutQuery: rows.filter((row) => row.query === undefined),
  };
}

/**
 * The operation that a request asks for: of the rows that fit, the one that says most about the request.
 *
 * @param query, headers by name; header names in lower case
 * @throws OssError NotImplemented, MethodNotAllowed (with `Allow`)
 */
export function findOperation(
  method: string,
  target: OperationTarget,
  query: ReadonlyMap<string, string>,
  headers: ReadonlyMap<string, string>,
): Operation {
  if (query.size > 0) checkImplemented(target, query);
  const { withQuery, withoutQuery } = rowsOn[target];
  const named = query.size === 0 ? [] : withQuery.filter((row) => hasParameter(query, row.query as string));
  // A sub-resource is a target of its own: `PUT /?versions` is not PutBucket with a strange parameter.
  const candidates = named.length > 0 ? named : withoutQuery;
  const fitting = candidates.filter((row) => row.method === method);
  const operation =
    fitting.find((row) => row.header !== undefined && headers.has(row.header)) ??
    fitting.find((row) => row.header === undefined);
  if (operation) return operation;
  throw new OssError(
    'MethodNotAllowed',
    { Method: method, ResourceType: resourceTypes[target] },
    { headers: { allow: [...new Set(candidates.map((row) => row.method))].join(', ') } },
  );
}

const resourceTypes = { service: 'Service', bucket: 'Bucket', object: 'Object' } as const;

/** @throws OssError NotImplemented */
function checkImplemented(target: OperationTarget, query: ReadonlyMap<string, string>): void {
  const unknown = [...query.keys()].find((parameter) => UNIMPLEMENTED[target].has(parameter));
  if (unknown !== undefined) throw new OssError('NotImplemented', { Header: unknown });
}

function hasParameter(query: ReadonlyMap<string, string>, selector: string): boolean {
  const [name = '', value] = selector.split('=', 2);
  return value === undefined ? query.has(name) : query.get(name) === value;
}
