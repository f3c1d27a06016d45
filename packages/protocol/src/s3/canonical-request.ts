// What S3's version 4 signs (AWS: "Create a canonical request", "Create a string to sign"): the request as the client addressed it, the
// headers that it says it signed, and what it says of its body.

import type { Hashes } from '../hashes.ts';
import { encodeHex } from '../hex.ts';
import { encodeComponent, encodePath, type QueryParameter } from '../percent.ts';
import { compareText } from '../signature/signable-request.ts';
import { type S3Scope, s3Algorithm, writeS3Scope } from './scope.ts';

/** The parts of a request that S3's signatures are made of. */
export interface S3SignableRequest {
  /** In upper case. */
  readonly method: string;
  /** As sent, percent-encoded, with its first slash: version 2 signs these very characters. */
  readonly rawPath: string;
  /** The path as it means: decoded, with its first slash. */
  readonly path: string;
  /** Of a bucket in front of the host, which version 2 puts before the path. */
  readonly bucketInHost: string | undefined;
  /** Every parameter, decoded, in the order sent. */
  readonly queryList: readonly QueryParameter[];
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What is signed beside the request itself. */
export interface S3SigningFacts extends S3Scope {
  /** `20130524T000000Z` */
  readonly dateTime: string;
  /** In lower case and in order. */
  readonly signedHeaders: readonly string[];
  /** The value of `x-amz-content-sha256`, or what stands for it in a URL. */
  readonly payload: string;
}

export function s3CanonicalRequest(request: S3SignableRequest, facts: S3SigningFacts): string {
  const { headers } = request;
  return [
    request.method,
    encodePath(request.path),
    canonicalQuery(request.queryList),
    ...facts.signedHeaders.map((name) => `${name}:${canonicalValue(headers.get(name) ?? '')}`),
    '',
    facts.signedHeaders.join(';'),
    facts.payload,
  ].join('\n');
}

/** All but the signature itself, by encoded name and then by encoded value. */
function canonicalQuery(queryList: readonly QueryParameter[]): string {
  return queryList
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encodeComponent(name), encodeComponent(value)] as const)
    .sort(([a, aValue], [b, bValue]) => compareText(a, b) || compareText(aValue, bValue))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function canonicalValue(value: string): string {
  return value.trim().replace(/ +/g, ' ');
}

export function s3StringToSign(
  hashes: Hashes,
  facts: S3Scope & { readonly dateTime: string },
  canonical: string,
): string {
  const hash = encodeHex(hashes.sha256(canonical));
  return [s3Algorithm, facts.dateTime, writeS3Scope(facts), hash].join('\n');
}
