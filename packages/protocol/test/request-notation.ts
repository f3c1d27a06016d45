// Requests to sign and to judge, and every way to sign one.

import assert from 'node:assert/strict';
import { type ErrorName, OssError } from '../src/errors.ts';
import type { QueryParameter } from '../src/percent.ts';
import { signRequestV1 } from '../src/signature/header-v1.ts';
import { signRequestV2 } from '../src/signature/header-v2.ts';
import { signRequestV4 } from '../src/signature/header-v4.ts';
import { presignV1 } from '../src/signature/query-v1.ts';
import { presignV2 } from '../src/signature/query-v2.ts';
import { presignV4 } from '../src/signature/query-v4.ts';
import { findRequestSignature, type RequestSignature } from '../src/signature/request-signature.ts';
import type { SignableRequest } from '../src/signature/signable-request.ts';
import { nodeHashes as hashes } from './signed-form-notation.ts';

export const withHeaders = (request: SignableRequest, added: Record<string, string>): SignableRequest => ({
  ...request,
  headers: new Map([...request.headers, ...Object.entries(added)]),
});

export const withQuery = (request: SignableRequest, ...added: QueryParameter[]): SignableRequest => ({
  ...request,
  queryList: [...request.queryList, ...added],
});

export function getSignature(request: SignableRequest): RequestSignature {
  const signature = findRequestSignature(request);
  assert.ok(signature);
  return signature;
}

export function refuses(row: ErrorName, call: () => unknown): OssError {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof OssError, String(error));
    assert.equal(error.row, row);
    return error;
  }
  assert.fail(`nothing refused, wanted ${row}`);
}

export const getA: SignableRequest = {
  method: 'GET',
  resource: { bucket: 'b', key: 'é' },
  queryList: [],
  headers: new Map(),
};

export const timeMs = Date.UTC(2025, 3, 11, 6, 41, 24);
export const options = { timeMs, region: 'cn-hangzhou' };
export const key = { accessKeyId: 'ak', accessKeySecret: 'sk' };

export type Sign = (
  request: SignableRequest,
  signer?: typeof key & { securityToken?: string },
) => SignableRequest;

export const ways: Record<string, Sign> = {
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

export const credential = 'Credential=ak/20250411/cn-hangzhou/oss/aliyun_v4_request';
