// Signatures of requests: both directions against each other, what a client is told of a wrong one, and time.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { signRequestV4 } from '../src/signature/header-v4.ts';
import { presignedSecondsMax, presignV4 } from '../src/signature/query-v4.ts';
import {
  checkRequestSignature,
  checkRequestTime,
  isRequestSignedWith,
  requestTimeSkewMsMax,
} from '../src/signature/request-signature.ts';
import type { SignableRequest } from '../src/signature/signable-request.ts';
import { encodeUtf8 } from '../src/utf8.ts';
import {
  credential,
  getA,
  getSignature,
  key,
  options,
  refuses,
  timeMs,
  ways,
  withHeaders,
  withQuery,
} from './request-notation.ts';
import { nodeHashes as hashes } from './signed-form-notation.ts';

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
