// Requests and forms in the dialect of S3 for tests: right ones by default, and every part of them can be made wrong.

import { createHash } from 'node:crypto';
import { decodePercent, formatBasicDate, formatHttpDate, signPostV1 } from '@postern/protocol';
import {
  type S3SignableRequest,
  s3Algorithm,
  s3CanonicalRequest,
  s3SigningKey,
  s3StringToSign,
  s3StringToSignV2,
  signS3V4,
  writeS3Credential,
} from '@postern/protocol/s3';
import { hashes, type Sending } from './http.ts';
import { encodePolicy, type Fields, type PolicyOptions, type Signer } from './post-form.ts';
import type { Target } from './target.ts';

const region = 'us-east-1';

export interface S3Signing {
  /** Default: the target's owner. */
  readonly signer?: Signer;
  readonly timeMs?: number;
  /** `x-amz-content-sha256`. Default: the hash of the body. */
  readonly payload?: string;
}

function asSignable(target: Target, { method, path, headers = {} }: Sending): S3SignableRequest {
  const [rawPath = '', query = ''] = path.split('?', 2);
  const lowerHeaders = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    method,
    rawPath,
    path: decodePercent(rawPath) ?? '',
    bucketInHost: undefined,
    queryList: [...new URLSearchParams(query)],
    headers: new Map([['host', new URL(target.endpoint).host], ...lowerHeaders]),
  };
}

export function sha256(body: string | Uint8Array = ''): string {
  return createHash('sha256').update(body).digest('hex');
}

/** The same request, signed in its header with version 4. All its headers are signed. */
export function signS3(
  target: Target,
  sending: Sending,
  options: S3Signing = {},
): Sending & { readonly signature: string } {
  const { signer = target, timeMs = Date.now(), payload = sha256(sending.body) } = options;
  const dateTime = formatBasicDate(timeMs);
  const headers = { ...sending.headers, 'x-amz-date': dateTime, 'x-amz-content-sha256': payload };
  const request = asSignable(target, { ...sending, headers });
  const signedHeaders = [...request.headers.keys()].sort();
  const facts = { date: dateTime.slice(0, 8), region, dateTime, signedHeaders, payload };
  const stringToSign = s3StringToSign(hashes, facts, s3CanonicalRequest(request, facts));
  const signature = signS3V4(hashes, s3SigningKey(hashes, signer.accessKeySecret, facts), stringToSign);
  const credential = writeS3Credential({ ...facts, accessKeyId: signer.accessKeyId });
  const parameters = `Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  return { ...sending, headers: { ...headers, authorization: `${s3Algorithm} ${parameters}` }, signature };
}

/** The same request, its URL signed with version 4. */
export function presignS3(target: Target, sending: Sending, seconds: number, timeMs = Date.now()): Sending {
  const dateTime = formatBasicDate(timeMs);
  const scope = { date: dateTime.slice(0, 8), region };
  const query = new URLSearchParams({
    'X-Amz-Algorithm': s3Algorithm,
    'X-Amz-Credential': writeS3Credential({ ...scope, accessKeyId: target.accessKeyId }),
    'X-Amz-Date': dateTime,
    'X-Amz-Expires': String(seconds),
    'X-Amz-SignedHeaders': 'host',
  });
  const path = `${sending.path}${sending.path.includes('?') ? '&' : '?'}${query}`;
  const facts = { ...scope, dateTime, signedHeaders: ['host'], payload: 'UNSIGNED-PAYLOAD' };
  const canonical = s3CanonicalRequest(asSignable(target, { ...sending, path }), facts);
  const key = s3SigningKey(hashes, target.accessKeySecret, scope);
  return {
    ...sending,
    path: `${path}&X-Amz-Signature=${signS3V4(hashes, key, s3StringToSign(hashes, facts, canonical))}`,
  };
}

/** The same request, signed in its header with version 2. */
export function signS3V2(target: Target, sending: Sending, timeMs = Date.now()): Sending {
  const headers = { ...sending.headers, date: formatHttpDate(timeMs) };
  const stringToSign = s3StringToSignV2(asSignable(target, { ...sending, headers }), headers.date);
  const signature = signPostV1(hashes, target.accessKeySecret, stringToSign);
  return { ...sending, headers: { ...headers, authorization: `AWS ${target.accessKeyId}:${signature}` } };
}

/** The same request, its URL signed with version 2. */
export function presignS3V2(target: Target, sending: Sending, expiresAtMs: number): Sending {
  const expires = String(Math.floor(expiresAtMs / 1000));
  const signature = signPostV1(
    hashes,
    target.accessKeySecret,
    s3StringToSignV2(asSignable(target, sending), expires),
  );
  const query = new URLSearchParams({
    AWSAccessKeyId: target.accessKeyId,
    Expires: expires,
    Signature: signature,
  });
  return { ...sending, path: `${sending.path}${sending.path.includes('?') ? '&' : '?'}${query}` };
}

/** A body in signed chunks, each signature made from the one before; the first from that of the request. */
export function signChunks(target: Target, timeMs: number, seed: string, chunks: readonly string[]): string {
  const dateTime = formatBasicDate(timeMs);
  const scope = { date: dateTime.slice(0, 8), region };
  const key = s3SigningKey(hashes, target.accessKeySecret, scope);
  let last = seed;
  return [...chunks, '']
    .map((chunk) => {
      const place = `${scope.date}/${region}/s3/aws4_request`;
      const text = [`${s3Algorithm}-PAYLOAD`, dateTime, place, last, sha256(), sha256(chunk)].join('\n');
      last = signS3V4(hashes, key, text);
      return `${chunk.length.toString(16)};chunk-signature=${last}\r\n${chunk}\r\n`;
    })
    .join('');
}

// --- Forms ---

/** A right policy: bucket and key are what they are, every field of `fields` has its value. */
function makePolicy(
  bucket: string,
  fields: Fields,
  { conditions = [], expiration, nowMs = Date.now() }: PolicyOptions,
) {
  return {
    expiration: expiration ?? new Date(nowMs + 3600_000).toISOString(),
    conditions: [
      { bucket },
      ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
      ...conditions,
    ],
  };
}

/** The fields, and those that sign them with version 4. */
export function signS3FormV4(
  signer: Signer,
  bucket: string,
  fields: Fields,
  options: PolicyOptions = {},
): Fields {
  const dateTime = formatBasicDate(options.nowMs ?? Date.now());
  const scope = { date: dateTime.slice(0, 8), region };
  const named = {
    ...fields,
    'x-amz-algorithm': s3Algorithm,
    'x-amz-credential': writeS3Credential({ ...scope, accessKeyId: signer.accessKeyId }),
    'x-amz-date': dateTime,
  };
  const policy = encodePolicy(options.policy ?? makePolicy(bucket, named, options));
  const signature = signS3V4(hashes, s3SigningKey(hashes, signer.accessKeySecret, scope), policy);
  return { ...named, policy, 'x-amz-signature': signature };
}

/** The same with version 2. */
export function signS3FormV2(
  signer: Signer,
  bucket: string,
  fields: Fields,
  options: PolicyOptions = {},
): Fields {
  const policy = encodePolicy(options.policy ?? makePolicy(bucket, fields, options));
  const signature = signPostV1(hashes, signer.accessKeySecret, policy);
  return { ...fields, AWSAccessKeyId: signer.accessKeyId, policy, signature };
}
