// Which operation a request asks for, written `METHOD target?query [header]`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OssError } from '@postern/protocol';
import { findOperation, OPERATIONS, type OperationTarget } from '../src/operations.ts';

/** The operation's name, or the error with what it says. */
function asked(request: string): string {
  const [method = '', rest = '', header] = request.split(' ');
  const [target = '', query = ''] = rest.split('?');
  const headers = new Map(header === undefined ? [] : [[header, 'x']]);
  try {
    return findOperation(method, target as OperationTarget, new Map(new URLSearchParams(query)), headers)
      .name;
  } catch (error) {
    assert.ok(error instanceof OssError);
    const said = [...error.elements, ...Object.entries(error.headers)].map(
      ([name, value]) => `${name}=${value}`,
    );
    return [error.row, ...said].join(' ');
  }
}

const cases: Readonly<Record<string, string>> = {
  'GET service': 'ListBuckets',
  'GET service?prefix=a&max-keys=1': 'ListBuckets',
  'PUT bucket': 'PutBucket',
  'PUT bucket?acl': 'PutBucketAcl',
  'PUT bucket?acl=': 'PutBucketAcl',
  'GET bucket?acl': 'GetBucketAcl',
  'DELETE bucket': 'DeleteBucket',
  'HEAD bucket': 'HeadBucket',
  'GET bucket?bucketInfo': 'GetBucketInfo',
  'GET bucket?location': 'GetBucketLocation',
  'PUT bucket?versioning': 'PutBucketVersioning',
  'GET bucket?versioning': 'GetBucketVersioning',
  'PUT bucket?cors': 'PutBucketCors',
  'GET bucket?cors': 'GetBucketCors',
  'DELETE bucket?cors': 'DeleteBucketCors',
  'PUT bucket?tagging': 'PutBucketTags',
  'GET bucket?tagging': 'GetBucketTags',
  'DELETE bucket?tagging': 'DeleteBucketTags',
  'PUT bucket?referer': 'PutBucketReferer',
  'GET bucket?referer': 'GetBucketReferer',
  'PUT bucket?encryption': 'PutBucketEncryption',
  'GET bucket?encryption': 'GetBucketEncryption',
  'DELETE bucket?encryption': 'DeleteBucketEncryption',
  'PUT bucket?logging': 'PutBucketLogging',
  'GET bucket?logging': 'GetBucketLogging',
  'DELETE bucket?logging': 'DeleteBucketLogging',
  'PUT bucket?requestPayment': 'PutBucketRequestPayment',
  'GET bucket?requestPayment': 'GetBucketRequestPayment',
  'PUT bucket?publicAccessBlock': 'PutBucketPublicAccessBlock',
  'GET bucket?publicAccessBlock': 'GetBucketPublicAccessBlock',
  'DELETE bucket?publicAccessBlock': 'DeleteBucketPublicAccessBlock',
  'DELETE bucket?tagging=a,b': 'DeleteBucketTags',
  'PUT bucket?lifecycle': 'PutBucketLifecycle',
  'GET bucket?lifecycle': 'GetBucketLifecycle',
  'PUT bucket?policy': 'PutBucketPolicy',
  'GET bucket?policy': 'GetBucketPolicy',
  'DELETE bucket?policy': 'DeleteBucketPolicy',
  'GET bucket?policyStatus': 'GetBucketPolicyStatus',
  'DELETE bucket?lifecycle': 'DeleteBucketLifecycle',
  'POST bucket?worm': 'InitiateBucketWorm',
  'POST bucket?wormId=a': 'CompleteBucketWorm',
  'POST bucket?wormExtend&wormId=a': 'ExtendBucketWorm',
  'POST bucket?wormId=a&wormExtend': 'ExtendBucketWorm',
  'DELETE bucket?worm': 'AbortBucketWorm',
  'GET bucket?worm': 'GetBucketWorm',
  'PUT bucket?inventory&inventoryId=a': 'PutBucketInventory',
  'GET bucket?inventory&inventoryId=a': 'GetBucketInventory',
  'GET bucket?inventory': 'ListBucketInventory',
  'GET bucket?inventory&continuation-token=a': 'ListBucketInventory',
  'DELETE bucket?inventory&inventoryId=a': 'DeleteBucketInventory',
  'GET service?regions': 'DescribeRegions',
  'GET service?tagging=x': 'ListBuckets',
  'GET bucket?live': 'ListLiveChannel',
  'PUT bucket?website': 'PutBucketWebsite',
  'GET bucket?website': 'GetBucketWebsite',
  'DELETE bucket?website': 'DeleteBucketWebsite',
  'GET bucket?stat': 'GetBucketStat',
  'GET bucket': 'ListObjects',
  'GET bucket?prefix=a&encoding-type=url': 'ListObjects',
  'GET bucket?list-type=1': 'ListObjects',
  'GET bucket?list-type=2&prefix=a': 'ListObjectsV2',
  'GET bucket?versions&prefix=a': 'ListObjectVersions',
  'GET bucket?list-type=2&versions': 'ListObjectVersions',
  'POST bucket?delete&encoding-type=url': 'DeleteMultipleObjects',
  'POST bucket': 'PostObject',
  'PUT object': 'PutObject',
  'PUT object?x=y': 'PutObject',
  'PUT object?callback=e30=': 'PutObject',
  'PUT object x-oss-copy-source': 'CopyObject',
  'GET object': 'GetObject',
  'GET object?versionId=a&response-expires=b': 'GetObject',
  'GET object x-oss-copy-source': 'GetObject',
  'GET object?callback=render&style=dark': 'GetObject',
  'HEAD object': 'HeadObject',
  'HEAD object?objectMeta': 'GetObjectMeta',
  'DELETE object?versionId=a': 'DeleteObject',
  'PUT object?acl x-oss-copy-source': 'PutObjectACL',
  'GET object?acl&versionId=a': 'GetObjectACL',
  'PUT object?tagging': 'PutObjectTagging',
  'GET object?tagging&versionId=a': 'GetObjectTagging',
  'DELETE object?tagging': 'DeleteObjectTagging',
  'PUT object?symlink': 'PutSymlink',
  'GET object?symlink': 'GetSymlink',
  'POST object?restore': 'RestoreObject',
  'POST object?append&position=0': 'AppendObject',
  'POST object?uploads&sequential': 'InitiateMultipartUpload',
  'PUT object?partNumber=1&uploadId=a': 'UploadPart',
  'PUT object?partNumber=1': 'UploadPart',
  'PUT object?uploadId=a': 'UploadPart',
  'PUT object?partNumber=1&uploadId=a x-oss-copy-source': 'UploadPartCopy',
  'POST object?uploadId=a': 'CompleteMultipartUpload',
  'DELETE object?uploadId=a': 'AbortMultipartUpload',
  'GET object?uploadId=a&max-parts=1': 'ListParts',
  'GET bucket?uploads&prefix=a': 'ListMultipartUploads',
};

