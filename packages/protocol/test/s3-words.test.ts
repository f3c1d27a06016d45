// The words of the two dialects for one thing: headers both ways, documents, errors.

import assert from 'node:assert/strict';
import test from 'node:test';
import { ERRORS, type ErrorFacts, type ErrorName, OssError } from '../src/errors.ts';
import { toS3Document } from '../src/s3/documents.ts';
import { toS3Error, writeS3Error } from '../src/s3/error-reply.ts';
import { toOssHeader, toS3Header } from '../src/s3/words.ts';
import {
  writeAccessControlPolicy,
  writeBucketList,
  writeBucketLocation,
  writeCopyObjectResult,
  writePostResponse,
} from '../src/xml/documents.ts';
import { writeObjectList } from '../src/xml/object-lists.ts';
import { readXml } from '../src/xml/read-xml.ts';

const inRequests: readonly (readonly [s3: string, oss: string | undefined])[] = [
  ['content-type: a', 'content-type: a'],
  ['x-amz-meta-a: b', 'x-oss-meta-a: b'],
  ['x-amz-acl: public-read', 'x-oss-object-acl: public-read'],
  ['x-amz-acl: bucket-owner-full-control', 'x-oss-object-acl: private'],
  ['x-amz-storage-class: STANDARD_IA', 'x-oss-storage-class: IA'],
  ['x-amz-storage-class: DEEP_ARCHIVE', 'x-oss-storage-class: ColdArchive'],
  ['x-amz-server-side-encryption: aws:kms', 'x-oss-server-side-encryption: KMS'],
  ['x-amz-server-side-encryption-aws-kms-key-id: k', 'x-oss-server-side-encryption-key-id: k'],
  ['x-amz-copy-source: /a/b', 'x-oss-copy-source: /a/b'],
  ['x-amz-copy-source: a/b?versionId=c', 'x-oss-copy-source: /a/b?versionId=c'],
  ['x-amz-copy-source: a%2Fb%2Fc', 'x-oss-copy-source: /a/b%2Fc'],
  ['x-amz-copy-source: a/b%2Fc', 'x-oss-copy-source: /a/b%2Fc'],
  ['x-amz-metadata-directive: REPLACE', 'x-oss-metadata-directive: REPLACE'],
  ['x-amz-tagging: a=b', 'x-oss-tagging: a=b'],
  ['x-amz-date: 20130524T000000Z', undefined],
  ['x-amz-content-sha256: UNSIGNED-PAYLOAD', undefined],
];
for (const [s3, oss] of inRequests) {
  test(`a request's ${s3}`, () => assert.equal(translate(s3), oss));
}

function translate(header: string): string | undefined {
  const [name = '', value = ''] = header.split(': ', 2);
  return toOssHeader(name, value, 'x-oss-object-acl')?.join(': ');
}

test("a bucket's ACL has another name", () => {
  assert.deepEqual(toOssHeader('x-amz-acl', 'private', 'x-oss-acl'), ['x-oss-acl', 'private']);
});

const refused: readonly (readonly [header: string, row: ErrorName])[] = [
  ['x-amz-something-new: a', 'NotImplemented.s3'],
  ['x-amz-server-side-encryption-customer-key: a', 'NotImplemented.s3'],
  ['x-amz-object-lock-mode: GOVERNANCE', 'NotImplemented.s3'],
  ['x-amz-grant-read: id=a', 'NotImplemented.s3'],
  ['x-amz-acl: authenticated-read', 'NotImplemented.s3'],
  ['x-amz-acl: everybody', 'InvalidArgument.s3Value'],
  ['x-amz-acl: constructor', 'InvalidArgument.s3Value'],
  ['x-amz-storage-class: Standard', 'InvalidStorageClass'],
  ['x-amz-storage-class: OUTPOSTS', 'InvalidStorageClass'],
  ['x-amz-server-side-encryption: AES128', 'InvalidArgument.s3Value'],
];
for (const [header, row] of refused) {
  test(`a request's ${header}: ${row}`, () => {
    assert.throws(
      () => translate(header),
      (error) => error instanceof OssError && error.row === row,
    );
  });
}

