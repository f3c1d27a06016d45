// V1 in a URL: `OSSAccessKeyId`, `Expires`, `Signature` (OSS: "Add signatures to URLs").

import { OssError } from '../errors.ts';
import type { Hashes } from '../hashes.ts';
import type { QueryParameter } from '../percent.ts';
import { findTokenInQuery, tokenParameters } from './security-token.ts';
import { findParameter, type SignableRequest, type SigningKey } from './signable-request.ts';
import { signV1, stringToSignV1 } from './string-to-sign-v1.ts';

export interface QuerySignatureV1 {
  readonly version: 'v1';
  readonly place: 'query';
  readonly accessKeyId: string;
  readonly signature: string;
  readonly securityToken?: string;
  /** `Expires` as sent: a line of what is signed. */
  readonly dateLine: string;
  readonly expiresAtMs: number;
}

/** A query with one of these is taken for signed. */
export const queryV1Marks = ['OSSAccessKeyId', 'Signature'];

/**
 * @throws OssError AccessDenied.queryIncomplete, .queryExpiresEmpty, .queryExpires, InvalidArgument.tokenTwice,
 *   InvalidRequest.tokenNotInQuery
 */
export function parseQueryV1(request: SignableRequest): QuerySignatureV1 {
  const accessKeyId = findParameter(request, 'OSSAccessKeyId');
  const signature = findParameter(request, 'Signature');
  const dateLine = findParameter(request, 'Expires');
  if (!accessKeyId || !signature || dateLine === undefined)
    throw new OssError('AccessDenied.queryIncomplete');
  if (dateLine === '') throw new OssError('AccessDenied.queryExpiresEmpty');
  // Twelve digits of seconds reach beyond the year 33000, and dates can still be computed with them.
  if (!/^[0-9]{1,12}$/.test(dateLine)) throw new OssError('AccessDenied.queryExpires');
  const token = findTokenInQuery(request, 'v1');
  const expiresAtMs = Number(dateLine) * 1000;
  return { version: 'v1', place: 'query', accessKeyId, signature, dateLine, expiresAtMs, ...token };
}

/** The whole query of the signed URL: that of `request`, and the signature. `expiresAtMs` is cut to the second. */
export function presignV1(
  hashes: Hashes,
  key: SigningKey,
  request: SignableRequest,
  expiresAtMs: number,
): QueryParameter[] {
  const expires = String(Math.floor(expiresAtMs / 1000));
  const queryList = [...request.queryList];
  if (key.securityToken) queryList.push([tokenParameters.v1, key.securityToken]);
  const signature = signV1(hashes, key.accessKeySecret, stringToSignV1({ ...request, queryList }, expires));
  return [...queryList, ['OSSAccessKeyId', key.accessKeyId], ['Expires', expires], ['Signature', signature]];
}