const refused: Readonly<Record<string, string>> = {
  'POST object': 'MethodNotAllowed Method=POST ResourceType=Object allow=PUT, GET, HEAD, DELETE',
  'PATCH bucket': 'MethodNotAllowed Method=PATCH ResourceType=Bucket allow=PUT, DELETE, HEAD, GET, POST',
  'PUT service': 'MethodNotAllowed Method=PUT ResourceType=Service allow=GET',
  'PUT bucket?versions': 'MethodNotAllowed Method=PUT ResourceType=Bucket allow=GET',
  'DELETE bucket?acl': 'MethodNotAllowed Method=DELETE ResourceType=Bucket allow=PUT, GET',
  'GET object?objectMeta': 'MethodNotAllowed Method=GET ResourceType=Object allow=HEAD',
  'PUT bucket?replication': 'NotImplemented Header=replication',
  'GET object?x-oss-process=image/resize,w_1': 'NotImplemented Header=x-oss-process',
  'GET service?accessPoint': 'NotImplemented Header=accessPoint',
  'DELETE bucket?acl&metaQuery': 'NotImplemented Header=metaQuery',
};

test('requests find their operation', () => {
  for (const [request, expected] of Object.entries(cases)) assert.equal(asked(request), expected, request);
});

test('every operation is found by some request', () => {
  const found = new Set(Object.values(cases));
  assert.deepEqual(
    OPERATIONS.map(({ name }) => name).filter((name) => !found.has(name)),
    [],
  );
});

test('what cannot be done is said, with what could', () => {
  for (const [request, expected] of Object.entries(refused)) assert.equal(asked(request), expected, request);
});
