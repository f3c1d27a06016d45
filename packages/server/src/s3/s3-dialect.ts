// S3's dialect: requests signed the way of AWS (or anonymous ones of its clients), put into the words of OSS, and answers put into S3's.

import { createHash } from 'node:crypto';
import { type Address, decodePercent } from '@postern/protocol';
import {
  type ChunkSigning,
  checkS3RequestSignature,
  checkS3RequestTime,
  findS3RequestSignature,
  hasS3Signature,
  payloadOf,
  type S3RequestSignature,
  type S3SignableRequest,
  s3SigningKey,
  toS3Document,
  toS3Error,
  toS3Header,
  writeS3Error,
} from '@postern/protocol/s3';
import { checkSigner } from '../access/credentials.ts';
import type { Caller, OssRequest, Reply, RequestTrace, Services } from '../call.ts';
import type { AuthenticatedRequest, Dialect } from '../dialect.ts';
import { openS3Body } from './s3-body.ts';
import { findS3Operation } from './s3-operations.ts';
import { checkS3Region } from './s3-region.ts';
import { toOssRequest } from './s3-request.ts';

export const s3Dialect: Dialect = {
  name: 's3',
  authenticate: authenticateS3,
  findOperation: findS3Operation,
  wordAnswer,
  wordRefusal(refusal, { requestId, request, isHead }) {
    const error = toS3Error(refusal);
    const facts = { error, resource: request?.rawPath ?? '', requestId, hostId: request?.host ?? '' };
    return {
      status: error.status,
      headers: { 'content-type': 'application/xml', ...refusal.headers },
      ...(!isHead && { body: writeS3Error(facts) }),
    };
  },
  wordHeaders,
};

/**
 * Whether a request is one of S3: its signature decides; where there is none, the headers that S3's clients send all the same.
 * Forms are decided by their fields.
 */
export function isS3Request({ headers, queryList }: OssRequest): boolean {
  if (hasS3Signature({ headers, queryList })) return true;
  const names = [...headers.keys()];
  if (headers.has('authorization') || names.some((name) => name.startsWith('x-oss-'))) return false;
  if (queryList.some(([name]) => name === 'OSSAccessKeyId' || name.startsWith('x-oss-'))) return false;
  return names.some((name) => name.startsWith('x-amz-') || name.startsWith('amz-sdk-'));
}

// --- Who asks ---

function authenticateS3(
  request: OssRequest,
  [address]: readonly Address[],
  services: Services,
  trace: RequestTrace,
): AuthenticatedRequest {
  if (address === undefined) throw new Error('a request without an address cannot be authenticated');
  const signable = asSignable(request, address);
  const signature = findS3RequestSignature(signable);
  const payload = payloadOf(signature, request.headers);
  const { caller, signing } = signature
    ? checkSignature(signature, signable, request, services, trace)
    : { caller: anonymous, signing: undefined };
  const body = openS3Body(request, payload, signing);
  return { request: toOssRequest(request, address, body), caller, address };
}

const anonymous: Caller = { kind: 'anonymous' };

function checkSignature(
  signature: S3RequestSignature,
  signable: S3SignableRequest,
  request: OssRequest,
  services: Services,
  trace: RequestTrace,
): { readonly caller: Caller; readonly signing: ChunkSigning | undefined } {
  const { hashes, settings } = services;
  const nowMs = request.receivedAtMs;
  trace.accessKeyId = signature.accessKeyId;
  checkS3RequestTime(signature, nowMs);
  if (signature.version === 'v4') checkS3Region(settings, signature.region);
  let signing: ChunkSigning | undefined;
  const caller = checkSigner(signature, { ...services, nowMs }, (secret) => {
    checkS3RequestSignature(hashes, secret, signable, signature);
    if (signature.version === 'v4') signing = signChunks(hashes, secret, signature);
  });
  return { caller, signing };
}

type SignatureV4 = Extract<S3RequestSignature, { version: 'v4' }>;

function signChunks(hashes: Services['hashes'], secret: string, signature: SignatureV4): ChunkSigning {
  return {
    hashes,
    newSha256: () => createHash('sha256'),
    signingKey: s3SigningKey(hashes, secret, signature),
    scope: signature,
    seedSignature: signature.signature,
  };
}

function asSignable(
  { method, rawPath, queryList, headers }: OssRequest,
  address: Address,
): S3SignableRequest {
  const path = decodePercent(rawPath);
  if (path === undefined) throw new Error('the path of an address that was read cannot be decoded');
  const inHost = address.target !== 'service' && address.style === 'virtual-hosted';
  return { method, rawPath, path, bucketInHost: inHost ? address.bucket : undefined, queryList, headers };
}

// --- The answer ---

function wordAnswer(reply: Reply): Reply {
  const isDocument = typeof reply.body === 'string' && reply.headers?.['content-type'] === 'application/xml';
  return isDocument ? { ...reply, body: toS3Document(reply.body as string) } : reply;
}

function wordHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const header = toS3Header(name, value);
      return header === undefined ? [] : [header];
    }),
  );
}
