// Signatures of requests that were published: by the documentation and by the SDKs.

import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeHex } from '../src/hex.ts';
import { canonicalRequestV4 } from '../src/signature/canonical-request-v4.ts';
import { signRequestV4 } from '../src/signature/header-v4.ts';
import { presignV1 } from '../src/signature/query-v1.ts';
import { presignV4 } from '../src/signature/query-v4.ts';
import { checkRequestSignature } from '../src/signature/request-signature.ts';
import type { SignableRequest } from '../src/signature/signable-request.ts';
import { signingKeyV4 } from '../src/signature/signing-key-v4.ts';
import { stringToSignV1 } from '../src/signature/string-to-sign-v1.ts';
import { parseBasicDate } from '../src/time.ts';
import { encodeUtf8 } from '../src/utf8.ts';
import { getSignature, refuses, withHeaders } from './request-notation.ts';
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
