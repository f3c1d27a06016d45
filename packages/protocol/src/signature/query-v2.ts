// V2 in a URL: `x-oss-signature-version=OSS2`, `x-oss-access-key-id`, `x-oss-expires` (the second when it ends), `x-oss-signature` (Python SDK,
// `AuthV2`).

import { OssError } from '../errors.ts';
import type { Hashes } from '../hashes.ts';
import type { QueryParameter } from '../percent.ts';
import { findTokenInQuery, tokenParameters } from './security-token.ts';
import { findParameter, type SignableRequest, type SigningKey } from './signable-request.ts';
import { parseAdditionalHeadersV2, signV2, stringToSignV2, v2Algorithm } from './string-to-sign-v2.ts';

export interface QuerySignatureV2 {
  readonly version: 'v2';
  readonly place: 'query';
  readonly accessKeyId: string;
  readonly signature: string;
  readonly securityToken?: string;
  /** `x-oss-expires` as sent: a line of what is signed. */
  readonly dateLine: string;
  readonly expiresAtMs: number;
  readonly additionalHeaders: readonly string[];
}

/** A query with this is taken for signed; the other names are V4's as well. */
export const queryV2Marks = ['x-oss-access-key-id'];

export function isQueryV2(request: SignableRequest): boolean {
  return findParameter(request, 'x-oss-signature-version') === v2Algorithm;
}

/**
 * @throws OssError AccessDenied.queryIncomplete, .queryExpires, InvalidArgument.additionalHeaders, .tokenTwice, InvalidRequest.tokenNotInQuery
 */
export function parseQueryV2(request: SignableRequest): QuerySignatureV2 {
  const accessKeyId = findParameter(request, 'x-oss-access-key-id');
  const signature = findParameter(request, 'x-oss-signature');
  const dateLine = findParameter(request, 'x-oss-expires');
  if (!accessKeyId || !signature || !dateLine) throw new OssError('AccessDenied.queryIncomplete');
  // Twelve digits of seconds reach beyond the year 33000, and dates can still be computed with them.
  if (!/^[0-9]{1,12}$/.test(dateLine)) throw new OssError('AccessDenied.queryExpires');
  const named = findParameter(request, 'x-oss-additional-headers') ?? '';
  return {
    version: 'v2',
    place: 'query',
    ...{ accessKeyId, signature, ...findTokenInQuery(request, 'v2') },
    ...{ dateLine, expiresAtMs: Number(dateLine) * 1000 },
    additionalHeaders: parseAdditionalHeadersV2(request, named),
  };
}

/** The whole query of the signed URL: that of `request`, and the signature. `expiresAtMs` is cut to the second. */
export function presignV2(
  hashes: Hashes,
  key: SigningKey,
  request: SignableRequest,
  expiresAtMs: number,
): QueryParameter[] {
  const expires = String(Math.floor(expiresAtMs / 1000));
  const queryList: QueryParameter[] = [
    ...request.queryList,
    ['x-oss-signature-version', v2Algorithm],
    ['x-oss-expires', expires],
    ['x-oss-access-key-id', key.accessKeyId],
  ];
  if (key.securityToken) queryList.push([tokenParameters.v2, key.securityToken]);
  const stringToSign = stringToSignV2({ ...request, queryList }, expires, []);
  return [...queryList, ['x-oss-signature', signV2(hashes, key.accessKeySecret, stringToSign)]];
}
