// What V2 signs (`OSS2`, of which only the Python SDK still knows): the lines of V1, but every parameter of the query, the resource and the
// parameters encoded, slashes too, and further headers if the client names them.

import { encodeBase64 } from '../base64.ts';
import type { Hashes } from '../hashes.ts';
import { encodeComponent } from '../percent.ts';
import { canonicalQuery, parseAdditionalHeaders } from './canonical-request-v4.ts';
import { compareText, resourcePath, type SignableRequest } from './signable-request.ts';

export const v2Algorithm = 'OSS2';

/** `dateLine` is the fourth line: the text of the date header, or of `x-oss-expires`. */
export function stringToSignV2(
  request: SignableRequest,
  dateLine: string,
  additionalHeaders: readonly string[],
): string {
  const { method, headers } = request;
  const line = (name: string) => headers.get(name)?.trim() ?? '';
  return [
    method,
    line('content-md5'),
    line('content-type'),
    dateLine,
    `${canonicalHeaders(headers, additionalHeaders)}${additionalHeaders.join(';')}`,
    canonicalResource(request),
  ].join('\n');
}

function canonicalHeaders(headers: SignableRequest['headers'], additionalHeaders: readonly string[]): string {
  return [...headers]
    .filter(([name]) => isAlwaysSigned(name) || additionalHeaders.includes(name))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${name}:${value.trim()}\n`)
    .join('');
}

function canonicalResource(request: SignableRequest): string {
  const query = canonicalQuery(request);
  const path = encodeComponent(resourcePath(request));
  return query === '' ? path : `${path}?${query}`;
}

function isAlwaysSigned(name: string): boolean {
  return name.startsWith('x-oss-');
}

/** As {@link parseAdditionalHeaders}: V2 also signs `content-type` as a header, if it is named. @throws OssError as there */
export function parseAdditionalHeadersV2(request: SignableRequest, list: string): readonly string[] {
  return parseAdditionalHeaders(request, list, isAlwaysSigned);
}

/** Base64 of HMAC-SHA256. */
export function signV2(hashes: Hashes, secret: string, stringToSign: string): string {
  return encodeBase64(hashes.hmacSha256(secret, stringToSign));
}
