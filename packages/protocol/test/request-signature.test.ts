// Signatures of requests: published vectors, both directions against each other, every refusal, and time.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type ErrorName, OssError } from '../src/errors.ts';
import { encodeHex } from '../src/hex.ts';
import type { QueryParameter } from '../src/percent.ts';
import { canonicalRequestV4 } from '../src/signature/canonical-request-v4.ts';
import { signRequestV1 } from '../src/signature/header-v1.ts';
import { signRequestV2 } from '../src/signature/header-v2.ts';
import { signRequestV4 } from '../src/signature/header-v4.ts';
import { presignV1 } from '../src/signature/query-v1.ts';
import { presignV2 } from '../src/signature/query-v2.ts';
import { presignedSecondsMax, presignV4 } from '../src/signature/query-v4.ts';
import {
  checkRequestSignature,
  checkRequestTime,
  findRequestSignature,
  isRequestSignedWith,
  type RequestSignature,
  requestTimeSkewMsMax,
} from '../src/signature/request-signature.ts';
import type { SignableRequest } from '../src/signature/signable-request.ts';
import { signingKeyV4 } from '../src/signature/signing-key-v4.ts';
import { stringToSignV1 } from '../src/signature/string-to-sign-v1.ts';
import { parseBasicDate } from '../src/time.ts';
import { encodeUtf8 } from '../src/utf8.ts';
import { nodeHashes as hashes } from './signed-form-notation.ts';
import vectors from './vectors/request-signatures.json' with { type: 'json' };

interface VectorRequest {
  method: string;
  resource: { bucket?: string; key?: string };
  query: string[][];
  headers: Record<string, string | undefined>;
}

function fromVector({ method, resource, query, headers }: VectorRequest): SignableRequest {
  const queryList = query.map(([name = '', value = '']) => [name, value] as const);
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { method, resource, queryList, headers: new Map(given) };
}

const withHeaders = (request: SignableRequest, added: Record<string, string>): SignableRequest => ({
  ...request,
  headers: new Map([...request.headers, ...Object.entries(added)]),
});

const withQuery = (request: SignableRequest, ...added: QueryParameter[]): SignableRequest => ({
  ...request,
  queryList: [...request.queryList, ...added],
});

function getSignature(request: SignableRequest): RequestSignature {
  const signature = findRequestSignature(request);
  assert.ok(signature);
  return signature;
}

function refuses(row: ErrorName, call: () => unknown): OssError {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof OssError, String(error));
    assert.equal(error.row, row);
    return error;
  }
  assert.fail(`nothing refused, wanted ${row}`);
}

// --- Vectors ---

for (const vector of vectors.v1) {
  test(`V1: ${vector.name}`, () => {
    const request = fromVector(vector.request);
    const key = {
      accessKeyId: vector.accessKeyId,
      accessKeySecret: vector.secret,
      securityToken: vector.securityToken,
    };
    const authorization = `OSS ${vector.accessKeyId}:${vector.signature}`;
    const signed =
      vector.expires === undefined
        ? withHeaders(request, { authorization })
        : { ...request, queryList: presignV1(hashes, key, request, vector.expires * 1000) };
    const signature = getSignature(signed);
    assert.equal(signature.signature, vector.signature);
    assert.equal(signature.accessKeyId, vector.accessKeyId);
    assert.equal(signature.securityToken, vector.securityToken);
    assert.ok(signature.version === 'v1');
    assert.equal(stringToSignV1(signed, signature.dateLine), vector.stringToSign);
    checkRequestSignature(hashes, vector.secret, signed, signature);
  });
}

for (const vector of vectors.v4) {
  test(`V4: ${vector.name}`, () => {
    const request = fromVector(vector.request);
    const key = { accessKeyId: 'ak', accessKeySecret: 'sk' };
    const timeMs = parseBasicDate(vector.date) as number;
    const { region, product, additionalHeaders } = vector;
    const options = { timeMs, region, product, additionalHeaders };
    const signed =
      vector.expiresSeconds === undefined
        ? withHeaders(request, signRequestV4(hashes, key, request, options))
        : { ...request, queryList: presignV4(hashes, key, request, vector.expiresSeconds, options) };
    const signature = getSignature(signed);
    assert.ok(signature.version === 'v4');
    const canonicalRequest = canonicalRequestV4(signed, signature.additionalHeaders);
    if (vector.canonicalRequest) assert.equal(canonicalRequest, vector.canonicalRequest);
    if (vector.canonicalRequestSha256) {
      assert.equal(encodeHex(hashes.sha256(encodeUtf8(canonicalRequest))), vector.canonicalRequestSha256);
    }
    if (vector.signingKey) {
      assert.equal(encodeHex(signingKeyV4(hashes, 'sk', signature.date, region, product)), vector.signingKey);
    }
    if (vector.signature) assert.equal(signature.signature, vector.signature);
    checkRequestSignature(hashes, 'sk', signed, signature);
  });
}

