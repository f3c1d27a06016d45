// V4 in a URL (OSS: "Include a V4 signature in a URL"): the parts of the signature are parameters `x-oss-…`, all of them signed but the
// signature itself.

import { OssError } from '../errors.ts';
import type { Hashes } from '../hashes.ts';
import type { QueryParameter } from '../percent.ts';
import { formatBasicDate } from '../time.ts';
import {
  canonicalRequestV4,
  checkPayloadUnsigned,
  parseAdditionalHeaders,
  parseCredential,
  parseSigningTime,
  signV4,
  stringToSignV4,
  type V4SigningFacts,
  type V4SigningOptions,
  writeCredential,
} from './canonical-request-v4.ts';
import { findTokenInQuery, tokenParameters } from './security-token.ts';
import { findParameter, type SignableRequest, type SigningKey } from './signable-request.ts';
import { v4Algorithm, v4Product } from './signing-key-v4.ts';

export interface QuerySignatureV4 extends V4SigningFacts {
  readonly version: 'v4';
  readonly place: 'query';
  readonly accessKeyId: string;
  readonly signature: string;
  readonly securityToken?: string;
  readonly signedAtMs: number;
  readonly expiresAtMs: number;
}

/** A query with one of these is taken for signed. */
export const queryV4Marks = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-signature'];

/** Seven days. */
export const presignedSecondsMax = 604_800;

/**
 * @throws OssError InvalidArgument.authorizationType, AccessDenied.queryIncompleteV4, InvalidArgument.signCredential, .signDate,
 *   .signRegionInUrl, .signExpires, .additionalHeaders, .contentSha256, .tokenTwice, InvalidRequest.tokenNotInQuery
 */
export function parseQueryV4(request: SignableRequest): QuerySignatureV4 {
  const algorithm = findParameter(request, 'x-oss-signature-version');
  if (algorithm !== undefined && algorithm !== v4Algorithm)
    throw new OssError('InvalidArgument.authorizationType');
  const signature = findParameter(request, 'x-oss-signature');
  const credentialText = findParameter(request, 'x-oss-credential');
  const dateTime = findParameter(request, 'x-oss-date');
  const expires = findParameter(request, 'x-oss-expires');
  if (!algorithm || !signature || !credentialText || !dateTime || !expires) {
    throw new OssError('AccessDenied.queryIncompleteV4');
  }
  const credential = parseCredential(credentialText, 'query');
  const signedAtMs = parseSigningTime(dateTime, credential);
  checkPayloadUnsigned(request);
  return {
    version: 'v4',
    place: 'query',
    signature,
    ...credential,
    dateTime,
    signedAtMs,
    expiresAtMs: signedAtMs + parseExpires(expires) * 1000,
    additionalHeaders: parseAdditionalHeaders(
      request,
      findParameter(request, 'x-oss-additional-headers') ?? '',
    ),
    ...findTokenInQuery(request, 'v4'),
  };
}

/** Seconds from `x-oss-date` on. */
function parseExpires(text: string): number {
  const seconds = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > presignedSecondsMax) throw new OssError('InvalidArgument.signExpires');
  return seconds;
}

/**
 * The whole query of the signed URL: that of `request`, and the signature.
 *
 * @param expiresSeconds 1 to {@link presignedSecondsMax}, from `options.timeMs` on
 * @throws OssError InvalidArgument.additionalHeaders when one of those is not in `request`
 */
export function presignV4(
  hashes: Hashes,
  key: SigningKey,
  request: SignableRequest,
  expiresSeconds: number,
  options: V4SigningOptions,
): QueryParameter[] {
  const dateTime = formatBasicDate(options.timeMs);
  const additionalHeaders = parseAdditionalHeaders(request, options.additionalHeaders?.join(';') ?? '');
  const { region, product = v4Product } = options;
  const facts = { date: dateTime.slice(0, 8), region, product, dateTime, additionalHeaders };
  const queryList: QueryParameter[] = [
    ...request.queryList,
    ['x-oss-signature-version', v4Algorithm],
    ['x-oss-credential', writeCredential({ ...facts, accessKeyId: key.accessKeyId })],
    ['x-oss-date', dateTime],
    ['x-oss-expires', String(expiresSeconds)],
  ];
  if (additionalHeaders.length > 0) queryList.push(['x-oss-additional-headers', additionalHeaders.join(';')]);
  if (key.securityToken) queryList.push([tokenParameters.v4, key.securityToken]);
  const canonicalRequest = canonicalRequestV4({ ...request, queryList }, additionalHeaders);
  const stringToSign = stringToSignV4(hashes, facts, canonicalRequest);
  return [...queryList, ['x-oss-signature', signV4(hashes, key.accessKeySecret, facts, stringToSign)]];
}
