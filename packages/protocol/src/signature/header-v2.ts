// V2 in the Authorization header: `OSS2 AccessKeyId:<id>,AdditionalHeaders:<a;b>,Signature:<signature>` (Python SDK, `AuthV2`).

import { OssError } from '../errors.ts';
import type { Hashes } from '../hashes.ts';
import { formatHttpDate, parseHttpDate } from '../time.ts';
import { findTokenInHeader, tokenHeader } from './security-token.ts';
import type { SignableRequest, SigningKey } from './signable-request.ts';
import { parseAdditionalHeadersV2, signV2, stringToSignV2, v2Algorithm } from './string-to-sign-v2.ts';

export interface HeaderSignatureV2 {
  readonly version: 'v2';
  readonly place: 'header';
  readonly accessKeyId: string;
  readonly signature: string;
  readonly securityToken?: string;
  /** The date as sent: a line of what is signed. */
  readonly dateLine: string;
  readonly signedAtMs: number;
  readonly additionalHeaders: readonly string[];
}

/**
 * @param parameters of the Authorization header: what follows `OSS2 `
 * @throws OssError InvalidArgument.authorization, .additionalHeaders, .tokenTwice, AccessDenied.noDate
 */
export function parseHeaderV2(request: SignableRequest, parameters: string): HeaderSignatureV2 {
  const [, accessKeyId, additional = '', signature] =
    /^AccessKeyId:([^:,\s]+),\s*(?:AdditionalHeaders:([^:,\s]*),\s*)?Signature:([^:,\s]+)$/.exec(
      parameters,
    ) ?? [];
  if (accessKeyId === undefined || signature === undefined)
    throw new OssError('InvalidArgument.authorization');
  const dateLine = (request.headers.get('x-oss-date') ?? request.headers.get('date') ?? '').trim();
  const signedAtMs = parseHttpDate(dateLine);
  if (signedAtMs === undefined) throw new OssError('AccessDenied.noDate');
  const additionalHeaders = parseAdditionalHeadersV2(request, additional);
  const signer = { accessKeyId, signature, ...findTokenInHeader(request) };
  return { version: 'v2', place: 'header', ...signer, dateLine, signedAtMs, additionalHeaders };
}

/**
 * The headers to add to `request`, names in lower case.
 *
 * @param additionalHeaders more headers to sign, e.g. `range`
 * @throws OssError InvalidArgument.additionalHeaders when one of those is not in `request`
 */
export function signRequestV2(
  hashes: Hashes,
  key: SigningKey,
  request: SignableRequest,
  timeMs: number,
  additionalHeaders: readonly string[] = [],
): Record<string, string> {
  const dateLine = formatHttpDate(timeMs);
  const added: Record<string, string> = { 'x-oss-date': dateLine };
  if (key.securityToken) added[tokenHeader] = key.securityToken;
  const signed = { ...request, headers: new Map([...request.headers, ...Object.entries(added)]) };
  const additional = parseAdditionalHeadersV2(signed, additionalHeaders.join(';'));
  const parameters = [
    `AccessKeyId:${key.accessKeyId}`,
    ...(additional.length === 0 ? [] : [`AdditionalHeaders:${additional.join(';')}`]),
    `Signature:${signV2(hashes, key.accessKeySecret, stringToSignV2(signed, dateLine, additional))}`,
  ];
  return { ...added, authorization: `${v2Algorithm} ${parameters.join(',')}` };
}
