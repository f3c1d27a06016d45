// What S3's version 2 signs (AWS: "Signing and Authenticating REST Requests"). OSS's V1 came from it: HMAC-SHA1 of five lines, here with
// `x-amz-` headers, the path as it was sent, and S3's own list of sub-resources.

import { compareText } from '../signature/signable-request.ts';
import type { S3SignableRequest } from './canonical-request.ts';

/** The query parameters that are signed: S3's sub-resources, and those that change headers of the answer. */
const signedParameters: ReadonlySet<string> = new Set(
  `accelerate acl analytics cors delete encryption inventory lifecycle location logging metrics notification object-lock partNumber
  policy policyStatus publicAccessBlock replication requestPayment response-cache-control response-content-disposition
  response-content-encoding response-content-language response-content-type response-expires restore select select-type storageClass
  tagging torrent uploadId uploads versionId versioning versions website`.split(/\s+/),
);

/** @param dateLine the Date header as sent, nothing where there is an `x-amz-date`, or `Expires` of a URL */
export function s3StringToSignV2(request: S3SignableRequest, dateLine: string): string {
  const { method, headers } = request;
  const line = (name: string) => headers.get(name)?.trim() ?? '';
  const lines = [method, line('content-md5'), line('content-type'), dateLine];
  return `${lines.join('\n')}\n${amzHeaders(headers)}${resource(request)}`;
}

function amzHeaders(headers: ReadonlyMap<string, string>): string {
  return [...headers]
    .filter(([name]) => name.startsWith('x-amz-'))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => `${name}:${value.trim()}\n`)
    .join('');
}

/** A parameter sent twice is signed twice, so that none can be added. */
function resource({ rawPath, bucketInHost, queryList }: S3SignableRequest): string {
  const path = bucketInHost === undefined ? withBucketSlash(rawPath) : `/${bucketInHost}${rawPath}`;
  const signed = queryList
    .filter(([name]) => signedParameters.has(name))
    .sort(([a], [b]) => compareText(a, b))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return signed.length === 0 ? path : `${path}?${signed.join('&')}`;
}

/** A path that is a bucket and nothing else is signed with a slash at its end, however it was sent. */
function withBucketSlash(rawPath: string): string {
  return /^\/[^/]+$/.test(rawPath) ? `${rawPath}/` : rawPath;
}
