// V1 in the Authorization header: `OSS <key id>:<signature>` (OSS: "Add signatures to headers").

import { OssError } from '../errors.ts';
import type { Hashes } from '../hashes.ts';
import { formatHttpDate, parseHttpDate } from '../time.ts';
import { findTokenInHeader, tokenHeader } from './security-token.ts';
import type { SignableRequest, SigningKey } from './signable-request.ts';
import { signV1, stringToSignV1 } from './string-to-sign-v1.ts';

export interface HeaderSignatureV1 {
  readonly version: 'v1';
  readonly place: 'header';
  readonly accessKeyId: string;
  readonly signature: string;
  readonly securityToken?: string;
  /** The date as sent: a line of what is signed. */
  readonly dateLine: string;
  readonly signedAtMs: number;
}

/**
 * @param parameters of the Authorization header: what follows `OSS `
 * @throws OssError InvalidArgument.authorization, InvalidArgument.tokenTwice, AccessDenied.noDate
 */
export function parseHeaderV1(request: SignableRequest, parameters: string): HeaderSignatureV1 {
  const [, accessKeyId, signature] = /^([^:\s]+):([^:\s]+)$/.exec(parameters) ?? [];
  if (accessKeyId === undefined || signature === undefined)
    throw new OssError('InvalidArgument.authorization');
  // Browsers do not let pages set Date.
  const dateLine = (request.headers.get('x-oss-date') ?? request.headers.get('date') ?? '').trim();
  const signedAtMs = parseHttpDate(dateLine);
  if (signedAtMs === undefined) throw new OssError('AccessDenied.noDate');
  const token = findTokenInHeader(request);
  return { version: 'v1', place: 'header', accessKeyId, signature, dateLine, signedAtMs, ...token };
}

/** The headers to add to `request`, names in lower case. */
export function signRequestV1(
  hashes: Hashes,
  key: SigningKey,
  request: SignableRequest,
  timeMs: number,
): Record<string, string> {
  const dateLine = formatHttpDate(timeMs);
  const added: Record<string, string> = { 'x-oss-date': dateLine };
  if (key.securityToken) added[tokenHeader] = key.securityToken;
  const headers = new Map([...request.headers, ...Object.entries(added)]);
  const signature = signV1(hashes, key.accessKeySecret, stringToSignV1({ ...request, headers }, dateLine));
  return { ...added, authorization: `OSS ${key.accessKeyId}:${signature}` };
}