const inAnswers: readonly (readonly [oss: string, s3: string | undefined])[] = [
  ['etag: "5D41402ABC4B2A76B9719D911017C592"', 'etag: "5d41402abc4b2a76b9719d911017c592"'],
  ['content-type: a', 'content-type: a'],
  ['x-oss-request-id: a', 'x-amz-request-id: a'],
  ['x-oss-version-id: a', 'x-amz-version-id: a'],
  ['x-oss-meta-a: b', 'x-amz-meta-a: b'],
  ['x-oss-storage-class: Standard', undefined],
  ['x-oss-storage-class: DeepColdArchive', 'x-amz-storage-class: DEEP_ARCHIVE'],
  ['x-oss-server-side-encryption: KMS', 'x-amz-server-side-encryption: aws:kms'],
  ['x-oss-object-type: Normal', undefined],
  ['x-oss-hash-crc64ecma: 1', undefined],
  ['x-oss-server-time: 1', undefined],
  ['content-md5: XUFAKrxLKna5cZ2REBfFkg==', undefined],
];
for (const [oss, s3] of inAnswers) {
  test(`an answer's ${oss}`, () => {
    const [name = '', value = ''] = oss.split(': ', 2);
    assert.equal(toS3Header(name, value)?.join(': '), s3);
  });
}

test('a list: ETags in lower case, S3’s storage classes, a namespace, and names as they are', () => {
  const key = '<ETag>"ABC"</ETag>\n$&.txt';
  const owner = { id: 'alice', displayName: 'alice' };
  const object = {
    key,
    modifiedAtMs: 0,
    etag: 'ABC',
    type: 'Normal',
    size: 1,
    storageClass: 'Standard',
  };
  const list = {
    bucket: 'b',
    owner,
    prefix: '',
    delimiter: '',
    maxKeys: 1,
    encoding: undefined,
    marker: '',
    nextMarker: undefined,
  };
  const document = toS3Document(writeObjectList({ ...list, objects: [object], commonPrefixes: [] }));
  assert.match(
    document,
    /^<\?xml [^\n]*\n<ListBucketResult xmlns="http:\/\/s3\.amazonaws\.com\/doc\/2006-03-01\/">\n/,
  );
  assert.ok(document.includes('<ETag>"abc"</ETag>'));
  assert.ok(document.includes('<StorageClass>STANDARD</StorageClass>'));
  assert.ok(document.includes('<Key>&lt;ETag&gt;"ABC"&lt;/ETag&gt;\n$&amp;.txt</Key>'));
  readXml(document, 'ListBucketResult');
});

test('grants', () => {
  const owner = { id: 'alice', displayName: '$1' };
  const grants = (grant: string) => {
    const document = toS3Document(writeAccessControlPolicy({ owner, grant }));
    const list = readXml(document, 'AccessControlPolicy').children[1];
    return list?.children.map(({ children }) =>
      children.map((child) => child.text || child.children.map(({ text }) => text).join(' ')).join(': '),
    );
  };
  const all = 'alice $1: FULL_CONTROL';
  const everybody = 'http://acs.amazonaws.com/groups/global/AllUsers';
  assert.deepEqual(grants('private'), [all]);
  assert.deepEqual(grants('default'), [all]);
  assert.deepEqual(grants('public-read'), [all, `${everybody}: READ`]);
  assert.deepEqual(grants('public-read-write'), [all, `${everybody}: READ`, `${everybody}: WRITE`]);
});

test('the other documents', () => {
  const told = (document: string, root: string) =>
    readXml(toS3Document(document), root).children.map(({ name, text }) => `${name}=${text}`);
  assert.deepEqual(
    told(writeCopyObjectResult({ etag: 'ABC', modifiedAtMs: 0 }), 'CopyObjectResult')[0],
    'ETag="abc"',
  );
  assert.match(
    toS3Document(writeBucketLocation('cn-hangzhou')),
    /<LocationConstraint xmlns="[^"]*">cn-hangzhou<\/LocationConstraint>/,
  );
  const stored = { location: 'http://a/b', bucket: 'a', key: '$1 <Key>x</Key>', etag: 'ABC' };
  assert.deepEqual(told(writePostResponse(stored), 'PostResponse'), [
    'Location=http://a/b',
    'Bucket=a',
    'Key=$1 <Key>x</Key>',
    'ETag="abc"',
  ]);
});