// What `AuthV2` of the Python SDK signs, computed apart from ours.
const v2Vectors: Readonly<Record<string, readonly [request: SignableRequest, signature: string]>> = {
  header: [
    {
      method: 'PUT',
      resource: { bucket: 'examplebucket', key: 'dir/a b+c.txt' },
      queryList: [
        ['prefix', 'a/b'],
        ['acl', ''],
      ],
      headers: new Map([
        ['content-md5', 'eB5eJF1ptWaXm4bijSPyxw=='],
        ['content-type', 'text/html'],
        ['range', 'bytes=0-1'],
        ['x-oss-meta-author', 'alice'],
        ['x-oss-date', 'Wed, 28 Dec 2022 10:27:41 GMT'],
        [
          'authorization',
          'OSS2 AccessKeyId:ak,AdditionalHeaders:range,Signature:HFDL2VxWeo9Pow1y3ESttBBFMaU2zoQ/e/6a1HESeLA=',
        ],
      ]),
    },
    'HFDL2VxWeo9Pow1y3ESttBBFMaU2zoQ/e/6a1HESeLA=',
  ],
  'URL with a token': [
    {
      method: 'GET',
      resource: { bucket: 'bucket', key: 'key+123' },
      queryList: [
        ['versionId', 'versionId'],
        ['security-token', 'token'],
        ['x-oss-signature-version', 'OSS2'],
        ['x-oss-expires', '1699807420'],
        ['x-oss-access-key-id', 'ak'],
        ['x-oss-signature', 'O8z5q1DlSZffdZEdXLgP2JJvBTGbl4T/l+z40eWWZRA='],
      ],
      headers: new Map(),
    },
    'O8z5q1DlSZffdZEdXLgP2JJvBTGbl4T/l+z40eWWZRA=',
  ],
};
for (const [vector, [request, expected]] of Object.entries(v2Vectors)) {
  test(`V2: ${vector}`, () => {
    const signature = getSignature(request);
    assert.equal(signature.version, 'v2');
    assert.equal(signature.accessKeyId, 'ak');
    assert.equal(signature.signature, expected);
    checkRequestSignature(hashes, 'sk', request, signature);
    refuses('SignatureDoesNotMatch.v2', () => checkRequestSignature(hashes, 'sk2', request, signature));
  });
}

// --- Both directions, on anything ---

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const text = fc.string({ unit: 'binary', maxLength: 12 });
const headerText = fc.stringMatching(/^[!-~]([ -~]{0,8}[!-~])?$/);
const anyRequest: fc.Arbitrary<SignableRequest> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'HEAD', 'DELETE'),
  resource: fc.oneof(
    fc.constant({}),
    fc.record({ bucket: name }),
    fc.record({ bucket: name, key: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }) }),
  ),
  queryList: fc.array(fc.tuple(fc.oneof(fc.constantFrom('acl', 'versionId', 'prefix'), name), text), {
    maxLength: 5,
  }),
  headers: fc
    .array(
      fc.tuple(
        fc.oneof(fc.constantFrom('content-type', 'content-md5', 'x-oss-meta-a', 'range'), name),
        headerText,
      ),
    )
    .map((entries) => new Map([...entries, ['host', 'b.oss.localhost']])),
});

const timeMs = Date.UTC(2025, 3, 11, 6, 41, 24);
const options = { timeMs, region: 'cn-hangzhou' };
const key = { accessKeyId: 'ak', accessKeySecret: 'sk' };

type Sign = (request: SignableRequest, signer?: typeof key & { securityToken?: string }) => SignableRequest;

const ways: Record<string, Sign> = {
  'V1 header': (request, signer = key) =>
    withHeaders(request, signRequestV1(hashes, signer, request, timeMs)),
  'V1 URL': (request, signer = key) => ({
    ...request,
    queryList: presignV1(hashes, signer, request, timeMs + 600_000),
  }),
  'V2 header': (request, signer = key) =>
    withHeaders(request, signRequestV2(hashes, signer, request, timeMs)),
  'V2 header, Host signed': (request, signer = key) =>
    withHeaders(request, signRequestV2(hashes, signer, request, timeMs, ['Host'])),
  'V2 URL': (request, signer = key) => ({
    ...request,
    queryList: presignV2(hashes, signer, request, timeMs + 600_000),
  }),
  'V4 header': (request, signer = key) =>
    withHeaders(request, signRequestV4(hashes, signer, request, options)),
  'V4 header, Host signed': (request, signer = key) =>
    withHeaders(request, signRequestV4(hashes, signer, request, { ...options, additionalHeaders: ['Host'] })),
  'V4 URL': (request, signer = key) => ({
    ...request,
    queryList: presignV4(hashes, signer, request, 600, options),
  }),
  'V4 URL, Host signed': (request, signer = key) => ({
    ...request,
    queryList: presignV4(hashes, signer, request, 600, { ...options, additionalHeaders: ['Host'] }),
  }),
};

