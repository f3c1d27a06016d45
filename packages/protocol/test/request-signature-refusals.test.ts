// What a signature of a request may look like, and what is refused before anybody asks whether it is right.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { ErrorName } from '../src/errors.ts';
import type { QueryParameter } from '../src/percent.ts';
import { findRequestSignature } from '../src/signature/request-signature.ts';
import {
  credential,
  getA,
  getSignature,
  refuses,
  timeMs,
  withHeaders,
  withQuery,
} from './request-notation.ts';

// --- Spellings of the V4 header ---

const plain = withHeaders(getA, { 'x-oss-date': '20250411T064124Z', host: 'h', range: 'bytes=0-1' });
const dialects: readonly [authorization: string, additionalHeaders: string[]][] = [
  [`${credential},AdditionalHeaders=host,Signature=00`, ['host']],
  [`${credential}, Signature=00`, []],
  [`${credential}, Signature=00, AdditionalHeaders=host;range`, ['host', 'range']],
  [`${credential},AdditionalHeaders=Range;host;host;content-type;x-oss-date,Signature=00`, ['host', 'range']],
  [`Signature=00 , ${credential},AdditionalHeaders=`, []],
];
for (const [parameters, additionalHeaders] of dialects) {
  test(`V4 header: ${parameters}`, () => {
    const signature = getSignature(withHeaders(plain, { authorization: `OSS4-HMAC-SHA256 ${parameters}` }));
    assert.deepEqual(signature, {
      version: 'v4',
      place: 'header',
      accessKeyId: 'ak',
      signature: '00',
      date: '20250411',
      region: 'cn-hangzhou',
      product: 'oss',
      dateTime: '20250411T064124Z',
      signedAtMs: timeMs,
      additionalHeaders,
    });
  });
}

test('V4 header: the time may be in Date', () => {
  const signature = getSignature(
    withHeaders(getA, {
      date: 'Fri, 11 Apr 2025 06:41:24 GMT',
      authorization: `OSS4-HMAC-SHA256 ${credential},Signature=00`,
    }),
  );
  assert.ok(signature.version === 'v4');
  assert.equal(signature.dateTime, '20250411T064124Z');
});

// --- Refusals ---

test('without any mark of a signature a request is anonymous', () => {
  assert.equal(findRequestSignature(getA), undefined);
  assert.equal(findRequestSignature(withQuery(getA, ['Expires', '1'], ['x-oss-expires', '1'])), undefined);
});

const date = 'Fri, 11 Apr 2025 06:41:24 GMT';
const v4Date = '20250411T064124Z';
const v4 = (parameters: string) => ({
  'x-oss-date': v4Date,
  authorization: `OSS4-HMAC-SHA256 ${parameters}`,
});

