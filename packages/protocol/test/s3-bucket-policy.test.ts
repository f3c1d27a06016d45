// Bucket policies of S3 in the words of OSS: what each part becomes, that the result is a policy, and what cannot be said.

import assert from 'node:assert/strict';
import test from 'node:test';
import { parseAccessPolicy } from '../src/access/access-policy.ts';
import { OssError } from '../src/errors.ts';
import { toOssBucketPolicy } from '../src/s3/bucket-policy.ts';

const statement = {
  Sid: 'one',
  Effect: 'Allow',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::photos/*',
};

function translate(changed: object = {}, document: object = {}): Record<string, unknown> {
  const text = JSON.stringify({
    Version: '2012-10-17',
    Id: 'a',
    Statement: [{ ...statement, ...changed }],
    ...document,
  });
  const translated = toOssBucketPolicy(text);
  parseAccessPolicy(translated, 'bucket');
  return JSON.parse(translated).Statement[0];
}

test('everybody may read', () => {
  assert.deepEqual(translate(), {
    Effect: 'Allow',
    Principal: ['*'],
    Action: ['oss:GetObject'],
    Resource: ['acs:oss:*:*:photos/*'],
  });
  assert.deepEqual(translate({}, { Statement: statement }), translate());
});

const PARTS: readonly (readonly [part: string, s3: unknown, oss: unknown])[] = [
  ['Action', 's3:*', ['oss:*']],
  ['Action', '*', ['*']],
  ['Action', 's3:ListBucket', ['oss:ListObjects']],
  ['Action', 's3:ListBucket*', ['oss:ListMultipartUploads', 'oss:ListObjects', 'oss:ListObjectVersions']],
  [
    'Action',
    ['s3:PutObject', 'S3:putbucketcors'],
    ['oss:PutObject', 'oss:PutBucketCors', 'oss:DeleteBucketCors'],
  ],
  ['Action', 's3:DeleteObjec?', ['oss:DeleteObject']],
  ['Principal', { AWS: '*' }, ['*']],
  ['Principal', { AWS: ['arn:aws:iam::owner:root', '27001'] }, ['owner', '27001']],
  [
    'Resource',
    ['arn:aws:s3:::photos', 'arn:aws:s3:::photos/a:b/*'],
    ['acs:oss:*:*:photos', 'acs:oss:*:*:photos/a:b/*'],
  ],
  [
    'Condition',
    { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8'] } },
    { IpAddress: { 'acs:SourceIp': ['10.0.0.0/8'] } },
  ],
  ['Condition', { StringLike: { 'S3:Prefix': 'a/*' } }, { StringLike: { 'oss:Prefix': 'a/*' } }],
  ['Condition', { Bool: { 'aws:SecureTransport': false } }, { Bool: { 'acs:SecureTransport': false } }],
  [
    'Condition',
    { StringEquals: { 's3:ExistingObjectTag/a': 'b' } },
    { StringEquals: { 'oss:ExistingObjectTag/a': 'b' } },
  ],
];
for (const [part, s3, oss] of PARTS) {
  test(`${part} ${JSON.stringify(s3)}`, () => assert.deepEqual(translate({ [part]: s3 })[part], oss));
}

const REFUSED: readonly (readonly [what: string, changed: object, document?: object])[] = [
  ['an action that means nothing here', { Action: 's3:PutObjectRetention' }],
  ['an action of another service', { Action: 'ec2:RunInstances' }],
  ['an action of OSS', { Action: 'oss:GetObject' }],
  ['a wildcard that matches nothing', { Action: 's3:X*' }],
  ['no action', { Action: [] }],
  ['everything but an action', { NotAction: 's3:GetObject' }],
  ['everybody but somebody', { NotPrincipal: '*' }],
  ['nobody', { Principal: undefined }],
  ['a service', { Principal: { Service: 'a.amazonaws.com' } }],
  ['a user of AWS', { Principal: { AWS: 'arn:aws:iam::1:user/a' } }],
  ['a wildcard for a principal', { Principal: { AWS: 'a*' } }],
  ['a resource of OSS', { Resource: 'acs:oss:*:*:photos/*' }],
  ['another effect', { Effect: 'Perhaps' }],
  ['a key that is not known', { Condition: { StringEquals: { 'aws:Referer': 'a' } } }],
  ['a key of objects everywhere', { Condition: { StringEquals: { constructor: 'a' } } }],
  ['a key twice', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8', 'aws:sourceip': '10.0.0.1' } } }],
  ['a variable in a resource', { Resource: 'arn:aws:s3:::photos/${aws:username}/*' }],
  ['a variable in a condition', { Condition: { StringLike: { 's3:prefix': '${aws:username}/*' } } }],
  // A regular expression of as many stars would not come to an end.
  ['a wildcard of many stars that matches nothing', { Action: `s3:${'*'.repeat(64)}0` }],
  ['another version', {}, { Version: '1' }],
  ['no statement', {}, { Statement: undefined }],
  ['something else in it', {}, { Extra: 1 }],
  ['too much', {}, { Id: 'a'.repeat(20 * 1024) }],
];
for (const [what, changed, document] of REFUSED) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => translate(changed, document),
      (error) => error instanceof OssError && error.row === 'MalformedPolicy',
    );
  });
}

test('what is a variable in the later version is a text in the earlier', () => {
  const { Resource } = translate({ Resource: 'arn:aws:s3:::photos/${a}' }, { Version: '2008-10-17' });
  assert.deepEqual(Resource, ['acs:oss:*:*:photos/${a}']);
});

test('refused: no JSON', () => {
  assert.throws(
    () => toOssBucketPolicy('{'),
    (error) => error instanceof OssError && error.row === 'MalformedPolicy',
  );
});