test('a list of buckets', () => {
  const bucket = { name: 'a', createdAtMs: 0, region: 'r', storageClass: 'Standard', endpoint: 'e' };
  const owner = { id: 'alice', displayName: 'alice' };
  const list = { owner, buckets: [bucket], prefix: '', marker: '', maxKeys: 1, nextMarker: 'a' };
  const root = readXml(toS3Document(writeBucketList(list)), 'ListAllMyBucketsResult');
  assert.deepEqual(
    root.children.map(({ name }) => name),
    ['Prefix', 'ContinuationToken', 'Owner', 'Buckets'],
  );
  assert.deepEqual(
    root.children[3]?.children[0]?.children.map(({ name, text }) => `${name}=${text}`),
    ['CreationDate=1970-01-01T00:00:00.000Z', 'Name=a', 'BucketRegion=r'],
  );
});

const errors: readonly (readonly [row: ErrorName, facts: ErrorFacts, told: string])[] = [
  ['NoSuchKey', { Key: 'a' }, '404 NoSuchKey The specified key does not exist. Key=a'],
  ['AccessDenied.bucketAcl', {}, '403 AccessDenied Access Denied'],
  ['AccessDenied.policyExpired', {}, '403 AccessDenied Invalid according to Policy: Policy expired.'],
  [
    'NotImplemented',
    { Header: 'x-oss-tagging' },
    '501 NotImplemented A header you provided implies functionality that is not implemented Header=x-amz-tagging',
  ],
  [
    'FileAlreadyExists',
    {},
    '412 PreconditionFailed At least one of the pre-conditions you specified did not hold',
  ],
  [
    'InvalidAccessKeyId',
    { OSSAccessKeyId: 'a' },
    '403 InvalidAccessKeyId The AWS Access Key Id you provided does not exist in our records. AWSAccessKeyId=a',
  ],
  ['InvalidDigest', {}, '400 BadDigest The Content-MD5 you specified did not match what we received.'],
  ['InvalidDigest.malformed', {}, '400 InvalidDigest The Content-MD5 you specified is not valid.'],
  [
    'InvalidArgument.objectAcl',
    { ArgumentName: 'x-oss-object-acl' },
    '400 InvalidArgument no such object access control exists ArgumentName=x-amz-acl',
  ],
  [
    'InvalidArgument.metadataDirective',
    {},
    '400 InvalidArgument The x-amz-metadata-directive you specified must be COPY or REPLACE.',
  ],
  ['SecurityTokenExpired', {}, '400 ExpiredToken The provided token has expired.'],
];
for (const [row, facts, told] of errors) {
  test(`${row} as S3 tells it`, () => {
    const { status, code, message, elements } = toS3Error(new OssError(row, facts));
    assert.equal([status, code, message, ...elements.map((element) => element.join('='))].join(' '), told);
  });
}

test('no error speaks of the other dialect', () => {
  for (const row of Object.keys(ERRORS) as ErrorName[]) {
    if (row.startsWith('Callback') || row.includes('mixedDialects')) continue;
    const { message } = toS3Error(new OssError(row));
    assert.doesNotMatch(message, /x-oss-/i, row);
  }
});

test('an error document', () => {
  const error = toS3Error(new OssError('NoSuchKey', { Key: '<a>' }));
  const document = writeS3Error({ error, resource: '/b/%3Ca%3E', requestId: '1', hostId: 'host' });
  assert.deepEqual(
    readXml(document, 'Error').children.map(({ name, text }) => `${name}=${text}`),
    [
      'Code=NoSuchKey',
      'Message=The specified key does not exist.',
      'Key=<a>',
      'Resource=/b/%3Ca%3E',
      'RequestId=1',
      'HostId=host',
    ],
  );
});