const headerRefusals: readonly [row: ErrorName, headers: Record<string, string>, query?: QueryParameter[]][] =
  [
    ['InvalidArgument.authorizationType', { authorization: '' }],
    ['InvalidArgument.authorizationType', { authorization: 'Basic eDp5' }],
    ['InvalidArgument.authorizationType', { authorization: 'oss ak:x', date }],
    ['InvalidArgument.authorizationType', { authorization: 'OSS3 AccessKeyId:ak,Signature:x', date }],
    ['InvalidArgument.authorization', { authorization: 'OSS', date }],
    ['InvalidArgument.authorization', { authorization: 'OSS ak', date }],
    ['InvalidArgument.authorization', { authorization: 'OSS :x', date }],
    ['InvalidArgument.authorization', { authorization: 'OSS ak:', date }],
    ['InvalidArgument.authorization', { authorization: 'OSS ak:x y', date }],
    ['AccessDenied.noDate', { authorization: 'OSS ak:x' }],
    ['AccessDenied.noDate', { authorization: 'OSS ak:x', date: 'today' }],
    ['AccessDenied.noDate', { authorization: 'OSS ak:x', date, 'x-oss-date': v4Date }],
    [
      'InvalidArgument.tokenTwice',
      { authorization: 'OSS ak:x', date, 'x-oss-security-token': 't' },
      [['security-token', 't']],
    ],
    ['InvalidArgument.authorizationTwice', { authorization: 'OSS ak:x', date }, [['Signature', 'x']]],
    ['InvalidArgument.authorizationTwice', { authorization: 'OSS ak:x', date }, [['OSSAccessKeyId', 'ak']]],
    ['InvalidArgument.authorizationTwice', v4(`${credential},Signature=00`), [['x-oss-signature', '00']]],
    ['InvalidArgument.authorization', v4('')],
    ['InvalidArgument.authorization', v4(credential)],
    ['InvalidArgument.authorization', v4(`${credential},Signature=`)],
    ['InvalidArgument.authorization', v4(`${credential},Signature=00,Signature=00`)],
    ['InvalidArgument.authorization', v4(`${credential},Signature=00,Extra=1`)],
    ['InvalidArgument.authorization', v4(`${credential},Signature=00,`)],
    ['InvalidArgument.signCredential', v4('Signature=00')],
    ['InvalidArgument.signCredential', v4('Credential=ak/20250411/cn-hangzhou/oss,Signature=00')],
    [
      'InvalidArgument.signCredential',
      v4('Credential=ak/20250411/cn-hangzhou/oss/aws4_request,Signature=00'),
    ],
    [
      'InvalidArgument.signCredential',
      v4('Credential=ak/20250411/cn-hangzhou/s3/aliyun_v4_request,Signature=00'),
    ],
    [
      'InvalidArgument.signCredential',
      v4('Credential=/20250411/cn-hangzhou/oss/aliyun_v4_request,Signature=00'),
    ],
    ['InvalidArgument.signDate', v4('Credential=ak/2025041/cn-hangzhou/oss/aliyun_v4_request,Signature=00')],
    ['InvalidArgument.signDate', v4('Credential=ak/20250412/cn-hangzhou/oss/aliyun_v4_request,Signature=00')],
    ['InvalidArgument.signDate', { ...v4(`${credential},Signature=00`), 'x-oss-date': date }],
    ['AccessDenied.noDate', { authorization: `OSS4-HMAC-SHA256 ${credential},Signature=00` }],
    ['InvalidArgument.authorization', { authorization: 'OSS2 ak:x', date }],
    ['InvalidArgument.authorization', { authorization: 'OSS2 AccessKeyId:ak', date }],
    ['InvalidArgument.authorization', { authorization: 'OSS2 Signature:x,AccessKeyId:ak', date }],
    ['AccessDenied.noDate', { authorization: 'OSS2 AccessKeyId:ak,Signature:x' }],
    [
      'InvalidArgument.additionalHeaders',
      { authorization: 'OSS2 AccessKeyId:ak,AdditionalHeaders:range,Signature:x', date },
    ],
    ['InvalidArgument.signRegion', v4('Credential=ak/20250411//oss/aliyun_v4_request,Signature=00')],
    ['InvalidArgument.signRegion', v4('Credential=ak/20250411/None/oss/aliyun_v4_request,Signature=00')],
    ['InvalidArgument.additionalHeaders', v4(`${credential},AdditionalHeaders=range,Signature=00`)],
    [
      'InvalidArgument.contentSha256',
      { ...v4(`${credential},Signature=00`), 'x-oss-content-sha256': 'e3b0c442' },
    ],
    [
      'InvalidArgument.tokenTwice',
      { ...v4(`${credential},Signature=00`), 'x-oss-security-token': 't' },
      [['x-oss-security-token', 't']],
    ],
  ];
for (const [row, headers, query = []] of headerRefusals) {
  test(`${row}: ${JSON.stringify({ ...headers, ...Object.fromEntries(query) })}`, () => {
    refuses(row, () => findRequestSignature(withQuery(withHeaders(getA, headers), ...query)));
  });
}

const v1Query = { OSSAccessKeyId: 'ak', Expires: '1744353684', Signature: 'x' };
const v2Query = {
  'x-oss-signature-version': 'OSS2',
  'x-oss-access-key-id': 'ak',
  'x-oss-expires': '1744353684',
  'x-oss-signature': 'x',
};
const v4Query = {
  'x-oss-signature-version': 'OSS4-HMAC-SHA256',
  'x-oss-credential': 'ak/20250411/cn-hangzhou/oss/aliyun_v4_request',
  'x-oss-date': v4Date,
  'x-oss-expires': '600',
  'x-oss-signature': '00',
};