for (const [way, sign] of Object.entries(ways)) {
  test(`${way}: what is signed is found rightly signed`, () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const signed = sign(request);
        const signature = getSignature(signed);
        checkRequestTime(signature, timeMs);
        checkRequestSignature(hashes, 'sk', signed, signature);
        assert.ok(isRequestSignedWith(hashes, 'sk', signed, signature));
        assert.ok(!isRequestSignedWith(hashes, 'sk2', signed, signature));
      }),
    );
  });

  test(`${way}: no bit of a signature can differ`, () => {
    const bits = fc.tuple(anyRequest, fc.nat(), fc.integer({ min: 0, max: 6 }));
    fc.assert(
      fc.property(bits, ([request, at, bit]) => {
        const signed = sign(request);
        const signature = getSignature(signed);
        const bytes = encodeUtf8(signature.signature);
        const index = at % bytes.length;
        bytes[index] = (bytes[index] as number) ^ (1 << bit);
        const forged = { ...signature, signature: new TextDecoder().decode(bytes) };
        assert.ok(!isRequestSignedWith(hashes, 'sk', signed, forged));
      }),
    );
  });

  test(`${way}: nothing signed can be changed`, () => {
    const request: SignableRequest = {
      method: 'PUT',
      resource: { bucket: 'b', key: 'k' },
      queryList: [['acl', '']],
      headers: new Map([
        ['content-type', 'a/b'],
        ['x-oss-meta-a', '1'],
        ['host', 'h'],
      ]),
    };
    const signed = sign(request);
    const signature = getSignature(signed);
    const changed: readonly SignableRequest[] = [
      { ...signed, method: 'GET' },
      { ...signed, resource: { bucket: 'b2', key: 'k' } },
      { ...signed, resource: { bucket: 'b', key: 'k2' } },
      { ...signed, resource: { bucket: 'b' } },
      { ...signed, queryList: signed.queryList.slice(1) },
      withQuery(signed, ['versionId', 'x']),
      withQuery(signed, ['acl', 'x']),
      withHeaders(signed, { 'content-type': 'a/c' }),
      withHeaders(signed, { 'content-md5': 'x' }),
      withHeaders(signed, { 'x-oss-meta-a': '2' }),
      withHeaders(signed, { 'x-oss-object-acl': 'public-read' }),
    ];
    for (const request of changed) assert.ok(!isRequestSignedWith(hashes, 'sk', request, signature));
  });

  test(`${way}: a security token is found, and signed`, () => {
    const request: SignableRequest = {
      method: 'GET',
      resource: {},
      queryList: [],
      headers: new Map([['host', 'h']]),
    };
    const signed = sign(request, { ...key, securityToken: 'token+/=' });
    const signature = getSignature(signed);
    assert.equal(signature.securityToken, 'token+/=');
    checkRequestSignature(hashes, 'sk', signed, signature);
    const swapped: SignableRequest = {
      ...signed,
      queryList: signed.queryList.map(([name, value]) => [name, value.replace('token', 'nekot')] as const),
      headers: new Map([...signed.headers].map(([name, value]) => [name, value.replace('token', 'nekot')])),
    };
    assert.ok(!isRequestSignedWith(hashes, 'sk', swapped, getSignature(swapped)));
  });
}

test('Host, when signed, cannot be changed', () => {
  const request: SignableRequest = {
    method: 'GET',
    resource: {},
    queryList: [],
    headers: new Map([['host', 'h']]),
  };
  const signed = ways['V4 URL, Host signed']?.(request) as SignableRequest;
  const signature = getSignature(signed);
  assert.ok(!isRequestSignedWith(hashes, 'sk', withHeaders(signed, { host: 'h2' }), signature));
});

// --- What a client is told ---

const getA: SignableRequest = {
  method: 'GET',
  resource: { bucket: 'b', key: 'é' },
  queryList: [],
  headers: new Map(),
};

