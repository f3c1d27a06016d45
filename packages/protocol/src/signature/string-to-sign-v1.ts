// What V1 signs (OSS: "Add signatures to headers", "Add signatures to URLs"). Header and URL form differ in one line only: the date of
// the request, or the second when it expires.

import { encodeBase64 } from '../base64.ts';
import type { Hashes } from '../hashes.ts';
import { compareText, resourcePath, type SignableRequest } from './signable-request.ts';
import { isSubResource } from './sub-resources.ts';

/** `dateLine` is the fourth line: the text of the date header, or of `Expires`. */
export function stringToSignV1(request: SignableRequest, dateLine: string): string {
  const { method, headers } = request;
  const lines = [method, headerLine(headers, 'content-md5'), headerLine(headers, 'content-type'), dateLine];
  return `${lines.join('\n')}\n${canonicalOssHeaders(headers)}${canonicalResource(request)}`;
}

function headerLine(headers: SignableRequest['headers'], name: string): string {
  return headers.get(name)?.trim() ?? '';
}

function canonicalOssHeaders(headers: SignableRequest['headers']): string {
  return [...headers]
    .filter(([name]) => name.startsWith('x-oss-'))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${name}:${value.trim()}\n`)
    .join('');
}

/** Names and values as they mean, not encoded. A sub-resource sent twice is signed twice, so that none can be added. */
function canonicalResource(request: SignableRequest): string {
  const signed = request.queryList
    .filter(([name]) => isSubResource(name))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  const path = resourcePath(request);
  return signed.length === 0 ? path : `${path}?${signed.join('&')}`;
}

/** Base64 of HMAC-SHA1. */
export function signV1(hashes: Hashes, secret: string, stringToSign: string): string {
  return encodeBase64(hashes.hmacSha1(secret, stringToSign));
}