const queryRefusals: readonly [row: ErrorName, query: object, headers?: Record<string, string>][] = [
  ['AccessDenied.queryIncomplete', { ...v1Query, OSSAccessKeyId: undefined }],
  ['AccessDenied.queryIncomplete', { ...v1Query, Signature: undefined }],
  ['AccessDenied.queryIncomplete', { ...v1Query, Expires: undefined }],
  ['AccessDenied.queryIncomplete', { ...v1Query, Signature: '' }],
  ['AccessDenied.queryExpiresEmpty', { ...v1Query, Expires: '' }],
  ['AccessDenied.queryExpires', { ...v1Query, Expires: '-1' }],
  ['AccessDenied.queryExpires', { ...v1Query, Expires: '1e9' }],
  ['AccessDenied.queryExpires', { ...v1Query, Expires: '1744353684.5' }],
  ['AccessDenied.queryExpires', { ...v1Query, Expires: '9'.repeat(13) }],
  ['InvalidArgument.tokenTwice', { ...v1Query, 'security-token': 't' }, { 'x-oss-security-token': 't' }],
  ['InvalidRequest.tokenNotInQuery', v1Query, { 'x-oss-security-token': 't' }],
  ['InvalidArgument.authorizationTwice', { ...v1Query, ...v4Query }],
  ['InvalidArgument.authorizationTwice', v4Query, { authorization: 'OSS ak:x' }],
  ['InvalidArgument.authorizationType', { ...v4Query, 'x-oss-signature-version': 'OSS3' }],
  ['AccessDenied.queryIncomplete', { ...v2Query, 'x-oss-access-key-id': undefined }],
  ['AccessDenied.queryIncomplete', { ...v2Query, 'x-oss-signature': undefined }],
  ['AccessDenied.queryIncomplete', { ...v2Query, 'x-oss-expires': undefined }],
  ['AccessDenied.queryExpires', { ...v2Query, 'x-oss-expires': '10m' }],
  ['AccessDenied.queryIncompleteV4', { ...v2Query, 'x-oss-signature-version': undefined }],
  ['InvalidArgument.additionalHeaders', { ...v2Query, 'x-oss-additional-headers': 'range' }],
  ['InvalidArgument.tokenTwice', { ...v2Query, 'security-token': 't' }, { 'x-oss-security-token': 't' }],
  ['InvalidArgument.authorizationTwice', { ...v1Query, ...v2Query }],
  ['InvalidArgument.authorizationTwice', v2Query, { authorization: 'OSS ak:x' }],
  ['AccessDenied.queryIncompleteV4', { ...v4Query, 'x-oss-signature-version': undefined }],
  ['AccessDenied.queryIncompleteV4', { ...v4Query, 'x-oss-credential': undefined }],
  ['AccessDenied.queryIncompleteV4', { ...v4Query, 'x-oss-date': undefined }],
  ['AccessDenied.queryIncompleteV4', { ...v4Query, 'x-oss-expires': undefined }],
  ['AccessDenied.queryIncompleteV4', { ...v4Query, 'x-oss-signature': undefined }],
  ['InvalidArgument.signCredential', { ...v4Query, 'x-oss-credential': 'ak' }],
  [
    'InvalidArgument.signRegionInUrl',
    { ...v4Query, 'x-oss-credential': 'ak/20250411/None/oss/aliyun_v4_request' },
  ],
  ['InvalidArgument.signDate', { ...v4Query, 'x-oss-date': '20250412T000000Z' }],
  ['InvalidArgument.signExpires', { ...v4Query, 'x-oss-expires': '0' }],
  ['InvalidArgument.signExpires', { ...v4Query, 'x-oss-expires': '604801' }],
  ['InvalidArgument.signExpires', { ...v4Query, 'x-oss-expires': '10s' }],
  [
    'InvalidArgument.additionalHeaders',
    { ...v4Query, 'x-oss-additional-headers': 'host;range' },
    { host: 'h' },
  ],
  ['InvalidArgument.contentSha256', v4Query, { 'x-oss-content-sha256': 'e3b0c442' }],
  [
    'InvalidArgument.tokenTwice',
    { ...v4Query, 'x-oss-security-token': 't' },
    { 'x-oss-security-token': 't' },
  ],
  ['InvalidRequest.tokenNotInQuery', v4Query, { 'x-oss-security-token': 't' }],
];
for (const [row, query, headers = {}] of queryRefusals) {
  test(`${row}: ${JSON.stringify({ ...query, ...headers })}`, () => {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    refuses(row, () => findRequestSignature(withQuery(withHeaders(getA, headers), ...given)));
  });
}

test('of duplicate parameters the first counts', () => {
  const given = Object.entries(v1Query);
  const signature = getSignature(withQuery(getA, ...given, ['OSSAccessKeyId', 'other'], ['Expires', '1']));
  assert.ok(signature.version === 'v1' && signature.place === 'query');
  assert.equal(signature.accessKeyId, 'ak');
  assert.equal(signature.expiresAtMs, timeMs);
});