test('V1: a wrong signature is told what we signed', () => {
  const signed = withHeaders(getA, { date: 'Fri, 11 Apr 2025 06:41:24 GMT', authorization: 'OSS ak:x' });
  const error = refuses('SignatureDoesNotMatch.v1', () =>
    checkRequestSignature(hashes, 'sk', signed, getSignature(signed)),
  );
  assert.deepEqual(error.elements, [
    ['OSSAccessKeyId', 'ak'],
    ['SignatureProvided', 'x'],
    ['StringToSign', 'GET\n\n\nFri, 11 Apr 2025 06:41:24 GMT\n/b/é'],
    [
      'StringToSignBytes',
      '47 45 54 0A 0A 0A 46 72 69 2C 20 31 31 20 41 70 72 20 32 30 32 35 20 30 36 3A 34 31 3A 32 34 20 47 4D 54 0A 2F 62 2F C3 A9',
    ],
  ]);
});

const credential = 'Credential=ak/20250411/cn-hangzhou/oss/aliyun_v4_request';

test('V4: a wrong signature is told the canonical request too', () => {
  const signed = withHeaders(getA, {
    'x-oss-date': '20250411T064124Z',
    authorization: `OSS4-HMAC-SHA256 ${credential},Signature=00`,
  });
  const error = refuses('SignatureDoesNotMatch.v4', () =>
    checkRequestSignature(hashes, 'sk', signed, getSignature(signed)),
  );
  assert.deepEqual(
    error.elements.map(([name]) => name),
    ['OSSAccessKeyId', 'SignatureProvided', 'StringToSign', 'StringToSignBytes', 'CanonicalRequest'],
  );
  const told = new Map(error.elements);
  assert.equal(
    told.get('CanonicalRequest'),
    'GET\n/b/%C3%A9\n\nx-oss-date:20250411T064124Z\n\n\nUNSIGNED-PAYLOAD',
  );
  assert.match(
    told.get('StringToSign') ?? '',
    /^OSS4-HMAC-SHA256\n20250411T064124Z\n20250411\/cn-hangzhou\/oss\/aliyun_v4_request\n[0-9a-f]{64}$/,
  );
});

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

// --- Time ---

test('a header holds fifteen minutes both ways', () => {
  for (const way of ['V1 header', 'V4 header']) {
    const signature = getSignature(ways[way]?.(getA) as SignableRequest);
    checkRequestTime(signature, timeMs - requestTimeSkewMsMax);
    checkRequestTime(signature, timeMs + requestTimeSkewMsMax);
    refuses('RequestTimeTooSkewed', () => checkRequestTime(signature, timeMs - requestTimeSkewMsMax - 1));
    const error = refuses('RequestTimeTooSkewed', () =>
      checkRequestTime(signature, timeMs + requestTimeSkewMsMax + 1),
    );
    assert.deepEqual(error.elements, [
      ['MaxAllowedSkewMilliseconds', '900000'],
      ['RequestTime', '2025-04-11T06:41:24.000Z'],
      ['ServerTime', '2025-04-11T06:56:24.000Z'],
    ]);
  }
});

test('a URL holds until it expires', () => {
  for (const way of ['V1 URL', 'V4 URL']) {
    const signature = getSignature(ways[way]?.(getA) as SignableRequest);
    checkRequestTime(signature, timeMs + 600_000);
    const error = refuses('AccessDenied.requestExpired', () => checkRequestTime(signature, timeMs + 600_001));
    assert.deepEqual(error.elements, [
      ['Expires', '2025-04-11T06:51:24.000Z'],
      ['ServerTime', '2025-04-11T06:51:24.000Z'],
    ]);
  }
});

test('a V4 URL does not hold before it was signed, but for clocks that differ', () => {
  const signature = getSignature(ways['V4 URL']?.(getA) as SignableRequest);
  checkRequestTime(signature, timeMs - requestTimeSkewMsMax);
  refuses('RequestTimeTooSkewed', () => checkRequestTime(signature, timeMs - requestTimeSkewMsMax - 1));
});

test('a V4 URL holds seven days at most', () => {
  const presigned = (seconds: number) => ({
    ...getA,
    queryList: presignV4(hashes, key, getA, seconds, options),
  });
  checkRequestTime(getSignature(presigned(presignedSecondsMax)), timeMs + presignedSecondsMax * 1000);
  refuses('InvalidArgument.signExpires', () => getSignature(presigned(presignedSecondsMax + 1)));
});

test('clients cannot sign additional headers that are not there', () => {
  const missing = { ...options, additionalHeaders: ['range'] };
  refuses('InvalidArgument.additionalHeaders', () => signRequestV4(hashes, key, getA, missing));
  refuses('InvalidArgument.additionalHeaders', () => presignV4(hashes, key, getA, 600, missing));
});
